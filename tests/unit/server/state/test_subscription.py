"""The schedule of messages, and the end of waits."""

from __future__ import annotations

import math
import threading

import pytest

from nanover_jupyter.server import pacing
from nanover_jupyter.server.state.change_log import ChangeLog
from nanover_jupyter.server.state.subscription import Subscription
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.interrupts import once_waiting_in


@pytest.fixture(autouse=True)
def looks_at_the_clock(monkeypatch):
    """Let waits follow a manually advanced clock."""
    monkeypatch.setattr(pacing, "_LONGEST_WAIT", 0.01)


@pytest.fixture
def log() -> ChangeLog:
    return ChangeLog()


@pytest.fixture
def subscription(log, clock) -> Subscription:
    return Subscription(log, clock)


class Reader(threading.Thread):
    """Collects messages until the end."""

    def __init__(self, subscription, interval):
        super().__init__(daemon=True)
        self.messages = []
        self._paced = subscription.paced(interval)
        self.start()

    def run(self):
        for delta in self._paced:
            self.messages.append(delta.change)


def change(number) -> DictionaryChange:
    return DictionaryChange({"n": number})


def test_take_waits_for_a_change(log, subscription):
    with once_waiting_in("take", lambda: log.record(change(1))):
        assert subscription.take(5).change == change(1)


def test_changes_are_merged_until_the_next_scheduled_time(log, subscription, clock):
    log.record(change(0))
    reader = Reader(subscription, 10)
    eventually(lambda: reader.messages == [change(0)])

    log.record(DictionaryChange({"a": 1}))
    log.record(DictionaryChange({"b": 2}))
    log.record(change(3))
    assert reader.messages == [change(0)]
    clock.now += 10

    eventually(lambda: reader.messages == [change(0), DictionaryChange({"a": 1, "b": 2, "n": 3})])
    subscription.end()
    reader.join(5)


def test_messages_after_a_quiet_time_are_not_delayed(log, subscription, clock):
    paced = subscription.paced(0.5)
    log.record(change(0))
    assert next(paced).change == change(0)

    clock.now += 2
    for number in range(4):  # due at 0.5, 1.0, 1.5 and 2.0 s
        log.record(change(number))
        assert next(paced).change == change(number)


def test_the_schedule_resumes_after_catching_up(log, subscription, clock):
    log.record(change(0))
    reader = Reader(subscription, 0.5)
    eventually(lambda: len(reader.messages) == 1)
    clock.now += 1
    for number in (1, 2):
        log.record(change(number))
        eventually(lambda number=number: reader.messages[-1] == change(number))

    log.record(change(3))
    reader.join(0.05)
    assert reader.messages[-1] == change(2)
    subscription.end()
    reader.join(5)
    assert reader.messages[-1] == change(3)


@pytest.mark.parametrize("interval", [0, -1, -math.inf, math.nan])
def test_without_a_positive_interval_changes_are_not_delayed(log, subscription, interval):
    paced = subscription.paced(interval)
    for number in range(5):
        log.record(change(number))
        assert next(paced).change == change(number)


@pytest.mark.parametrize("interval", [1e9, 3.4e38, math.inf])
@pytest.mark.parametrize("end", ["subscription.end()", "log.close()"])
def test_ending_releases_the_thread_at_any_interval(log, clock, monkeypatch, interval, end):
    monkeypatch.setattr(pacing, "_LONGEST_WAIT", threading.TIMEOUT_MAX)
    subscription = Subscription(log, clock)
    log.record(change(0))
    reader = Reader(subscription, interval)
    eventually(lambda: reader.messages)

    if end == "log.close()":
        log.close()
    else:
        subscription.end()
    reader.join(5)

    assert not reader.is_alive()


def test_nothing_is_added_after_the_end(log, subscription):
    subscription.end()
    log.record(change(1))

    assert subscription.take() is None
