"""Encoding of values gives the bytes of protobuf, for all number types."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.value_writer import delimited, write_fields, write_value
from nanover_jupyter.wire.values import normalize
from tests.support.values import floats, same, texts, values
from tests.support.wire_bytes import value_by_protobuf, varint


def set_value(target, value):
    """Encode a value with protobuf's own objects."""
    if isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            set_value(target.list_value.values.add(), item)
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, item in value.items():
            set_value(target.struct_value.fields[key], item)
    elif value is None:
        target.null_value = 0
    elif isinstance(value, bool):
        target.bool_value = value
    else:
        setattr(target, "string_value" if isinstance(value, str) else "number_value", value)


@given(
    st.recursive(
        st.none() | st.booleans() | floats | texts,
        lambda v: st.lists(v) | st.fixed_dictionaries({"k": v}),
    )
)
def test_the_bytes_are_those_of_protobuf(value):
    message = protocol.Value()
    set_value(message, value)

    assert write_value(value, 4) == message.SerializeToString()


@given(values)
def test_protobuf_reads_what_is_written(value):
    assert same(value_by_protobuf(write_value(value, 4)), value)


@pytest.mark.parametrize("count", [0, 1, 10, 11, 12, 127, 128, 1000])
@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_lists_of_numbers_of_every_length_are_written(count, kind):
    numbers = [index / 7 for index in range(count)]

    assert value_by_protobuf(write_value(kind(numbers), 4)) == numbers


ARRAYS = [
    np.arange(40, dtype=dtype) for dtype in ("f2", "f4", ">f8", "f8", "i1", "u2", "i4", ">i8", "u8")
]


@pytest.mark.parametrize(
    "array",
    [
        *ARRAYS,
        np.arange(60.0)[::-3],
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.zeros((2, 0)),
        np.zeros((0, 2)),
        np.zeros((2, 3, 2), np.float32),
        np.array(2.5),
        np.array([True, False]),
        np.array(["a", "b"]),
        np.array([1, "a", None], object),
        np.array([2**63, 2**64 - 1], np.uint64),
        np.array([np.nan, np.inf, -0.0, 5e-324]),
        np.ma.array([1.0, 2.0], mask=[0, 1]),
        np.array([(1.0,)]).view(np.ndarray),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_are_written_as_lists(array):
    expected = write_value(normalize(array), 4)

    assert write_value(array, 4) == expected


def test_an_array_among_other_values_keeps_its_path():
    with pytest.raises(InvalidValue) as caught:
        write_value({"a": [np.array([1, {2}], object)]}, 4)

    assert caught.value.path == ("a", 0, 1)


@pytest.mark.parametrize("count", [2, 200])
@pytest.mark.parametrize("bad", [10**400, True + 10**310, b"raw", object()])
def test_the_index_of_an_item_that_is_not_a_number_is_found(count, bad):
    with pytest.raises(InvalidValue) as caught:
        write_value([0.0] * count + [bad], 4)

    assert caught.value.path == (count,)


@pytest.mark.parametrize("count", [2, 200])
def test_a_bool_among_numbers_stays_a_bool(count):
    value = [1.0] * count + [True]

    assert same(value_by_protobuf(write_value(value, 4)), value)


def test_a_subclass_of_a_number_or_string_is_written_as_that_type():
    class Length(float):
        __slots__ = ()

    class Name(str):
        __slots__ = ()

        def encode(self, *_):
            return b"another"

    value = {Name("k"): [Length(1.5)], "n": Name("name")}

    assert value_by_protobuf(write_value(value, 4)) == {"k": [1.5], "n": "name"}


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16383, 16384, 2**21])
def test_lengths_of_any_size_are_written(size):
    content = b"x" * size

    assert delimited(b"\x0a", content) == b"\x0a" + varint(size) + content


@given(st.dictionaries(texts, texts, max_size=3), st.integers(0, 300))
def test_fields_are_those_of_a_struct(fields, size):
    fields["size"] = "é" * size

    data = write_fields(fields, 2, write_value)

    struct = protocol.Struct.FromString(data)
    assert {key: value.string_value for key, value in struct.fields.items()} == fields
