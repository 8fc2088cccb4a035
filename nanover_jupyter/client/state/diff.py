"""What is different between two values, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from nanover_jupyter.client.state.paths import Named, Path, Step, identifying_field, path_text
from nanover_jupyter.wire.values import Value, same_value

__all__ = ["Comparison", "Difference", "compare", "summary"]

Kind = Literal["added", "removed", "changed"]

# Further in, a part is the same or not: Python goes only so deep.
_DEEPEST: Final = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that is not the same; `before` or `after` is None where there was none."""

    path: Path
    kind: Kind
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first differences of two values, and how many there are in all."""

    differences: list[Difference]
    total: int


def compare(before: Value, after: Value, limit: int = 200) -> Comparison:
    """Tell two values apart, at most `limit` differences of them.

    Objects in lists are matched by their id or name where they have one, so that one
    that is put in front does not make all others different; other items by position,
    after what both lists begin and end with, and so are objects that only changed places.
    NaN is the same as NaN, 1 is not 1.0.
    """
    found = _walk(before, after, ())
    differences = list(islice(found, limit))
    return Comparison(differences, len(differences) + sum(1 for _ in found))


def summary(comparison: Comparison, limit: int = 2) -> str:
    """A line about it: the first paths, and how many more."""
    if not comparison.total:
        return "the same"
    signs = {"added": "+ ", "removed": "- ", "changed": ""}
    texts = [
        signs[each.kind] + (path_text(each.path) or "the whole value")
        for each in comparison.differences[:limit]
    ]
    more = comparison.total - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "")


def _walk(before: Value, after: Value, path: Path) -> Iterator[Difference]:
    if before is after:
        return
    if len(path) >= _DEEPEST:
        if not same_value(before, after):
            yield Difference(path, "changed", before, after)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _parts(dict(before.items()), dict(after.items()), path)
    elif isinstance(before, list) and isinstance(after, list):
        field = identifying_field(after) or identifying_field(before)
        old, new = _by_name(before, field), _by_name(after, field)
        if old is None or new is None:
            yield from _items(before, after, path)
            return
        found = _parts(old, new, path)
        first = next(found, None)
        if first is not None:
            yield first
            yield from found
        elif list(old) != list(new):
            # The same objects, that changed places: their names do not tell of that.
            yield from _items(before, after, path)
    elif not same_value(before, after):
        yield Difference(path, "changed", before, after)


def _parts(before: dict[Step, Value], after: dict[Step, Value], path: Path) -> Iterator[Difference]:
    for step, value in after.items():
        inside = (*path, step)
        if step in before:
            yield from _walk(before[step], value, inside)
        else:
            yield Difference(inside, "added", None, value)
    for step, value in before.items():
        if step not in after:
            yield Difference((*path, step), "removed", value, None)


def _by_name(items: list[Value], field: str | None) -> dict[Step, Value] | None:
    """Objects by name; None where they cannot be told apart by this field."""
    if field is None or (items and identifying_field(items) != field):
        return None
    return {Named(field, str(item[field])): item for item in items if isinstance(item, dict)}


def _items(before: list[Value], after: list[Value], path: Path) -> Iterator[Difference]:
    if len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _walk(old, new, (*path, index))
        return
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    for index in range(max(len(old), len(new))):
        inside = (*path, start + index)
        if index >= len(old):
            yield Difference(inside, "added", None, new[index])
        elif index >= len(new):
            yield Difference(inside, "removed", old[index], None)
        else:
            yield from _walk(old[index], new[index], inside)


def _common(before: list[Value], after: list[Value]) -> int:
    """How many items two lists begin with alike."""
    count = 0
    for old, new in zip(before, after, strict=False):
        if not same_value(old, new):
            break
        count += 1
    return count
