"""Decodes protobuf `Value` messages, directly from their bytes or with protobuf's parser.

`parse_value` is the fast path. It accepts only the form that serializers write: each
field once, no unknown fields, and lengths in as few bytes as possible. For anything else
it raises `FastPathMiss`, and the caller uses protobuf's parser with `read_value` or
`read_fields`, which is slow and correct for every message.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NoReturn

from nanover_jupyter.wire.values import KEY_NESTING, NESTING_LIMIT, Value

__all__ = [
    "ITEM_SIZE",
    "NUMBER_ITEM",
    "FastPathMiss",
    "VariableRange",
    "holds_unset",
    "is_container",
    "parse_value",
    "read_fields",
    "read_value",
    "span",
]

VariableRange = tuple[int, int, Literal["s", "?", "d"]]
"""Bytes that vary between values of the same layout: their start, count and type.

The types are format characters of the `struct` module: a string of `count` bytes, one
bool, or `count` doubles that are `ITEM_SIZE` bytes apart.
"""

# A number in a list: tag of the item, length of the item, tag of the double, the double.
NUMBER_ITEM: Final = b"\x0a\x09\x11"
ITEM_SIZE: Final = len(NUMBER_ITEM) + 8

# A `Value` starts with a tag for its type.
_NULL = 0x08
_NUMBER = 0x11
_TEXT = 0x1A
_BOOL = 0x20
_FIELDS = 0x2A
_ITEMS = 0x32
# An item of a list; an entry of a dict, and the key and the value in that.
_ITEM = _ENTRY = _KEY = 0x0A
_VALUE = 0x12

_CONTINUED = 0x80  # this bit is set if another byte of the length follows
_NUMBER_SIZE = 9

_double = struct.Struct("<d").unpack_from
# Short lists of numbers are the most common values: one call unpacks tags and doubles.
_SHORT = 33
_NUMBERS: Final = [struct.Struct("<" + "3sd" * count).unpack_from for count in range(_SHORT)]
# Positions of the bytes of a little-endian double in a native double.
_OWN_ORDER: Final = range(8) if sys.byteorder == "little" else range(7, -1, -1)
_TAGS: Final = [(NUMBER_ITEM,) * count for count in range(_SHORT)]


class FastPathMiss(Exception):
    """The bytes do not have the form that the fast path accepts. They may still be valid."""


def is_container(data: bytes) -> bool:
    """Whether the bytes of a `Value` are a list or a dict, judged by tag and length alone."""
    if not data or data[0] not in (_FIELDS, _ITEMS):
        return False
    try:
        if data[1] < _CONTINUED:
            return data[1] + 2 == len(data)
        return span(data, 0)[1] == len(data)
    except (IndexError, FastPathMiss):
        return False


def parse_value(data: bytes, *, lenient: bool = False) -> tuple[Value, list[VariableRange]]:
    """Return the value in the bytes of one `Value`, and the ranges of bytes that vary in it.

    The ranges are in the order of the strings, numbers and bools in the value.

    Args:
        data: The bytes.
        lenient: Whether to replace invalid UTF-8 with U+FFFD, and to read a value with no
            type set as null.

    Raises:
        FastPathMiss: Use protobuf's parser instead.
    """
    parser = _Parser(data, lenient=lenient)
    try:
        return parser.value(0, len(data), KEY_NESTING), parser.ranges
    except (IndexError, ValueError, struct.error) as error:
        # The data is truncated or contains invalid UTF-8.
        raise FastPathMiss from error


class _Parser:
    """Parses parts of one value, each given by its start and end."""

    __slots__ = ("_data", "_errors", "_lenient", "ranges")

    def __init__(self, data: bytes, *, lenient: bool) -> None:
        self._data = data
        self._lenient = lenient
        self._errors = "replace" if lenient else "strict"
        self.ranges: list[VariableRange] = []

    def value(self, start: int, end: int, nesting: int) -> Value:
        if start == end:
            return None if self._lenient else _miss()
        kind = self._data[start]
        if kind == _NUMBER:
            if end - start != _NUMBER_SIZE:
                raise FastPathMiss
            self.ranges.append((start + 1, 1, "d"))
            return _double(self._data, start + 1)[0]  # type: ignore[no-any-return]
        if kind in (_NULL, _BOOL):
            return self._null_or_bool(start, end)
        start, stop = span(self._data, start)
        if stop != end:
            raise FastPathMiss
        if kind == _TEXT:
            self.ranges.append((start, end - start, "s"))
            return self._data[start:end].decode("utf-8", self._errors)
        if kind == _ITEMS:
            return self._items(start, end, nesting + 2)
        if kind == _FIELDS:
            return self._fields(start, end, nesting + 3)
        raise FastPathMiss

    def _null_or_bool(self, start: int, end: int) -> bool | None:
        kind, content = self._data[start:end]
        if content > (kind == _BOOL):
            raise FastPathMiss
        if kind == _NULL:
            return None
        self.ranges.append((start + 1, 1, "?"))
        return content == 1

    def _items(self, start: int, end: int, nesting: int) -> list[Value]:
        if nesting > NESTING_LIMIT:
            raise FastPathMiss
        count, rest = divmod(end - start, ITEM_SIZE)
        if count and not rest:
            numbers = _numbers(self._data, start, end, count)
            if numbers is not None:
                self.ranges.append((start + len(NUMBER_ITEM), count, "d"))
                return numbers
        items: list[Value] = []
        while start < end:
            if self._data[start] != _ITEM:
                raise FastPathMiss
            start, stop = span(self._data, start)
            items.append(self.value(start, stop, nesting))
            start = stop
        if start != end:
            raise FastPathMiss
        return items

    def _fields(self, start: int, end: int, nesting: int) -> dict[str, Value]:
        if nesting > NESTING_LIMIT:
            raise FastPathMiss
        data = self._data
        fields: dict[str, Value] = {}
        while start < end:
            start, stop = span(data, start) if data[start] == _ENTRY else _miss()
            start, key_end = span(data, start) if data[start] == _KEY else _miss()
            key = data[start:key_end].decode("utf-8", self._errors)
            start, value_end = span(data, key_end) if data[key_end] == _VALUE else _miss()
            if value_end != stop or key in fields:
                raise FastPathMiss
            fields[key] = self.value(start, stop, nesting)
            start = stop
        if start != end:
            raise FastPathMiss
        return fields


def _numbers(data: bytes, start: int, end: int, count: int) -> list[Value] | None:
    """Return the items of a list if all of them are numbers, else None."""
    if count < _SHORT:
        found = _NUMBERS[count](data, start)
        return list(found[1::2]) if found[::2] == _TAGS[count] else None
    # Slices with a stride run in C: eleven of them read a list of any length.
    for place in range(len(NUMBER_ITEM)):
        if data[start + place : end : ITEM_SIZE] != NUMBER_ITEM[place : place + 1] * count:
            return None
    doubles = bytearray(8 * count)
    for place, own_place in enumerate(_OWN_ORDER):
        doubles[own_place::8] = data[start + len(NUMBER_ITEM) + place : end : ITEM_SIZE]
    # Faster than `struct`, and without another copy.
    return memoryview(doubles).cast("d").tolist()  # type: ignore[return-value]


def span(data: bytes, tag: int) -> tuple[int, int]:
    """Return the start and end of the string or message that follows a tag."""
    start = tag + 2
    length = data[tag + 1]
    if length < _CONTINUED:
        return start, start + length
    # A varint: seven bits per byte, low bits first, five bytes at most.
    length -= _CONTINUED
    for shift in range(7, 35, 7):
        byte = data[start]
        start += 1
        length |= (byte & ~_CONTINUED) << shift
        if byte < _CONTINUED:
            return start, start + length
    raise FastPathMiss


def _miss() -> NoReturn:
    raise FastPathMiss


# protobuf's own objects -------------------------------------------------------------


def read_fields(struct: Any) -> dict[str, Value]:
    """Return the fields of a protobuf `Struct`."""
    return {key: read_value(item) for key, item in struct.fields.items()}


def read_value(value: Any) -> Value:
    """Return the value in a protobuf `Value`."""
    kind = value.WhichOneof("kind")
    if kind is None:
        return None  # no type is set; upstream's Rust server also reads this as null
    return _READERS[kind](value)


def holds_unset(message: Any) -> bool:
    """Whether a protobuf message contains a `Value` with no type set."""
    if message.DESCRIPTOR.name == "Value" and message.WhichOneof("kind") is None:
        return True
    return any(map(holds_unset, _inner_messages(message)))


def _inner_messages(message: Any) -> Iterable[Any]:
    for field, content in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            yield from content.values()
        elif hasattr(content, "add"):
            yield from content
        else:
            yield content


def _read_items(value: Any) -> Value:
    return [read_value(item) for item in value.list_value.values]


_READERS: Final[dict[str, Callable[[Any], Value]]] = {
    "null_value": lambda _: None,
    "number_value": lambda value: value.number_value,
    "string_value": lambda value: value.string_value,
    "bool_value": lambda value: value.bool_value,
    "struct_value": lambda value: read_fields(value.struct_value),
    "list_value": _read_items,
}
