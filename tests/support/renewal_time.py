"""Runs the renewal thread's steps on a fake clock."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.manager import LeaseManager
from tests.support.clock import FakeClock

__all__ = ["pass_time"]


def pass_time(
    locks: LeaseManager, clock: FakeClock, seconds: float, *, max_steps: int = 10_000
) -> None:
    """Advance the clock and run the renewal steps that become due."""
    end = clock() + seconds
    for _ in range(max_steps):
        pause = locks.renewer.step()
        if clock() + pause >= end:
            clock.now = max(clock.now, end)
            locks.renewer.step()
            return
        clock.pass_seconds(max(pause, 0.001))
    pytest.fail("the renewer never became idle")
