"""What the palette asks and is told; see `_messages.py` for the envelope around it."""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

from nanover_jupyter.client.commands.arguments import Kind
from nanover_jupyter.client.commands.runs import RunState
from nanover_jupyter.widgets.sync.messages import EmptyBody, ErrorBody

__all__ = [
    "BODIES",
    "ArgumentBody",
    "ChoiceBody",
    "ChoicesBody",
    "ChoicesResult",
    "CommandBody",
    "CommandsBody",
    "EffectsBody",
    "ForgetRunBody",
    "IntegersBody",
    "LockEffectBody",
    "MemoryBody",
    "NameResultBody",
    "PeopleBody",
    "PinBody",
    "RunBody",
    "RunNamedBody",
    "RunStateBody",
    "RunsBody",
    "UnpinBody",
    "WholeResult",
]

# page to kernel ------------------------------------------------------------------


class RunBody(TypedDict):
    """Runs a command; result: null at once, what becomes of it comes as `run_state`.

    `run` is the page's name for the run: the same name again starts nothing.
    Arguments are in page form.
    """

    run: str
    name: str
    arguments: dict[str, Any]


class RunNamedBody(TypedDict):
    """Of operations on one run."""

    run: str


class WholeResult(TypedDict):
    """The whole result of a run in page form; `kept` is False where it was let go."""

    kept: bool
    result: Any


class ForgetRunBody(TypedDict):
    """Forgets a run that is over, or all of them where `run` is null."""

    run: str | None


class ChoicesBody(TypedDict):
    """Asks for the choices of an argument. Result: `ChoicesResult`."""

    command: str
    argument: str


class ChoiceBody(TypedDict):
    """One choice: what is sent, in page form, and what people read."""

    label: str
    value: Any


class ChoicesResult(TypedDict):
    """The choices there are now."""

    choices: list[ChoiceBody]


class PinBody(TypedDict):
    """A command with arguments, kept as a button. The same `id` again replaces it.

    `asks` names the arguments that are not kept, as they are secrets: a press asks for them.
    """

    id: str
    command: str
    arguments: dict[str, Any]
    asks: list[str]
    label: str
    icon: str
    tooltip: str


class UnpinBody(TypedDict):
    """Takes a button away."""

    id: str


class IntegersBody(TypedDict):
    """The arguments of a command that are meant as whole numbers."""

    command: str
    names: list[str]


class NameResultBody(TypedDict):
    """The name that the last result has in the kernel; empty for none."""

    name: str


# kernel to page ------------------------------------------------------------------


class ArgumentBody(TypedDict):
    """What is known of an argument beyond what the server tells.

    `default` is null and `required` true where it has to be given. `options` is null
    where there is no choice; `asks` tells that they have to be asked for (`choices`).
    `secret` is true for what is not to be seen.
    """

    name: str
    kind: Kind
    required: bool
    default: Any
    help: str
    unit: str
    min: float | None
    max: float | None
    options: list[ChoiceBody] | None
    asks: bool
    secret: bool


class CommandBody(TypedDict):
    """One command with its default arguments in page form, and what is known of it.

    `danger` is what is lost by running it, or empty; `danger_to` says when that is
    asked about: each time, or while others are there.
    """

    name: str
    arguments: dict[str, Any]
    label: str | None
    icon: str | None
    sentence: str
    danger: str
    danger_to: Literal["everybody", "others"]
    known: list[ArgumentBody]


class CommandsBody(TypedDict):
    """All commands, or why they could not be listed (`commands` then is the old list)."""

    commands: list[CommandBody]
    error: str | None


class LockEffectBody(TypedDict):
    """A lock of ours that was lost or, where `kept`, cleared and granted to us again."""

    key: str
    kept: bool
    note: str


class EffectsBody(TypedDict):
    """What changed from the beginning of a run until a second after its end.

    Of keys at most a hundred names of each sort; `count` is how many there are, and
    `moving` how many more kept changing all the time. `locks` are ours.
    """

    added: list[str]
    changed: list[str]
    removed: list[str]
    count: int
    moving: int
    locks: list[LockEffectBody]


class RunStateBody(TypedDict):
    """One run as it stands.

    `began` is in seconds since 1970; `seconds` is how long it took or, while it runs,
    takes already. `result` may be cut; `dropped` says that it was let go. `error` is
    null unless it failed; `progress` is from 0 to 1 where the server tells it;
    `effects` come a second after the end.
    """

    run: str
    name: str
    arguments: dict[str, Any]
    state: RunState
    began: float
    seconds: float
    result: Any
    dropped: bool
    error: ErrorBody | None
    progress: float | None
    effects: EffectsBody | None


class RunsBody(TypedDict):
    """All runs that are remembered, the newest first."""

    runs: list[RunStateBody]


class MemoryBody(TypedDict):
    """What is kept for this server; `result_name` is of this widget alone.

    The buttons, the commands run last (the newest first), their arguments, and which
    arguments are whole numbers.
    """

    pins: list[PinBody]
    recent: list[str]
    last: dict[str, dict[str, Any]]
    integers: dict[str, list[str]]
    result_name: str


class PeopleBody(TypedDict):
    """How many avatars there are in the simulation."""

    avatars: int


BODIES: Final[dict[str, Any]] = {
    "refresh_commands": EmptyBody,
    "run": RunBody,
    "cancel_run": RunNamedBody,
    "whole_result": RunNamedBody,
    "forget_run": ForgetRunBody,
    "choices": ChoicesBody,
    "pin": PinBody,
    "unpin": UnpinBody,
    "integers": IntegersBody,
    "name_result": NameResultBody,
    "commands": CommandsBody,
    "run_state": RunStateBody,
    "runs": RunsBody,
    "memory": MemoryBody,
    "people": PeopleBody,
}
"""The type of each body by `op`."""
