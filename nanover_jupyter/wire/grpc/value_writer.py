"""Writes values as the bytes of protobuf's `Struct`, without a protobuf object for each.

Lists of numbers, in which nearly all the bytes of a session are, take one call for
the whole list; numpy's arrays go from their own bytes to the wire's.
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
    unfamiliar,
)

__all__ = ["NUMERIC", "Write", "delimited", "write_fields", "write_value"]

Write = Callable[[object, int], bytes]

# What is a number, by exact type: `bool` is an int to Python, and to `struct`.
NUMERIC: Final = frozenset((float, int))

# A `Value` starts with the tag of what it is.
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

_ONE_BYTE = 0x80  # lengths below it take one
_LENGTHS: Final = [bytes((length,)) for length in range(_ONE_BYTE)]
_TEXTS: Final = [_TEXT + length for length in _LENGTHS]

_double = struct.Struct("<d").pack
# Short lists of numbers are the most common value of all: one call makes a whole item.
_SHORT = _ONE_BYTE // ITEM_SIZE + 1
_NUMBERS: Final = [struct.Struct("<2s" + "3sd" * count).pack for count in range(_SHORT)]
_NUMBER_PARTS: Final[list[list[Any]]] = [
    [_ITEMS + _LENGTHS[ITEM_SIZE * count], *[NUMBER_ITEM, 0.0] * count] for count in range(_SHORT)
]


def write_fields(fields: Mapping[Any, object], nesting: int, write: Write) -> bytes:
    """The bytes of a `Struct` with these fields, which has `nesting` messages around it.

    Args:
        fields: Values by key.
        nesting: Counts the `Struct` itself.
        write: Writes each of the values, told of its own nesting.

    Raises:
        InvalidValue: Something in it cannot be sent; `path` leads there.
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
        whole = len(start) + 1 + size
        if whole < _ONE_BYTE:
            parts += (_ENTRY, _LENGTHS[whole], start, _LENGTHS[size], value)
        else:
            length = _length(size)
            whole += len(length) - 1
            parts += (_ENTRY, _length(whole), start, length, value)
    return b"".join(parts)


def write_value(value: Any, nesting: int) -> bytes:
    """The bytes of a `Value`, which has `nesting` messages around it.

    Raises:
        InvalidValue: Something in it cannot be sent; `path` leads there.
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
    return write_value(unfamiliar(value), nesting)


def delimited(tag: bytes, content: bytes) -> bytes:
    """A field of a message that holds a text or another message."""
    return tag + _length(len(content)) + content


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
            pass  # an integer that no double can hold; below, its place is found
    return _write_each(items, nesting)


def _write_each(items: Iterable[object], nesting: int) -> bytes:
    parts: list[bytes] = []
    for index, item in enumerate(items):
        try:
            value = write_value(item, nesting + 2)
        except InvalidValue as error:
            raise error.within(index) from None
        parts += (_ITEM, _length(len(value)), value)
    return delimited(_ITEMS, b"".join(parts))


def _spaced(doubles: bytes) -> bytes:
    """Doubles side by side as the items of a list."""
    items = bytearray((NUMBER_ITEM + bytes(8)) * (len(doubles) // 8))
    for place in range(8):
        # A slice with a stride is set in C: eight of them for a list of any length.
        items[len(NUMBER_ITEM) + place :: ITEM_SIZE] = doubles[place::8]
    return bytes(items)


def _write_array(array: Any, nesting: int) -> bytes:
    # Of numpy only what an array itself offers is used, so that it need not be there.
    if array.ndim == 0 or array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:  # noqa: PLR2004
        return write_value(unfamiliar(array), nesting)
    if array.ndim > 1:
        check_nesting(nesting + (2 if len(array) else 1))
        return _write_each(array, nesting)
    check_nesting(nesting + (2 if len(array) else 1))
    return delimited(_ITEMS, _spaced(array.astype("<f8").tobytes()))


@lru_cache(maxsize=1024)
def _start_of_entry(key: str) -> bytes:
    """An entry up to the length of its value; the same few keys come in every value."""
    return delimited(_KEY, _encoded(key)) + _VALUE


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        check_text(text)
        raise


def _length(length: int) -> bytes:
    """A length, low bits first, seven in each byte."""
    if length < _ONE_BYTE:
        return _LENGTHS[length]
    parts = bytearray()
    while length >= _ONE_BYTE:
        parts.append(length & 0x7F | _ONE_BYTE)
        length >>= 7
    parts.append(length)
    return bytes(parts)
