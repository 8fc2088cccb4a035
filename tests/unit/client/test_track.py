"""One key's moments, within bounds."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from nanover_jupyter.client.track import Gone, Track, memory_of
from nanover_jupyter.wire.undecoded import Undecoded
from nanover_jupyter.wire.values import copy_value


class Text(Undecoded):
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
    track = Track("key", 3, 1_000_000)

    dropped = [track.add(float(at), at) for at in range(5)]

    assert dropped == [0, 0, 0, 1, 1]
    assert [(moment.number, moment.value) for moment in track] == [(3, 2), (4, 3), (5, 4)]
    assert not track.complete
    assert (track.has(2), track.has(3)) == (False, True)


def test_bytes_are_bounded_and_the_last_moment_stays() -> None:
    track = Track("key", 1_000, 5_000)
    for at in range(10):
        track.add(float(at), "x" * 1_000)
    assert 1 < len(track) < 6
    assert track.size <= 5_000

    track.add(10.0, "x" * 100_000)

    assert [moment.at for moment in track] == [10.0]


def test_what_a_key_was_at_a_time() -> None:
    track = Track("key", 10, 1_000_000)
    track.add(1.0, "one")
    track.add(2.0, Gone())
    track.add(3.0, "three")

    found = [track.at(time) for time in (0.5, 1.0, 1.9, 2.5, 9.0)]

    assert [None if m is None else m.value for m in found] == [None, "one", "one", None, "three"]
    assert [m.exists for m in found if m is not None] == [True, True, False, True]


def test_nothing_is_read_until_a_value_is_asked_for() -> None:
    track = Track("key", 10, 1_000_000)
    theirs = Text(b"value")
    track.add(1.0, theirs)
    assert Text.reads == 0

    assert theirs.read() == "value"  # which is nobody's business but theirs
    assert track.last.value == "value"

    assert Text.reads == 2


def test_reading_a_moment_takes_no_memory_for_good() -> None:
    track = Track("key", 10, 1_000_000)
    track.add(1.0, Text(b"value"))

    assert track.last.value == track.last.value == "value"
    assert Text.reads == 2


def test_a_moment_knows_what_is_said_again() -> None:
    track = Track("key", 10, 1_000_000)
    for said, again, other in [
        (Text(b"a"), Text(b"a"), Text(b"b")),
        (1.0, 1.0, 1),
        ("a", "a", "b"),
        (Gone(), Gone(), None),
    ]:
        track.add(1.0, said)
        assert track.last.says(again)
        assert not track.last.says(other)
    assert Text.reads == 0


def test_memory_is_estimated_from_a_few_of_many_items() -> None:
    numbers = [float(number) for number in range(100_000)]
    true = sys.getsizeof(numbers) + 100_000 * sys.getsizeof(0.5)

    assert 0.9 * true < memory_of(numbers) < 1.1 * true
    assert memory_of({"a": "x" * 5_000}) > 5_000
    assert memory_of(Text(b"x" * 100)) == 100


def test_deep_values_end_the_estimate() -> None:
    value: Any = []
    for _ in range(5_000):
        value = [value]

    assert memory_of(value) < 10_000
