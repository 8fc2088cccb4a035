"""Fast decoding and encoding of values that have the same layout as an earlier value.

An avatar is sent thirty times a second with the same keys and lengths, and other
numbers. Once this layout is known, one comparison finds out whether bytes have it, and one
call of `struct` unpacks or packs all numbers and strings.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

from nanover_jupyter.wire.grpc.value_reader import ITEM_SIZE, VariableRange
from nanover_jupyter.wire.grpc.value_writer import NUMERIC
from nanover_jupyter.wire.lazy import CopyFunction
from nanover_jupyter.wire.values import Value

__all__ = ["LayoutMismatch", "ReadLayout", "WriteLayout"]


class LayoutMismatch(Exception):
    """A value does not have the layout."""


class ReadLayout:
    """Decodes and copies values that have the same layout as a sample.

    Args:
        data: The encoded sample.
        value: The decoded sample.
        ranges: The ranges that vary, as `parse_value` returned them.
    """

    __slots__ = ("_common", "_mask", "_root", "_steps", "_texts", "_unpack", "copy")

    def __init__(self, data: bytes, value: Value, ranges: list[VariableRange]) -> None:
        layout = ["<"]
        mask = bytearray(b"\xff") * len(data)
        end = slots = 0
        self._texts: list[int] = []
        for start, size, code in _slots(ranges):
            if code.endswith("s"):
                self._texts.append(slots)
            slots += 1
            layout.append(f"{start - end}x{code}")
            end = start + size
            # Only the lowest bit of a bool may vary: a byte above 1 is not a canonical bool.
            mask[start:end] = b"\xfe" if code == "?" else bytes(size)
        layout.append(f"{len(data) - end}x")
        self._unpack = struct.Struct("".join(layout)).unpack
        self._mask = int.from_bytes(mask, "little")
        self._common = int.from_bytes(data, "little") & self._mask
        self._steps, self._root = _plan(value, slots)
        # Makes a deep copy of a value with this layout.
        self.copy = _copier(value)

    def read(self, data: bytes) -> Value:
        """Return the value in bytes that are as long as the sample.

        Raises:
            LayoutMismatch: The bytes have another layout.
        """
        # Comparing them as large integers takes three operations in C.
        if int.from_bytes(data, "little") & self._mask != self._common:
            raise LayoutMismatch
        parts: list[Any] = list(self._unpack(data))
        try:
            for slot in self._texts:
                parts[slot] = parts[slot].decode()
        except UnicodeDecodeError as error:
            raise LayoutMismatch from error
        for empty, contents in self._steps:
            container = empty.copy()
            for key, place in contents:
                container[key] = parts[place]
            parts.append(container)
        return None if self._root is None else parts[self._root]


class WriteLayout:
    """Encodes values that have the same layout as a sample. Same arguments as `ReadLayout`."""

    __slots__ = ("_collect", "_pack", "_parts")

    def __init__(self, data: bytes, value: Value, ranges: list[VariableRange]) -> None:
        layout = ["<"]
        parts: list[Any] = []
        end = 0
        for start, size, code in _slots(ranges):
            layout.append(f"{start - end}s{code}")
            parts += (data[end:start], None)
            end = start + size
        layout.append(f"{len(data) - end}s")
        self._parts = [*parts, data[end:]]
        self._pack = struct.Struct("".join(layout)).pack
        self._collect = _collector(value)

    def write(self, value: object) -> bytes:
        """Return the encoded value.

        Raises:
            LayoutMismatch: The value has another layout.
        """
        slots: list[Any] = []
        numbers: list[Any] = []
        try:
            self._collect(value, slots, numbers)
            # `struct` also accepts bools and other types as numbers.
            if not NUMERIC.issuperset(map(type, numbers)):
                raise LayoutMismatch
            parts = self._parts.copy()
            parts[1::2] = slots
            return self._pack(*parts)
        except (KeyError, UnicodeEncodeError, OverflowError, struct.error) as error:
            raise LayoutMismatch from error


def _slots(ranges: list[VariableRange]) -> Iterator[tuple[int, int, str]]:
    """Yield the start, size and format of each number, string and bool."""
    for start, size, kind in ranges:
        if kind == "d":
            for index in range(size):
                yield start + index * ITEM_SIZE, 8, kind
        else:
            yield start, size, f"{size}s" if kind == "s" else kind


# decoding -------------------------------------------------------------------------

_Place = int | slice
_Step = tuple[Any, list[tuple[Any, _Place]]]


def _plan(value: Value, slots: int) -> tuple[list[_Step], _Place | None]:
    """Return the steps that build a value like `value` from the slots, and its final place.

    Each step builds one list or dict, innermost first: it copies a template, and fills it
    from earlier places. Its result is appended after the slots. Nulls have no place; they
    are part of the templates.
    """
    steps: list[_Step] = []
    free = iter(range(slots))

    def place(value: Value) -> _Place | None:
        if isinstance(value, str | bool | float):
            return next(free)
        if isinstance(value, dict):
            empty: Any = dict.fromkeys(value)
            places: dict[Any, _Place | None] = {key: place(item) for key, item in value.items()}
        elif isinstance(value, list):
            empty = [None] * len(value)
            places = dict(enumerate(map(place, value)))
            # Mostly lists of numbers, which are adjacent and need one slice.
            row = _row(list(places.values()))
            if row is not None:
                return row
        else:
            return None
        steps.append(
            (empty, [(key, source) for key, source in places.items() if source is not None])
        )
        return slots + len(steps) - 1

    return steps, place(value)


def _row(places: list[_Place | None]) -> slice | None:
    """Return adjacent places as one slice, else None."""
    if places and isinstance(places[0], int):
        row = range(places[0], places[0] + len(places))
        if places == list(row):
            return slice(row.start, row.stop)
    return None


def _copier(like: Value) -> CopyFunction:
    """Return a function that makes deep copies of values like `like`."""
    if isinstance(like, dict):
        inner = [(key, _copier(item)) for key, item in like.items() if _is_container(item)]
        return _fields_copier(inner) if inner else dict.copy
    if not isinstance(like, list):
        return _itself
    if not any(map(_is_container, like)):
        return list.copy
    items = [_copier(item) for item in like]
    return lambda value: [copy(item) for copy, item in zip(items, value, strict=True)]


def _fields_copier(inner: list[tuple[str, CopyFunction]]) -> CopyFunction:
    def copy(value: dict[str, Any]) -> dict[str, Any]:
        fields = value.copy()
        for key, copy_item in inner:
            fields[key] = copy_item(fields[key])
        return fields

    return copy


def _itself(value: Any) -> Any:
    return value


def _is_container(value: Value) -> bool:
    return isinstance(value, list | dict)


def _all_numbers(items: list[Value]) -> bool:
    return bool(items) and NUMERIC.issuperset(map(type, items))


# encoding -------------------------------------------------------------------------

_Collect = Callable[[Any, list[Any], list[Any]], None]


def _collector(value: Value) -> _Collect:
    """Return a function that appends the slots of such a value, and its numbers, to two lists."""
    if isinstance(value, str):
        return _text_collector(len(value.encode()))
    if isinstance(value, bool):
        return _collect_bool
    if isinstance(value, float | int):
        return _collect_number
    if isinstance(value, dict):
        return _fields_collector(value)
    if isinstance(value, list):
        return _items_collector(value)
    return _collect_null


def _text_collector(size: int) -> _Collect:
    def collect(value: Any, slots: list[Any], _: list[Any]) -> None:
        if type(value) is not str:
            raise LayoutMismatch
        text = value.encode()
        if len(text) != size:
            raise LayoutMismatch
        slots.append(text)

    return collect


def _fields_collector(like: dict[str, Value]) -> _Collect:
    count = len(like)
    fields = [(key, _collector(item)) for key, item in like.items()]

    def collect(value: Any, slots: list[Any], numbers: list[Any]) -> None:
        if type(value) is not dict or len(value) != count:
            raise LayoutMismatch
        for key, collect_item in fields:
            collect_item(value[key], slots, numbers)

    return collect


def _items_collector(like: list[Value]) -> _Collect:
    count = len(like)
    items = None if _all_numbers(like) else [_collector(item) for item in like]

    def collect(value: Any, slots: list[Any], numbers: list[Any]) -> None:
        if type(value) not in (list, tuple) or len(value) != count:
            raise LayoutMismatch
        if items is None:
            slots.extend(value)
            numbers.extend(value)
        else:
            for item, collect_item in zip(value, items, strict=True):
                collect_item(item, slots, numbers)

    return collect


def _collect_bool(value: Any, slots: list[Any], _: list[Any]) -> None:
    if type(value) is not bool:
        raise LayoutMismatch
    slots.append(value)


def _collect_number(value: Any, slots: list[Any], numbers: list[Any]) -> None:
    slots.append(value)
    numbers.append(value)


def _collect_null(value: Any, _slots: list[Any], _numbers: list[Any]) -> None:
    if value is not None:
        raise LayoutMismatch
