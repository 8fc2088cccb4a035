"""Decoding values from bytes gives what protobuf gives, or misses the fast path."""

from __future__ import annotations

import struct

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st

from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.value_reader import (
    FastPathMiss,
    holds_unset,
    is_container,
    parse_value,
    read_fields,
    read_value,
)
from nanover_jupyter.wire.grpc.value_writer import write_fields, write_value
from tests.support.values import nested, same, states, values
from tests.support.wire_bytes import UNKNOWN, field, legal_values, value_by_protobuf, varint


def parsed_or_miss(data):
    try:
        return parse_value(data)[0]
    except FastPathMiss:
        return FastPathMiss


@given(values)
def test_written_values_are_parsed_on_the_fast_path(value):
    assert same(parse_value(write_value(value, 4))[0], value)


@given(values)
def test_the_ranges_are_in_the_order_of_the_value(value):
    data = write_value(value, 4)

    _, ranges = parse_value(data)

    found = []
    for start, size, kind in ranges:
        if kind == "d":
            found += [struct.unpack_from("<d", data, start + 11 * i)[0] for i in range(size)]
        else:
            found.append(data[start : start + size].decode() if kind == "s" else bool(data[start]))
    assert same(found, list(_leaves(value)))


def _leaves(value):
    if isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif value is not None:
        yield value


@given(legal_values)
def test_what_is_read_is_what_protobuf_reads(data):
    value = parsed_or_miss(data)

    assert value is FastPathMiss or same(value, value_by_protobuf(data))


@given(legal_values | st.binary(max_size=40), st.data())
def test_damaged_bytes_are_parsed_as_protobuf_parses_them_or_miss_the_fast_path(data, choose):
    damaged = bytearray(data)
    for _ in range(choose.draw(st.integers(1, 4))):
        place = choose.draw(st.integers(0, len(damaged)))
        damaged[place : place + choose.draw(st.integers(0, 2))] = choose.draw(st.binary(max_size=2))

    value = parsed_or_miss(bytes(damaged))

    if value is not FastPathMiss:
        assert same(value, value_by_protobuf(bytes(damaged)))


@pytest.mark.parametrize("count", [0, 1, 2, 32, 33, 34, 1000])
def test_lists_of_numbers_of_every_length_are_read(count):
    numbers = [index / 3 for index in range(count)]

    assert parse_value(write_value(numbers, 4))[0] == numbers


@pytest.mark.parametrize("count", [3, 50])
@pytest.mark.parametrize("tag", range(3))
def test_a_list_is_one_of_numbers_only_if_every_item_is_one(count, tag):
    data = bytearray(write_value([0.5] * count, 4))
    start = len(data) - 11 * count
    for index in range(count):
        spoilt = data.copy()
        spoilt[start + 11 * index + tag] ^= 0x40

        value = parsed_or_miss(bytes(spoilt))

        if value is not FastPathMiss:
            assert same(value, value_by_protobuf(bytes(spoilt)))


@pytest.mark.parametrize(
    "data",
    [
        b"",  # of no kind
        field(6, field(1, b"\x08\x00") + field(1, b"")),
        b"\x08\x01",  # a null that is another member of its enum
        b"\x08\x80\x00",  # a null that is longer than it has to be
        b"\x20\x02",
        b"\x08\x00\x20\x01",
        b"\x1a\x01",
        b"\x1a\x01aa",
        b"\x1a\x02\xff\xfe",
        b"\x1a\x80\x80\x80\x80\x80\x00",
        b"\x11" + bytes(7),
        b"\x22",
        field(5, field(1, field(1, b"a"))),
        field(5, field(1, field(1, b"a") + field(2, b"")) * 2),
        field(6, field(1, b"\x08\x00", padding=5)),
        field(6, b"\x0a\x7f"),
        *UNKNOWN,
    ],
    ids=bytes.hex,
)
def test_anything_else_misses_the_fast_path(data):
    with pytest.raises(FastPathMiss):
        parse_value(data)


@pytest.mark.parametrize("letter", ["l", "d", "ld"])
def test_deep_nesting_misses_the_fast_path_without_a_recursion_error(letter):
    data = b""
    for _ in range(4000):
        data = field(6, field(1, data)) if "l" in letter else data
        data = field(5, field(1, field(1, b"") + field(2, data))) if "d" in letter else data

    with pytest.raises(FastPathMiss):
        parse_value(data)


@pytest.mark.parametrize(("most", "letter"), [(48, "l"), (32, "d")])
def test_the_deepest_values_that_can_be_sent_are_parsed(most, letter):
    value = nested(letter * most)

    assert parse_value(write_value(value, 4))[0] == value


def test_lenient_parsing_replaces_invalid_utf8_and_reads_an_unset_value_as_null():
    entries = field(1, field(1, b"k\xff") + field(2, field(3, b"a\xe4b")))
    entries += field(1, field(1, b"unset") + field(2, b""))

    assert parse_value(field(5, entries), lenient=True)[0] == {"k\ufffd": "a\ufffdb", "unset": None}


@given(legal_values)
@example(field(5, b"", padding=2))
@example(field(6, b"") + b"\x08\x00")
@example(varint(5 << 3 | 2))
@example(b"")
def test_containers_are_containers_for_protobuf(data):
    if is_container(data):
        assert isinstance(value_by_protobuf(data), list | dict)


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"\x0a\x7f"])
def test_a_container_may_have_invalid_content(content):
    data = field(6, content)

    assert is_container(data)
    if content:
        with pytest.raises(DecodeError):
            value_by_protobuf(data)


@pytest.mark.parametrize("value", [None, True, 1.0, "text", "x" * 300])
def test_a_value_without_other_values_is_not_a_container(value):
    assert not is_container(write_value(value, 4))


# protobuf's own objects -------------------------------------------------------------


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
def test_nulls_at_every_depth_are_not_unset_values(fields):
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
