"""Differences between two values, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from nanover_jupyter.client.state.paths import Named, Path, Step, identifying_field, path_text
from nanover_jupyter.wire.values import Value, same_value

__all__ = ["Comparison", "Difference", "compare", "summary"]

Kind = Literal["added", "removed", "changed"]

# Deeper parts are compared as one value, to stay within Python's recursion limit.
_MAX_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A part that differs; `before` or `after` is None if the part did not exist."""

    path: Path
    kind: Kind
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first differences of two values, and their total number."""

    differences: list[Difference]
    total: int


def compare(before: Value, after: Value, limit: int = 200) -> Comparison:
    """Compare two values; returns at most `limit` differences.

    Objects in lists are matched by their id or name if they have one, so that an inserted
    object does not change the others. Reordered objects and all other items are matched by
    index, after the items that both lists begin and end with. NaN equals NaN; 1 and 1.0
    differ.
    """
    found = _differences(before, after, ())
    differences = list(islice(found, limit))
    return Comparison(differences, len(differences) + sum(1 for _ in found))


def summary(comparison: Comparison, limit: int = 2) -> str:
    """Return a short text with the first paths and the number of others."""
    if not comparison.total:
        return "no difference"
    signs = {"added": "+ ", "removed": "- ", "changed": ""}
    texts = [
        signs[each.kind] + (path_text(each.path) or "the full value")
        for each in comparison.differences[:limit]
    ]
    more = comparison.total - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "")


def _differences(before: Value, after: Value, path: Path) -> Iterator[Difference]:
    if before is after:
        return
    if len(path) >= _MAX_DEPTH:
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
            # The same objects in another order, which matching by name does not show.
            yield from _items(before, after, path)
    elif not same_value(before, after):
        yield Difference(path, "changed", before, after)


def _parts(before: dict[Step, Value], after: dict[Step, Value], path: Path) -> Iterator[Difference]:
    for step, value in after.items():
        inner = (*path, step)
        if step in before:
            yield from _differences(before[step], value, inner)
        else:
            yield Difference(inner, "added", None, value)
    for step, value in before.items():
        if step not in after:
            yield Difference((*path, step), "removed", value, None)


def _by_name(items: list[Value], field: str | None) -> dict[Step, Value] | None:
    """Return objects by name; None if the field does not identify them."""
    if field is None or (items and identifying_field(items) != field):
        return None
    return {Named(field, str(item[field])): item for item in items if isinstance(item, dict)}


def _items(before: list[Value], after: list[Value], path: Path) -> Iterator[Difference]:
    if len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, (*path, index))
        return
    start = _common_length(before, after)
    end = _common_length(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    for index in range(max(len(old), len(new))):
        inner = (*path, start + index)
        if index >= len(old):
            yield Difference(inner, "added", None, new[index])
        elif index >= len(new):
            yield Difference(inner, "removed", old[index], None)
        else:
            yield from _differences(old[index], new[index], inner)


def _common_length(before: list[Value], after: list[Value]) -> int:
    """Return how many equal items two lists begin with."""
    count = 0
    for old, new in zip(before, after, strict=False):
        if not same_value(old, new):
            break
        count += 1
    return count
