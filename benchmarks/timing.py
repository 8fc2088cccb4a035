"""Ratios of processor time, measured in turns so that a noisy machine is noisy for all."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Timed", "in_turns"]


@dataclass(frozen=True, slots=True)
class Timed:
    """One way to do a thing: median seconds, and median of (first way's / its own) per round."""

    seconds: float
    ratio: float


def in_turns(
    ways: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    clock: str = "process_time",
    collect: bool = True,
) -> dict[str, Timed]:
    """Time each way once per round; the first is the baseline that ratios refer to.

    Args:
        ways: What to time, by name.
        rounds: How often.
        clock: The function of `time` to ask.
        collect: Whether to start each time with no garbage left by the one before.
    """
    now = getattr(time, clock)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            if collect:
                gc.collect()
            start = now()
            result = way()
            taken[name].append(now() - start)
            del result  # what it costs to forget is not the way's
    baseline = next(iter(taken.values()))
    return {
        name: Timed(
            statistics.median(times),
            statistics.median(b / t for b, t in zip(baseline, times, strict=True)),
        )
        for name, times in taken.items()
    }
