"""Reads a protobuf `Value` straight from its bytes, in the form every serialiser writes.

That form has each field once, nothing unknown, and lengths in as few bytes as they
need. Nearly all there ever is has it, and it has one meaning only. Of anything else
this module says no more than that it is unusual; protobuf's word counts there.
"""

from __future__ import annotations

import struct
import sys
from typing import Final, Literal, NoReturn

from nanover_jupyter.wire.values import NESTING_LIMIT, NESTING_OF_A_KEY, Value

__all__ = ["ITEM_SIZE", "NUMBER_ITEM", "FastPathMiss", "Run", "is_container", "span", "walk"]

Run = tuple[int, int, Literal["s", "?", "d"]]
"""Bytes that the structure of a value leaves free: where they start, how many, what.

By the codes of the `struct` module: a text of so many bytes, one bool, or so many
doubles, each `ITEM_SIZE` after the last.
"""

# A number in a list: the tag of an item, its length, the tag of a double, the double.
NUMBER_ITEM: Final = b"\x0a\x09\x11"
ITEM_SIZE: Final = len(NUMBER_ITEM) + 8

# A `Value` starts with the tag of what it is.
_NULL = 0x08
_NUMBER = 0x11
_TEXT = 0x1A
_BOOL = 0x20
_FIELDS = 0x2A
_ITEMS = 0x32
# An item of a list; an entry of a dict, and the key and the value in that.
_ITEM = _ENTRY = _KEY = 0x0A
_VALUE = 0x12

_CONTINUED = 0x80  # the bit that says: another byte of this length follows
_NUMBER_SIZE = 9

_double = struct.Struct("<d").unpack_from
# Short lists of numbers are the most common value of all: tags and doubles in one go.
_SHORT = 33
_NUMBERS: Final = [struct.Struct("<" + "3sd" * count).unpack_from for count in range(_SHORT)]
# Where the bytes of a double on the wire go in one of this machine.
_OWN_ORDER: Final = range(8) if sys.byteorder == "little" else range(7, -1, -1)
_TAGS: Final = [(NUMBER_ITEM,) * count for count in range(_SHORT)]


class FastPathMiss(Exception):
    """The bytes do not have the usual form; they may be legal all the same."""


def is_container(data: bytes) -> bool:
    """Whether the bytes of a `Value` are certain to hold a list or a dict, readable or not."""
    if not data or data[0] not in (_FIELDS, _ITEMS):
        return False
    try:
        if data[1] < _CONTINUED:
            return data[1] + 2 == len(data)
        return span(data, 0)[1] == len(data)
    except (IndexError, FastPathMiss):
        return False


def walk(data: bytes, *, lenient: bool = False) -> tuple[Value, list[Run]]:
    """The value in the bytes of one `Value`, and the runs of bytes that vary in it.

    The runs come in the order in which the texts, numbers and bools stand in the value.

    Args:
        data: The bytes.
        lenient: Whether to read text that is no UTF-8, with U+FFFD for what is not, and a
            value of no kind, as null.

    Raises:
        Unusual: Ask protobuf.
    """
    walker = _Walker(data, lenient=lenient)
    try:
        return walker.value(0, len(data), NESTING_OF_A_KEY), walker.runs
    except (IndexError, ValueError, struct.error) as error:
        # Cut off somewhere, or text that is no UTF-8.
        raise FastPathMiss from error


class _Walker:
    """Reads the parts of one value, each from where it starts to where it ends."""

    __slots__ = ("_data", "_errors", "_lenient", "runs")

    def __init__(self, data: bytes, *, lenient: bool) -> None:
        self._data = data
        self._lenient = lenient
        self._errors = "replace" if lenient else "strict"
        self.runs: list[Run] = []

    def value(self, start: int, end: int, nesting: int) -> Value:
        if start == end:
            return None if self._lenient else _unusual()
        kind = self._data[start]
        if kind == _NUMBER:
            if end - start != _NUMBER_SIZE:
                raise FastPathMiss
            self.runs.append((start + 1, 1, "d"))
            return _double(self._data, start + 1)[0]  # type: ignore[no-any-return]
        if kind in (_NULL, _BOOL):
            return self._null_or_bool(start, end)
        start, stop = span(self._data, start)
        if stop != end:
            raise FastPathMiss
        if kind == _TEXT:
            self.runs.append((start, end - start, "s"))
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
        self.runs.append((start + 1, 1, "?"))
        return content == 1

    def _items(self, start: int, end: int, nesting: int) -> list[Value]:
        if nesting > NESTING_LIMIT:
            raise FastPathMiss
        count, rest = divmod(end - start, ITEM_SIZE)
        if count and not rest:
            numbers = _numbers(self._data, start, end, count)
            if numbers is not None:
                self.runs.append((start + len(NUMBER_ITEM), count, "d"))
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
            start, stop = span(data, start) if data[start] == _ENTRY else _unusual()
            start, key_end = span(data, start) if data[start] == _KEY else _unusual()
            key = data[start:key_end].decode("utf-8", self._errors)
            start, value_end = span(data, key_end) if data[key_end] == _VALUE else _unusual()
            if value_end != stop or key in fields:
                raise FastPathMiss
            fields[key] = self.value(start, stop, nesting)
            start = stop
        if start != end:
            raise FastPathMiss
        return fields


def _numbers(data: bytes, start: int, end: int, count: int) -> list[Value] | None:
    """The items of a list if all of them are numbers."""
    if count < _SHORT:
        found = _NUMBERS[count](data, start)
        return list(found[1::2]) if found[::2] == _TAGS[count] else None
    # A slice with a stride is taken in C: eleven of them read a list of any length.
    for place in range(len(NUMBER_ITEM)):
        if data[start + place : end : ITEM_SIZE] != NUMBER_ITEM[place : place + 1] * count:
            return None
    doubles = bytearray(8 * count)
    for place, own_place in enumerate(_OWN_ORDER):
        doubles[own_place::8] = data[start + len(NUMBER_ITEM) + place : end : ITEM_SIZE]
    # Makes a list in less time than `struct` does, and without a copy of it all.
    return memoryview(doubles).cast("d").tolist()  # type: ignore[return-value]


def span(data: bytes, tag: int) -> tuple[int, int]:
    """Where the text or message behind a tag starts, and where it ends."""
    start = tag + 2
    length = data[tag + 1]
    if length < _CONTINUED:
        return start, start + length
    # Low bits come first, seven in each byte, and of a length no more than five bytes.
    length -= _CONTINUED
    for shift in range(7, 35, 7):
        byte = data[start]
        start += 1
        length |= (byte & ~_CONTINUED) << shift
        if byte < _CONTINUED:
            return start, start + length
    raise FastPathMiss


def _unusual() -> NoReturn:
    raise FastPathMiss
