"""Places inside a value: reading them, and making a changed copy. Knows no client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.values import ABSENT, Absent, Value

__all__ = ["Change", "Path", "apply", "as_path", "look_up", "put"]

Path = tuple[str | int, ...]
"""The way from a value to a part of it: names of fields and numbers of items."""


Change = Mapping[Path, "Value | Absent"]
"""New values by place, in the order in which they are to be made; ABSENT removes."""


def as_path(path: str | int | Sequence[str | int]) -> Path:
    """A path as people write it: one step, or several in a tuple or list."""
    steps = (path,) if isinstance(path, str | int) else tuple(path)
    for step in steps:
        if isinstance(step, bool) or not isinstance(step, str | int):
            raise TypeError(f"a path is made of names and numbers, and {step!r} is neither")
    return steps


def look_up(value: Value | Absent, path: Path) -> Value | Absent:
    """What is at a place in a value; shared with it, not to be altered."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict) and step in value:
            value = value[step]
        elif _is_index(step, value):
            value = value[step]  # type: ignore[index]
        else:
            return ABSENT
    return value


def put(value: Value | Absent, path: Path, new: Value | Absent) -> Value | Absent:
    """A copy of `value` with `new` at a place; all that is elsewhere is shared with it.

    Dicts on the way to a named field are made where they are missing; lists are not,
    and neither grow nor shrink.

    Raises:
        InvalidValue: There is no such place; `path` leads to it.
    """
    if not path:
        return new
    step, rest = path[0], path[1:]
    try:
        if isinstance(step, str):
            return _put_field({} if value is ABSENT else value, step, rest, new)
        return _put_item(value, step, rest, new)
    except InvalidValue as error:
        raise error.within(step) from None


def apply(value: Value | Absent, change: Change) -> Value | Absent:
    """A copy of `value` with a change made, without those places that it does not have."""
    for path, new in change.items():
        try:
            value = put(value, path, new)
        except InvalidValue:
            continue
    return value


def _put_field(value: Value, name: str, rest: Path, new: Value | Absent) -> Value:
    if not isinstance(value, dict):
        raise InvalidValue((), f"{_called(value)} has no field {name!r}")
    field = put(value.get(name, ABSENT), rest, new)
    copy = value.copy()
    if field is ABSENT:
        copy.pop(name, None)
    else:
        copy[name] = field
    return copy


def _put_item(value: Value | Absent, index: int, rest: Path, new: Value | Absent) -> Value:
    if not isinstance(value, list) or not _is_index(index, value):
        raise InvalidValue((), f"{_called(value)} has no such item")
    item = put(value[index], rest, new)
    if item is ABSENT:
        raise InvalidValue((), "an item cannot be taken out of a list; set the whole list")
    copy = value.copy()
    copy[index] = item
    return copy


def _is_index(step: str | int, value: Value | Absent) -> bool:
    return isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value)


def _called(value: Value | Absent) -> str:
    if value is ABSENT:
        return "what is not there"
    match value:
        case dict():
            return "a dict"
        case list():
            return f"a list of {len(value)}"
    return f"the value {value!r:.60}"
