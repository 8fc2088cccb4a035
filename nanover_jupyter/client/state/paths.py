"""Ways into a value: the fields and items that lead to a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from nanover_jupyter.wire.values import ABSENT, Absent, Value

__all__ = [
    "Named",
    "Path",
    "Step",
    "follow",
    "identifier_of",
    "path_text",
    "replace_at",
    "steps_into",
]

# What people call their objects by, the surest first.
_IDENTIFIERS: Final = ("id", "uuid", "playerid", "key", "name", "label")
_PLAIN_NAME_SIGNS: Final = frozenset("_-")


@dataclass(frozen=True, slots=True)
class Named:
    """An item of a list of objects, by the field that tells it from the others."""

    field: str
    name: str


Step = str | int | Named
Path = tuple[Step, ...]


def steps_into(value: Value) -> Iterable[tuple[Step, Value]]:
    """The parts of a value one level down, items of objects by name where they have one."""
    if isinstance(value, dict):
        return value.items()
    if not isinstance(value, list):
        return ()
    field = identifier_of(value)
    if field is None:
        return enumerate(value)
    return [(Named(field, str(item[field])), item) for item in value if isinstance(item, dict)]


def identifier_of(items: list[Value]) -> str | None:
    """The field by which the objects in a list can be told apart, if there is one."""
    if not items or not isinstance(items[0], dict):
        return None
    for field in _IDENTIFIERS:
        if field in items[0] and len(set(_names(items, field))) == len(items):
            return field
    return None


def follow(value: Value | Absent, path: Iterable[Step]) -> Value | Absent:
    """The part of a value that a path leads to, or ABSENT."""
    for step in path:
        value = _step(value, step)
        if value is ABSENT:
            break
    return value


def replace_at(value: Value, path: Path, part: Value) -> Value:
    """A value with another part at the end of a path; shares what lies beside the path.

    Raises:
        KeyError: The path leads nowhere.
    """
    if not path:
        return part
    step, rest = path[0], path[1:]
    inner = _step(value, step)
    if inner is ABSENT:
        raise KeyError(step)
    changed = replace_at(inner, rest, part)
    if isinstance(value, dict):
        return {**value, str(step): changed}
    if not isinstance(value, list):
        raise KeyError(step)
    items = list(value)
    items[_index(value, step)] = changed
    return items


def path_text(path: Iterable[Step]) -> str:
    """A path as people write it: `components[headset].position[0]`; empty for the whole."""
    text = ""
    for step in path:
        if isinstance(step, Named):
            text += f"[{step.name}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        elif step and all(sign.isalnum() or sign in _PLAIN_NAME_SIGNS for sign in step):
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


def _step(value: Value | Absent, step: Step) -> Value | Absent:
    part: Value | Absent = ABSENT
    if isinstance(value, dict) and isinstance(step, str):
        part = value.get(step, ABSENT)
    elif isinstance(value, list) and not isinstance(step, str):
        index = _index(value, step)
        if 0 <= index < len(value):
            part = value[index]
    return part


def _index(items: list[Value], step: Step) -> int:
    """Where in a list a step leads; -1 for nowhere."""
    if isinstance(step, Named):
        found = (
            index
            for index, item in enumerate(items)
            if isinstance(item, dict) and str(item.get(step.field, "")) == step.name
        )
        return next(found, -1)
    return step if isinstance(step, int) else -1


def _names(items: list[Value], field: str) -> Iterator[str]:
    for item in items:
        name = item.get(field) if isinstance(item, dict) else None
        if isinstance(name, str | int | float) and not isinstance(name, bool):
            yield str(name)
