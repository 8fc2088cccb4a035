"""Reads the frame messages of NanoVer's gRPC protocol without decoding their arrays.

The fast path walks over the bytes of a `GetFrameResponse` in the form that serializers write.
Any other message is parsed by protobuf.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.frames.field import FrameField, MaybeField, view
from nanover_jupyter.wire.frames.fields import FieldType
from nanover_jupyter.wire.frames.message import FRAME_INDEX, FrameFields, FrameMessage, Span
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, parse_value, read_value, span

__all__ = ["decode_varints", "frame_message", "read_frame"]

# Tags of the fields of a message: of a number, of a string or message, of a double.
_VARINT_1: Final = 0x08
_FIELD_1: Final = 0x0A
_FIELD_2: Final = 0x12
_NUMBER: Final = 0x11
_NUMBER_SIZE: Final = 9

_CONTINUED: Final = 0x80
_LONGEST_VARINT: Final = 10
_UINT_32: Final = 2**32 - 1
_FLOATS: Final = np.dtype("<f4")

_double = struct.Struct("<d").unpack_from


def frame_message(data: bytes, *, is_first: bool = False) -> FrameMessage:
    """Return a received `GetFrameResponse`. It is not read yet."""
    return FrameMessage(data, read_frame, is_first=is_first)


def read_frame(data: bytes) -> FrameFields:
    """Return the fields of the frame in a `GetFrameResponse`.

    Arrays and strings stay undecoded, and refer to `data`. The field `frame.index` is set
    from the message where the frame does not have it.

    Raises:
        ProtocolError: The bytes are not a `GetFrameResponse`.
    """
    fields: dict[str, MaybeField] = {}
    spans: list[Span] = []
    try:
        index = _walk(data, fields, spans)
    except (FastPathMiss, IndexError, struct.error, UnicodeDecodeError):
        fields.clear()
        spans.clear()
        index = _parse(data, fields)
    fields.setdefault(FRAME_INDEX, float(index))
    return FrameFields(fields, index == 0, spans, spans[0] if spans and index else None)


# the fast path --------------------------------------------------------------------


def _walk(data: bytes, fields: dict[str, MaybeField], spans: list[Span]) -> int:
    """Add the fields of the frame in a message, and return its index."""
    at, end, index = 0, len(data), 0
    if end and data[0] == _VARINT_1:
        # An index of 0 is left out, so it makes a message of another form.
        index, at = _varint(data, 1)
        spans.append((1, at))
    while at < end:
        # Serializers write fields in the order of their numbers.
        if data[at] != _FIELD_2:
            raise FastPathMiss
        at, stop = span(data, at)
        _walk_frame(data, at, stop, fields, spans)
        at = stop
    if at != end:
        raise FastPathMiss
    return index


def _walk_frame(
    data: bytes, at: int, end: int, fields: dict[str, MaybeField], spans: list[Span]
) -> None:
    while at < end:
        tag = data[at]
        at, stop = span(data, at)
        if data[at] != _FIELD_1:
            raise FastPathMiss
        start, at = span(data, at)
        key = data[start:at].decode()
        if data[at] != _FIELD_2:
            raise FastPathMiss
        start, at = span(data, at)
        if at != stop:
            raise FastPathMiss
        spans.append((start, at))
        if tag == _FIELD_2:
            fields[key] = FrameField(data, start, at, _load_array)
        elif tag != _FIELD_1:
            raise FastPathMiss
        elif at - start == _NUMBER_SIZE and data[start] == _NUMBER:
            fields[key] = _double(data, start + 1)[0]
        else:
            fields[key] = FrameField(data, start, at, _load_value)
    if at != end:
        raise FastPathMiss


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer and where it ends."""
    number = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        byte = data[at]
        at += 1
        number |= (byte & ~_CONTINUED) << shift
        if byte < _CONTINUED:
            return number & _UINT_32, at
    raise FastPathMiss


# decoding -------------------------------------------------------------------------


def _load_value(data: bytes, start: int, end: int, _: FieldType | None) -> object:
    """Return the value in a `Value`."""
    content = data[start:end]
    try:
        return parse_value(content, lenient=True)[0]
    except FastPathMiss:
        return read_value(_message(protocol.Value, content))


def _load_array(data: bytes, start: int, end: int, _: FieldType | None) -> object:
    """Return the array in a `ValueArray`: of numpy, or a list of strings."""
    try:
        return _load_packed(data, start, end)
    except (FastPathMiss, IndexError):
        return _plain_array(_message(protocol.ValueArray, data[start:end]))


def _load_packed(data: bytes, start: int, end: int) -> npt.NDArray[Any]:
    if start == end:
        raise FastPathMiss
    tag = data[start]
    start, stop = span(data, start)
    if stop != end or tag not in (_FIELD_1, _FIELD_2):
        raise FastPathMiss
    if start < end:
        if data[start] != _FIELD_1:
            raise FastPathMiss
        start, stop = span(data, start)
        if stop != end:
            raise FastPathMiss
    if tag == _FIELD_2:
        return decode_varints(data[start:end])
    if (end - start) % _FLOATS.itemsize:
        raise FastPathMiss
    return view(data, start, end, _FLOATS)


def decode_varints(data: bytes) -> npt.NDArray[np.uint32]:
    """Return the integers in a packed field of type `uint32`.

    Raises:
        ProtocolError: The last integer is not complete, or one has more than ten bytes.
    """
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < _CONTINUED)
    if len(ends) == len(octets):
        return octets.astype(np.uint32)
    if octets[-1] >= _CONTINUED:
        raise ProtocolError("an integer is not complete")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    longest = int(lengths.max())
    if longest > _LONGEST_VARINT:
        raise ProtocolError(f"an integer has {longest} bytes")
    numbers = np.zeros(len(ends), np.uint64)
    for place in range(longest):
        has_place = lengths > place
        bits = (octets[starts[has_place] + place] & ~np.uint8(_CONTINUED)).astype(np.uint64)
        numbers[has_place] |= bits << np.uint64(7 * place)
    return numbers.astype(np.uint32)


# protobuf's own objects -------------------------------------------------------------


def _parse(data: bytes, fields: dict[str, MaybeField]) -> int:
    """Add the fields of the frame in a message of any form, and return its index."""
    message = _message(protocol.GetFrameResponse, data)
    for key, value in message.frame.values.items():
        number = value.WhichOneof("kind") == "number_value"
        fields[key] = value.number_value if number else _serialized(value, _load_value)
    for key, array in message.frame.arrays.items():
        fields[key] = _serialized(array, _load_array)
    return int(message.frame_index)


def _serialized(message: Any, load: Any) -> FrameField:
    data = bytes(message.SerializeToString())
    return FrameField(data, 0, len(data), load)


def _plain_array(array: Any) -> object:
    kind = array.WhichOneof("values")
    if kind == "string_values":
        return list(array.string_values.values)
    if kind == "index_values":
        return np.array(array.index_values.values, np.uint32)
    return np.array(array.float_values.values, _FLOATS)


def _message(kind: Any, data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise ProtocolError(f"cannot parse {kind.DESCRIPTOR.name} ({error})") from error
