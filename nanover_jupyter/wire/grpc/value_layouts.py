"""How values are laid out that differ in their numbers and texts only.

An avatar comes thirty times a second in the same arrangement of bytes: the same keys,
the same lengths, other doubles. Once that arrangement (a shape) is known, one
comparison tells whether bytes have it, and one call of `struct` takes them apart or
puts them together.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

from nanover_jupyter.wire.grpc.value_reader import ITEM_SIZE, Run
from nanover_jupyter.wire.grpc.value_writer import NUMERIC
from nanover_jupyter.wire.lazy import Copy
from nanover_jupyter.wire.values import Value

__all__ = ["LayoutMismatch", "ReadLayout", "WriteLayout"]


class LayoutMismatch(Exception):
    """A value does not have the shape."""


class ReadLayout:
    """How to read the bytes of values like one that was read before, and to copy those.

    Args:
        data: The bytes of that value.
        value: The value in them.
        runs: What is free in them, as `walk` found it.
    """

    __slots__ = ("_common", "_mask", "_root", "_steps", "_texts", "_unpack", "copy")

    def __init__(self, data: bytes, value: Value, runs: list[Run]) -> None:
        layout = ["<"]
        mask = bytearray(b"\xff") * len(data)
        end = slots = 0
        self._texts: list[int] = []
        for start, size, code in _slots(runs):
            if code.endswith("s"):
                self._texts.append(slots)
            slots += 1
            layout.append(f"{start - end}x{code}")
            end = start + size
            # Of a bool all bits but one are given: beyond 1 the byte means something else.
            mask[start:end] = b"\xfe" if code == "?" else bytes(size)
        layout.append(f"{len(data) - end}x")
        self._unpack = struct.Struct("".join(layout)).unpack
        self._mask = int.from_bytes(mask, "little")
        self._common = int.from_bytes(data, "little") & self._mask
        self._steps, self._root = _plan(value, slots)
        # Makes a deep copy of a value that was read by this shape.
        self.copy = _copier(value)

    def read(self, data: bytes) -> Value:
        """The value in bytes of the same length.

        Raises:
            OtherShape: They are of another shape.
        """
        # As one large integer each, to compare what must be equal in three steps of C.
        if int.from_bytes(data, "little") & self._mask != self._common:
            raise LayoutMismatch
        found: list[Any] = list(self._unpack(data))
        try:
            for slot in self._texts:
                found[slot] = found[slot].decode()
        except UnicodeDecodeError as error:
            raise LayoutMismatch from error
        for empty, contents in self._steps:
            container = empty.copy()
            for key, place in contents:
                container[key] = found[place]
            found.append(container)
        return None if self._root is None else found[self._root]


class WriteLayout:
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
                raise LayoutMismatch
            parts = self._parts.copy()
            parts[1::2] = slots
            return self._pack(*parts)
        except (KeyError, UnicodeEncodeError, OverflowError, struct.error) as error:
            raise LayoutMismatch from error


def _slots(runs: list[Run]) -> Iterator[tuple[int, int, str]]:
    """Start, size and code of everything that varies."""
    for start, size, kind in runs:
        if kind == "d":
            for index in range(size):
                yield start + index * ITEM_SIZE, 8, kind
        else:
            yield start, size, f"{size}s" if kind == "s" else kind


# What is read ---------------------------------------------------------------------

_Place = int | slice
_Step = tuple[Any, list[tuple[Any, _Place]]]


def _plan(value: Value, slots: int) -> tuple[list[_Step], _Place | None]:
    """How to make a value like `value` of the contents of all slots, and where it is then.

    A step makes one list or dict, of those that hold it the first: what to start from a
    copy of, and what to put where in it. The result takes the next place behind the
    slots. Null, which is nowhere, is there from the start.
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
            # Numbers, mostly: then they stand side by side, and are taken as they are.
            row = _row(list(places.values()))
            if row is not None:
                return row
        else:
            return None
        steps.append((empty, [(key, found) for key, found in places.items() if found is not None]))
        return slots + len(steps) - 1

    return steps, place(value)


def _row(places: list[_Place | None]) -> slice | None:
    """Places side by side as one; there a list is taken at once."""
    if places and isinstance(places[0], int):
        row = range(places[0], places[0] + len(places))
        if places == list(row):
            return slice(row.start, row.stop)
    return None


def _copier(like: Value) -> Copy:
    """What makes a deep copy of values like `like`."""
    if isinstance(like, dict):
        inner = [(key, _copier(item)) for key, item in like.items() if _is_container(item)]
        return _fields_copier(inner) if inner else dict.copy
    if not isinstance(like, list):
        return _itself
    if not any(map(_is_container, like)):
        return list.copy
    items = [_copier(item) for item in like]
    return lambda value: [copy(item) for copy, item in zip(items, value, strict=True)]


def _fields_copier(inner: list[tuple[str, Copy]]) -> Copy:
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
