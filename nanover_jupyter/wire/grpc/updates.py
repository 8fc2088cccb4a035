"""Lazy decoding of the state updates that a client receives.

An invalid part of an update does not affect the rest: invalid UTF-8 is replaced with
U+FFFD, and an invalid value becomes null.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from google.protobuf.message import DecodeError

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.envelopes import STATE_UPDATE, open_envelope
from nanover_jupyter.wire.grpc.key_layouts import encoded_keys
from nanover_jupyter.wire.grpc.layout_cache import read_by_layout
from nanover_jupyter.wire.grpc.value_reader import (
    FastPathMiss,
    is_container,
    parse_value,
    read_fields,
    read_value,
)
from nanover_jupyter.wire.lazy import CopyFunction, LazyValue, MaybeLazy
from nanover_jupyter.wire.messages import DictionaryChange, UnparsedUpdate
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["change_of", "received_update"]

logger = logging.getLogger("nanover_jupyter.wire")

# Larger updates are parsed at once, as they rarely repeat.
_LARGE = 200_000


def received_update(data: bytes) -> DictionaryChange:
    """Return the change in a `StateUpdate`. Raises ProtocolError."""
    try:
        keys = encoded_keys(data)
    except DecodeError as error:
        raise ProtocolError(f"cannot parse StateUpdate ({error})") from error
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
    """Return the fields of an update. Null is a removal."""
    try:
        entries = open_envelope(STATE_UPDATE, update).changed_keys.fields
    except FastPathMiss:
        return _fields_by_protobuf(update)
    return {entry.key.decode("utf-8", "replace"): _lazy_value(entry.value) for entry in entries}


def _fields_by_protobuf(update: bytes) -> dict[str, MaybeLazy]:
    try:
        message = protocol.StateUpdate.FromString(update)
    except DecodeError:
        logger.warning("! skipped an update that cannot be parsed", exc_info=True)
        return {}
    return {**read_fields(message.changed_keys)}


def _lazy_value(value: bytes) -> MaybeLazy:
    return _GrpcValue(value) if is_container(value) else _decode(value)[0]


def _decode(data: bytes) -> tuple[Value, CopyFunction]:
    """Return the value in the bytes of a `Value`, and a function that copies it. Never raises.

    Invalid UTF-8 is replaced with U+FFFD. A value with no type set, or with invalid bytes, is
    null, as in upstream's Rust server.
    """
    try:
        return read_by_layout(data)
    except FastPathMiss:
        with suppress(FastPathMiss):
            return parse_value(data, lenient=True)[0], copy_value
    envelope = STATE_UPDATE()
    envelope.changed_keys.fields.add(key=b"", value=data)
    try:
        message = protocol.StateUpdate.FromString(envelope.SerializeToString())
    except DecodeError:
        logger.warning("! cannot parse a value of %d bytes; using null", len(data))
        return None, copy_value
    return read_value(message.changed_keys.fields[""]), copy_value


class _GrpcValue(LazyValue):
    __slots__ = ()

    decode = staticmethod(_decode)
