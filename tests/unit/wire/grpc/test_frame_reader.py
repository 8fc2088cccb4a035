from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.frame_reader import decode_varints, read_frame
from nanover_jupyter.wire.grpc.value_writer import delimited
from tests.support.golden import golden_bytes, golden_json, golden_stream, needs_golden
from tests.support.recordings import needs_recordings, recorded_frames

STREAMS = (
    "live_nanotube_frames",
    "live_nanotube_frames_with_user_forces",
    "live_nanotube_latest_frames",
)


def plain(value: Any) -> Any:
    return value.reshape(-1).tolist() if isinstance(value, np.ndarray) else value


@needs_golden
@pytest.mark.parametrize("name", [*STREAMS, "live_nanotube_frame_full", "exception_frame"])
def test_captured_frames_equal_what_nanover_decodes(name: str) -> None:
    messages = golden_stream(name) if name in STREAMS else [golden_bytes(name)]
    contents = golden_json(name) if name in STREAMS else [golden_json(name)]

    for message, expected in zip(messages, contents, strict=True):
        read = read_frame(message)
        frame = Frame(read.fields)

        assert set(frame) == {*expected["values"], *expected["arrays"]}
        assert {key: frame[key] for key in expected["values"]} == expected["values"]
        for key, array in expected["arrays"].items():
            if array["kind"] == "string_values":
                assert frame[key] == array["values"]
            else:
                assert plain(frame[key]) == pytest.approx(array["values"], rel=1e-6)
        assert read.resets == (expected["frame_index"] == 0)
        assert frame.problems == {}


@needs_recordings
def test_recorded_frames_decode() -> None:
    frames = [Frame(read_frame(record).fields) for record in recorded_frames("sim-switching.traj")]

    assert frames
    assert all(frame.problems.keys() <= {"forces.user.index"} for frame in frames)


def response(index: int, values: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    message = protocol.GetFrameResponse(frame_index=index)
    for key, value in values.items():
        kind = "string_value" if isinstance(value, str) else "number_value"
        setattr(message.frame.values[key], kind, value)
    for key, (kind, items) in arrays.items():
        getattr(message.frame.arrays[key], kind).values.extend(items)
        getattr(message.frame.arrays[key], kind).SetInParent()
    return bytes(message.SerializeToString())


def test_arrays_have_the_types_and_shapes_of_their_keys() -> None:
    read = read_frame(
        response(
            7,
            {"particle.count": 2, "system.simulation.name": "water"},
            {
                "particle.positions": ("float_values", [0, 1, 2, 3, 4, 5]),
                "particle.elements": ("index_values", [6, 8]),
                "bond.pairs": ("index_values", [0, 1]),
                "residue.names": ("string_values", ["HOH"]),
                "forces.user.index": ("index_values", []),
                "forces.user.sparse": ("float_values", []),
                "of.another.client": ("float_values", [0.5]),
            },
        )
    )
    frame = Frame(read.fields)

    assert (read.resets, frame.index, frame.particle_count) == (False, 7, 2)
    assert frame.simulation_name == "water"
    assert frame.positions is not None
    assert frame.positions.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert frame.elements is not None
    assert (frame.elements.dtype.name, frame.elements.tolist()) == ("uint8", [6, 8])
    assert frame.bonds is not None
    assert frame.bonds.tolist() == [[0, 1]]
    assert frame.residue_names == ["HOH"]
    assert frame.user_forces is not None
    assert frame.user_forces.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert plain(frame["of.another.client"]) == [0.5]


def test_an_absent_index_is_a_reset() -> None:
    assert read_frame(b"")[:2] == ({"frame.index": 0.0}, True)
    assert read_frame(response(0, {"a": 1.0}, {})).resets


def test_messages_of_any_form_are_read() -> None:
    """Protobuf allows fields in any order, unpacked arrays and unknown fields."""
    first, last = response(0, {"a": 1.0}, {}), response(3, {"b": 2.0}, {})
    unknown = b"\x7a\x01x"
    floats = b"\x0d\x00\x00\x80\x3f\x0d\x00\x00\x00\x40"
    array = delimited(b"\x12", delimited(b"\x0a", floats))
    unpacked = delimited(b"\x12", delimited(b"\x12", delimited(b"\x0a", b"u") + array))

    read = read_frame(first + last + unknown)
    assert read[:2] == ({"a": 1.0, "b": 2.0, "frame.index": 3.0}, False)
    assert plain(Frame(read_frame(unpacked).fields)["u"]) == [1.0, 2.0]


@pytest.mark.parametrize("message", [b"\xff", b"\x12\x05\x12", response(1, {"a": 1.0}, {})[:-3]])
def test_bytes_that_are_no_frame_are_an_error(message: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_frame(message)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_are_an_error(data: bytes) -> None:
    try:
        frame = Frame(read_frame(data).fields)
    except ProtocolError:
        return
    assert set(frame.problems) <= set(frame)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_varints_equal_those_of_protobuf(numbers: list[int]) -> None:
    array = protocol.ValueArray()
    array.index_values.values.extend(numbers)
    frame = protocol.GetFrameResponse()
    frame.frame.arrays["unknown"].CopyFrom(array)
    frame.frame.arrays["unknown"].index_values.SetInParent()

    assert plain(Frame(read_frame(frame.SerializeToString()).fields)["unknown"]) == numbers


def test_varints_that_are_cut_off_are_an_error() -> None:
    with pytest.raises(ProtocolError):
        decode_varints(b"\x01\x80")
    with pytest.raises(ProtocolError):
        decode_varints(b"\x80" * 12 + b"\x01")


def test_an_invalid_string_is_a_problem_of_its_key() -> None:
    message = response(1, {"a": 1.0}, {"residue.names": ("string_values", ["ALA"])})

    frame = Frame(read_frame(message.replace(b"ALA", b"A\xffA")).fields)

    assert frame["a"] == 1.0
    assert frame.residue_names is None
    assert "cannot parse" in frame.problems["residue.names"]
