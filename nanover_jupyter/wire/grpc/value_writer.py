"""Encodes values as protobuf `Value` and `Struct` bytes, without protobuf objects.

Lists of numbers, which make up most of the bytes of a session, take one call for all
items. numpy arrays are converted from their own bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.grpc.value_reader import ITEM_SIZE, NUMBER_ITEM
from nanover_jupyter.wire.values import (
    check_integer,
    check_key,
    check_nesting,
    check_text,
    to_plain,
)

__all__ = ["NUMERIC", "Write", "delimited", "varint", "write_fields", "write_value"]

Write = Callable[[object, int], bytes]

# Compared with the exact type, because `bool` is a subclass of `int`.
NUMERIC: Final = frozenset((float, int))

# A `Value` starts with a tag for its type.
_NULL: Final = b"\x08\x00"
_NUMBER: Final = b"\x11"
_TEXT: Final = b"\x1a"
_FALSE: Final = b"\x20\x00"
_TRUE: Final = b"\x20\x01"
_FIELDS: Final = b"\x2a"
_ITEMS: Final = b"\x32"
# An item of a list; an entry of a dict, and the key and the value in that.
_ITEM = _ENTRY = _KEY = b"\x0a"
_VALUE: Final = b"\x12"

_ONE_BYTE = 0x80  # smaller lengths take one byte
_LENGTHS: Final = [bytes((length,)) for length in range(_ONE_BYTE)]
_TEXTS: Final = [_TEXT + length for length in _LENGTHS]

_double = struct.Struct("<d").pack
# Short lists of numbers are the most common values: one call packs all items.
_SHORT = _ONE_BYTE // ITEM_SIZE + 1
_NUMBERS: Final = [struct.Struct("<2s" + "3sd" * count).pack for count in range(_SHORT)]
_NUMBER_PARTS: Final[list[list[Any]]] = [
    [_ITEMS + _LENGTHS[ITEM_SIZE * count], *[NUMBER_ITEM, 0.0] * count] for count in range(_SHORT)
]


def write_fields(fields: Mapping[Any, object], nesting: int, write: Write) -> bytes:
    """Return the bytes of a `Struct`.

    Args:
        fields: Values by key.
        nesting: The number of messages around the fields, including the `Struct`.
        write: Encodes a value at a given nesting.

    Raises:
        InvalidValue: Part of it cannot be sent; `path` locates it.
    """
    check_nesting(nesting + (2 if fields else 0))
    nesting += 2
    parts: list[bytes] = []
    for key, item in fields.items():
        start = _start_of_entry(key if type(key) is str else check_key(key))
        try:
            value = write(item, nesting)
        except InvalidValue as error:
            raise error.within(check_key(key)) from None
        size = len(value)
        entry_size = len(start) + 1 + size
        if entry_size < _ONE_BYTE:
            parts += (_ENTRY, _LENGTHS[entry_size], start, _LENGTHS[size], value)
        else:
            length = varint(size)
            entry_size += len(length) - 1
            parts += (_ENTRY, varint(entry_size), start, length, value)
    return b"".join(parts)


def write_value(value: Any, nesting: int) -> bytes:
    """Return the bytes of a `Value` that has `nesting` messages around it.

    Raises:
        InvalidValue: Part of it cannot be sent; `path` locates it.
    """
    kind = type(value)
    if kind is str:
        text = _encoded(value)
        size = len(text)
        return _TEXTS[size] + text if size < _ONE_BYTE else delimited(_TEXT, text)
    if kind is list or kind is tuple:
        return _write_items(value, nesting)
    if kind is float:
        return _NUMBER + _double(value)
    if kind is dict:
        return delimited(_FIELDS, write_fields(value, nesting + 1, write_value))
    if kind is bool:
        return _TRUE if value else _FALSE
    if value is None:
        return _NULL
    if kind is int:
        check_integer(value)
        return _NUMBER + _double(value)
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return _write_array(value, nesting)
    return write_value(to_plain(value), nesting)


def delimited(tag: bytes, content: bytes) -> bytes:
    """Return a field that contains a string or another message."""
    return tag + varint(len(content)) + content


def _write_items(items: Sequence[object], nesting: int) -> bytes:
    count = len(items)
    check_nesting(nesting + (2 if count else 1))
    if NUMERIC.issuperset(map(type, items)):
        try:
            if count < _SHORT:
                parts = _NUMBER_PARTS[count].copy()
                parts[2::2] = items
                return _NUMBERS[count](*parts)
            return delimited(_ITEMS, _spaced(struct.pack(f"<{count}d", *items)))
        except (OverflowError, struct.error):
            pass  # an integer is too large for a double; `_write_each` reports its index
    return _write_each(items, nesting)


def _write_each(items: Iterable[object], nesting: int) -> bytes:
    parts: list[bytes] = []
    for index, item in enumerate(items):
        try:
            value = write_value(item, nesting + 2)
        except InvalidValue as error:
            raise error.within(index) from None
        parts += (_ITEM, varint(len(value)), value)
    return delimited(_ITEMS, b"".join(parts))


def _spaced(doubles: bytes) -> bytes:
    """Return adjacent doubles as the items of a list."""
    items = bytearray((NUMBER_ITEM + bytes(8)) * (len(doubles) // 8))
    for place in range(8):
        # Slices with a stride run in C: eight of them fill a list of any length.
        items[len(NUMBER_ITEM) + place :: ITEM_SIZE] = doubles[place::8]
    return bytes(items)


def _write_array(array: Any, nesting: int) -> bytes:
    # Only methods of the array are used, so that numpy is optional.
    if array.ndim == 0 or array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:  # noqa: PLR2004
        return write_value(to_plain(array), nesting)
    if array.ndim > 1:
        check_nesting(nesting + (2 if len(array) else 1))
        return _write_each(array, nesting)
    check_nesting(nesting + (2 if len(array) else 1))
    return delimited(_ITEMS, _spaced(array.astype("<f8").tobytes()))


@lru_cache(maxsize=1024)
def _start_of_entry(key: str) -> bytes:
    """Return an entry up to the length of its value. Cached, as keys repeat."""
    return delimited(_KEY, _encoded(key)) + _VALUE


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        check_text(text)
        raise


def varint(number: int) -> bytes:
    """Return a number, such as a length, as a varint: seven bits per byte, low bits first."""
    if number < _ONE_BYTE:
        return _LENGTHS[number]
    parts = bytearray()
    while number >= _ONE_BYTE:
        parts.append(number & 0x7F | _ONE_BYTE)
        number >>= 7
    parts.append(number)
    return bytes(parts)
