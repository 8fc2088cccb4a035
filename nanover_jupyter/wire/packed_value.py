"""Values as compact bytes, for those who keep many and read few."""

from __future__ import annotations

from typing import Any

import msgpack

from nanover_jupyter.wire.lazy import Copy, LazyValue, MaybeLazy
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["PackedValue", "packed"]


class PackedValue(LazyValue):
    """A value in MessagePack: a list or dict that was read, packed again.

    As objects it takes several times the memory, and Python's garbage collector looks at
    every part of it again and again.
    """

    __slots__ = ()

    @staticmethod
    def decode(data: bytes) -> tuple[Value, Copy]:
        """See `LazyValue.decode`."""
        try:
            value: Any = msgpack.unpackb(data, strict_map_key=False)
        except msgpack.StackError:
            # It is nested more deeply than any message that comes over this wire.
            return None, copy_value
        return value, copy_value


def packed(value: MaybeLazy) -> tuple[type[LazyValue] | None, Any]:
    """Return a value in its most compact form, apart from the one that was given.

    Returns:
        Bytes, and the class whose `decode` reads them; or None, and the value itself. That is
        text, a number, or a list or dict that holds what only Python has, such as a number of
        more than 64 bits.
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
