"""Argument types of commands, which servers do not publish.

    from nanover_jupyter.client.commands import Float, describe

    describe("user/jump", "Makes all users jump.", height=Float(1.0, min=0, unit="m"))

A type defines the form field of an argument and which values are rejected before
anything is sent. The server may reject more.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal

from nanover_jupyter.errors import InvalidArgument

__all__ = [
    "REQUIRED",
    "Argument",
    "Bool",
    "Choice",
    "ChoicesFrom",
    "CommandDoc",
    "Float",
    "Int",
    "Json",
    "Required",
    "Text",
]


class Required(enum.Enum):
    """The type of `REQUIRED`."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED
"""The default of an argument that has no default."""

Kind = Literal["float", "int", "bool", "text", "json", "choice"]


@dataclass(frozen=True, slots=True)
class Argument:
    """Base class of argument types.

    Args:
        default: The initial value in the form. Without it, the argument is required.
        help: A sentence that describes the argument.
    """

    kind: ClassVar[Kind] = "json"

    default: object = REQUIRED
    help: str = field(default="", kw_only=True)

    @property
    def is_required(self) -> bool:
        """Whether the argument has no default."""
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class _Number(Argument):
    min: float | None = field(default=None, kw_only=True)
    max: float | None = field(default=None, kw_only=True)
    unit: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and self.min > self.max:
            reason = f"{self.min:g} is greater than max ({self.max:g}); swap them"
            raise InvalidArgument("min", reason)


@dataclass(frozen=True, slots=True)
class Float(_Number):
    """A number with an optional inclusive range and a unit."""

    kind: ClassVar[Kind] = "float"


@dataclass(frozen=True, slots=True)
class Int(_Number):
    """An integer with an optional inclusive range and a unit."""

    kind: ClassVar[Kind] = "int"


@dataclass(frozen=True, slots=True)
class Bool(Argument):
    """A Boolean."""

    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Text(Argument):
    """A string.

    Args:
        default: The initial value in the form. Without it, the argument is required.
        help: A sentence that describes the argument.
        secret: Whether to hide the text while typing and never store it: not with the
            last arguments, not in a pinned button, not in a saved notebook.
    """

    kind: ClassVar[Kind] = "text"

    secret: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Json(Argument):
    """Any value, entered as JSON in the form."""

    kind: ClassVar[Kind] = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesFrom:
    """Choices that another command of the server lists.

    Args:
        command: The command, which is run without arguments when the form is opened.
        field: The field of its result that holds the list.
        send: Whether to send the item itself or its zero-based index.
    """

    command: str
    field: str
    send: Literal["item", "index"] = "item"


@dataclass(frozen=True, slots=True)
class Choice(Argument):
    """One of several values.

    Args:
        default: The value selected at first. Without it, the argument is required.
        options: The values, the values by label, or the command that lists them.
        help: A sentence that describes the argument.
    """

    kind: ClassVar[Kind] = "choice"

    options: Sequence[object] | Mapping[str, object] | ChoicesFrom = field(default=(), kw_only=True)

    def pairs(self) -> list[tuple[str, object]]:
        """Return the fixed options as label and value; empty if a command lists them."""
        if isinstance(self.options, ChoicesFrom):
            return []
        if isinstance(self.options, Mapping):
            return [(str(label), value) for label, value in self.options.items()]
        return [(str(value), value) for value in self.options]


@dataclass(frozen=True, slots=True)
class CommandDoc:
    """Documentation of a command.

    Args:
        sentence: What the command does.
        label: Shown instead of the command's name.
        icon: One or two characters.
        danger: What is lost by running the command. Requires confirmation before it runs.
        danger_to: "everybody" always requires confirmation, "others" only while other
            users' avatars are in the simulation.
        progress: The key of the shared state that holds the progress of a run, from 0 to 1.
            By default `user.jump.progress` for `user/jump`.
    """

    sentence: str = ""
    label: str | None = field(default=None, kw_only=True)
    icon: str | None = field(default=None, kw_only=True)
    danger: str = field(default="", kw_only=True)
    danger_to: Literal["everybody", "others"] = field(default="everybody", kw_only=True)
    progress: str | None = field(default=None, kw_only=True)
