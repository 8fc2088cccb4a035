"""Changes reach every subscriber in order, merged for the slow ones."""

from __future__ import annotations

import logging
import queue
import threading

import pytest

from nanover_jupyter.client.state.change_feed import ChangeFeed
from nanover_jupyter.client.state.mirror import StateMirror
from nanover_jupyter.wire.messages import DictionaryChange, UnparsedUpdate
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads


@pytest.fixture
def feed():
    feed = ChangeFeed()
    yield feed
    feed.close()


class Slow:
    """A subscriber that is busy with its first change until `go_on` is set."""

    def __init__(self):
        self.changes = []
        self.busy, self.go_on = threading.Event(), threading.Event()

    def __call__(self, change):
        self.changes.append(change)
        self.busy.set()
        assert self.go_on.wait(20)


def test_a_feed_without_subscribers_has_no_thread(feed):
    feed.publish(DictionaryChange({"a": 1}))

    assert own_threads() == []


def test_a_subscriber_gets_each_change_in_order_on_the_feeds_thread(feed):
    changes, threads = [], set()

    def callback(change):
        threads.add(threading.current_thread().name)
        changes.append(change)

    feed.subscribe(callback)
    for number in range(3):
        feed.publish(DictionaryChange({"a": number}, {"b"}))
        eventually(lambda number=number: len(changes) == number + 1)

    assert changes == [DictionaryChange({"a": number}, {"b"}) for number in range(3)]
    assert threads == {"nanover-changes"}


def test_a_slow_subscriber_gets_missed_changes_merged(feed):
    slow = Slow()
    feed.subscribe(slow)
    feed.publish(DictionaryChange({"a": 0}))
    assert slow.busy.wait(10)
    feed.publish(DictionaryChange({"a": 1, "b": 1}))
    feed.publish(DictionaryChange({"c": 2}, {"b"}))
    feed.publish(DictionaryChange({"a": 3}))
    slow.go_on.set()

    eventually(lambda: len(slow.changes) == 2)
    assert slow.changes[1] == DictionaryChange({"a": 3, "c": 2}, {"b"})


def test_publishing_does_not_wait_for_a_slow_subscriber(feed):
    slow = Slow()
    feed.subscribe(slow)
    for number in range(1000):
        feed.publish(DictionaryChange({"a": number}))
    assert slow.busy.wait(10)
    assert len(slow.changes) == 1
    slow.go_on.set()

    eventually(lambda: slow.changes[-1].updates == {"a": 999})


def test_a_change_belongs_to_the_subscriber_who_got_it(feed):
    published = DictionaryChange({"a": 1})
    spoilt, seen = [], []

    def spoil(change):
        change.updates.clear()
        change.removals.add("everything")
        spoilt.append(change)

    feed.subscribe(spoil)
    feed.subscribe(seen.append)
    feed.publish(published)

    eventually(lambda: spoilt and seen)
    assert seen == [published] == [DictionaryChange({"a": 1})]


def test_an_exception_of_a_subscriber_is_logged_and_all_continue(feed, caplog):
    seen, tried = [], []

    def fail(change):
        tried.append(change)
        raise ValueError("no")

    feed.subscribe(fail)
    feed.subscribe(seen.append)
    with caplog.at_level(logging.ERROR, "nanover_jupyter.client"):
        feed.publish(DictionaryChange({"a": 1}))
        eventually(lambda: len(seen) == 1)
        feed.publish(DictionaryChange({"a": 2}))
        eventually(lambda: len(seen) == 2)

    assert len(tried) == 2
    assert [record.exc_info[0] for record in caplog.records] == [ValueError, ValueError]


def test_an_ended_subscription_gets_no_changes(feed):
    left, stayed = [], []
    leave = feed.subscribe(left.append)
    feed.subscribe(stayed.append)
    leave()
    leave()
    feed.publish(DictionaryChange({"a": 1}))

    eventually(lambda: stayed)
    assert left == []


def test_a_subscription_that_ends_during_a_delivery_is_not_called(feed):
    late = []
    slow = Slow()
    feed.subscribe(slow)
    leave = feed.subscribe(late.append)
    feed.publish(DictionaryChange({"a": 1}))
    assert slow.busy.wait(10)
    leave()
    slow.go_on.set()
    feed.publish(DictionaryChange({"a": 2}))

    eventually(lambda: len(slow.changes) == 2)
    assert late == []


def test_a_late_subscriber_gets_changes_from_then_on(feed):
    early, late = [], []
    feed.subscribe(early.append)
    feed.publish(DictionaryChange({"a": 1}))
    eventually(lambda: early)
    feed.subscribe(late.append)
    feed.publish(DictionaryChange({"a": 2}))

    eventually(lambda: late)
    assert late == [DictionaryChange({"a": 2})]


def test_closing_ends_the_thread_and_all_subscriptions(feed):
    seen = []
    feed.subscribe(seen.append)
    feed.close()
    feed.close()
    feed.publish(DictionaryChange({"a": 1}))
    feed.subscribe(seen.append)

    assert own_threads() == []
    assert seen == []


def test_a_subscriber_may_close_the_feed(feed):
    feed.subscribe(lambda _: feed.close())
    feed.publish(DictionaryChange({"a": 1}))

    eventually(lambda: not own_threads())


def test_update_is_parsed_once_for_the_mirror_and_all_subscribers() -> None:
    parsed: list[bytes] = []

    def parse(data: bytes) -> DictionaryChange:
        parsed.append(data)
        return DictionaryChange({"a": ["shared"]})

    feed, mirror = ChangeFeed(), StateMirror()
    received: queue.SimpleQueue[object] = queue.SimpleQueue()
    for _ in range(3):
        feed.subscribe(lambda change: received.put(change.updates["a"]))
    change = DictionaryChange.unparsed(UnparsedUpdate(b"message", b"keys", parse))
    mirror.apply(change)
    feed.publish(change)

    value = mirror.get("a")
    assert value == ["shared"]
    assert all(received.get(timeout=10) is value for _ in range(3))
    assert parsed == [b"message"]
    feed.close()


def test_subscription_that_a_finalizer_ends_hides_no_change_from_the_next_one(feed):
    class Finalizing(DictionaryChange):
        def copy(self):
            end_first()
            return super().copy()

    seen = []
    end_first = feed.subscribe(lambda _: None)
    feed.subscribe(lambda _: seen.append("second"))
    feed.subscribe(lambda _: seen.append("third"))

    feed.publish(Finalizing({"a": 1}))

    eventually(lambda: seen[-1:] == ["third"])
    assert seen == ["second", "third"]


def test_finalizer_may_end_a_subscription_while_another_thread_holds_the_lock(feed):
    unsubscribe = feed.subscribe(lambda _: None)
    finalizer = threading.Thread(target=unsubscribe, daemon=True)

    with feed._wake:
        finalizer.start()
        finalizer.join(10)
        assert not finalizer.is_alive()

    assert feed.count == 0


def test_ended_subscriptions_do_not_accumulate(feed):
    for _ in range(100):
        feed.subscribe(lambda _: None)()
        assert len(feed._subscriptions) <= 1
    feed.publish(DictionaryChange({"a": 1}))

    assert feed._subscriptions == ()
