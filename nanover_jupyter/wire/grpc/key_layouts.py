"""Which keys a state update changes, told by where they stand in the one before it.

Thirty times a second comes an update of the same keys, with values as long as before.
To compare what stands between the values takes a quarter of the time that protobuf
needs to find the keys again.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Final

from nanover_jupyter.wire.grpc.envelopes import keys_alone
from nanover_jupyter.wire.grpc.layout_cache import LayoutCache
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, span

__all__ = ["KeyLayout", "keys_of"]

# A field of the update, an entry in it, and the key in that; and the value behind the key.
_FIELDS = _ENTRY = _KEY = 0x0A
_VALUE = 0x12

# Longer updates are hardly one of many in a row.
_LONGEST: Final = 200_000
_LAYOUTS_KEPT: Final = 64


class KeyLayout:
    """Where the values stand in updates like one that came before, and what is around them.

    Args:
        update: The bytes of that `StateUpdate`.
        keys: What `keys_alone` says of it.

    Raises:
        Unusual: It has more to it than keys and values.
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


def keys_of(update: bytes) -> bytes:
    """What `keys_alone` says of a `StateUpdate`. Raises DecodeError."""
    mark = len(update)
    layout = _layouts.find(mark)
    if layout is not None and layout.fits(update):
        return layout.keys
    keys = keys_alone(update)
    if keys and mark <= _LONGEST and _layouts.wants(mark):
        with suppress(FastPathMiss):
            _layouts.keep(mark, KeyLayout(update, keys))
    return keys


_layouts: LayoutCache[KeyLayout] = LayoutCache(_LAYOUTS_KEPT)


def _value_spans(update: bytes) -> list[tuple[int, int]]:
    """Where each value starts and ends: all else is keys, tags and lengths."""
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
