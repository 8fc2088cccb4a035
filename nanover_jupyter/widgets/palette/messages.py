"""Messages of the command palette; see `sync/messages.py` for the envelope."""

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
    "FullResult",
    "IntegersBody",
    "LockEffectBody",
    "NameResultBody",
    "PeopleBody",
    "PinBody",
    "PreferencesBody",
    "RunBody",
    "RunNamedBody",
    "RunStateBody",
    "RunsBody",
    "UnpinBody",
]

# page to kernel ------------------------------------------------------------------


class RunBody(TypedDict):
    """Run a command. Result: null; the state of the run is sent as `run_state`.

    `run` is an id chosen by the page; a repeated id has no effect. Arguments are encoded
    values.
    """

    run: str
    name: str
    arguments: dict[str, Any]


class RunNamedBody(TypedDict):
    """A request about one run."""

    run: str


class FullResult(TypedDict):
    """The full result of a run; `kept` is False if it was discarded."""

    kept: bool
    result: Any


class ForgetRunBody(TypedDict):
    """Remove a finished run from the history, or all of them if `run` is null."""

    run: str | None


class ChoicesBody(TypedDict):
    """Request the choices of an argument. Result: `ChoicesResult`."""

    command: str
    argument: str


class ChoiceBody(TypedDict):
    """One choice: its label and encoded value."""

    label: str
    value: Any


class ChoicesResult(TypedDict):
    """The current choices."""

    choices: list[ChoiceBody]


class PinBody(TypedDict):
    """A pinned command with arguments; a pin with the same `id` is replaced.

    `asks` contains the names of secret arguments, which are not stored: the user enters them
    for each run.
    """

    id: str
    command: str
    arguments: dict[str, Any]
    asks: list[str]
    label: str
    icon: str
    tooltip: str


class UnpinBody(TypedDict):
    """Unpin a command."""

    id: str


class IntegersBody(TypedDict):
    """The arguments of a command that are sent as integers."""

    command: str
    names: list[str]


class NameResultBody(TypedDict):
    """The notebook variable for results; empty for none."""

    name: str


# kernel to page ------------------------------------------------------------------


class ArgumentBody(TypedDict):
    """The documentation of an argument.

    `default` is null if `required`. `options` is null if any value is allowed; if `asks`,
    the page requests them with `choices`. `secret` values are masked.
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
    """One command with its encoded default arguments and its documentation.

    `danger` is a warning that the user must confirm, or empty; `danger_to` says whether
    always or only while other clients are present.
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
    """All commands. If they could not be listed, `error` says why and the list is the last one."""

    commands: list[CommandBody]
    error: str | None


class LockEffectBody(TypedDict):
    """A lock of this client that was lost or, if `kept`, cleared and granted again."""

    key: str
    kept: bool
    note: str


class EffectsBody(TypedDict):
    """The changes of the state from the start of a run until a second after its end.

    At most 100 keys of each kind; `count` is their total number, and `moving` is the number
    of further keys that change all the time. `locks` are those of this client.
    """

    added: list[str]
    changed: list[str]
    removed: list[str]
    count: int
    moving: int
    locks: list[LockEffectBody]


class RunStateBody(TypedDict):
    """The state of one run.

    `began` is in seconds since the epoch; `seconds` is the duration so far. `result` may be
    truncated; `dropped` says that it was discarded. `error` is null unless the run failed;
    `progress` is between 0 and 1 if the server reports it; `effects` are sent a second after
    the end.
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
    """The run history, newest first."""

    runs: list[RunStateBody]


class PreferencesBody(TypedDict):
    """The preferences for this server, and `result_name`, which belongs to the widget.

    `recent` contains commands, newest first, and `last` their last arguments; `integers`
    contains the arguments that are sent as integers.
    """

    pins: list[PinBody]
    recent: list[str]
    last: dict[str, dict[str, Any]]
    integers: dict[str, list[str]]
    result_name: str


class PeopleBody(TypedDict):
    """The number of avatars in the simulation."""

    avatars: int


BODIES: Final[dict[str, Any]] = {
    "refresh_commands": EmptyBody,
    "run": RunBody,
    "cancel_run": RunNamedBody,
    "full_result": RunNamedBody,
    "forget_run": ForgetRunBody,
    "choices": ChoicesBody,
    "pin": PinBody,
    "unpin": UnpinBody,
    "integers": IntegersBody,
    "name_result": NameResultBody,
    "commands": CommandsBody,
    "run_state": RunStateBody,
    "runs": RunsBody,
    "memory": PreferencesBody,
    "people": PeopleBody,
}
"""The type of each body by `op`."""
