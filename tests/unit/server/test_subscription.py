"""Merging, the schedule of messages, and how both end."""

from __future__ import annotations

import math
import threading

import pytest

from nanover_jupyter.server import subscription as module
from nanover_jupyter.server.subscription import Subscription
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.interrupts import once_waiting_in


@pytest.fixture
def subscription(clock) -> Subscription:
    return Subscription({}, clock)


class Reader(threading.Thread):
    """Collects messages until the end."""

    def __init__(self, subscription, interval):
        super().__init__(daemon=True)
        self.messages = []
        self._paced = subscription.paced(interval)
        self.start()

    def run(self):
        for message in self._paced:
            self.messages.append(message)


def change(number) -> DictionaryChange:
    return DictionaryChange({"n": number})


def test_the_last_word_on_a_key_counts(subscription):
    subscription.offer(DictionaryChange({"a": 1, "b": 1, "c": 1}))
    subscription.offer(DictionaryChange({"a": 2}, {"b", "d"}))
    subscription.offer(DictionaryChange({"d": 3}))

    assert subscription.take() == DictionaryChange({"a": 2, "c": 1, "d": 3}, {"b"})


def test_a_key_added_and_removed_between_messages_is_told_as_removed(subscription):
    subscription.offer(DictionaryChange({"a": 1}))
    subscription.offer(DictionaryChange(removals={"a"}))

    assert subscription.take() == DictionaryChange(removals={"a"})


def test_offering_does_not_change_what_was_offered(subscription):
    offered = DictionaryChange({"a": 1})
    subscription.offer(offered)
    subscription.offer(DictionaryChange({"b": 2}))

    assert offered == DictionaryChange({"a": 1})


def test_taking_waits_for_a_change(subscription):
    with once_waiting_in("take", lambda: subscription.offer(change(1))):
        assert subscription.take(5) == change(1)


def test_changes_wait_for_their_slot_and_merge_meanwhile(subscription, clock):
    subscription.offer(change(0))
    reader = Reader(subscription, 10)
    eventually(lambda: reader.messages == [change(0)])

    subscription.offer(DictionaryChange({"a": 1}))
    subscription.offer(DictionaryChange({"b": 2}))
    assert reader.messages == [change(0)]
    clock.now += 10
    subscription.offer(change(3))  # also wakes the reader to look at the clock

    eventually(lambda: reader.messages == [change(0), DictionaryChange({"a": 1, "b": 2, "n": 3})])
    subscription.end()
    reader.join(5)


def test_quiet_time_earns_messages_without_delay(subscription, clock):
    paced = subscription.paced(0.5)
    subscription.offer(change(0))
    assert next(paced) == change(0)

    clock.now += 2
    for number in range(4):  # the slots at 0.5, 1.0, 1.5 and 2.0 s
        subscription.offer(change(number))
        assert next(paced) == change(number)


def test_after_the_credit_is_used_the_schedule_holds_again(subscription, clock):
    subscription.offer(change(0))
    reader = Reader(subscription, 0.5)
    eventually(lambda: len(reader.messages) == 1)
    clock.now += 1
    for number in (1, 2):
        subscription.offer(change(number))
        eventually(lambda number=number: reader.messages[-1] == change(number))

    subscription.offer(change(3))
    reader.join(0.05)
    assert reader.messages[-1] == change(2)
    subscription.end()
    reader.join(5)
    assert reader.messages[-1] == change(3)


@pytest.mark.parametrize("interval", [0, -1, -math.inf, math.nan])
def test_without_a_positive_interval_changes_go_as_they_come(subscription, interval):
    paced = subscription.paced(interval)
    for number in range(5):
        subscription.offer(change(number))
        assert next(paced) == change(number)


@pytest.mark.parametrize("interval", [1e9, 3.4e38, math.inf])
def test_ending_frees_the_thread_whatever_the_interval(subscription, interval):
    subscription.offer(change(0))
    reader = Reader(subscription, interval)
    eventually(lambda: reader.messages)

    subscription.end()
    reader.join(1)

    assert not reader.is_alive()


def test_nothing_is_added_after_the_end(subscription):
    subscription.end()
    subscription.offer(change(1))

    assert subscription.take() is None


def test_a_subscriber_far_behind_is_let_go(subscription, monkeypatch):
    monkeypatch.setattr(module, "PENDING_REMOVALS_LIMIT", 3)
    for number in range(4):
        assert not subscription.lagging
        subscription.offer(DictionaryChange(removals={str(number)}))

    assert subscription.lagging
    assert subscription.ended
    assert subscription.take() is None
