"""Reads and writes values by the shapes of those before them, where they have any.

What has no known shape is walked or written piece by piece; the result is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Final, Generic, TypeVar

from nanover_jupyter.wire.grpc.value_layouts import LayoutMismatch, ReadLayout, WriteLayout
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, walk
from nanover_jupyter.wire.grpc.value_writer import write_value
from nanover_jupyter.wire.lazy import Copy
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["LayoutCache", "read_by_shape", "write_by_shape"]

# Larger values are hardly many of one shape, and what is in them are long lists.
_LONGEST: Final = 4096
_SHAPES_KEPT: Final = 512
# A shape costs as much as reading ten values; so many must not have had the last one.
_TRUST: Final = 32

_Shape = TypeVar("_Shape")


class LayoutCache(Generic[_Shape]):
    """The shapes met so far, by a mark that all values of one shape have in common.

    What is met once says nothing yet; the second time its shape is kept, until many
    others had that mark. Any thread may use a book: shapes do not change, and a race
    between threads costs a shape at the most.

    Args:
        most: How many marks to know; with one more it starts from nothing.
    """

    def __init__(self, most: int = _SHAPES_KEPT) -> None:
        self._most = most
        self._shapes: dict[Hashable, _Shape | None] = {}
        self._trust: dict[Hashable, int] = {}
        # The shape that a value with this mark may have. (Asked for every value.)
        self.find: Callable[[Hashable], _Shape | None] = self._shapes.get

    def wants(self, mark: Hashable) -> bool:
        """Whether to keep the shape of a value that had another than was found, or none."""
        if mark not in self._shapes:
            if len(self._shapes) >= self._most:
                self._shapes.clear()
                self._trust.clear()
            self._shapes[mark] = None
            return False
        trust = self._trust[mark] = self._trust.get(mark, 1) - 1
        return trust <= 0

    def keep(self, mark: Hashable, shape: _Shape) -> None:
        """Find this shape from now on."""
        self._shapes[mark] = shape
        self._trust[mark] = _TRUST


_reading: LayoutCache[ReadLayout] = LayoutCache()
_writing: LayoutCache[WriteLayout] = LayoutCache()


def read_by_shape(data: bytes) -> tuple[Value, Copy]:
    """The value in the bytes of one `Value`, and what copies it best.

    Raises:
        Unusual: Ask protobuf.
    """
    mark = len(data)
    shape = _reading.find(mark)
    if shape is not None:
        try:
            return shape.read(data), shape.copy
        except LayoutMismatch:
            pass
    value, runs = walk(data)
    if runs and mark <= _LONGEST and _reading.wants(mark):
        _reading.keep(mark, ReadLayout(data, value, runs))
    return value, copy_value


def write_by_shape(value: object, nesting: int) -> bytes:
    """The bytes of a `Value`, which has `nesting` messages around it.

    Raises:
        InvalidValue: Something in it cannot be sent; `path` leads there.
    """
    if type(value) is not dict:
        return write_value(value, nesting)
    # Names and such are of many lengths, and each length makes a shape of its own.
    mark = (*value, *[len(item) for item in value.values() if type(item) is str])
    shape = _writing.find(mark)
    if shape is not None:
        try:
            return shape.write(value)
        except LayoutMismatch:
            pass
    data = write_value(value, nesting)
    if len(data) <= _LONGEST and _writing.wants(mark):
        # Nested too deeply for some message, it is not walked, and so never a shape.
        with suppress(FastPathMiss):
            _writing.keep(mark, WriteLayout(data, *walk(data)))
    return data
