"""Time series of numbers inside values, downsampled for plots."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nanover_jupyter.client.history.key_history import Sample
from nanover_jupyter.client.state.paths import Path, child_steps, get_at
from nanover_jupyter.wire.values import Absent, Value

__all__ = ["Series", "downsample", "numbers_in", "series_of"]

_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Series:
    """A number over time; None where it is missing or not finite.

    Attributes:
        times: Seconds since the epoch.
        values: The values at these times.
    """

    times: list[float]
    values: list[float | None]


def numbers_in(value: Value, limit: int = 200) -> list[Path]:
    """Return the paths of the first numbers in a value. Booleans are not numbers."""
    return list(islice(_number_paths(value, (), 0), limit))


def series_of(
    samples: Sequence[Sample], paths: Iterable[Path], *, points: int, until: float
) -> list[Series]:
    """Return a series with at most `points` points for each path.

    Args:
        samples: The samples of one key, oldest first.
        paths: The paths of the numbers.
        points: The maximum number of points; at least 4.
        until: The time to which the last value extends.
    """
    paths = list(paths)
    columns: list[list[float | None]] = [[] for _ in paths]
    times = [sample.at for sample in samples]
    for sample in samples:
        value = sample.value
        for column, path in zip(columns, paths, strict=True):
            column.append(_finite_number(get_at(value, path)) if sample.exists else None)
    if times and until > times[-1]:
        times.append(until)
        for column in columns:
            column.append(column[-1])
    return [downsample(times, column, points) for column in columns]


def downsample(times: Sequence[float], values: Sequence[float | None], points: int) -> Series:
    """Reduce a series to the extremes of each time step.

    Args:
        times: Increasing times.
        values: The values at these times; None for a gap.
        points: The maximum number of points; at least 4.
    """
    if len(times) <= points:
        return Series(list(times), list(values))
    # Keep the first and last point, and the minimum and maximum of each step in between.
    steps = (points - 2) // 2
    begin, span = times[0], times[-1] - times[0]
    kept: set[int] = {0, len(times) - 1}
    groups: dict[int, list[int]] = {}
    for index in range(1, len(times) - 1):
        step = int((times[index] - begin) / span * steps) if span > 0 else 0
        groups.setdefault(min(step, steps - 1), []).append(index)
    for group in groups.values():
        present = [index for index in group if values[index] is not None]
        if present:
            kept.add(min(present, key=lambda index: values[index] or 0.0))
            kept.add(max(present, key=lambda index: values[index] or 0.0))
        else:
            kept.add(group[0])
    order = sorted(kept)
    return Series([times[index] for index in order], [values[index] for index in order])


def _number_paths(value: Value, path: Path, depth: int) -> Iterator[Path]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path
    elif depth < _MAX_DEPTH:
        for step, part in child_steps(value):
            yield from _number_paths(part, (*path, step), depth + 1)


def _finite_number(value: Value | Absent) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
