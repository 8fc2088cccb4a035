"""Clocks that move when told to."""

from __future__ import annotations

from collections.abc import Callable


class FakeClock:
    """Monotonic seconds that pass by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds


class ShiftedClock:
    """A real clock that can be put forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead = 0.0

    def __call__(self) -> float:
        return self._clock() + self._ahead

    def pass_seconds(self, seconds: float) -> None:
        self._ahead += seconds
