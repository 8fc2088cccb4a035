"""Which messages the publisher sends, and when."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from nanover_jupyter.widgets.sync.publisher import Health, Publisher
from nanover_jupyter.widgets.sync.state_feed import StateFeed
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually


class Clock:
    """A clock that is advanced by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Harness:
    """A publisher with its feed, which records the sent messages."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"a": 0}
        self.feed = StateFeed(self)
        self.sent: list[tuple[Any, Sequence[bytes]]] = []
        self.threads: set[str] = set()
        self.clock = Clock()
        self.publisher = Publisher(
            self._send,
            self.feed,
            health=lambda: Health(len(self.state), 0.5, 30.0),
            on_heartbeat=lambda: None,
            clock=self.clock,
        )

    def keys(self) -> list[str]:
        return list(self.state)

    def peek(self, key: str, default: Any = None) -> Any:
        return self.state.get(key, default)

    def change(self, **updates: Any) -> None:
        self.state.update(updates)
        self.feed.record_change(DictionaryChange(updates))
        self.publisher.notify_changes()

    def tick(self, seconds: float) -> None:
        self.clock.now += seconds
        with self.publisher._wake:
            # The thread waits in real time.
            self.publisher._wake.notify_all()
        self.publisher.notify_changes()

    def hello(self, client: str = "one") -> None:
        self.publisher.hello(client, None, None)
        eventually(lambda: any(m.get("client") == client for m in self.all("snapshot")))

    def all(self, op: str) -> list[Any]:
        return [envelope for envelope, _ in list(self.sent) if envelope["op"] == op]

    def _send(self, envelope: Any, buffers: Sequence[bytes]) -> None:
        self.threads.add(threading.current_thread().name)
        self.sent.append((envelope, buffers))


@pytest.fixture
def harness() -> Iterator[Harness]:
    harness = Harness()
    yield harness
    harness.publisher.close()


def settled(harness: Harness) -> None:
    """Wait until all pending messages are sent, and the thread sleeps or has ended."""
    publisher = harness.publisher
    eventually(lambda: publisher._thread is None or len(publisher._wake._waiters))  # type: ignore[attr-defined]


def test_without_a_view_no_thread_runs_and_nothing_is_sent(harness: Harness) -> None:
    harness.change(a=1)
    harness.publisher.post("commands", {"commands": []})
    harness.tick(10)

    assert harness.publisher._thread is None
    assert harness.sent == []


def test_hello_is_answered_with_a_snapshot_for_that_view(harness: Harness) -> None:
    harness.hello("one")

    (part,) = harness.all("snapshot")
    assert part["client"] == "one"
    assert harness.threads == {"nanover-publisher"}


def test_changes_within_one_period_are_one_delta_for_all_views(harness: Harness) -> None:
    harness.hello("one")
    harness.hello("two")
    harness.change(a=1)
    harness.change(a=2)
    harness.tick(1)

    (delta,) = eventually(lambda: harness.all("delta"))

    assert "client" not in delta


def test_without_acknowledgements_deltas_stop_and_no_change_is_lost(harness: Harness) -> None:
    harness.hello()
    for number in range(100):
        harness.change(a=number)
        harness.tick(0.02)
        settled(harness)
    sent = len(harness.all("delta"))

    assert sent <= 30
    assert harness.feed.has_changes

    harness.publisher.acknowledge("one", harness.feed.seq)
    harness.tick(1)
    eventually(lambda: not harness.feed.has_changes)
    assert len(harness.all("delta")) == sent + 1


def test_a_silent_view_stops_deltas(harness: Harness) -> None:
    harness.hello()
    harness.change(a=1)
    harness.tick(4)
    settled(harness)
    harness.change(a=2)
    harness.tick(4)
    settled(harness)

    assert harness.feed.has_changes
    eventually(lambda: harness.publisher._thread is None)


def test_a_stalled_view_does_not_block_another_one(harness: Harness) -> None:
    harness.hello("stuck")
    harness.hello("lively")
    harness.change(a=1)
    harness.tick(0.5)
    eventually(lambda: harness.all("delta"))
    harness.tick(3.5)
    harness.publisher.acknowledge("lively", harness.feed.seq)
    harness.change(a=2)
    harness.tick(0.1)

    eventually(lambda: len(harness.all("delta")) == 2)


def test_a_hidden_view_gets_no_messages(harness: Harness) -> None:
    harness.hello()
    harness.publisher.acknowledge("one", harness.feed.seq)
    harness.publisher.hide("one")
    before = len(harness.sent)
    harness.change(a=1)
    harness.tick(2)

    eventually(lambda: harness.publisher._thread is None)
    assert len(harness.sent) == before


def test_changes_start_no_thread_without_a_visible_view(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.hello()
    harness.publisher.acknowledge("one", harness.feed.seq)
    harness.publisher.hide("one")
    harness.tick(2)
    eventually(lambda: harness.publisher._thread is None)
    started: list[threading.Thread] = []

    def note(thread: threading.Thread) -> None:
        started.append(thread)

    monkeypatch.setattr(threading.Thread, "start", note)

    for number in range(5):
        harness.change(a=number)

    assert started == []


def test_a_returning_view_gets_the_missed_changes(harness: Harness) -> None:
    harness.hello()
    rev = harness.feed.rev
    harness.publisher.hide("one")
    harness.change(a=1)
    harness.publisher.hello("one", harness.feed.epoch, rev)

    (delta,) = eventually(lambda: harness.all("delta"))

    assert delta["client"] == "one"
    assert delta["body"]["from"] == rev


def test_a_view_of_another_epoch_gets_a_snapshot(harness: Harness) -> None:
    harness.hello()
    harness.publisher.hello("one", "another", 0)

    eventually(lambda: len(harness.all("snapshot")) == 2)


def test_an_expired_view_is_asked_to_send_hello(harness: Harness) -> None:
    harness.hello()
    rev = harness.feed.rev
    harness.tick(70)
    eventually(lambda: harness.publisher._thread is None)
    harness.change(a=1)
    harness.publisher.acknowledge("one", harness.feed.seq)

    (heartbeat,) = eventually(
        lambda: [m for m in harness.all("heartbeat") if m.get("client") == "one"]
    )
    assert heartbeat["body"]["epoch"] == ""
    harness.publisher.hello("one", harness.feed.epoch, rev)

    (delta,) = eventually(lambda: harness.all("delta"))
    assert delta["body"]["from"] == rev


def test_messages_for_all_are_dropped_without_a_visible_view(harness: Harness) -> None:
    harness.publisher.post("runs", {"n": 1})
    harness.hello("one")
    harness.publisher.post("runs", {"n": 2})
    harness.publisher.hide("one")
    harness.publisher.post("runs", {"n": 3})
    harness.publisher.post("reply", {"n": 4}, client="one", request=1)
    eventually(lambda: harness.all("reply"))

    assert [envelope["body"]["n"] for envelope in harness.all("runs")] == [2]


def test_a_lagging_view_gets_messages_for_all(harness: Harness) -> None:
    harness.hello("one")
    harness.tick(20)
    harness.publisher.post("runs", {"n": 1})

    assert eventually(lambda: harness.all("runs"))


def test_posting_does_not_wait_for_a_heartbeat(harness: Harness) -> None:
    """A caller may post within `lock_state()` while an expired view requests a heartbeat."""
    beating, released = threading.Event(), threading.Event()

    def health() -> tuple[int, float | None, float]:
        beating.set()
        released.wait(10)
        return 1, None, 0.0

    harness.publisher._health = health
    asking = threading.Thread(target=harness.publisher.acknowledge, args=("expired", 1))
    asking.start()
    assert beating.wait(10)
    posting = threading.Thread(target=harness.publisher.post, args=("runs", {}))
    posting.start()
    posting.join(5)
    waits = posting.is_alive()
    released.set()
    asking.join(10)
    posting.join(10)

    assert not waits


def test_the_epoch_changes_without_a_feed_too(harness: Harness) -> None:
    harness.publisher.set_feed(None)
    harness.publisher.hello("one", None, None)
    first = eventually(lambda: harness.all("heartbeat"))[-1]["body"]["epoch"]
    harness.publisher.set_feed(None)

    eventually(lambda: harness.all("heartbeat")[-1]["body"]["epoch"] not in {first, ""})
    assert first


def test_heartbeats_are_sent_once_a_second_to_a_visible_view(harness: Harness) -> None:
    harness.hello()
    settled(harness)
    for _ in range(5):
        harness.publisher.acknowledge("one", harness.feed.seq)
        harness.tick(1.0)
        settled(harness)

    heartbeats = harness.all("heartbeat")
    assert len(heartbeats) == 6
    assert heartbeats[-1]["body"]["keys"] == 1


def test_replies_keep_their_order_and_id(harness: Harness) -> None:
    for number in range(50):
        harness.publisher.post("reply", {"n": number}, client="one", request=number)

    eventually(lambda: len(harness.all("reply")) == 50)

    assert [m["id"] for m in harness.all("reply")] == list(range(50))


def test_an_error_of_the_comm_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[Any] = []

    def send(envelope: Any, _: Any) -> None:
        calls.append(envelope)
        if len(calls) == 1:
            raise RuntimeError("the comm is gone")

    publisher = Publisher(
        send, None, health=lambda: Health(0, None, 0.0), on_heartbeat=lambda: None
    )
    publisher.post("reply", {}, client="one")
    publisher.post("reply", {}, client="one")

    eventually(lambda: len(calls) == 2)
    publisher.close()
    assert "sending to the page failed" in caplog.text


def test_closing_sends_queued_messages_and_ends_the_thread(harness: Harness) -> None:
    harness.hello()
    for number in range(20):
        harness.publisher.post("reply", {"n": number})
    harness.publisher.close()

    assert len(harness.all("reply")) == 20
    assert harness.publisher._thread is None


def test_each_view_gets_a_snapshot_of_a_new_feed(harness: Harness) -> None:
    harness.hello("one")
    harness.hello("two")
    last = harness.feed.seq
    harness.state = {"b": 1}
    feed = StateFeed(harness)

    assert harness.publisher.set_feed(feed) == ["one", "two"]

    def fresh() -> list[Any]:
        return [m for m in harness.all("snapshot") if m["body"]["epoch"] == feed.epoch]

    parts = eventually(lambda: fresh() if len(fresh()) == 2 else None)
    assert {part["client"] for part in parts} == {"one", "two"}
    assert [part["body"]["seq"] for part in parts] == [last + 1, last + 2]
    eventually(lambda: harness.all("heartbeat")[-1]["body"]["epoch"] == feed.epoch)


def test_a_new_feed_starts_no_thread_without_a_view(harness: Harness) -> None:
    assert harness.publisher.set_feed(StateFeed(harness)) == []

    assert harness.publisher._thread is None
    assert harness.sent == []


def test_temporary_keys_do_not_accumulate_without_a_view() -> None:
    class Nothing:
        def keys(self) -> list[str]:
            return []

        def peek(self, _key: str, default: Any = None) -> Any:
            return default

    feed = StateFeed(Nothing())
    publisher = Publisher(
        lambda *_: None, feed, health=lambda: Health(0, None, 0.0), on_heartbeat=lambda: None
    )
    for number in range(30_000):
        for change in ({f"interaction.{number}": 1}, ()), ({}, [f"interaction.{number}"]):
            feed.record_change(DictionaryChange(*change))
            publisher.notify_changes()
    publisher.close()

    assert len(feed._dirty) <= 20_000
