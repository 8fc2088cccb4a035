"""Fast detection of the keys that a state update changes.

Servers send an update of the same keys, with values of the same lengths, thirty times a
second. Comparing the bytes between the values with those of an earlier update takes a
quarter of the time that protobuf takes to find the keys again.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Final

from nanover_jupyter.wire.grpc.envelopes import strip_values
from nanover_jupyter.wire.grpc.layout_cache import LayoutCache
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, span

__all__ = ["KeyLayout", "encoded_keys"]

# Tags of the update's field, of an entry in it, and of the entry's key and value.
_FIELDS = _ENTRY = _KEY = 0x0A
_VALUE = 0x12

# Large updates rarely repeat a layout.
_MAX_SIZE: Final = 200_000
_MAX_LAYOUTS: Final = 64


class KeyLayout:
    """The positions of the values in a sample update, and the bytes around them.

    Args:
        update: The bytes of the sample, a `StateUpdate`.
        keys: The result of `strip_values` for the sample.

    Raises:
        FastPathMiss: It contains more than keys and values.
    """

    __slots__ = ("_around", "_unpack", "keys")

    def __init__(self, update: bytes, keys: bytes) -> None:
        layout = ["<"]
        end = 0
        for start, stop in _value_spans(update):
            layout.append(f"{start - end}s{stop - start}x")
            end = stop
        self._unpack = struct.Struct("".join(layout)).unpack
        self._around = self._unpack(update)
        self.keys = keys

    def fits(self, update: bytes) -> bool:
        """Whether an update of the same length changes the same keys."""
        return self._unpack(update) == self._around


def encoded_keys(update: bytes) -> bytes:
    """Return the result of `strip_values` for a `StateUpdate`. Raises DecodeError."""
    size = len(update)
    layout = _layouts.find(size)
    if layout is not None and layout.fits(update):
        return layout.keys
    keys = strip_values(update)
    if keys and size <= _MAX_SIZE and _layouts.should_add(size):
        with suppress(FastPathMiss):
            _layouts.add(size, KeyLayout(update, keys))
    return keys


_layouts: LayoutCache[KeyLayout] = LayoutCache(_MAX_LAYOUTS)


def _value_spans(update: bytes) -> list[tuple[int, int]]:
    """Return the start and end of each value. The other bytes are keys, tags and lengths."""
    spans = []
    try:
        place, end = _field(update, 0, _FIELDS)
        while place < end:
            entry, stop = _field(update, place, _ENTRY)
            _, key_end = _field(update, entry, _KEY)
            spans.append(_field(update, key_end, _VALUE))
            if spans[-1][1] != stop:
                raise FastPathMiss
            place = stop
    except IndexError as error:
        raise FastPathMiss from error
    if place != end or end != len(update):
        raise FastPathMiss
    return spans


def _field(data: bytes, place: int, tag: int) -> tuple[int, int]:
    if data[place] != tag:
        raise FastPathMiss
    return span(data, place)
