"""Paths into values: read, replace and describe a part of a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.values import ABSENT, Absent, Value

__all__ = [
    "Changes",
    "Named",
    "Path",
    "PlainPath",
    "Step",
    "apply_changes",
    "as_path",
    "child_steps",
    "get_at",
    "identifying_field",
    "path_text",
    "set_at",
]

# Fields that usually identify an object, the most reliable first.
_IDENTIFIERS: Final = ("id", "uuid", "playerid", "key", "name", "label")
_PLAIN_NAME_CHARACTERS: Final = frozenset("_-")


@dataclass(frozen=True, slots=True)
class Named:
    """An item of a list of objects, found by the value of its identifying field."""

    field: str
    name: str


Step = str | int | Named
"""The name of a field, the index of an item, or a named item."""

Path = tuple[Step, ...]
"""The steps from a value to a part of it; () is the value itself."""

PlainPath = tuple[str | int, ...]
"""A path without named items."""

Changes = Mapping[Path, "Value | Absent"]
"""New values by path, applied in order; ABSENT removes a field."""


def as_path(path: str | int | Sequence[str | int]) -> PlainPath:
    """Return a path given as one step or as a sequence of steps."""
    steps = (path,) if isinstance(path, str | int) else tuple(path)
    for step in steps:
        if isinstance(step, bool) or not isinstance(step, str | int):
            raise TypeError(f"path steps must be field names or item indices, not {step!r}")
    return steps


def get_at(value: Value | Absent, path: Iterable[Step]) -> Value | Absent:
    """Return the part of a value at a path, or ABSENT. Shared with the value; do not modify."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and (index := _index(value, step)) is not None:
            value = value[index]
        else:
            return ABSENT
    return value


def set_at(value: Value | Absent, path: Path, new: Value | Absent) -> Value | Absent:
    """Return a copy of a value with `new` at a path. The other parts are shared with it.

    Creates missing dicts on the way to a field. Lists do not grow or shrink.

    Raises:
        InvalidValue: The path does not exist in the value.
    """
    if not path:
        return new
    step, rest = path[0], path[1:]
    try:
        if isinstance(step, str):
            return _set_field({} if value is ABSENT else value, step, rest, new)
        return _set_item(value, step, rest, new)
    except InvalidValue as error:
        raise error.within(step.name if isinstance(step, Named) else step) from None


def apply_changes(value: Value | Absent, changes: Changes) -> Value | Absent:
    """Return a copy of a value with changes applied; paths that do not exist are skipped."""
    for path, new in changes.items():
        try:
            value = set_at(value, path, new)
        except InvalidValue:
            continue
    return value


def child_steps(value: Value) -> Iterable[tuple[Step, Value]]:
    """Return the parts one level down by step. Objects in lists are named where possible."""
    if isinstance(value, dict):
        return value.items()
    if not isinstance(value, list):
        return ()
    field = identifying_field(value)
    if field is None:
        return enumerate(value)
    return [(Named(field, str(item[field])), item) for item in value if isinstance(item, dict)]


def identifying_field(items: list[Value]) -> str | None:
    """Return a field with a different value in each object of a list, or None."""
    if not items or not isinstance(items[0], dict):
        return None
    for field in _IDENTIFIERS:
        if field in items[0] and len(set(_names(items, field))) == len(items):
            return field
    return None


def path_text(path: Iterable[Step]) -> str:
    """Format a path: `components[headset].position[0]`; empty for the value itself."""
    text = ""
    for step in path:
        if isinstance(step, Named):
            text += f"[{step.name}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        elif step and all(sign.isalnum() or sign in _PLAIN_NAME_CHARACTERS for sign in step):
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


def _set_field(value: Value, name: str, rest: Path, new: Value | Absent) -> Value:
    if not isinstance(value, dict):
        raise InvalidValue((), f"{_described(value)} has no field {name!r}; use a dict")
    field = set_at(value.get(name, ABSENT), rest, new)
    copy = value.copy()
    if field is ABSENT:
        copy.pop(name, None)
    else:
        copy[name] = field
    return copy


def _set_item(value: Value | Absent, step: int | Named, rest: Path, new: Value | Absent) -> Value:
    index = _index(value, step) if isinstance(value, list) else None
    if not isinstance(value, list) or index is None:
        name = step.name if isinstance(step, Named) else step
        raise InvalidValue((), f"{_described(value)} has no item {name!r}; set the full list")
    item = set_at(value[index], rest, new)
    if item is ABSENT:
        raise InvalidValue((), "an item cannot be removed from a list; set the full list")
    copy = value.copy()
    copy[index] = item
    return copy


def _index(items: list[Value], step: Step) -> int | None:
    """Return the index that a step selects in a list; None if there is no such item."""
    if isinstance(step, Named):
        found = (
            index
            for index, item in enumerate(items)
            if isinstance(item, dict) and str(item.get(step.field, "")) == step.name
        )
        return next(found, None)
    return step if isinstance(step, int) and -len(items) <= step < len(items) else None


def _names(items: list[Value], field: str) -> Iterator[str]:
    for item in items:
        name = item.get(field) if isinstance(item, dict) else None
        if isinstance(name, str | int | float) and not isinstance(name, bool):
            yield str(name)


def _described(value: Value | Absent) -> str:
    if value is ABSENT:
        return "a missing value"
    match value:
        case dict():
            return "a dict"
        case list():
            return f"a list of length {len(value)}"
    return f"the value {value!r:.60}"
