"""Background calls: the executor and the timer queue."""

from __future__ import annotations

import logging
import math
import threading

import pytest

from nanover_jupyter.client.background_calls import BoundedExecutor, Scheduler
from nanover_jupyter.errors import ConnectionLost
from tests.support.clock import FakeClock
from tests.support.eventually import eventually


def test_a_call_runs_on_a_daemon_thread_of_that_name():
    seen = []
    done = threading.Event()

    def call():
        thread = threading.current_thread()
        seen.append((thread.name, thread.daemon))
        done.set()

    assert BoundedExecutor().submit(call) is True

    assert done.wait(10)
    assert seen == [("nanover-call", True)]


def test_the_number_of_concurrent_calls_is_bounded():
    slots, go_on = BoundedExecutor(2), threading.Event()

    assert slots.submit(go_on.wait)
    assert slots.submit(go_on.wait)
    assert slots.submit(go_on.wait) is False

    go_on.set()
    eventually(lambda: slots.submit(lambda: None))


def test_a_call_that_raises_is_logged_and_frees_its_slot(caplog):
    slots = BoundedExecutor(1)

    with caplog.at_level(logging.ERROR, "nanover_jupyter.client"):
        assert slots.submit(lambda: 1 / 0)
        eventually(lambda: slots.submit(lambda: None))

    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]


def test_a_thread_that_does_not_start_frees_its_slot(monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    slots = BoundedExecutor(1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            slots.submit(lambda: None)

    eventually(lambda: slots.submit(lambda: None))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scheduler(clock: FakeClock) -> Scheduler:
    return Scheduler(clock)


def test_a_scheduled_call_runs_once_when_it_is_due(scheduler: Scheduler, clock: FakeClock) -> None:
    done: list[str] = []
    now_at = scheduler.add(lambda: done.append("now"), 0)
    later_at = scheduler.add(lambda: done.append("later"), 3)

    assert (now_at, later_at) == (clock(), clock() + 3)
    assert scheduler.run() == later_at
    assert done == ["now"]
    clock.pass_seconds(3)
    assert scheduler.run() == math.inf
    scheduler.run()

    assert done == ["now", "later"]


def test_a_scheduled_call_may_add_another(scheduler: Scheduler, clock: FakeClock) -> None:
    done: list[float] = []

    def again() -> None:
        done.append(clock())
        scheduler.add(again, 2)

    scheduler.add(again, 0)
    for _ in range(3):
        clock.now = max(clock.now, scheduler.run())

    assert [at - done[0] for at in done] == [0, 2, 4]


@pytest.mark.parametrize(
    "error", [ConnectionLost("somewhere", "asking", "it is away"), OverflowError("a bug")]
)
def test_a_failed_call_does_not_affect_the_others(scheduler: Scheduler, error: Exception) -> None:
    done: list[str] = []

    def fail() -> None:
        raise error

    scheduler.add(fail, 0)
    scheduler.add(lambda: done.append("other"), 0)

    assert scheduler.run() == math.inf
    assert done == ["other"]
