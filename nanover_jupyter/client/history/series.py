"""Numbers inside values over time, thinned out for a plot. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nanover_jupyter.client.history.key_history import Sample
from nanover_jupyter.client.state.paths import Path, child_steps, get_at
from nanover_jupyter.wire.values import Absent, Value

__all__ = ["Series", "numbers_in", "series_of", "thin"]

_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Series:
    """A number over time; None where there was none, or none that can be drawn.

    Attributes:
        times: Seconds since the epoch.
        values: As many.
    """

    times: list[float]
    values: list[float | None]


def numbers_in(value: Value, limit: int = 200) -> list[Path]:
    """The ways to the first numbers in a value; truth values are none."""
    return list(islice(_walk(value, (), 0), limit))


def series_of(
    moments: Sequence[Sample], paths: Iterable[Path], *, points: int, until: float
) -> list[Series]:
    """Numbers of one key over its moments, each as `points` points at the most.

    Args:
        moments: Oldest first.
        paths: Where the numbers are.
        points: At least 4.
        until: The last value is drawn on to this time.
    """
    wanted = list(paths)
    columns: list[list[float | None]] = [[] for _ in wanted]
    times = [moment.at for moment in moments]
    for moment in moments:
        value = moment.value
        for column, path in zip(columns, wanted, strict=True):
            column.append(_drawable(get_at(value, path)) if moment.exists else None)
    if times and until > times[-1]:
        times.append(until)
        for column in columns:
            column.append(column[-1])
    return [thin(times, column, points) for column in columns]


def thin(times: Sequence[float], values: Sequence[float | None], points: int) -> Series:
    """Leave out what no plot of this width could show: each step keeps its extremes.

    Args:
        times: Growing.
        values: As many; None for a gap.
        points: How many remain at the most; at least 4.
    """
    if len(times) <= points:
        return Series(list(times), list(values))
    # First and last stay; each step of time in between keeps its least and its greatest.
    steps = (points - 2) // 2
    begin, span = times[0], times[-1] - times[0]
    kept: set[int] = {0, len(times) - 1}
    groups: dict[int, list[int]] = {}
    for index in range(1, len(times) - 1):
        step = int((times[index] - begin) / span * steps) if span > 0 else 0
        groups.setdefault(min(step, steps - 1), []).append(index)
    for group in groups.values():
        drawn = [index for index in group if values[index] is not None]
        if drawn:
            kept.add(min(drawn, key=lambda index: values[index] or 0.0))
            kept.add(max(drawn, key=lambda index: values[index] or 0.0))
        else:
            kept.add(group[0])
    order = sorted(kept)
    return Series([times[index] for index in order], [values[index] for index in order])


def _walk(value: Value, path: Path, depth: int) -> Iterator[Path]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path
    elif depth < _DEEPEST:
        for step, part in child_steps(value):
            yield from _walk(part, (*path, step), depth + 1)


def _drawable(value: Value | Absent) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
