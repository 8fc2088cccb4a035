"""One key's samples, within bounds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

import msgpack
import pytest

from nanover_jupyter.client.history.key_history import TOMBSTONE, KeyHistory, memory_of
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


def test_samples_keep_their_numbers_when_older_ones_go() -> None:
    history = KeyHistory("key", 3, 1_000_000)

    added = [history.add(float(at), at) for at in range(5)]

    assert [sample.is_kept for sample in added if sample] == [False, False, True, True, True]
    assert [(sample.number, sample.value) for sample in history] == [(3, 2), (4, 3), (5, 4)]
    assert not history.complete


def test_bytes_are_bounded_and_the_last_sample_stays() -> None:
    history = KeyHistory("key", 1_000, 5_000)
    for at in range(10):
        history.add(float(at), f"{at}" * 1_000)
    assert 1 < len(history) < 6
    assert history.size <= 5_000

    history.add(10.0, "x" * 100_000)

    assert [sample.at for sample in history] == [10.0]


def test_the_sample_at_a_time() -> None:
    history = KeyHistory("key", 10, 1_000_000)
    history.add(1.0, "one")
    history.add(2.0, TOMBSTONE)
    history.add(3.0, "three")

    found = [history.at(time) for time in (0.5, 1.0, 1.9, 2.5, 9.0)]

    assert [None if m is None else m.value for m in found] == [None, "one", "one", None, "three"]
    assert [m.exists for m in found if m is not None] == [True, True, False, True]


def test_a_value_is_decoded_when_it_is_read() -> None:
    history = KeyHistory("key", 10, 1_000_000)
    theirs = Text(b"value")
    history.add(1.0, theirs)
    assert Text.reads == 0

    assert theirs.read() == "value"  # which is nobody's business but theirs
    assert history.last.value == "value"

    assert Text.reads == 2


def test_reading_a_sample_takes_no_memory_for_good() -> None:
    history = KeyHistory("key", 10, 1_000_000)
    history.add(1.0, Text(b"value"))

    assert history.last.value == history.last.value == "value"
    assert Text.reads == 2


@pytest.mark.parametrize(
    ("first", "again", "other"),
    [
        (Text(b"a"), Text(b"a"), Text(b"b")),
        (1.0, 1.0, 1),
        ("a", "a", "b"),
        (TOMBSTONE, TOMBSTONE, None),
    ],
    ids=["unread", "number", "text", "removal"],
)
def test_unchanged_value_is_added_once_and_not_read(first: Any, again: Any, other: Any) -> None:
    history = KeyHistory("key", 10, 1_000_000)

    assert history.add(1.0, first) is not None
    assert history.add(2.0, again) is None
    assert history.add(3.0, other) is not None
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

    history = KeyHistory("key", 10, 1_000_000)

    assert history.add(1.0, arrived(value, reads=is_read[0])) is not None
    assert history.add(2.0, arrived(value, reads=is_read[1])) is None
    assert history.add(3.0, arrived(other, reads=is_read[0])) is not None
    assert history.add(4.0, arrived(value, reads=is_read[1])) is not None


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
    history = KeyHistory("key", 10, 100_000_000)
    for value in (deep, [2**70]):
        history.add(1.0, value)

        assert history.last.value is value
    assert history.size > 5_000 * sys.getsizeof([[]])


def test_value_is_the_same_after_packing() -> None:
    value = {"a": [1, 2.0, True, None, "é", b"bytes", float("inf")], "": {"b": {}}}
    history = KeyHistory("key", 10, 1_000_000)
    history.add(1.0, value)

    assert history.last.value == value
    assert history.last.value is not value
    assert list(map(type, history.last.value["a"])) == list(map(type, value["a"]))


def test_same_value_is_added_once() -> None:
    history = KeyHistory("key", 10, 1_000_000)

    assert history.add(1.0, {"a": [1]}) is not None
    assert history.add(2.0, {"a": [1]}) is None
    assert history.add(3.0, {"a": [1.0]}) is not None
    assert [sample.at for sample in history] == [1.0, 3.0]
