"""Errands that wait for their time."""

from __future__ import annotations

import math

import pytest

from nanover_jupyter.client.scheduler import Scheduler
from nanover_jupyter.errors import ConnectionLost
from tests.support.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def errands(clock: FakeClock) -> Scheduler:
    return Scheduler(clock)


def test_an_errand_is_done_once_when_its_time_has_come(
    errands: Scheduler, clock: FakeClock
) -> None:
    done: list[str] = []
    now_at = errands.add(lambda: done.append("now"), 0)
    later_at = errands.add(lambda: done.append("later"), 3)

    assert (now_at, later_at) == (clock(), clock() + 3)
    assert errands.run() == later_at
    assert done == ["now"]
    clock.pass_seconds(3)
    assert errands.run() == math.inf
    errands.run()

    assert done == ["now", "later"]


def test_an_errand_may_order_another(errands: Scheduler, clock: FakeClock) -> None:
    done: list[float] = []

    def again() -> None:
        done.append(clock())
        errands.add(again, 2)

    errands.add(again, 0)
    for _ in range(3):
        clock.now = max(clock.now, errands.run())

    assert [at - done[0] for at in done] == [0, 2, 4]


@pytest.mark.parametrize(
    "error", [ConnectionLost("somewhere", "asking", "it is away"), OverflowError("a bug")]
)
def test_what_fails_costs_no_other_errand(errands: Scheduler, error: Exception) -> None:
    done: list[str] = []

    def fail() -> None:
        raise error

    errands.add(fail, 0)
    errands.add(lambda: done.append("other"), 0)

    assert errands.run() == math.inf
    assert done == ["other"]
