"""Measure functions in interleaved rounds, so that a busy machine affects all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Timing", "measure_interleaved"]


@dataclass(frozen=True, slots=True)
class Timing:
    """The median time of a function and its median speed relative to the baseline."""

    seconds: float
    speedup: float


def measure_interleaved(
    functions: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    clock: str = "process_time",
    collect: bool = True,
) -> dict[str, Timing]:
    """Time each function once per round. The first is the baseline.

    Args:
        functions: The functions by name.
        rounds: The number of rounds.
        clock: The name of a function of `time`.
        collect: Whether to run the garbage collector before each call.
    """
    now = getattr(time, clock)
    samples: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            if collect:
                gc.collect()
            start = now()
            result = function()
            samples[name].append(now() - start)
            del result  # freeing it is not measured
    baseline = next(iter(samples.values()))
    return {
        name: Timing(
            statistics.median(times),
            statistics.median(b / t for b, t in zip(baseline, times, strict=True)),
        )
        for name, times in samples.items()
    }
