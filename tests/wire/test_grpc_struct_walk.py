"""Values out of protobuf's own objects."""

from __future__ import annotations

from hypothesis import given

from nanover_jupyter.wire import protocol
from nanover_jupyter.wire.grpc_struct_walk import read_fields, read_value
from nanover_jupyter.wire.grpc_value_writer import write_fields, write_value
from tests.support.values import same, states, values


@given(values)
def test_a_value_is_read_to_the_bit(value):
    assert same(read_value(protocol.Value.FromString(write_value(value, 4))), value)


@given(states)
def test_fields_are_read_to_the_bit(fields):
    struct = protocol.Struct.FromString(write_fields(fields, 2, write_value))

    assert same(read_fields(struct), fields)


def test_a_value_with_nothing_set_is_null():
    assert read_value(protocol.Value()) is None
