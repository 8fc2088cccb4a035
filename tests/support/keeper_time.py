"""Time as the thread that renews leases sees it."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.server_locks import Locks
from tests.support.clock import FakeClock

__all__ = ["pass_time"]


def pass_time(locks: Locks, clock: FakeClock, seconds: float, *, most_steps: int = 10_000) -> None:
    """Let time go by as the keeper's thread would see it."""
    end = clock() + seconds
    for _ in range(most_steps):
        pause = locks.keeper.step()
        if clock() + pause >= end:
            clock.now = max(clock.now, end)
            locks.keeper.step()
            return
        clock.pass_seconds(max(pause, 0.001))
    pytest.fail("the keeper never came to rest")
