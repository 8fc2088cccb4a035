"""Decodes and encodes values with the layouts of earlier values.

A value without a known layout is parsed or written piece by piece, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Final, Generic, TypeVar

from nanover_jupyter.wire.grpc.value_layouts import LayoutMismatch, ReadLayout, WriteLayout
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, parse_value
from nanover_jupyter.wire.grpc.value_writer import write_value
from nanover_jupyter.wire.lazy import CopyFunction
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["LayoutCache", "read_by_layout", "write_by_layout"]

# Large values rarely repeat a layout.
_MAX_SIZE: Final = 4096
_MAX_LAYOUTS: Final = 512
# A layout costs as much as decoding ten values. It is replaced after so many mismatches.
_MAX_MISMATCHES: Final = 32

_Layout = TypeVar("_Layout")


class LayoutCache(Generic[_Layout]):
    """Layouts by a signature that all values of one layout share.

    A layout is added when its signature occurs the second time, and replaced after many
    values with that signature had another layout. Any thread may use a cache: layouts are
    immutable, and a race between threads costs one layout at most.

    Args:
        limit: The maximum number of signatures. A full cache is cleared.
    """

    def __init__(self, limit: int = _MAX_LAYOUTS) -> None:
        self._limit = limit
        self._layouts: dict[Hashable, _Layout | None] = {}
        self._mismatches_left: dict[Hashable, int] = {}
        # Returns the layout for a signature. Called for every value, hence no method.
        self.find: Callable[[Hashable], _Layout | None] = self._layouts.get

    def should_add(self, signature: Hashable) -> bool:
        """Whether to add the layout of a value that did not match the cached one."""
        if signature not in self._layouts:
            if len(self._layouts) >= self._limit:
                self._layouts.clear()
                self._mismatches_left.clear()
            self._layouts[signature] = None
            return False
        left = self._mismatches_left[signature] = self._mismatches_left.get(signature, 1) - 1
        return left <= 0

    def add(self, signature: Hashable, layout: _Layout) -> None:
        """Add a layout, or replace the one with this signature."""
        self._layouts[signature] = layout
        self._mismatches_left[signature] = _MAX_MISMATCHES


_reading: LayoutCache[ReadLayout] = LayoutCache()
_writing: LayoutCache[WriteLayout] = LayoutCache()


def read_by_layout(data: bytes) -> tuple[Value, CopyFunction]:
    """Return the value in the bytes of one `Value`, and the fastest function that copies it.

    Raises:
        FastPathMiss: Use protobuf's parser instead.
    """
    signature = len(data)
    layout = _reading.find(signature)
    if layout is not None:
        try:
            return layout.read(data), layout.copy
        except LayoutMismatch:
            pass
    value, ranges = parse_value(data)
    if ranges and signature <= _MAX_SIZE and _reading.should_add(signature):
        _reading.add(signature, ReadLayout(data, value, ranges))
    return value, copy_value


def write_by_layout(value: object, nesting: int) -> bytes:
    """Return the bytes of a `Value` that has `nesting` messages around it.

    Raises:
        InvalidValue: Part of it cannot be sent; `path` locates it.
    """
    if type(value) is not dict:
        return write_value(value, nesting)
    # Strings such as names vary in length, and each length has its own layout.
    signature = (*value, *[len(item) for item in value.values() if type(item) is str])
    layout = _writing.find(signature)
    if layout is not None:
        try:
            return layout.write(value)
        except LayoutMismatch:
            pass
    data = write_value(value, nesting)
    if len(data) <= _MAX_SIZE and _writing.should_add(signature):
        # A value that is nested too deeply for `parse_value` gets no layout.
        with suppress(FastPathMiss):
            _writing.add(signature, WriteLayout(data, *parse_value(data)))
    return data
