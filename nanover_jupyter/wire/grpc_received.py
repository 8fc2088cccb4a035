"""State updates as a client receives them: taken apart, and decoded, as late as can be.

Nothing in an update may cost a client more than itself: text that is no UTF-8 is read
with U+FFFD for what is not, and a value that makes no sense as null.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from google.protobuf.message import DecodeError

from nanover_jupyter.wire import protocol
from nanover_jupyter.wire.grpc_envelopes import MERGED_UPDATE, STATE_UPDATE, open_envelope
from nanover_jupyter.wire.grpc_shape_book import read_by_shape
from nanover_jupyter.wire.grpc_struct_walk import read_value
from nanover_jupyter.wire.grpc_value_reader import Unusual, is_container, walk
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.undecoded import Copy, Received, Undecoded
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["change_of", "received_update"]

logger = logging.getLogger("nanover_jupyter.wire")

# An update beyond so many bytes is hardly one of many in a row.
_LARGE = 200_000


def received_update(data: bytes) -> DictionaryChange | None:
    """A `StateUpdate` as a change; None if it is not in the usual form."""
    try:
        envelope = open_envelope(STATE_UPDATE, data)
    except Unusual:
        return None
    entries = envelope.changed_keys.fields
    if len(data) > _LARGE:
        return change_of(_entries(entries))
    return DictionaryChange.unsplit(data, _split) if entries else DictionaryChange()


def change_of(said: Mapping[str, Received]) -> DictionaryChange:
    """The change in the fields of an update, where null is a removal."""
    removals = [key for key, value in said.items() if value is None]
    if removals:
        said = {key: value for key, value in said.items() if value is not None}
    return DictionaryChange.unread(said, removals)


def _split(updates: Sequence[bytes]) -> DictionaryChange:
    """What several updates in the usual form say one after the other."""
    # Messages in a row are to protobuf one message that was sent in parts.
    data = b"".join(updates)
    if len(updates) > 1:
        with suppress(UnicodeDecodeError):
            fields = MERGED_UPDATE.FromString(data).changed_keys.fields
            return change_of({key: _receive(value) for key, value in fields.items()})
    return change_of(_entries(STATE_UPDATE.FromString(data).changed_keys.fields))


def _entries(entries: Iterable[Any]) -> dict[str, Received]:
    return {entry.key.decode("utf-8", "replace"): _receive(entry.value) for entry in entries}


def _receive(value: bytes) -> Received:
    return _GrpcValue(value) if is_container(value) else _read_anyhow(value)[0]


class _GrpcValue(Undecoded):
    __slots__ = ()

    @staticmethod
    def decode(data: bytes) -> tuple[Value, Copy]:
        return _read_anyhow(data)


def _read_anyhow(data: bytes) -> tuple[Value, Copy]:
    """What the bytes of a `Value` say, and what copies it; null if there is no sense in them.

    Text that is no UTF-8 is read with U+FFFD in the place of what is not.
    """
    try:
        return read_by_shape(data)
    except Unusual:
        with suppress(Unusual):
            return walk(data, errors="replace")[0], copy_value
    envelope = STATE_UPDATE()
    envelope.changed_keys.fields.add(key=b"", value=data)
    try:
        message = protocol.StateUpdate.FromString(envelope.SerializeToString())
    except DecodeError:
        logger.warning("! a value of %d bytes does not parse, and is read as null", len(data))
        return None, copy_value
    return read_value(message.changed_keys.fields[""]), copy_value
