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


class MagicContext:
    """A client's half of what a recorder needs, told changes by hand."""

    def __init__(self, state: dict[str, Any] | None = None, **limits: int) -> None:
        self.state: dict[str, Any] = dict(state or {})
        self.clock = FakeClock()
        self.wall = WALL
        self.told: Any = None
        self.recorder = Recorder(
            self,  # type: ignore[arg-type]
            RecordingLimits(**limits),
            clock=self.clock,
            wall=lambda: self.wall,
        )

    def received(self) -> dict[str, Any]:
        return dict(self.state)

    def on_change(self, callback: Any) -> Any:
        self.told = callback
        return lambda: setattr(self, "told", lambda _: None)

    def say(self, updates: dict[str, Any], *removals: str, after: float = 1.0) -> None:
        self.clock.pass_seconds(after)
        for key in removals:
            self.state.pop(key, None)
        self.state.update(updates)
        self.told(DictionaryChange.adopt(updates, set(removals), lazy=True))


def told(recorder: Recorder, key: str) -> list[tuple[float, Any]]:
    return [
        (moment.at - WALL, moment.value if moment.exists else "gone")
        for moment in recorder.moments(key)
    ]


def test_a_key_is_remembered_from_what_it_was_at_the_beginning() -> None:
    desk = MagicContext({"a": 1, "b": 2})
    desk.say({"a": 3})
    desk.say({}, "a")
    desk.say({"c": 4})

    assert told(desk.recorder, "a") == [(0, 1), (1, 3), (2, "gone")]
    assert told(desk.recorder, "b") == [(0, 2)]
    assert told(desk.recorder, "c") == [(3, 4)]
    assert told(desk.recorder, "d") == []
    assert desk.recorder.all_keys() == ["a", "b", "c"]
    assert desk.recorder.counts(["a", "b", "d"]) == {"a": 3, "b": 1, "d": 0}


def test_a_clock_of_the_machine_that_jumps_moves_no_moment() -> None:
    desk = MagicContext({"a": 1})
    desk.say({"a": 2})
    desk.wall -= 3600
    desk.say({"a": 3})
    desk.wall += 7200
    desk.say({"a": 4})

    assert told(desk.recorder, "a") == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert desk.recorder.snapshot_at(WALL + 2.5) == {"a": 3}


def test_the_state_at_a_time_is_told_as_what_differs_from_now() -> None:
    desk = MagicContext({"a": 1, "b": 2, "c": 3})
    desk.say({"a": 10})
    desk.say({"d": 4}, "b")

    past = desk.recorder.state_at(WALL + 0.5)

    assert {key: moment.value for key, moment in past.moments.items()} == {"a": 1, "b": 2}
    assert past.absent == {"d"}
    assert past.unknown == set()


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 3))))
def test_every_past_state_is_as_it_was(steps: list[dict[str, int | None]]) -> None:
    desk = MagicContext({"a": 1, "b": 2})
    states = [dict(desk.state)]
    for step in steps:
        updates = {key: value for key, value in step.items() if value is not None}
        desk.say(updates, *(key for key, value in step.items() if value is None))
        states.append(dict(desk.state))

    for number, state in enumerate(states):
        at = WALL + number + 0.5
        assert desk.recorder.snapshot_at(at) == state
        past = desk.recorder.state_at(at)
        rebuilt = {k: v for k, v in desk.state.items() if k not in past.absent}
        rebuilt |= {key: moment.value for key, moment in past.moments.items()}
        assert rebuilt == state


def test_moments_of_one_key_are_bounded_and_the_rest_is_said_to_be_unknown() -> None:
    desk = MagicContext({"still": 0}, items_per_key=3)
    for number in range(10):
        desk.say({"fast": number})

    assert [value for _, value in told(desk.recorder, "fast")] == [7, 8, 9]
    assert not desk.recorder.is_complete("fast")
    assert desk.recorder.is_complete("still")
    assert desk.recorder.state_at(WALL + 2).unknown == {"fast"}
    assert desk.recorder.snapshot_at(WALL + 2) == {"still": 0}


def test_all_moments_together_are_bounded_and_the_oldest_go_first() -> None:
    desk = MagicContext(items=10)
    for number in range(100):
        desk.say({f"k{number % 5}": number})

    assert desk.recorder.items <= 10
    assert [value for key in "01234" for _, value in told(desk.recorder, f"k{key}")] == [
        *(90, 95, 91, 96, 92, 97, 93, 98, 94, 99),
    ]
    assert desk.recorder.oldest - WALL == 95
    assert desk.recorder.snapshot_at(WALL + 95.5)["k4"] == 94


def test_bytes_are_bounded_and_a_quiet_key_keeps_its_value() -> None:
    desk = MagicContext({"quiet": "q"}, bytes=100_000)
    desk.say({"quiet": "r"})
    for number in range(1_000):
        desk.say({"loud": f"{number:1000}"})

    assert desk.recorder.bytes <= 100_000
    assert told(desk.recorder, "quiet") == [(1, "r")]
    assert len(told(desk.recorder, "loud")) > 10


def test_keys_that_come_and_go_leave_nothing_behind() -> None:
    desk = MagicContext(items=100)
    for number in range(10_000):
        desk.say({f"k{number}": 1}, f"k{number - 1}")

    assert desk.recorder.items <= 100
    assert len(desk.recorder.all_keys()) <= 100


def test_a_hot_key_lets_no_queue_grow() -> None:
    desk = MagicContext(items_per_key=10)
    for number in range(50_000):
        desk.say({"hot": number})

    assert len(desk.recorder._order) < 20_000
    assert desk.recorder.items == 10


def test_the_bookkeeping_is_what_the_tracks_hold() -> None:
    desk = MagicContext({"a": 1}, items=20, items_per_key=7, bytes=20_000)
    for number in range(500):
        desk.say({f"k{number % 9}": "x" * (number % 300)}, f"k{(number * 7) % 11}")

    tracks = desk.recorder._tracks.values()
    assert desk.recorder.items == sum(map(len, tracks))
    assert desk.recorder.bytes == sum(track.size for track in tracks)


class Unreadable(LazyValue):
    @staticmethod
    def decode(data: bytes) -> Any:
        raise AssertionError("read although nobody asked")


def accounted_and_real(values: Callable[[int], dict[str, Any]], decode: Decode) -> float:
    """What a recorder says that it takes, as a multiple of what it does take."""
    desk = MagicContext()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(60):
            desk.told(decode(DictionaryChange(values(number))))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return desk.recorder.bytes / (after - before)


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
        desk = MagicContext()
        desk.told(decode(DictionaryChange({"a": {"b": [1.0]}})))

        assert isinstance(desk.recorder.moments("a")[0]._content, bytes)
        assert desk.recorder.moments("a")[0].value == {"b": [1.0]}


def test_recording_reads_no_value() -> None:
    desk = MagicContext({"a": Unreadable(b"1")})
    desk.say({"a": Unreadable(b"2"), "b": Unreadable(b"3")})
    desk.say({}, "a")

    assert desk.recorder.state_at(WALL).moments.keys() == {"a"}
    assert desk.recorder.items == 4


def test_what_is_said_again_is_no_change() -> None:
    desk = MagicContext({"a": Unreadable(b"1")})
    desk.say({"a": Unreadable(b"1"), "n": 1.0})
    desk.say({"a": Unreadable(b"1"), "n": 1.0})
    desk.say({}, "never")

    assert desk.recorder.counts(["a", "n", "never"]) == {"a": 1, "n": 1, "never": 0}


def test_times_go_on_whatever_becomes_of_the_machines_clock() -> None:
    desk = MagicContext()
    assert desk.recorder.begun == WALL

    desk.say({"a": 1}, after=5)

    assert desk.recorder.moments("a")[0].at == WALL + 5


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

    eventually(lambda: [moment.value for moment in recorder.moments("a")] == [1.0, 2.0])


def test_the_recorder_ends_with_its_client_and_keeps_what_it_has(client: BaseClient) -> None:
    recorder = Recorder.of(client)
    client.attempt_update_state(DictionaryChange({"a": 2.0}))
    eventually(lambda: len(recorder.moments("a")) == 2)

    client.close()

    assert len(recorder.moments("a")) == 2
    assert "nanover-changes" not in [thread.name for thread in threading.enumerate()]


def test_a_closed_recorder_records_no_more() -> None:
    desk = MagicContext()
    desk.say({"a": 1})
    desk.recorder.close()
    desk.say({"a": 2})

    assert [value for _, value in told(desk.recorder, "a")] == [1]


def test_readers_and_the_changes_do_not_disturb_each_other() -> None:
    desk = MagicContext(items=50)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for number in range(300):
                desk.recorder.snapshot_at(WALL + number)
                desk.recorder.moments("k1")
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(2_000):
        desk.say({f"k{number % 3}": number})
    for reader in readers:
        reader.join()

    assert failures == []
