"""One key's moments, within bounds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

import msgpack
import pytest

from nanover_jupyter.client.history.key_history import Gone, KeyHistory, memory_of
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc.updates import received_update
from nanover_jupyter.wire.lazy import LazyValue
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import copy_value
from nanover_jupyter.wire.websocket.state import lazy_change


class Text(LazyValue):
    """Bytes that are read as text, counting how often."""

    reads = 0

    @staticmethod
    def decode(data: bytes) -> Any:
        Text.reads += 1
        return data.decode(), copy_value


@pytest.fixture(autouse=True)
def _no_reads() -> None:
    Text.reads = 0


def test_moments_keep_their_numbers_when_older_ones_go() -> None:
    track = KeyHistory("key", 3, 1_000_000)

    added = [track.add(float(at), at) for at in range(5)]

    assert [moment.is_kept for moment in added if moment] == [False, False, True, True, True]
    assert [(moment.number, moment.value) for moment in track] == [(3, 2), (4, 3), (5, 4)]
    assert not track.complete


def test_bytes_are_bounded_and_the_last_moment_stays() -> None:
    track = KeyHistory("key", 1_000, 5_000)
    for at in range(10):
        track.add(float(at), f"{at}" * 1_000)
    assert 1 < len(track) < 6
    assert track.size <= 5_000

    track.add(10.0, "x" * 100_000)

    assert [moment.at for moment in track] == [10.0]


def test_what_a_key_was_at_a_time() -> None:
    track = KeyHistory("key", 10, 1_000_000)
    track.add(1.0, "one")
    track.add(2.0, Gone())
    track.add(3.0, "three")

    found = [track.at(time) for time in (0.5, 1.0, 1.9, 2.5, 9.0)]

    assert [None if m is None else m.value for m in found] == [None, "one", "one", None, "three"]
    assert [m.exists for m in found if m is not None] == [True, True, False, True]


def test_nothing_is_read_until_a_value_is_asked_for() -> None:
    track = KeyHistory("key", 10, 1_000_000)
    theirs = Text(b"value")
    track.add(1.0, theirs)
    assert Text.reads == 0

    assert theirs.read() == "value"  # which is nobody's business but theirs
    assert track.last.value == "value"

    assert Text.reads == 2


def test_reading_a_moment_takes_no_memory_for_good() -> None:
    track = KeyHistory("key", 10, 1_000_000)
    track.add(1.0, Text(b"value"))

    assert track.last.value == track.last.value == "value"
    assert Text.reads == 2


@pytest.mark.parametrize(
    ("first", "again", "other"),
    [
        (Text(b"a"), Text(b"a"), Text(b"b")),
        (1.0, 1.0, 1),
        ("a", "a", "b"),
        (Gone(), Gone(), None),
    ],
    ids=["unread", "number", "text", "removal"],
)
def test_unchanged_value_is_added_once_and_not_read(first: Any, again: Any, other: Any) -> None:
    track = KeyHistory("key", 10, 1_000_000)

    assert track.add(1.0, first) is not None
    assert track.add(2.0, again) is None
    assert track.add(3.0, other) is not None
    assert Text.reads == 0


def over_websocket(value: Any) -> LazyValue:
    message = msgpack.packb({"state": {"updates": {"key": value}, "removals": []}})
    change = lazy_change(message)
    assert change is not None
    return cast("LazyValue", change.lazy_updates["key"])


def over_grpc(value: Any) -> LazyValue:
    change = received_update(grpc_codec.encode_state_update(DictionaryChange({"key": value})))
    return cast("LazyValue", change.lazy_updates["key"])


POSE = {"x": 1.0, "y": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("arrive", "value", "other"),
    [
        (over_websocket, POSE, POSE | {"x": 2.0}),
        (over_websocket, 1.5, 2.5),
        (over_websocket, "name", "other"),
        (over_grpc, POSE, POSE | {"x": 2.0}),
    ],
    ids=["websocket object", "websocket number", "websocket text", "grpc object"],
)
@pytest.mark.parametrize("is_read", [(False, True), (True, False)], ids=["later", "before"])
def test_value_that_was_read_once_and_not_again_is_the_same(
    arrive: Callable[[Any], LazyValue], value: Any, other: Any, is_read: tuple[bool, bool]
) -> None:
    def arrived(value: Any, *, reads: bool) -> LazyValue:
        unread = arrive(value)
        if reads:
            unread.read()
        return unread

    track = KeyHistory("key", 10, 1_000_000)

    assert track.add(1.0, arrived(value, reads=is_read[0])) is not None
    assert track.add(2.0, arrived(value, reads=is_read[1])) is None
    assert track.add(3.0, arrived(other, reads=is_read[0])) is not None
    assert track.add(4.0, arrived(value, reads=is_read[1])) is not None


def test_memory_of_objects_is_that_of_all_their_parts() -> None:
    numbers = [float(number) for number in range(1_000)]
    numbers_size = sys.getsizeof(numbers) + 1_000 * sys.getsizeof(0.5)

    assert memory_of(numbers) == numbers_size
    assert memory_of(["x"] * 100 + ["y" * 50_000] + ["x"] * 100) > 50_000
    assert memory_of({"a": "x" * 5_000}) > 5_000


def test_value_that_cannot_be_packed_is_kept_as_it_is() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    track = KeyHistory("key", 10, 100_000_000)
    for value in (deep, [2**70]):
        track.add(1.0, value)

        assert track.last.value is value
    assert track.size > 5_000 * sys.getsizeof([[]])


def test_value_is_the_same_after_packing() -> None:
    value = {"a": [1, 2.0, True, None, "é", b"bytes", float("inf")], "": {"b": {}}}
    track = KeyHistory("key", 10, 1_000_000)
    track.add(1.0, value)

    assert track.last.value == value
    assert track.last.value is not value
    assert list(map(type, track.last.value["a"])) == list(map(type, value["a"]))


def test_same_value_is_added_once() -> None:
    track = KeyHistory("key", 10, 1_000_000)

    assert track.add(1.0, {"a": [1]}) is not None
    assert track.add(2.0, {"a": [1]}) is None
    assert track.add(3.0, {"a": [1.0]}) is not None
    assert [moment.at for moment in track] == [1.0, 3.0]
