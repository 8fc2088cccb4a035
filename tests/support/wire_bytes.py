"""Strategies for all bytes of values that protobuf accepts."""

from __future__ import annotations

import struct

from hypothesis import strategies as st

from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc import value_reader as grpc_value_reader
from tests.support.values import floats, texts

# A field with an unknown number, in each wire type.
UNKNOWN = [
    bytes.fromhex("f80601"),  # varint
    bytes.fromhex("f9060102030405060708"),  # 8 bytes
    bytes.fromhex("fa0603616263"),  # delimited
    bytes.fromhex("fd0601020304"),  # 4 bytes
    bytes.fromhex("fb06f80601fc06"),  # a group
]


def varint(number: int, padding: int = 0) -> bytes:
    """Return a number as a varint that is `padding` bytes longer than necessary."""
    data = bytearray()
    while number >= 0x80 or padding:
        padding -= number < 0x80
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def field(number: int, content: bytes, padding: int = 0) -> bytes:
    return varint(number << 3 | 2, padding) + varint(len(content), padding) + content


_texts = texts.map(str.encode)
# The content of a Value, field by field; the last of several counts.
_kinds = (
    st.just(b"")
    | st.sampled_from([b"\x08\x00", b"\x08\x05", b"\x08\x80\x00", b"\x20\x00", b"\x20\x01"])
    | st.sampled_from([b"\x20\x02", b"\x20\x81\x00", *UNKNOWN])
    | floats.map(lambda number: b"\x11" + struct.pack("<d", number))
    | _texts.map(lambda text: field(3, text))
)
_paddings = st.sampled_from([0] * 8 + [1, 3])


def _lists(items):
    run = st.lists(floats, max_size=40).map(
        lambda numbers: b"".join(b"\x0a\x09\x11" + struct.pack("<d", n) for n in numbers)
    )
    mixed = st.lists(st.builds(field, st.just(1), items, _paddings) | st.sampled_from(UNKNOWN))
    return run | mixed.map(b"".join)


def _structs(items, unknown=UNKNOWN):
    key = st.builds(field, st.just(1), _texts, _paddings)
    value = st.builds(field, st.just(2), items, _paddings)
    usual = st.builds(bytes.__add__, key, value)
    # Keys and values in any order and number.
    parts = st.one_of(key, value, *map(st.just, unknown))
    odd = st.lists(parts, max_size=4).map(b"".join)
    entry = st.builds(field, st.just(1), usual | odd, _paddings)
    return st.lists(entry | st.sampled_from(UNKNOWN), max_size=5).map(b"".join)


def _deeper(items):
    one = st.builds(field, st.just(6), _lists(items), _paddings) | st.builds(
        field, st.just(5), _structs(items), _paddings
    )
    return one | st.lists(one | _kinds, min_size=2, max_size=3).map(b"".join)


legal_values = st.recursive(_kinds, _deeper, max_leaves=12)
legal_structs = _structs(legal_values)
# Without unknown fields in entries, because protobuf drops such entries.
known_structs = _structs(legal_values, unknown=[])


def by_protobuf(kind, data, path):
    """Return the fields of the Struct at `path` of a message. Raises DecodeError."""
    message = kind.FromString(data)
    for name in path:
        message = getattr(message, name)
    return grpc_value_reader.read_fields(message)


def state_update(struct_: bytes) -> bytes:
    return field(1, struct_)


def value_by_protobuf(data: bytes):
    """Return the value in the bytes of one `Value`. Raises DecodeError."""
    return grpc_value_reader.read_value(protocol.Value.FromString(data))
