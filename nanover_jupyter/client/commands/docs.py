"""What is known of commands beyond what servers tell: one guide for all palettes.

    from nanover_jupyter.client.commands.arguments import Float
    from nanover_jupyter.client.commands.docs import command, describe

    describe("user/jump", "Lets everybody jump.", height=Float(1.0, min=0, unit="m"))

    @command(server, "user/jump", "Lets everybody jump.", height=Float(1.0, min=0, unit="m"))
    def jump(height): ...

NanoVer's own commands are described in `known_commands.toml`, beside this module.
"""

from __future__ import annotations

import inspect
import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final, Protocol, TypeVar

from nanover_jupyter.client.commands.arguments import (
    Argument,
    Bool,
    Choice,
    ChoicesFrom,
    CommandDoc,
    Float,
    Int,
    Json,
    Text,
)
from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.errors import InvalidArgument

__all__ = ["SHARED", "CommandDocs", "Description", "command", "describe", "read_guide"]

Function = TypeVar("Function", bound=Callable[..., object])

_KINDS: Final[dict[str, type[Argument]]] = {
    kind.kind: kind for kind in (Float, Int, Bool, Text, Json, Choice)
}


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of one command."""

    name: str
    about: CommandDoc = field(default_factory=CommandDoc)
    arguments: Mapping[str, Argument] = field(default_factory=dict)


class CommandDocs:
    """Descriptions by the name of the command; may be used from any thread.

    Args:
        behind: Asked for what is not described here.
    """

    def __init__(self, behind: CommandDocs | None = None) -> None:
        self._behind = behind
        # Guards _known.
        self._lock = threading.Lock()
        self._known: dict[str, Description] = {}
        self._listeners: Listeners[()] = Listeners()

    def describe(self, name: str, about: str | CommandDoc = "", /, **arguments: Argument) -> None:
        """Say what a command does and takes, in the place of what was said before.

        Args:
            name: The command's name.
            about: A sentence, or more.
            **arguments: A kind for each argument.

        Raises:
            InvalidArgument: (a ValueError) An argument without a kind.
        """
        for argument, kind in arguments.items():
            if not isinstance(kind, Argument):
                raise InvalidArgument(
                    argument,
                    f"{kind!r} is not a kind of argument; write Float({kind!r}) or the like",
                )
        whole = about if isinstance(about, CommandDoc) else CommandDoc(about)
        with self._lock:
            self._known[name] = Description(name, whole, dict(arguments))
        self._listeners.notify()

    def forget(self, name: str) -> None:
        """Take back what was said here of a command; nothing if there was nothing."""
        with self._lock:
            known = self._known.pop(name, None)
        if known is not None:
            self._listeners.notify()

    def find(self, name: str) -> Description | None:
        """What is known of a command."""
        with self._lock:
            known = self._known.get(name)
        if known is None and self._behind is not None:
            return self._behind.find(name)
        return known

    def on_change(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` when anything is described anew, here or behind; on any thread."""
        mine = self._listeners.subscribe(callback)
        if self._behind is None:
            return mine
        behind = self._behind.on_change(callback)

        def unsubscribe() -> None:
            mine()
            behind()

        return unsubscribe


def read_guide(text: str) -> CommandDocs:
    """A guide from TOML as in `known_commands.toml`.

    Raises:
        InvalidArgument: It is not valid TOML, or a description in it makes no sense.
    """
    guide = CommandDocs()
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidArgument("text", f"it is not valid TOML: {error}") from error
    for name, entry in entries.items():
        try:
            facts = dict(entry)
            arguments = {
                argument: _read_argument(dict(said))
                for argument, said in facts.pop("arguments", {}).items()
            }
            guide.describe(name, CommandDoc(**facts), **arguments)
        except (TypeError, ValueError, KeyError) as error:
            reason = f"its entry is not the description of a command: {error}"
            raise InvalidArgument(repr(name), reason) from error
    return guide


def _read_argument(said: dict[str, Any]) -> Argument:
    kind = _KINDS[said.pop("kind")]
    source = said.pop("options_from", None)
    if source is not None:
        said["options"] = ChoicesFrom(**source)
    return kind(**said)


@cache
def _known_commands() -> CommandDocs:
    text = resources.files(__package__).joinpath("known_commands.toml").read_text("utf-8")
    return read_guide(text)


class _KnownFirstRead(CommandDocs):
    """NanoVer's own commands, read from their file when the first is asked for."""

    def find(self, name: str) -> Description | None:
        return super().find(name) or _known_commands().find(name)


SHARED: Final[CommandDocs] = CommandDocs(behind=_KnownFirstRead())
"""What all palettes of this process know."""


def describe(name: str, about: str | CommandDoc = "", /, **arguments: Argument) -> None:
    """Say to all palettes what a command does and takes; see `CommandDocs.describe`."""
    SHARED.describe(name, about, **arguments)


class _Registers(Protocol):
    """A NanoverServer, or a client that can offer commands."""

    register_command: Callable[..., object]


def command(
    offered_by: _Registers, name: str, about: str | CommandDoc = "", /, **arguments: Argument
) -> Callable[[Function], Function]:
    """Decorator: offer a function as a command, and describe it to all palettes.

        @command(server, "user/jump", "Lets everybody jump.", height=Float(1.0, unit="m"))
        def jump(height): ...

    Args:
        offered_by: A NanoverServer, or a client with `register_command`.
        name: The command's name.
        about: A sentence, or more; by default the first line of the docstring.
        **arguments: A kind for each argument; their defaults are published by the server.

    Raises:
        InvalidArgument: An argument without a kind.
        InvalidValue: A default that cannot be sent.
        ValueError: The server has a command of that name already.
    """

    def offer(function: Function) -> Function:
        whole = (
            about if isinstance(about, CommandDoc) else CommandDoc(about or _first_line(function))
        )
        defaults = {
            argument: kind.default for argument, kind in arguments.items() if not kind.is_required
        }
        offered_by.register_command(
            name, function, default_arguments=defaults, label=whole.label, icon=whole.icon
        )
        SHARED.describe(name, whole, **arguments)
        return function

    return offer


def _first_line(function: Callable[..., object]) -> str:
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    return lines[0] if lines else ""
