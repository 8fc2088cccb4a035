"""Clocks that tests advance."""

from __future__ import annotations

from collections.abc import Callable


class FakeClock:
    """A clock that moves only when advanced."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds


class ShiftedClock:
    """A real clock that can be advanced."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead = 0.0

    def __call__(self) -> float:
        return self._clock() + self._ahead

    def pass_seconds(self, seconds: float) -> None:
        self._ahead += seconds
