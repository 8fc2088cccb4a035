"""What leaves for the page, when, and what does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from nanover_jupyter.widgets.sync.publisher import Publisher
from nanover_jupyter.widgets.sync.state_feed import StateFeed
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually


class Clock:
    """Monotonic seconds that only move when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A publisher with its feed, and what it sent."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"a": 0}
        self.feed = StateFeed(self)
        self.sent: list[tuple[Any, Sequence[bytes]]] = []
        self.threads: set[str] = set()
        self.clock = Clock()
        self.publisher = Publisher(
            self._send,
            self.feed,
            health=lambda: (len(self.state), 0.5, 30.0),
            on_beat=lambda: None,
            clock=self.clock,
        )

    def keys(self) -> list[str]:
        return list(self.state)

    def peek(self, key: str, default: Any = None) -> Any:
        return self.state.get(key, default)

    def change(self, **updates: Any) -> None:
        self.state.update(updates)
        self.feed.changed(DictionaryChange(updates))
        self.publisher.changes_waiting()

    def tick(self, seconds: float) -> None:
        self.clock.now += seconds
        with self.publisher._wake:
            # The thread waits in real time.
            self.publisher._wake.notify_all()
        self.publisher.changes_waiting()

    def hello(self, client: str = "one") -> None:
        self.publisher.hello(client, None, None)
        eventually(lambda: any(m.get("client") == client for m in self.all("snapshot")))

    def all(self, op: str) -> list[Any]:
        return [envelope for envelope, _ in list(self.sent) if envelope["op"] == op]

    def _send(self, envelope: Any, buffers: Sequence[bytes]) -> None:
        self.threads.add(threading.current_thread().name)
        self.sent.append((envelope, buffers))


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.publisher.close()


def settled(bench: Bench) -> None:
    """Wait until everything that may leave now has left, and the thread sleeps or has ended."""
    publisher = bench.publisher
    eventually(lambda: publisher._thread is None or len(publisher._wake._waiters))  # type: ignore[attr-defined]


def test_without_a_view_no_thread_runs_and_nothing_is_sent(bench: Bench) -> None:
    bench.change(a=1)
    bench.publisher.post("commands", {"commands": []})
    bench.tick(10)

    assert bench.publisher._thread is None
    assert bench.sent == []


def test_a_hello_is_answered_with_a_snapshot_for_that_view(bench: Bench) -> None:
    bench.hello("one")

    (part,) = bench.all("snapshot")
    assert part["client"] == "one"
    assert bench.threads == {"nanover-publisher"}


def test_changes_within_a_tick_are_one_delta_for_all_views(bench: Bench) -> None:
    bench.hello("one")
    bench.hello("two")
    bench.change(a=1)
    bench.change(a=2)
    bench.tick(1)

    (delta,) = eventually(lambda: bench.all("delta"))

    assert "client" not in delta


def test_a_view_that_acknowledges_nothing_stops_the_flow_but_loses_nothing(bench: Bench) -> None:
    bench.hello()
    for number in range(100):
        bench.change(a=number)
        bench.tick(0.02)
        settled(bench)
    sent = len(bench.all("delta"))

    assert sent <= 30
    assert bench.feed.has_changes

    bench.publisher.acknowledge("one", bench.feed.seq)
    bench.tick(1)
    eventually(lambda: not bench.feed.has_changes)
    assert len(bench.all("delta")) == sent + 1


def test_a_view_that_went_away_without_a_word_stops_the_flow(bench: Bench) -> None:
    bench.hello()
    bench.change(a=1)
    bench.tick(4)
    settled(bench)
    bench.change(a=2)
    bench.tick(4)
    settled(bench)

    assert bench.feed.has_changes
    eventually(lambda: bench.publisher._thread is None)


def test_a_stuck_view_does_not_hold_up_a_lively_one(bench: Bench) -> None:
    bench.hello("stuck")
    bench.hello("lively")
    bench.change(a=1)
    bench.tick(0.5)
    eventually(lambda: bench.all("delta"))
    bench.tick(3.5)
    bench.publisher.acknowledge("lively", bench.feed.seq)
    bench.change(a=2)
    bench.tick(0.1)

    eventually(lambda: len(bench.all("delta")) == 2)


def test_a_hidden_view_is_sent_nothing(bench: Bench) -> None:
    bench.hello()
    bench.publisher.acknowledge("one", bench.feed.seq)
    bench.publisher.hide("one")
    before = len(bench.sent)
    bench.change(a=1)
    bench.tick(2)

    eventually(lambda: bench.publisher._thread is None)
    assert len(bench.sent) == before


def test_changes_start_no_thread_while_nobody_looks(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.hello()
    bench.publisher.acknowledge("one", bench.feed.seq)
    bench.publisher.hide("one")
    bench.tick(2)
    eventually(lambda: bench.publisher._thread is None)
    started: list[threading.Thread] = []

    def note(thread: threading.Thread) -> None:
        started.append(thread)

    monkeypatch.setattr(threading.Thread, "start", note)

    for number in range(5):
        bench.change(a=number)

    assert started == []


def test_a_view_that_comes_back_gets_what_it_missed(bench: Bench) -> None:
    bench.hello()
    rev = bench.feed.rev
    bench.publisher.hide("one")
    bench.change(a=1)
    bench.publisher.hello("one", bench.feed.epoch, rev)

    (delta,) = eventually(lambda: bench.all("delta"))

    assert delta["client"] == "one"
    assert delta["body"]["from"] == rev


def test_a_view_of_another_epoch_starts_anew(bench: Bench) -> None:
    bench.hello()
    bench.publisher.hello("one", "another", 0)

    eventually(lambda: len(bench.all("snapshot")) == 2)


def test_a_forgotten_view_that_still_talks_is_told_to_say_hello(bench: Bench) -> None:
    bench.hello()
    rev = bench.feed.rev
    bench.tick(70)
    eventually(lambda: bench.publisher._thread is None)
    bench.change(a=1)
    bench.publisher.acknowledge("one", bench.feed.seq)

    (beat,) = eventually(lambda: [m for m in bench.all("heartbeat") if m.get("client") == "one"])
    assert beat["body"]["epoch"] == ""
    bench.publisher.hello("one", bench.feed.epoch, rev)

    (delta,) = eventually(lambda: bench.all("delta"))
    assert delta["body"]["from"] == rev


def test_what_is_for_all_is_kept_from_the_wire_while_nobody_is_there(bench: Bench) -> None:
    bench.publisher.post("runs", {"n": 1})
    bench.hello("one")
    bench.publisher.post("runs", {"n": 2})
    bench.publisher.hide("one")
    bench.publisher.post("runs", {"n": 3})
    bench.publisher.post("reply", {"n": 4}, client="one", request=1)
    eventually(lambda: bench.all("reply"))

    assert [envelope["body"]["n"] for envelope in bench.all("runs")] == [2]


def test_a_view_that_lags_misses_nothing_that_is_for_all(bench: Bench) -> None:
    bench.hello("one")
    bench.tick(20)
    bench.publisher.post("runs", {"n": 1})

    assert eventually(lambda: bench.all("runs"))


def test_nobody_who_holds_the_state_has_to_wait_for_a_heartbeat(bench: Bench) -> None:
    """As one who posts from within `lock_state()` while a forgotten view asks for a beat."""
    beating, released = threading.Event(), threading.Event()

    def health() -> tuple[int, float | None, float]:
        beating.set()
        released.wait(10)
        return 1, None, 0.0

    bench.publisher._health = health
    asking = threading.Thread(target=bench.publisher.acknowledge, args=("forgotten", 1))
    asking.start()
    assert beating.wait(10)
    posting = threading.Thread(target=bench.publisher.post, args=("runs", {}))
    posting.start()
    posting.join(5)
    waits = posting.is_alive()
    released.set()
    asking.join(10)
    posting.join(10)

    assert not waits


def test_without_a_feed_the_epoch_still_tells_that_everything_is_another(bench: Bench) -> None:
    bench.publisher.turn_to(None)
    bench.publisher.hello("one", None, None)
    first = eventually(lambda: bench.all("heartbeat"))[-1]["body"]["epoch"]
    bench.publisher.turn_to(None)

    eventually(lambda: bench.all("heartbeat")[-1]["body"]["epoch"] not in {first, ""})
    assert first


def test_the_heart_beats_once_a_second_while_somebody_looks(bench: Bench) -> None:
    bench.hello()
    settled(bench)
    for _ in range(5):
        bench.publisher.acknowledge("one", bench.feed.seq)
        bench.tick(1.0)
        settled(bench)

    beats = bench.all("heartbeat")
    assert len(beats) == 6
    assert beats[-1]["body"]["keys"] == 1


def test_replies_keep_their_order_and_their_number(bench: Bench) -> None:
    for number in range(50):
        bench.publisher.post("reply", {"n": number}, client="one", request=number)

    eventually(lambda: len(bench.all("reply")) == 50)

    assert [m["id"] for m in bench.all("reply")] == list(range(50))


def test_a_comm_that_throws_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[Any] = []

    def send(envelope: Any, _: Any) -> None:
        calls.append(envelope)
        if len(calls) == 1:
            raise RuntimeError("the comm is gone")

    publisher = Publisher(send, None, health=lambda: (0, None, 0.0), on_beat=lambda: None)
    publisher.post("reply", {}, client="one")
    publisher.post("reply", {}, client="one")

    eventually(lambda: len(calls) == 2)
    publisher.close()
    assert "sending to the page failed" in caplog.text


def test_closing_sends_what_is_queued_and_ends_the_thread(bench: Bench) -> None:
    bench.hello()
    for number in range(20):
        bench.publisher.post("reply", {"n": number})
    bench.publisher.close()

    assert len(bench.all("reply")) == 20
    assert bench.publisher._thread is None


def test_turned_to_another_feed_it_sends_each_view_the_whole_of_it_unasked(bench: Bench) -> None:
    bench.hello("one")
    bench.hello("two")
    last = bench.feed.seq
    bench.state = {"b": 1}
    feed = StateFeed(bench)

    assert bench.publisher.turn_to(feed) == ["one", "two"]

    def fresh() -> list[Any]:
        return [m for m in bench.all("snapshot") if m["body"]["epoch"] == feed.epoch]

    parts = eventually(lambda: fresh() if len(fresh()) == 2 else None)
    assert {part["client"] for part in parts} == {"one", "two"}
    assert [part["body"]["seq"] for part in parts] == [last + 1, last + 2]
    eventually(lambda: bench.all("heartbeat")[-1]["body"]["epoch"] == feed.epoch)


def test_turned_to_another_feed_without_a_view_it_stays_asleep(bench: Bench) -> None:
    assert bench.publisher.turn_to(StateFeed(bench)) == []

    assert bench.publisher._thread is None
    assert bench.sent == []


def test_keys_that_come_and_go_while_nobody_looks_leave_nothing() -> None:
    class Nothing:
        def keys(self) -> list[str]:
            return []

        def peek(self, _key: str, default: Any = None) -> Any:
            return default

    feed = StateFeed(Nothing())
    publisher = Publisher(
        lambda *_: None, feed, health=lambda: (0, None, 0.0), on_beat=lambda: None
    )
    for number in range(30_000):
        for change in ({f"interaction.{number}": 1}, ()), ({}, [f"interaction.{number}"]):
            feed.changed(DictionaryChange(*change))
            publisher.changes_waiting()
    publisher.close()

    assert len(feed._dirty) <= 20_000
