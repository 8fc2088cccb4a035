from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.websocket.frame_reader import read_frame
from nanover_jupyter.wire.websocket.frame_writer import (
    encode_frame,
    encode_frame_entry,
    join_frame_entries,
)
from nanover_jupyter.wire.websocket.values import pack_map
from tests.support.golden import golden_bytes, golden_stream, needs_golden


@needs_golden
@pytest.mark.parametrize("name", ["live_nanotube_frames", "live_nanotube_frames_with_user_forces"])
def test_captured_frames_are_encoded_as_nanover_does(name: str) -> None:
    for message in golden_stream(name, "ws"):
        frame = Frame(read_frame(message).fields)

        assert msgpack.unpackb(encode_frame(frame)) == msgpack.unpackb(message)


@needs_golden
def test_a_published_frame_equals_that_of_nanovers_client() -> None:
    frame = {
        "frame.index": 0,
        "particle.positions": np.array([[0, 0, 0], [1, 2, 3]], np.float64),
        "particle.count": 2,
        "particle.elements": [6, 8],
        "bond.pairs": [(0, 1)],
    }

    assert encode_frame(frame) == golden_bytes("publish_frame_sent", "ws")


def test_other_arrays_are_lists_of_their_shape() -> None:
    frame = {"mine": np.arange(4).reshape(2, 2), "flags": np.array([True]), "note": "x"}

    assert msgpack.unpackb(encode_frame(frame))["frame"] == {
        "frame.index": 1,
        "mine": [[0, 1], [2, 3]],
        "flags": [True],
        "note": "x",
    }


def test_an_empty_array_and_one_of_the_wrong_order_are_packed() -> None:
    fortran = np.asfortranarray(np.arange(6, dtype="<f4").reshape(2, 3))
    frame = {"particle.positions": fortran, "forces.user.sparse": np.empty((0, 3))}

    encoded = msgpack.unpackb(encode_frame(frame))["frame"]

    assert encoded["particle.positions"] == np.arange(6, dtype="<f4").tobytes()
    assert encoded["forces.user.sparse"] == b""


@pytest.mark.parametrize("size", [0, 50, 200, 40_000])
def test_binary_headers_have_the_size_that_they_need(size: int) -> None:
    elements = np.full(size, 6, np.uint8)
    message = join_frame_entries([encode_frame_entry("particle.elements", elements)], 3)

    assert message == msgpack.packb(
        {"frame": {"frame.index": 3, "particle.elements": elements.tobytes()}}
    )


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("particle.positions", [1, 2], "2 numbers are not a multiple of 3"),
        ("particle.elements", [6, 300], "do not fit into uint8"),
        ("particle.count", "two", "is not an integer"),
        ("particle.names", [1], "not all of its items are strings"),
        ("mine", {1, 2}, "set"),
        ("mine", np.array([1j]), "complex"),
        ("mine", [2**70], "64 bits"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_key(key: str, value: Any, problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem) as caught:
        encode_frame({key: value})

    assert caught.value.path[0] == key


_plain = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(0, 2**63) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5).map("x.{}".format), _plain, max_size=5))
def test_plain_values_come_back(fields: dict[str, Any]) -> None:
    assert dict(Frame(read_frame(encode_frame(fields)).fields)) == {"frame.index": 1, **fields}


@needs_golden
@pytest.mark.parametrize("name", ["live_nanotube_frames", "publish_frame_received"])
def test_captured_frames_are_encoded_to_the_same_bytes(name: str) -> None:
    for message in golden_stream(name, "ws"):
        frame = msgpack.unpackb(message)["frame"]
        entries = [encode_frame_entry(key, value) for key, value in frame.items()]

        assert b"\x81\xa5frame" + pack_map(entries) == message
