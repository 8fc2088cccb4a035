"""Lazy decoding of the state messages that a client receives."""

from __future__ import annotations

import logging
from typing import Any, Final

import msgpack

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.lazy import CopyFunction
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.packed_value import PackedValue
from nanover_jupyter.wire.values import Value, copy_value
from nanover_jupyter.wire.websocket.values import unpack

__all__ = ["lazy_change"]

logger = logging.getLogger("nanover_jupyter.wire")

# A map of one entry whose key is `state`.
_STATE_ALONE: Final = b"\x81\xa5state"


class _PackedValue(PackedValue):
    """A value of a state message."""

    __slots__ = ()

    @staticmethod
    def decode(data: bytes) -> tuple[Value, CopyFunction]:
        """See `LazyValue.decode`."""
        try:
            value: Value = unpack(data)
        except ProtocolError as error:
            # The bytes are valid MessagePack, as the message was parsed, but represent an
            # invalid value, such as a date out of range.
            logger.warning("! cannot decode a value; using null: %s", error)
            value = None
        return value, copy_value


def lazy_change(message: bytes) -> DictionaryChange | None:
    """Return the change in a state message, with values that are decoded when first read.

    Returns None if the message has other content, or another form than NanoVer's servers
    send.
    """
    if not message.startswith(_STATE_ALONE):
        return None
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(message)
    try:
        unpacker.read_map_header()
        unpacker.skip()
        change = _read_change(message, unpacker)
        # `decode_message` reports trailing data.
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
    # A key in both was removed.
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
