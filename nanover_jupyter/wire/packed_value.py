"""Compact storage of values as MessagePack, for histories that store many and read few."""

from __future__ import annotations

from typing import Any

import msgpack

from nanover_jupyter.wire.lazy import CopyFunction, LazyValue, MaybeLazy
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["PackedValue", "packed"]


class PackedValue(LazyValue):
    """A list or dict encoded as MessagePack.

    As Python objects it takes several times the memory, and work for the garbage collector.
    """

    __slots__ = ()

    @staticmethod
    def decode(data: bytes) -> tuple[Value, CopyFunction]:
        """See `LazyValue.decode`."""
        try:
            value: Any = msgpack.unpackb(data, strict_map_key=False)
        except msgpack.StackError:
            # It is nested more deeply than any message that this protocol carries.
            return None, copy_value
        return value, copy_value


def packed(value: MaybeLazy) -> tuple[type[LazyValue] | None, Any]:
    """Return the most compact form of a value.

    Returns:
        Bytes, and the class whose `decode` decodes them; or None and the value itself, for
        strings, numbers, and containers that MessagePack cannot represent, such as one with
        an integer of more than 64 bits.
    """
    if isinstance(value, LazyValue):
        data = value.data
        if data is not None:
            return type(value), data
        value = value.read()
    if not isinstance(value, list | dict):
        return None, value
    try:
        return PackedValue, msgpack.packb(value)
    except (OverflowError, ValueError, TypeError):
        return None, value
