from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.frames import mirror as mirror_module
from nanover_jupyter.client.frames.mirror import FrameMirror
from nanover_jupyter.wire.grpc.frame_reader import frame_message as grpc_frame_message
from nanover_jupyter.wire.websocket.frame_reader import frame_message
from tests.support.frames import grpc_frame, positions, received_frame


def contents(mirror: FrameMirror) -> dict[str, object] | None:
    frame = mirror.current()
    return None if frame is None else dict(frame)


@pytest.fixture
def mirror() -> FrameMirror:
    return FrameMirror()


def test_there_is_no_frame_before_the_first(mirror: FrameMirror) -> None:
    assert mirror.current() is None
    assert mirror.last_received_at is None


def test_later_frames_add_to_the_current_one(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, particle__elements=b"\x06\x01", energy__kinetic=1.0))
    mirror.add(received_frame(1, particle__positions=positions(2, 0.5), energy__kinetic=2.0))

    frame = mirror.current()

    assert frame is not None
    assert frame.elements is not None
    assert frame.elements.tolist() == [6, 1]
    assert frame.positions is not None
    assert frame.positions.tolist() == [[0.5] * 3] * 2
    assert (frame.kinetic_energy, frame.index, frame.generation) == (2.0, 1, 0)


def test_index_0_discards_what_came_before(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, system__simulation__exception="broken", old=1.0))
    before = mirror.current()
    mirror.add(received_frame(0, new=2.0))
    after = mirror.current()

    assert before is not None
    assert (before.exception, before.generation, set(before)) == (
        "broken",
        0,
        {"frame.index", "system.simulation.exception", "old"},
    )
    assert after is not None
    assert (after.exception, after.generation, set(after)) == (None, 1, {"frame.index", "new"})


def test_the_first_frame_of_a_subscription_discards_what_came_before(mirror: FrameMirror) -> None:
    """A gRPC server sends everything to a late subscriber, with the latest index."""
    mirror.add(received_frame(0, old=1.0))
    message = received_frame(262, new=2.0)
    message.is_first = True
    mirror.add(message)

    frame = mirror.current()

    assert frame is not None
    assert set(frame) == {"frame.index", "new"}


def test_the_same_frame_is_returned_until_another_arrives(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0))
    first = mirror.current()

    assert mirror.current() is first
    mirror.add(received_frame(1))
    assert mirror.current() is not first


def test_a_malformed_frame_is_skipped(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, a=1.0))
    mirror.add(frame_message(b"\x81\xa5frame\xc1"))
    mirror.add(received_frame(1, b=2.0))

    frame = mirror.current()

    assert frame is not None
    assert dict(frame) == {"frame.index": 1, "a": 1.0, "b": 2.0}


def test_a_cursor_collects_the_changed_keys(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, a=1.0))
    cursor = mirror.open_cursor()
    assert mirror.take(cursor) == (mirror.current(), {"frame.index", "a"})
    assert mirror.take(cursor) is None

    mirror.add(received_frame(1, b=2.0))
    mirror.add(received_frame(2, c=3.0))
    assert mirror.take(cursor) == (mirror.current(), {"frame.index", "b", "c"})

    mirror.add(received_frame(0, d=4.0))
    assert mirror.take(cursor) == (mirror.current(), {"frame.index", "a", "b", "c", "d"})

    mirror.close_cursor(cursor)
    mirror.add(received_frame(1, e=5.0))
    assert mirror.take(cursor) is None


def test_unread_frames_take_no_memory(mirror: FrameMirror) -> None:
    names = [f"atom {number}" for number in range(100)]
    mirror.add(received_frame(0, particle__names=names, particle__positions=positions(100_000)))
    frames = [received_frame(1, particle__positions=positions(100_000)).data for _ in range(2)]
    tracemalloc.start()
    try:
        for index in range(100):
            copy = bytes(bytearray(frames[index % 2]))
            mirror.add(frame_message(copy))
            del copy
        current, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert current < 6_000_000
    frame = mirror.current()
    assert frame is not None
    assert frame.names == names


def test_a_large_array_is_not_copied(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, particle__positions=positions(100_000)))
    mirror.add(received_frame(1, energy__kinetic=1.0))

    tracemalloc.start()
    try:
        frame = mirror.current()
        assert frame is not None
        array = frame.positions
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert array is not None
    assert array.shape == (100_000, 3)
    assert peak < 1_300_000  # one copy, if the bytes are misaligned


def test_the_atom_count_may_change_without_a_reset(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, particle__count=2, particle__elements=b"\x06\x01"))
    mirror.add(received_frame(1, particle__positions=positions(5)))

    frame = mirror.current()

    assert frame is not None
    assert frame.positions is not None
    assert len(frame.positions) == 5
    assert frame.problems == {"particle.positions": "it has 5 rows for 2 atoms"}


def test_the_rate_is_that_of_the_last_two_seconds(mirror: FrameMirror) -> None:
    for number in range(120):
        message = received_frame(number)
        message.received_at = 100 + number / 30
        mirror.add(message)

    assert mirror.rate(100 + 119 / 30) == pytest.approx(30, rel=0.05)
    assert mirror.rate(100 + 119 / 30 + 5) == 0.0


def test_a_million_atoms_are_merged(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, particle__positions=positions(1_000_000, 1.5)))

    frame = mirror.current()

    assert frame is not None
    assert frame.positions is not None
    assert frame.positions[-1].tolist() == [1.5, 1.5, 1.5]
    assert np.shares_memory(frame.positions, frame["particle.positions"])  # type: ignore[arg-type]


def fields_of_a_frame() -> st.SearchStrategy[dict[str, object]]:
    """Few keys and few sizes, so that many frames have the same layout."""
    numbers = st.dictionaries(st.sampled_from("abc"), st.sampled_from([0.0, 1.5, 7, None]))
    return numbers.map(lambda found: dict(sorted(found.items())))


@given(
    st.lists(st.tuples(st.integers(0, 3), fields_of_a_frame(), st.booleans()), max_size=12),
    st.sampled_from(["ws", "grpc"]),
)
def test_frames_may_be_merged_at_once_or_one_by_one(
    frames: list[tuple[int, dict[str, object], bool]], wire: str
) -> None:
    """A message that another replaces is dropped without being read."""
    together, one_by_one = FrameMirror(), FrameMirror()
    for index, fields, is_first in frames:
        if wire == "ws":
            message = received_frame(index, **fields)
        else:
            numbers = {key: value or 0.0 for key, value in fields.items()}
            message = grpc_frame_message(grpc_frame(index, **numbers))
        message.is_first = is_first
        together.add(message)
        one_by_one.add(message)
        one_by_one.current()

    assert contents(together) == contents(one_by_one)


def test_a_server_that_invents_keys_does_not_fill_the_memory(
    mirror: FrameMirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_module, "_FIELDS_LIMIT", 4)
    cursor = mirror.open_cursor()
    for number in range(20):
        mirror.add(received_frame(number, **{f"key{number}": 1.0, "energy": float(number)}))
        mirror.current()

    assert contents(mirror) == {"frame.index": 19, "key0": 1.0, "energy": 19.0, "key1": 1.0}
    taken = mirror.take(cursor)
    assert taken is not None
    assert taken[1] == {"frame.index", "key0", "energy", "key1"}


def test_a_negative_zero_resets_too(mirror: FrameMirror) -> None:
    mirror.add(received_frame(1.0, old=1.0))  # type: ignore[arg-type]
    mirror.add(received_frame(-0.0, a=1.0))  # type: ignore[arg-type]
    mirror.add(received_frame(2.0, a=1.0))  # type: ignore[arg-type]

    assert contents(mirror) == {"frame.index": 2, "a": 1.0}
