from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.frames.field import FrameField
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.websocket.frame_reader import frame_message, read_frame
from tests.support.golden import golden_bytes, golden_json, golden_stream, needs_golden
from tests.support.recordings import needs_recordings, recorded_messages

STREAMS = (
    "live_nanotube_frames",
    "live_nanotube_frames_with_user_forces",
    "publish_frame_received",
)


def frame_of(fields: dict[str, Any]) -> Frame:
    return Frame(read_frame(msgpack.packb({"frame": fields})).fields)


def assert_equal(got: object, expected: Any) -> None:
    """Compare a value with its JSON form."""
    if isinstance(expected, dict) and "$ndarray" in expected:
        array = expected["$ndarray"]
        assert isinstance(got, np.ndarray)
        assert (got.dtype.name, list(got.shape)) == (array["dtype"], array["shape"])
        values = np.array(array["values"], array["dtype"]).reshape(array["shape"])
        np.testing.assert_allclose(got, values, rtol=1e-6)
    else:
        assert got == expected


@needs_golden
@pytest.mark.parametrize("name", [*STREAMS, "live_nanotube_frame_full", "exception_frame"])
def test_captured_frames_equal_what_nanover_decodes(name: str) -> None:
    streamed = name in STREAMS
    messages = golden_stream(name, "ws") if streamed else [golden_bytes(name, "ws")]
    contents = golden_json(name, "ws") if streamed else [golden_json(name, "ws")]

    for message, content in zip(messages, contents, strict=True):
        expected = content["frame_unpacked"]
        read = read_frame(message)
        frame = Frame(read.fields)

        assert set(frame) == set(expected)
        for key, value in expected.items():
            assert_equal(frame[key], value)
        assert read.resets == (expected["frame.index"] == 0)
        assert frame.problems == {}


@needs_recordings
@pytest.mark.parametrize(
    ("name", "frames", "resets"),
    [("nanotube-methane-01", 326, 1), ("sim-switching", 0, 0), ("17-ala-resets", 0, 0)],
)
def test_recorded_frames_decode(name: str, frames: int, resets: int) -> None:
    found = [
        read_frame(message)
        for message in recorded_messages(f"{name}.nanover.zip")
        if "frame" in msgpack.unpackb(message)
    ]

    assert all(Frame(each.fields).problems.keys() <= {"frame.index"} for each in found)
    assert found
    if frames:
        assert (len(found), sum(each.resets for each in found)) == (frames, resets)


def test_numbers_are_read_and_arrays_stay_undecoded() -> None:
    fields = read_frame(
        msgpack.packb(
            {
                "frame": {
                    "energy.kinetic": 1.5,
                    "small": 7,
                    "byte": 200,
                    "short": 60_000,
                    "int": 70_000,
                    "negative": -5,
                    "none": None,
                    "flag": True,
                    "particle.positions": np.arange(6, dtype="<f4").tobytes(),
                    "particle.names": ["CA", "CB", "HB1", "HB2"],
                }
            }
        )
    ).fields

    arrays = {key for key, value in fields.items() if isinstance(value, FrameField)}
    assert arrays == {"particle.positions", "particle.names"}
    assert {key: value for key, value in fields.items() if key not in arrays} == {
        "energy.kinetic": 1.5,
        "small": 7,
        "byte": 200,
        "short": 60_000,
        "int": 70_000,
        "negative": -5,
        "none": None,
        "flag": True,
    }


def test_arrays_are_views_of_the_message_unless_they_are_misaligned() -> None:
    owners = set()
    for padding in range(4):
        positions = np.arange(30, dtype="<f4")
        message = msgpack.packb(
            {"frame": {"x" * (1 + padding): 0, "particle.positions": positions.tobytes()}}
        )
        array = Frame(read_frame(message).fields).positions

        assert array is not None
        np.testing.assert_array_equal(array, positions.reshape(-1, 3))
        assert not array.flags.writeable
        assert array.flags.aligned
        base: Any = array
        while isinstance(base, np.ndarray) and base.base is not None:
            base = base.base
        owners.add(base is message)
    assert owners == {True, False}


def test_a_message_may_hold_more_than_a_frame() -> None:
    message = msgpack.packb({"state": {"updates": {}}, "frame": {"frame.index": 3}})

    assert read_frame(message)[:2] == ({"frame.index": 3}, False)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x81\xa5frame",
        b"\x81\xa5frame\x81",
        msgpack.packb({"frame": {"a": b"12345678"}})[:-2],
        msgpack.packb({"frame": 3}),
        msgpack.packb({"state": {}}),
        msgpack.packb([1]),
        b"\x81\xa5frame\x81\xa1a\xc1",
    ],
)
def test_a_malformed_message_is_an_error_and_is_skipped(
    message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ProtocolError):
        read_frame(message)

    assert frame_message(message).read() is None
    assert "skipped a frame" in caplog.text


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_are_an_error(rest: bytes) -> None:
    try:
        fields = read_frame(b"\x81\xa5frame" + rest).fields
    except ProtocolError:
        return
    frame = Frame(fields)
    assert set(frame.problems) <= set(frame)


def test_a_value_that_cannot_be_decoded_is_a_problem_of_its_key() -> None:
    # A timestamp that is out of range, in a list so that it stays undecoded.
    broken = b"\x9b" + 10 * b"\x01" + b"\xc7\x0c\xff" + b"\xff" * 12
    message = b"\x81\xa5frame\x82\xa1a" + broken + b"\xa1b\x01"

    frame = Frame(read_frame(message).fields)

    assert frame["b"] == 1
    assert "a" in frame
    assert len(frame) == 2


def test_keys_that_are_not_strings_are_ignored() -> None:
    assert dict(frame_of({"a": 1})) == {"a": 1}
    assert read_frame(b"\x81\xa5frame\x82\x01\x02\xa1a\x03").fields == {"a": 3}
