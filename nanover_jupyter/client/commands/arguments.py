"""Kinds of command arguments: what a server does not tell of its commands.

    from nanover_jupyter.client.commands.arguments import Float
    from nanover_jupyter.client.commands.docs import describe

    describe("user/jump", "Lets everybody jump.", height=Float(1.0, min=0, unit="m"))

A kind says how an argument is asked for and what is refused before anything is sent;
the server still has the last word. Plain data: nothing here knows a server or Jupyter.
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
"""As a default: there is none, so the argument has to be given."""

Kind = Literal["float", "int", "bool", "text", "json", "choice"]


@dataclass(frozen=True, slots=True)
class Argument:
    """What all kinds have; use one of the kinds.

    Args:
        default: What stands in the form at first; left out, the argument is required.
        help: A sentence about it.
    """

    kind: ClassVar[Kind] = "json"

    default: object = REQUIRED
    help: str = field(default="", kw_only=True)

    @property
    def is_required(self) -> bool:
        """Whether it has to be given."""
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class _Number(Argument):
    min: float | None = field(default=None, kw_only=True)
    max: float | None = field(default=None, kw_only=True)
    unit: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise InvalidArgument("min", f"{self.min:g} is more than max, {self.max:g}")


@dataclass(frozen=True, slots=True)
class Float(_Number):
    """A number, with its range (both ends allowed) and unit."""

    kind: ClassVar[Kind] = "float"


@dataclass(frozen=True, slots=True)
class Int(_Number):
    """A whole number, with its range (both ends allowed) and unit."""

    kind: ClassVar[Kind] = "int"


@dataclass(frozen=True, slots=True)
class Bool(Argument):
    """Yes or no."""

    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Text(Argument):
    """A text.

    Args:
        default: What stands in the form at first; left out, the argument is required.
        help: A sentence about it.
        secret: It is typed without being seen, and never kept: not with the last
            arguments, not in a pinned button, not in a saved notebook.
    """

    kind: ClassVar[Kind] = "text"

    secret: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Json(Argument):
    """Anything: a list, an object, null; written as JSON in the form."""

    kind: ClassVar[Kind] = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesFrom:
    """Choices that another command of the server lists.

    Args:
        command: The command; it is run without arguments whenever the form is opened.
        field: The field of its result that holds a list.
        send: Whether the item itself is sent, or its place in the list, from 0.
    """

    command: str
    field: str
    send: Literal["item", "index"] = "item"


@dataclass(frozen=True, slots=True)
class Choice(Argument):
    """One of several values.

    Args:
        default: The value chosen at first; left out, one has to be chosen.
        options: The values, or values by label, or what lists them.
        help: A sentence about it.
    """

    kind: ClassVar[Kind] = "choice"

    options: Sequence[object] | Mapping[str, object] | ChoicesFrom = field(default=(), kw_only=True)

    def pairs(self) -> list[tuple[str, object]]:
        """The fixed options as label and value; none where a command lists them."""
        if isinstance(self.options, ChoicesFrom):
            return []
        if isinstance(self.options, Mapping):
            return [(str(label), value) for label, value in self.options.items()]
        return [(str(value), value) for value in self.options]


@dataclass(frozen=True, slots=True)
class CommandDoc:
    """What there is to know of a command as a whole.

    Args:
        sentence: What it does.
        label: What people read in the place of its name.
        icon: A sign or two.
        danger: What is lost by running it; asked about before it runs.
        danger_to: "everybody" asks each time, "others" only while other people's avatars
            are in the simulation.
        progress: The key of the shared state that tells how far a run is, from 0 to 1.
            By default `user.jump.progress` for `user/jump`.
    """

    sentence: str = ""
    label: str | None = field(default=None, kw_only=True)
    icon: str | None = field(default=None, kw_only=True)
    danger: str = field(default="", kw_only=True)
    danger_to: Literal["everybody", "others"] = field(default="everybody", kw_only=True)
    progress: str | None = field(default=None, kw_only=True)
