"""State updates as a client receives them: taken apart, and decoded, as late as can be.

Nothing in an update may cost a client more than itself: text that is no UTF-8 is read
with U+FFFD for what is not, and a value that makes no sense as null.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from google.protobuf.message import DecodeError

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.envelopes import STATE_UPDATE, open_envelope
from nanover_jupyter.wire.grpc.key_layouts import keys_of
from nanover_jupyter.wire.grpc.layout_cache import read_by_shape
from nanover_jupyter.wire.grpc.struct_reader import read_fields, read_value
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, is_container, walk
from nanover_jupyter.wire.lazy import Copy, LazyValue, MaybeLazy
from nanover_jupyter.wire.messages import DictionaryChange, UnparsedUpdate
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["change_of", "received_update"]

logger = logging.getLogger("nanover_jupyter.wire")

# An update beyond so many bytes is hardly one of many in a row.
_LARGE = 200_000


def received_update(data: bytes) -> DictionaryChange:
    """A `StateUpdate` as a change. Raises ProtocolError."""
    try:
        keys = keys_of(data)
    except DecodeError as error:
        raise ProtocolError(f"StateUpdate does not parse ({error})") from error
    if not keys:
        return DictionaryChange()
    if len(data) > _LARGE:
        return _parse(data)
    return DictionaryChange.unparsed(UnparsedUpdate(data, keys, _parse))


def change_of(fields: dict[str, Any]) -> DictionaryChange:
    """Return the change that the fields of an update describe: null is a removal."""
    removals = {key for key, value in fields.items() if value is None}
    updates = (
        {key: value for key, value in fields.items() if value is not None} if removals else fields
    )
    return DictionaryChange.adopt(updates, removals, lazy=True)


def _parse(update: bytes) -> DictionaryChange:
    """Return the change in a `StateUpdate`, with lists and dicts not yet decoded."""
    return change_of(_fields(update))


def _fields(update: bytes) -> dict[str, MaybeLazy]:
    """What one update says, where null is a removal."""
    try:
        entries = open_envelope(STATE_UPDATE, update).changed_keys.fields
    except FastPathMiss:
        return _unusual_fields(update)
    return {entry.key.decode("utf-8", "replace"): _receive(entry.value) for entry in entries}


def _unusual_fields(update: bytes) -> dict[str, MaybeLazy]:
    try:
        message = protocol.StateUpdate.FromString(update)
    except DecodeError:
        logger.warning("! skipped an update that does not parse", exc_info=True)
        return {}
    return {**read_fields(message.changed_keys)}


def _receive(value: bytes) -> MaybeLazy:
    return _GrpcValue(value) if is_container(value) else _read_anyhow(value)[0]


def _read_anyhow(data: bytes) -> tuple[Value, Copy]:
    """What the bytes of a `Value` say, and what copies it; null if there is no sense in them.

    Text that is no UTF-8 is read with U+FFFD in the place of what is not, and a value of
    no kind as null, as upstream's Rust server does.
    """
    try:
        return read_by_shape(data)
    except FastPathMiss:
        with suppress(FastPathMiss):
            return walk(data, lenient=True)[0], copy_value
    envelope = STATE_UPDATE()
    envelope.changed_keys.fields.add(key=b"", value=data)
    try:
        message = protocol.StateUpdate.FromString(envelope.SerializeToString())
    except DecodeError:
        logger.warning("! a value of %d bytes does not parse, and is read as null", len(data))
        return None, copy_value
    return read_value(message.changed_keys.fields[""]), copy_value


class _GrpcValue(LazyValue):
    __slots__ = ()

    decode = staticmethod(_read_anyhow)
