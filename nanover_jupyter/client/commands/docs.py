"""Documentation of commands, which servers do not publish; used by all palettes.

    from nanover_jupyter.client.commands import Float, command, describe

    describe("user/jump", "Makes all users jump.", height=Float(1.0, min=0, unit="m"))

    @command(server, "user/jump", "Makes all users jump.", height=Float(1.0, min=0, unit="m"))
    def jump(height): ...

NanoVer's own commands are described in `known_commands.toml` in this folder.
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

__all__ = [
    "COMMAND_DOCS",
    "CommandDocs",
    "Description",
    "command",
    "describe",
    "parse_command_docs",
]

Function = TypeVar("Function", bound=Callable[..., object])

_KINDS: Final[dict[str, type[Argument]]] = {
    kind.kind: kind for kind in (Float, Int, Bool, Text, Json, Choice)
}


@dataclass(frozen=True, slots=True)
class Description:
    """The documentation of one command and its argument types."""

    name: str
    doc: CommandDoc = field(default_factory=CommandDoc)
    arguments: Mapping[str, Argument] = field(default_factory=dict)


class CommandDocs:
    """Descriptions by command name. Thread-safe.

    Args:
        fallback: Searched for commands that are not described here.
    """

    def __init__(self, fallback: CommandDocs | None = None) -> None:
        self._fallback = fallback
        # Guards _known.
        self._lock = threading.Lock()
        self._known: dict[str, Description] = {}
        self._listeners: Listeners[()] = Listeners()

    def describe(self, name: str, doc: str | CommandDoc = "", /, **arguments: Argument) -> None:
        """Set the documentation of a command.

        Args:
            name: The command's name.
            doc: A sentence, or a full CommandDoc.
            **arguments: The type of each argument.

        Raises:
            InvalidArgument: (a ValueError) An argument without a type.
        """
        for argument, kind in arguments.items():
            if not isinstance(kind, Argument):
                reason = f"{kind!r} is not an argument type; use a type such as Float({kind!r})"
                raise InvalidArgument(argument, reason)
        doc = doc if isinstance(doc, CommandDoc) else CommandDoc(doc)
        with self._lock:
            self._known[name] = Description(name, doc, dict(arguments))
        self._listeners.notify()

    def remove(self, name: str) -> None:
        """Remove the documentation of a command, if it is described here."""
        with self._lock:
            known = self._known.pop(name, None)
        if known is not None:
            self._listeners.notify()

    def find(self, name: str) -> Description | None:
        """Return the documentation of a command, or None."""
        with self._lock:
            known = self._known.get(name)
        if known is None and self._fallback is not None:
            return self._fallback.find(name)
        return known

    def on_change(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` on any thread when a description changes, here or in the fallback."""
        mine = self._listeners.subscribe(callback)
        if self._fallback is None:
            return mine
        fallback = self._fallback.on_change(callback)

        def unsubscribe() -> None:
            mine()
            fallback()

        return unsubscribe


def parse_command_docs(text: str) -> CommandDocs:
    """Parse descriptions from TOML as in `known_commands.toml`.

    Raises:
        InvalidArgument: The text is not valid TOML, or has an invalid description.
    """
    docs = CommandDocs()
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidArgument("text", f"not valid TOML: {error}") from error
    for name, entry in entries.items():
        try:
            fields = dict(entry)
            arguments = {
                argument: _parse_argument(dict(kind))
                for argument, kind in fields.pop("arguments", {}).items()
            }
            docs.describe(name, CommandDoc(**fields), **arguments)
        except (TypeError, ValueError, KeyError) as error:
            reason = f"not a valid description of a command: {error}"
            raise InvalidArgument(repr(name), reason) from error
    return docs


def _parse_argument(fields: dict[str, Any]) -> Argument:
    kind = _KINDS[fields.pop("kind")]
    source = fields.pop("options_from", None)
    if source is not None:
        fields["options"] = ChoicesFrom(**source)
    return kind(**fields)


@cache
def _known_commands() -> CommandDocs:
    text = resources.files(__package__).joinpath("known_commands.toml").read_text("utf-8")
    return parse_command_docs(text)


class _KnownCommandDocs(CommandDocs):
    """Documentation of NanoVer's own commands, read from file when first needed."""

    def find(self, name: str) -> Description | None:
        return super().find(name) or _known_commands().find(name)


COMMAND_DOCS: Final[CommandDocs] = CommandDocs(fallback=_KnownCommandDocs())
"""The documentation that all palettes of this process share."""


def describe(name: str, doc: str | CommandDoc = "", /, **arguments: Argument) -> None:
    """Set the documentation of a command for all palettes; see `CommandDocs.describe`."""
    COMMAND_DOCS.describe(name, doc, **arguments)


class _CommandHost(Protocol):
    """A NanoverServer, or a client that can register commands."""

    register_command: Callable[..., object]


def command(
    host: _CommandHost, name: str, doc: str | CommandDoc = "", /, **arguments: Argument
) -> Callable[[Function], Function]:
    """Register a function as a command and describe it for all palettes. A decorator.

        @command(server, "user/jump", "Makes all users jump.", height=Float(1.0, unit="m"))
        def jump(height): ...

    Args:
        host: A NanoverServer, or a client with `register_command`.
        name: The command's name.
        doc: A sentence, or a full CommandDoc; by default the first line of the docstring.
        **arguments: The type of each argument. The server publishes their defaults.

    Raises:
        InvalidArgument: An argument without a type.
        InvalidValue: A default that cannot be sent.
        ValueError: The server already has a command of that name.
    """

    def register(function: Function) -> Function:
        full = doc if isinstance(doc, CommandDoc) else CommandDoc(doc or _first_line(function))
        defaults = {
            argument: kind.default for argument, kind in arguments.items() if not kind.is_required
        }
        host.register_command(
            name, function, default_arguments=defaults, label=full.label, icon=full.icon
        )
        COMMAND_DOCS.describe(name, full, **arguments)
        return function

    return register


def _first_line(function: Callable[..., object]) -> str:
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    return lines[0] if lines else ""
