"""State messages of NanoVer's WebSocket protocol, taken apart without reading the values."""

from __future__ import annotations

import logging
from typing import Any, Final

import msgpack

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.lazy import Copy
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.packed_value import PackedValue
from nanover_jupyter.wire.values import Value, copy_value
from nanover_jupyter.wire.websocket.values import unpack

__all__ = ["lazy_change"]

logger = logging.getLogger("nanover_jupyter.wire")

# A map of one entry whose key is `state`.
_STATE_ALONE: Final = b"\x81\xa5state"


class _PackedValue(PackedValue):
    """A value in the bytes of its message."""

    __slots__ = ()

    @staticmethod
    def decode(data: bytes) -> tuple[Value, Copy]:
        """See `LazyValue.decode`."""
        try:
            value: Value = unpack(data)
        except ProtocolError as error:
            # Its bytes are in order, or its message would have been skipped. What they stand
            # for is not, such as a date.
            logger.warning("! a value cannot be read, and is taken to be null: %s", error)
            value = None
        return value, copy_value


def lazy_change(message: bytes) -> DictionaryChange | None:
    """Return what a message says of the state, with values that are read when needed.

    Returns None for a message that says anything else, or says it in another way than
    NanoVer's servers do.
    """
    if not message.startswith(_STATE_ALONE):
        return None
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(message)
    try:
        unpacker.read_map_header()
        unpacker.skip()
        change = _read_change(message, unpacker)
        # Whatever stands behind it is left to those who say what is wrong with that.
        return change if unpacker.tell() == len(message) else None
    except (ValueError, TypeError, msgpack.UnpackException):
        return None


def _read_change(message: bytes, unpacker: Any) -> DictionaryChange | None:
    updates: dict[str, Any] = {}
    removals: Any = []
    for _ in range(unpacker.read_map_header()):
        field = unpacker.unpack()
        if field == "updates":
            updates = _read_updates(message, unpacker)
        elif field == "removals":
            removals = unpacker.unpack()
        else:
            unpacker.skip()
    keys = (*updates, *removals)
    if not isinstance(removals, list) or not all(type(key) is str for key in keys):
        return None
    # A key that is in both was removed.
    for key in removals:
        updates.pop(key, None)
    return DictionaryChange.adopt(updates, set(removals), lazy=True)


def _read_updates(message: bytes, unpacker: Any) -> dict[str, Any]:
    tell, skip, unpack_one = unpacker.tell, unpacker.skip, unpacker.unpack
    updates: dict[str, Any] = {}
    for _ in range(unpacker.read_map_header()):
        key = unpack_one()
        start = tell()
        skip()
        updates[key] = _PackedValue(message[start : tell()])
    return updates
