"""How values are laid out that differ in their numbers and texts only.

An avatar comes thirty times a second in the same arrangement of bytes: the same keys,
the same lengths, other doubles. Once that arrangement (a shape) is known, one
comparison tells whether bytes have it, and one call of `struct` takes them apart or
puts them together.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from nanover_jupyter.wire.grpc_value_reader import ITEM_SIZE, Run
from nanover_jupyter.wire.grpc_value_writer import NUMERIC
from nanover_jupyter.wire.values import Value

__all__ = ["OtherShape", "ReadingShape", "WritingShape"]


class OtherShape(Exception):
    """A value does not have the shape."""


class ReadingShape:
    """How to read the bytes of values like one that was read before.

    Args:
        data: The bytes of that value.
        value: The value in them.
        runs: What is free in them, as `walk` found it.
    """

    __slots__ = ("_build", "_common", "_mask", "_texts", "_unpack")

    def __init__(self, data: bytes, value: Value, runs: list[Run]) -> None:
        layout = ["<"]
        mask = bytearray(b"\xff") * len(data)
        end = 0
        self._texts: list[int] = []
        for slot, (start, size, code) in enumerate(_slots(runs)):
            if code.endswith("s"):
                self._texts.append(slot)
            layout.append(f"{start - end}x{code}")
            end = start + size
            # Of a bool all bits but one are given: beyond 1 the byte means something else.
            mask[start:end] = b"\xfe" if code == "?" else bytes(size)
        layout.append(f"{len(data) - end}x")
        self._unpack = struct.Struct("".join(layout)).unpack
        self._mask = int.from_bytes(mask, "little")
        self._common = int.from_bytes(data, "little") & self._mask
        self._build = _builder(value, iter(range(len(data))))

    def read(self, data: bytes) -> Value:
        """The value in bytes of the same length.

        Raises:
            OtherShape: They are of another shape.
        """
        # As one large integer each, to compare what must be equal in three steps of C.
        if int.from_bytes(data, "little") & self._mask != self._common:
            raise OtherShape
        found = list(self._unpack(data))
        try:
            for slot in self._texts:
                found[slot] = found[slot].decode()
        except UnicodeDecodeError as error:
            raise OtherShape from error
        return self._build(found)


class WritingShape:
    """How to write values like one that was written before. Arguments as above."""

    __slots__ = ("_collect", "_pack", "_parts")

    def __init__(self, data: bytes, value: Value, runs: list[Run]) -> None:
        layout = ["<"]
        parts: list[Any] = []
        end = 0
        for start, size, code in _slots(runs):
            layout.append(f"{start - end}s{code}")
            parts += (data[end:start], None)
            end = start + size
        layout.append(f"{len(data) - end}s")
        self._parts = [*parts, data[end:]]
        self._pack = struct.Struct("".join(layout)).pack
        self._collect = _collector(value)

    def write(self, value: object) -> bytes:
        """The bytes of a value.

        Raises:
            OtherShape: It has another shape.
        """
        slots: list[Any] = []
        numbers: list[Any] = []
        try:
            self._collect(value, slots, numbers)
            # `struct` would take a bool for a number, and other things that are none to us.
            if not NUMERIC.issuperset(map(type, numbers)):
                raise OtherShape
            parts = self._parts.copy()
            parts[1::2] = slots
            return self._pack(*parts)
        except (KeyError, UnicodeEncodeError, OverflowError, struct.error) as error:
            raise OtherShape from error


def _slots(runs: list[Run]) -> Iterator[tuple[int, int, str]]:
    """Start, size and code of everything that varies."""
    for start, size, kind in runs:
        if kind == "d":
            for index in range(size):
                yield start + index * ITEM_SIZE, 8, kind
        else:
            yield start, size, f"{size}s" if kind == "s" else kind


# What is read ---------------------------------------------------------------------

_Build = Callable[[list[Any]], Value]


def _builder(value: Value, slots: Iterator[int]) -> _Build:
    """What makes a value like `value` of the contents of all slots."""
    if isinstance(value, str | bool | float):
        return itemgetter(next(slots))
    if isinstance(value, dict):
        fields = [(key, _builder(item, slots)) for key, item in value.items()]
        return lambda found: {key: build(found) for key, build in fields}
    if isinstance(value, list):
        if _all_numbers(value):
            places = [next(slots) for _ in value]
            return itemgetter(slice(places[0], places[-1] + 1))
        items = [_builder(item, slots) for item in value]
        return lambda found: [build(found) for build in items]
    return lambda _: value


def _all_numbers(items: list[Value]) -> bool:
    return bool(items) and NUMERIC.issuperset(map(type, items))


# What is written ------------------------------------------------------------------

_Collect = Callable[[Any, list[Any], list[Any]], None]


def _collector(value: Value) -> _Collect:
    """What appends to two lists the slots of a value like `value`, and the numbers in them."""
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
            raise OtherShape
        text = value.encode()
        if len(text) != size:
            raise OtherShape
        slots.append(text)

    return collect


def _fields_collector(like: dict[str, Value]) -> _Collect:
    count = len(like)
    fields = [(key, _collector(item)) for key, item in like.items()]

    def collect(value: Any, slots: list[Any], numbers: list[Any]) -> None:
        if type(value) is not dict or len(value) != count:
            raise OtherShape
        for key, collect_item in fields:
            collect_item(value[key], slots, numbers)

    return collect


def _items_collector(like: list[Value]) -> _Collect:
    count = len(like)
    items = None if _all_numbers(like) else [_collector(item) for item in like]

    def collect(value: Any, slots: list[Any], numbers: list[Any]) -> None:
        if type(value) not in (list, tuple) or len(value) != count:
            raise OtherShape
        if items is None:
            slots.extend(value)
            numbers.extend(value)
        else:
            for item, collect_item in zip(value, items, strict=True):
                collect_item(item, slots, numbers)

    return collect


def _collect_bool(value: Any, slots: list[Any], _: list[Any]) -> None:
    if type(value) is not bool:
        raise OtherShape
    slots.append(value)


def _collect_number(value: Any, slots: list[Any], numbers: list[Any]) -> None:
    slots.append(value)
    numbers.append(value)


def _collect_null(value: Any, _slots: list[Any], _numbers: list[Any]) -> None:
    if value is not None:
        raise OtherShape
