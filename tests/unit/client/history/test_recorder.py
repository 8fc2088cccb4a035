"""The memory of the state: what it holds, what it drops, and what it never reads."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter import DictionaryChange
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.recorder import Recorder, RecordingLimits
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.lazy import LazyValue
from nanover_jupyter.wire.websocket import codec as websocket_codec
from tests.support.clock import FakeClock
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport

WALL = 1_700_000_000.0

Decode = Callable[[DictionaryChange], DictionaryChange]


class RecordedClient:
    """The part of a client that a recorder uses, with changes made by the test."""

    def __init__(self, state: dict[str, Any] | None = None, **limits: int) -> None:
        self.state: dict[str, Any] = dict(state or {})
        self.clock = FakeClock()
        self.wall = WALL
        self.callback: Any = None
        self.recorder = Recorder(
            self,  # type: ignore[arg-type]
            RecordingLimits(**limits),
            clock=self.clock,
            wall=lambda: self.wall,
        )

    def received(self) -> dict[str, Any]:
        return dict(self.state)

    def on_change(self, callback: Any) -> Any:
        self.callback = callback
        return lambda: setattr(self, "callback", lambda _: None)

    def change(self, updates: dict[str, Any], *removals: str, after: float = 1.0) -> None:
        self.clock.pass_seconds(after)
        for key in removals:
            self.state.pop(key, None)
        self.state.update(updates)
        self.callback(DictionaryChange.adopt(updates, set(removals), lazy=True))


def samples_of(recorder: Recorder, key: str) -> list[tuple[float, Any]]:
    return [
        (sample.at - WALL, sample.value if sample.exists else "gone")
        for sample in recorder.samples(key)
    ]


def test_a_key_is_recorded_from_its_initial_value() -> None:
    recording = RecordedClient({"a": 1, "b": 2})
    recording.change({"a": 3})
    recording.change({}, "a")
    recording.change({"c": 4})

    assert samples_of(recording.recorder, "a") == [(0, 1), (1, 3), (2, "gone")]
    assert samples_of(recording.recorder, "b") == [(0, 2)]
    assert samples_of(recording.recorder, "c") == [(3, 4)]
    assert samples_of(recording.recorder, "d") == []
    assert recording.recorder.all_keys() == ["a", "b", "c"]
    assert recording.recorder.counts(["a", "b", "d"]) == {"a": 3, "b": 1, "d": 0}


def test_changes_of_the_system_clock_have_no_effect() -> None:
    recording = RecordedClient({"a": 1})
    recording.change({"a": 2})
    recording.wall -= 3600
    recording.change({"a": 3})
    recording.wall += 7200
    recording.change({"a": 4})

    assert samples_of(recording.recorder, "a") == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert recording.recorder.snapshot_at(WALL + 2.5) == {"a": 3}


def test_a_past_state_is_the_difference_from_the_current_one() -> None:
    recording = RecordedClient({"a": 1, "b": 2, "c": 3})
    recording.change({"a": 10})
    recording.change({"d": 4}, "b")

    past = recording.recorder.state_at(WALL + 0.5)

    assert {key: sample.value for key, sample in past.samples.items()} == {"a": 1, "b": 2}
    assert past.absent == {"d"}
    assert past.unknown == set()


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 3))))
def test_every_past_state_is_as_it_was(steps: list[dict[str, int | None]]) -> None:
    recording = RecordedClient({"a": 1, "b": 2})
    states = [dict(recording.state)]
    for step in steps:
        updates = {key: value for key, value in step.items() if value is not None}
        recording.change(updates, *(key for key, value in step.items() if value is None))
        states.append(dict(recording.state))

    for number, state in enumerate(states):
        at = WALL + number + 0.5
        assert recording.recorder.snapshot_at(at) == state
        past = recording.recorder.state_at(at)
        rebuilt = {k: v for k, v in recording.state.items() if k not in past.absent}
        rebuilt |= {key: sample.value for key, sample in past.samples.items()}
        assert rebuilt == state


def test_samples_of_one_key_are_bounded_and_dropped_ones_are_unknown() -> None:
    recording = RecordedClient({"still": 0}, items_per_key=3)
    for number in range(10):
        recording.change({"fast": number})

    assert [value for _, value in samples_of(recording.recorder, "fast")] == [7, 8, 9]
    assert not recording.recorder.is_complete("fast")
    assert recording.recorder.is_complete("still")
    assert recording.recorder.state_at(WALL + 2).unknown == {"fast"}
    assert recording.recorder.snapshot_at(WALL + 2) == {"still": 0}


def test_samples_of_all_keys_are_bounded_and_the_oldest_are_dropped_first() -> None:
    recording = RecordedClient(items=10)
    for number in range(100):
        recording.change({f"k{number % 5}": number})

    assert recording.recorder.items <= 10
    assert [value for key in "01234" for _, value in samples_of(recording.recorder, f"k{key}")] == [
        *(90, 95, 91, 96, 92, 97, 93, 98, 94, 99),
    ]
    assert recording.recorder.oldest - WALL == 95
    assert recording.recorder.snapshot_at(WALL + 95.5)["k4"] == 94


def test_bytes_are_bounded_and_a_quiet_key_keeps_its_value() -> None:
    recording = RecordedClient({"quiet": "q"}, bytes=100_000)
    recording.change({"quiet": "r"})
    for number in range(1_000):
        recording.change({"loud": f"{number:1000}"})

    assert recording.recorder.bytes <= 100_000
    assert samples_of(recording.recorder, "quiet") == [(1, "r")]
    assert len(samples_of(recording.recorder, "loud")) > 10


def test_removed_keys_leave_nothing_behind() -> None:
    recording = RecordedClient(items=100)
    for number in range(10_000):
        recording.change({f"k{number}": 1}, f"k{number - 1}")

    assert recording.recorder.items <= 100
    assert len(recording.recorder.all_keys()) <= 100


def test_a_hot_key_lets_no_queue_grow() -> None:
    recording = RecordedClient(items_per_key=10)
    for number in range(50_000):
        recording.change({"hot": number})

    assert len(recording.recorder._order) < 20_000
    assert recording.recorder.items == 10


def test_the_totals_match_the_histories() -> None:
    recording = RecordedClient({"a": 1}, items=20, items_per_key=7, bytes=20_000)
    for number in range(500):
        recording.change({f"k{number % 9}": "x" * (number % 300)}, f"k{(number * 7) % 11}")

    tracks = recording.recorder._histories.values()
    assert recording.recorder.items == sum(map(len, tracks))
    assert recording.recorder.bytes == sum(track.size for track in tracks)


class Unreadable(LazyValue):
    @staticmethod
    def decode(data: bytes) -> Any:
        raise AssertionError("read although nobody asked")


def accounted_and_real(values: Callable[[int], dict[str, Any]], decode: Decode) -> float:
    """What a recorder says that it takes, as a multiple of what it does take."""
    recording = RecordedClient()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(60):
            recording.callback(decode(DictionaryChange(values(number))))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return recording.recorder.bytes / (after - before)


def over_grpc(change: DictionaryChange) -> DictionaryChange:
    return grpc_codec.decode_state_update(grpc_codec.encode_state_update(change))


def over_websocket(change: DictionaryChange) -> DictionaryChange:
    received = websocket_codec.decode_message(websocket_codec.encode_change(change)).change
    assert received is not None
    return received


# By what is wrong with estimates of them: nothing, many small parts, one large part where
# nobody looks, a character that makes all others large, and hardly a value at all.
SHAPES: dict[str, Callable[[int], dict[str, Any]]] = {
    "avatars": lambda n: {f"k{i}": {"name": "x", "color": [n + 0.5] * 25} for i in range(30)},
    "empty parts": lambda n: {f"k{i}": [[], {}] * 20 + [n] for i in range(30)},
    "short texts": lambda n: {f"k{i}": [f"{n} {part}" for part in range(50)] for i in range(30)},
    "one large part": lambda n: {"k": ["x"] * 100 + ["y" * 20_000, n] + ["x"] * 100},
    "one wide character": lambda n: {f"k{i}": "x" * 200 + f"😀{n}" for i in range(30)},
    "numbers": lambda n: {f"k{i}": 1_000.5 * (n + 1) + i for i in range(100)},
    "truth values": lambda n: {f"k{i}": n % 2 == 0 for i in range(100)},
}


@pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("decode", [over_grpc, over_websocket])
def test_bytes_are_those_of_memory(values: Callable[[int], dict[str, Any]], decode: Decode) -> None:
    assert 0.8 < accounted_and_real(values, decode) < 1.4


def test_values_of_either_wire_are_kept_as_bytes() -> None:
    for decode in (over_grpc, over_websocket):
        recording = RecordedClient()
        recording.callback(decode(DictionaryChange({"a": {"b": [1.0]}})))

        assert isinstance(recording.recorder.samples("a")[0]._content, bytes)
        assert recording.recorder.samples("a")[0].value == {"b": [1.0]}


def test_recording_reads_no_value() -> None:
    recording = RecordedClient({"a": Unreadable(b"1")})
    recording.change({"a": Unreadable(b"2"), "b": Unreadable(b"3")})
    recording.change({}, "a")

    assert recording.recorder.state_at(WALL).samples.keys() == {"a"}
    assert recording.recorder.items == 4


def test_a_value_sent_unchanged_is_not_a_change() -> None:
    recording = RecordedClient({"a": Unreadable(b"1")})
    recording.change({"a": Unreadable(b"1"), "n": 1.0})
    recording.change({"a": Unreadable(b"1"), "n": 1.0})
    recording.change({}, "never")

    assert recording.recorder.counts(["a", "n", "never"]) == {"a": 1, "n": 1, "never": 0}


def test_times_advance_independently_of_the_system_clock() -> None:
    recording = RecordedClient()
    assert recording.recorder.started_at == WALL

    recording.change({"a": 1}, after=5)

    assert recording.recorder.samples("a")[0].at == WALL + 5


@pytest.fixture
def client() -> Iterator[BaseClient]:
    with BaseClient(FakeTransport({"a": 1.0})) as client:
        client.subscribe_all_state_updates()
        eventually(lambda: client.peek("a") == 1.0)
        yield client


def test_a_client_has_one_recorder(client: BaseClient) -> None:
    recorder = Recorder.of(client)

    assert Recorder.of(client) is recorder
    client.attempt_update_state(DictionaryChange({"a": 2.0}))

    eventually(lambda: [sample.value for sample in recorder.samples("a")] == [1.0, 2.0])


def test_the_recorder_ends_with_its_client_and_keeps_what_it_has(client: BaseClient) -> None:
    recorder = Recorder.of(client)
    client.attempt_update_state(DictionaryChange({"a": 2.0}))
    eventually(lambda: len(recorder.samples("a")) == 2)

    client.close()

    assert len(recorder.samples("a")) == 2
    assert "nanover-changes" not in [thread.name for thread in threading.enumerate()]


def test_a_closed_recorder_records_no_more() -> None:
    recording = RecordedClient()
    recording.change({"a": 1})
    recording.recorder.close()
    recording.change({"a": 2})

    assert [value for _, value in samples_of(recording.recorder, "a")] == [1]


def test_readers_and_the_changes_do_not_disturb_each_other() -> None:
    recording = RecordedClient(items=50)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for number in range(300):
                recording.recorder.snapshot_at(WALL + number)
                recording.recorder.samples("k1")
        except BaseException as error:  # noqa: BLE001 - asserted below
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(2_000):
        recording.change({f"k{number % 3}": number})
    for reader in readers:
        reader.join()

    assert failures == []
