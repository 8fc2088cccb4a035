from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.frame_reader import decode_varints, read_frame
from nanover_jupyter.wire.grpc.frame_writer import (
    encode_frame_entry,
    encode_varints,
    join_frame_entries,
)
from tests.support.golden import golden_stream, needs_golden


def encoded(index: int, fields: dict[str, Any]) -> bytes:
    entries = [encode_frame_entry(key, value) for key, value in fields.items()]
    return join_frame_entries(entries, index)


def parsed(index: int, fields: dict[str, Any]) -> Any:
    return protocol.GetFrameResponse.FromString(encoded(index, fields))


@needs_golden
@pytest.mark.parametrize("name", ["live_nanotube_frames", "live_nanotube_latest_frames"])
def test_captured_frames_parse_to_the_same_message(name: str) -> None:
    for message in golden_stream(name):
        expected = protocol.GetFrameResponse.FromString(message)
        fields = dict(Frame(read_frame(message).fields))
        del fields["frame.index"]

        assert parsed(expected.frame_index, fields) == expected


def test_values_and_arrays_have_the_types_of_the_protocol() -> None:
    message = parsed(
        5,
        {
            "particle.positions": np.arange(6).reshape(2, 3),
            "particle.elements": [6, 8],
            "residue.names": ["ALA"],
            "energy.kinetic": 1,
            "system.simulation.name": "x",
            "own.floats": np.array([0.5, 1.5]),
            "own.negative": np.array([[-1, 2]]),
            "own.flags": np.array([True]),
        },
    )
    arrays, values = message.frame.arrays, message.frame.values

    assert message.frame_index == 5
    assert values["frame.index"].number_value == 5
    assert list(arrays["particle.positions"].float_values.values) == [0, 1, 2, 3, 4, 5]
    assert list(arrays["particle.elements"].index_values.values) == [6, 8]
    assert list(arrays["residue.names"].string_values.values) == ["ALA"]
    assert list(arrays["own.floats"].float_values.values) == [0.5, 1.5]
    assert values["energy.kinetic"].number_value == 1
    assert values["system.simulation.name"].string_value == "x"
    numbers = values["own.negative"].list_value.values
    assert [number.number_value for number in numbers] == [-1, 2]


def test_empty_arrays_keep_their_type() -> None:
    message = parsed(0, {"forces.user.index": [], "forces.user.sparse": [], "chain.names": []})

    kinds = {key: array.WhichOneof("values") for key, array in message.frame.arrays.items()}
    assert kinds == {
        "forces.user.index": "index_values",
        "forces.user.sparse": "float_values",
        "chain.names": "string_values",
    }


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_varints_come_back(numbers: list[int]) -> None:
    assert decode_varints(encode_varints(np.array(numbers, np.uint32))).tolist() == numbers


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("particle.positions", [1, 2], "not a multiple of 3"),
        ("residue.names", ["a\ud800"], "surrogates"),
        ("mine", b"bytes", "bytes"),
        ("mine", {1}, "set"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_key(key: str, value: Any, problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem) as caught:
        encode_frame_entry(key, value)

    assert caught.value.path[0] == key
