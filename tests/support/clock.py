"""A clock that moves when told to."""

from __future__ import annotations


class FakeClock:
    """Monotonic seconds that pass by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds
