"""Values out of protobuf's own objects."""

from __future__ import annotations

from hypothesis import given

from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.struct_reader import holds_unset, read_fields, read_value
from nanover_jupyter.wire.grpc.value_writer import write_fields, write_value
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


@given(states)
def test_nulls_at_every_depth_are_no_unset_values(fields):
    assert not holds_unset(protocol.Struct.FromString(write_fields(fields, 2, write_value)))


def test_an_unset_value_is_found_at_every_depth():
    top, deep = protocol.StateUpdate(), protocol.CommandMessage(name="any")
    top.changed_keys.fields["a"].SetInParent()
    items = deep.arguments.fields["a"].struct_value.fields["b"].list_value.values
    items.add().number_value = 1
    assert not holds_unset(deep)
    items.add()

    assert holds_unset(top)
    assert holds_unset(deep)
