"""Reads the frame messages of NanoVer's WebSocket protocol without decoding their arrays."""

from __future__ import annotations

import struct
from typing import Any, Final

import msgpack

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.frames.field import FrameField, MaybeField, view
from nanover_jupyter.wire.frames.fields import FieldType
from nanover_jupyter.wire.frames.message import (
    FRAME_INDEX,
    FrameFields,
    FrameMessage,
    resets,
)
from nanover_jupyter.wire.websocket.values import unpack

__all__ = ["frame_message", "read_frame"]

# A map of one entry whose key is `frame`. NanoVer's frames begin with it.
_FRAME_ALONE: Final = b"\x81\xa5frame"

_UINT_16 = struct.Struct(">H").unpack_from
_UINT_32 = struct.Struct(">I").unpack_from
_FLOAT_64 = struct.Struct(">d").unpack_from
# Types of MessagePack by their first byte.
_FIXMAP: Final = range(0x80, 0x90)
_MAP_16: Final = 0xDE
_FIXSTR: Final = range(0xA0, 0xC0)
_STR_8: Final = 0xD9
_BIN_8, _BIN_16, _BIN_32 = 0xC4, 0xC5, 0xC6
_FLOAT: Final = 0xCB
_UINTS: Final = {0xCC: struct.Struct(">B"), 0xCD: struct.Struct(">H"), 0xCE: struct.Struct(">I")}
_LARGEST_FIXINT: Final = 0x7F
# The size of the largest number.
_NUMBER_SIZE: Final = 9


class _OtherForm(Exception):
    """The message does not have the form that the fast path reads. It may still be valid."""


def frame_message(data: bytes, *, is_first: bool = False) -> FrameMessage:
    """Return a received message that holds a frame. It is not read yet."""
    return FrameMessage(data, read_frame, is_first=is_first)


def read_frame(data: bytes) -> FrameFields:
    """Return the fields of the frame in a message.

    Arrays, lists and strings stay undecoded, and refer to `data`.

    Raises:
        ProtocolError: The message has no frame, or is not valid MessagePack.
    """
    try:
        return _scan(data)
    except (_OtherForm, IndexError, struct.error, UnicodeDecodeError):
        fields = _skip_through(data)
    return FrameFields(fields, resets(fields))


def _scan(data: bytes) -> FrameFields:
    """Read what NanoVer sends in nearly all messages: numbers and packed arrays."""
    at = len(_FRAME_ALONE)
    kind = data[at]
    if not data.startswith(_FRAME_ALONE) or (kind not in _FIXMAP and kind != _MAP_16):
        raise _OtherForm
    count, at = (_UINT_16(data, at + 1)[0], at + 3) if kind == _MAP_16 else (kind & 0x0F, at + 1)
    fields: dict[str, MaybeField] = {}
    spans = []
    index_span = None
    for _ in range(count):
        kind = data[at]
        if kind in _FIXSTR:
            start, end = at + 1, at + 1 + (kind & 0x1F)
        elif kind == _STR_8:
            start, end = at + 2, at + 2 + data[at + 1]
        else:
            raise _OtherForm
        key = data[start:end].decode()
        fields[key], at = _scan_value(data, end)
        spans.append((end, at))
        if key == FRAME_INDEX:
            # Its first byte is the type, or a small number.
            index_span = (end if at == end + 1 else end + 1, at)
            if isinstance(fields[key], float):  # -0.0 resets too, and is not all zeros
                raise _OtherForm
    if at != len(data):
        raise _OtherForm
    return FrameFields(fields, resets(fields), spans, index_span)


def _scan_value(data: bytes, at: int) -> tuple[MaybeField, int]:
    """Return a number or a packed array, and where it ends."""
    kind = data[at]
    if kind == _FLOAT:
        return _FLOAT_64(data, at + 1)[0], at + 9
    if kind <= _LARGEST_FIXINT:
        return kind, at + 1
    if kind == _BIN_16:
        start, size = at + 3, _UINT_16(data, at + 1)[0]
    elif kind == _BIN_32:
        start, size = at + 5, _UINT_32(data, at + 1)[0]
    elif kind == _BIN_8:
        start, size = at + 2, data[at + 1]
    elif kind in _UINTS:
        number = _UINTS[kind]
        return number.unpack_from(data, at + 1)[0], at + 1 + number.size
    else:
        raise _OtherForm
    return FrameField(data, start, start + size, _load_packed), start + size


def _skip_through(data: bytes) -> dict[str, MaybeField]:
    """Find the fields in a message of any form."""
    unpacker = msgpack.Unpacker(max_buffer_size=0, strict_map_key=False)
    unpacker.feed(data)
    fields: dict[str, MaybeField] | None = None
    try:
        for _ in range(unpacker.read_map_header()):
            if unpacker.unpack() == "frame":
                fields = _skip_through_fields(data, unpacker)
            else:
                unpacker.skip()
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise ProtocolError(f"a frame is not valid MessagePack ({error})") from error
    if fields is None:
        raise ProtocolError("the message has no frame")
    return fields


def _skip_through_fields(data: bytes, unpacker: Any) -> dict[str, MaybeField]:
    fields: dict[str, MaybeField] = {}
    for _ in range(unpacker.read_map_header()):
        key = unpacker.unpack()
        start = unpacker.tell()
        unpacker.skip()
        end = unpacker.tell()
        if isinstance(key, str):
            fields[key] = _field(data, start, end)
    return fields


def _field(data: bytes, start: int, end: int) -> MaybeField:
    """Return a value: decoded if it is small, since most are numbers."""
    header = {_BIN_8: 2, _BIN_16: 3, _BIN_32: 5}.get(data[start])
    if header is not None:
        return FrameField(data, start + header, end, _load_packed)
    if end - start <= _NUMBER_SIZE:
        try:
            value: MaybeField = unpack(data[start:end])
        except ProtocolError:
            pass
        else:
            return value
    return FrameField(data, start, end, _load_value)


def _load_packed(data: bytes, start: int, end: int, field: FieldType | None) -> object:
    if field is None or (end - start) % field.dtype.itemsize:
        return data[start:end]
    return view(data, start, end, field.dtype)


def _load_value(data: bytes, start: int, end: int, _: FieldType | None) -> object:
    return unpack(data[start:end])
