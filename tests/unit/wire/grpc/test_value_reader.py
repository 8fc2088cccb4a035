"""Reading a value from its bytes: what protobuf reads, or the word that it is unusual."""

from __future__ import annotations

import struct

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st

from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, is_container, walk
from nanover_jupyter.wire.grpc.value_writer import write_value
from tests.support.values import nested, same, values
from tests.support.wire_bytes import UNKNOWN, field, legal_values, value_by_protobuf, varint


def read_or_unusual(data):
    try:
        return walk(data)[0]
    except FastPathMiss:
        return FastPathMiss


@given(values)
def test_whatever_is_written_as_usual_is_read(value):
    assert same(walk(write_value(value, 4))[0], value)


@given(values)
def test_the_runs_are_what_may_vary_in_the_order_of_the_value(value):
    data = write_value(value, 4)

    _, runs = walk(data)

    found = []
    for start, size, kind in runs:
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
    value = read_or_unusual(data)

    assert value is FastPathMiss or same(value, value_by_protobuf(data))


@given(legal_values | st.binary(max_size=40), st.data())
def test_damaged_bytes_are_read_as_protobuf_reads_them_or_unusual(data, choose):
    damaged = bytearray(data)
    for _ in range(choose.draw(st.integers(1, 4))):
        place = choose.draw(st.integers(0, len(damaged)))
        damaged[place : place + choose.draw(st.integers(0, 2))] = choose.draw(st.binary(max_size=2))

    value = read_or_unusual(bytes(damaged))

    if value is not FastPathMiss:
        assert same(value, value_by_protobuf(bytes(damaged)))


@pytest.mark.parametrize("count", [0, 1, 2, 32, 33, 34, 1000])
def test_lists_of_numbers_of_every_length_are_read(count):
    numbers = [index / 3 for index in range(count)]

    assert walk(write_value(numbers, 4))[0] == numbers


@pytest.mark.parametrize("count", [3, 50])
@pytest.mark.parametrize("tag", range(3))
def test_a_list_is_one_of_numbers_only_if_every_item_is_one(count, tag):
    data = bytearray(write_value([0.5] * count, 4))
    start = len(data) - 11 * count
    for index in range(count):
        spoilt = data.copy()
        spoilt[start + 11 * index + tag] ^= 0x40

        value = read_or_unusual(bytes(spoilt))

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
def test_anything_else_is_unusual(data):
    with pytest.raises(FastPathMiss):
        walk(data)


@pytest.mark.parametrize("letter", ["l", "d", "ld"])
def test_any_depth_ends_as_unusual_and_never_in_a_recursion(letter):
    data = b""
    for _ in range(4000):
        data = field(6, field(1, data)) if "l" in letter else data
        data = field(5, field(1, field(1, b"") + field(2, data))) if "d" in letter else data

    with pytest.raises(FastPathMiss):
        walk(data)


@pytest.mark.parametrize(("most", "letter"), [(48, "l"), (32, "d")])
def test_as_deep_as_may_be_sent_is_read(most, letter):
    value = nested(letter * most)

    assert walk(write_value(value, 4))[0] == value


def test_a_lenient_reader_replaces_what_is_no_utf8_and_takes_no_kind_for_null():
    entries = field(1, field(1, b"k\xff") + field(2, field(3, b"a\xe4b")))
    entries += field(1, field(1, b"unset") + field(2, b""))

    assert walk(field(5, entries), lenient=True)[0] == {"k\ufffd": "a\ufffdb", "unset": None}


@given(legal_values)
@example(field(5, b"", padding=2))
@example(field(6, b"") + b"\x08\x00")
@example(varint(5 << 3 | 2))
@example(b"")
def test_what_is_called_a_container_is_one_for_protobuf(data):
    if is_container(data):
        assert isinstance(value_by_protobuf(data), list | dict)


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"\x0a\x7f"])
def test_a_container_may_hold_what_cannot_be_read(content):
    data = field(6, content)

    assert is_container(data)
    if content:
        with pytest.raises(DecodeError):
            value_by_protobuf(data)


@pytest.mark.parametrize("value", [None, True, 1.0, "text", "x" * 300])
def test_what_holds_no_other_values_is_no_container(value):
    assert not is_container(write_value(value, 4))
