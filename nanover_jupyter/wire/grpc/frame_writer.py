"""Encodes frames as messages of NanoVer's gRPC protocol (wire-protocol G6).

A `FrameData` has values, in which every number is a double, and flat arrays of float32,
uint32 or strings. Its bytes are written without protobuf objects, because those would hold a
Python object for every number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.frames.fields import NAMES
from nanover_jupyter.wire.frames.message import FRAME_INDEX
from nanover_jupyter.wire.frames.sendable import sendable
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.value_writer import delimited, varint, write_value
from nanover_jupyter.wire.values import KEY_NESTING, check_key, check_text

__all__ = ["encode_frame_entry", "encode_varints", "join_frame_entries"]

# Tags: the values and arrays of a frame, and the key and the value in an entry of either.
_VALUES = _KEY = b"\x0a"
_ARRAYS = _VALUE = b"\x12"
# The kind of an array, and the numbers in one.
_FLOATS: Final = b"\x0a"
_INDICES: Final = b"\x12"
_STRINGS: Final = b"\x1a"
_NUMBERS: Final = b"\x0a"
# The index and the frame in a message.
_INDEX: Final = b"\x08"
_FRAME: Final = b"\x12"

_UINT_32: Final = 0xFFFF_FFFF
_CONTINUED: Final = 0x80


def encode_frame_entry(key: str, value: object) -> bytes:
    """Encode one key of a frame and its value, for `join_frame_entries`.

    Arrays of floats are sent as float32, and lists of strings and arrays of integers from 0
    to 2**32 - 1 as arrays too. Arrays of other integers or of booleans become lists in the
    values, whose numbers are doubles. Arrays lose their shape.

    Args:
        key: The key.
        value: A numpy array, list, number, string or dict. Arrays of floats are copied once.

    Raises:
        InvalidValue: The value does not fit the key or cannot be sent over gRPC; the path
            starts with the key.
    """
    name = check_key(key)
    field = sendable(name, value)
    try:
        array = _array(name, field)
        if array is not None:
            return _entry(_ARRAYS, name, *array)
        plain = field.ravel() if isinstance(field, np.ndarray) else field
        return _entry(_VALUES, name, b"", write_value(plain, KEY_NESTING))
    except InvalidValue as error:
        raise error.within(name) from None


def join_frame_entries(entries: Sequence[bytes], index: int) -> bytes:
    """Return a `GetFrameResponse` of results of `encode_frame_entry`.

    Args:
        entries: The encoded fields other than `frame.index`.
        index: The index of the frame; 0 discards earlier frames.
    """
    all_entries = (encode_frame_entry(FRAME_INDEX, index), *entries)
    number = index & _UINT_32
    start = _INDEX + varint(number) if number else b""  # 0 is the default and is not sent
    size = sum(map(len, all_entries))
    return b"".join((start, _FRAME, varint(size), *all_entries))


def encode_varints(numbers: npt.NDArray[np.uint32]) -> bytes:
    """Return integers as a packed field of type `uint32`, the inverse of `decode_varints`."""
    if not numbers.size or int(numbers.max()) < _CONTINUED:
        return numbers.astype(np.uint8).tobytes()
    lengths = np.ones(len(numbers), np.intp)
    for bits in (7, 14, 21, 28):
        lengths += numbers >= (1 << bits)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    octets = np.empty(int(ends[-1]), np.uint8)
    for place in range(int(lengths.max())):
        has_place = lengths > place
        septets = (numbers[has_place] >> np.uint32(7 * place)).astype(np.uint8)
        is_continued = lengths[has_place] > place + 1
        octets[starts[has_place] + place] = np.where(
            is_continued, septets | np.uint8(_CONTINUED), septets & np.uint8(0x7F)
        )
    return octets.tobytes()


def _array(key: str, field: Any) -> tuple[bytes, Any] | None:
    """Return the header and the content of a `ValueArray`, or None if it is none."""
    if isinstance(field, list):
        if key in NAMES or (field and all(type(item) is str for item in field)):
            return b"", delimited(_STRINGS, _strings(field))
        return None
    if not isinstance(field, np.ndarray):
        return None
    if field.dtype.kind == "f":
        with np.errstate(over="ignore"):
            content: Any = np.ascontiguousarray(field, "<f4")
        return _numbers_header(_FLOATS, content.nbytes), content
    if field.dtype.kind in "iu" and _are_indices(field):
        content = encode_varints(field.ravel().astype(np.uint32))
        return _numbers_header(_INDICES, len(content)), content
    return None


def _are_indices(numbers: npt.NDArray[Any]) -> bool:
    return not numbers.size or (int(numbers.min()) >= 0 and int(numbers.max()) <= _UINT_32)


def _strings(items: list[str]) -> bytes:
    try:
        return bytes(protocol.StringArray(values=items).SerializeToString())
    except UnicodeEncodeError:
        for index, item in enumerate(items):
            try:
                check_text(item)
            except InvalidValue as error:
                raise error.within(index) from None
        raise


def _numbers_header(kind: bytes, size: int) -> bytes:
    """Return the bytes of a `ValueArray` before `size` bytes of packed numbers."""
    if not size:
        return delimited(kind, b"")
    header = _NUMBERS + varint(size)
    return kind + varint(len(header) + size) + header


def _entry(tag: bytes, key: str, header: bytes, content: Any) -> bytes:
    """Return an entry of a map, whose value is a header and its content."""
    size = content.nbytes if isinstance(content, np.ndarray) else len(content)
    size += len(header)
    start = delimited(_KEY, key.encode()) + _VALUE + varint(size)
    return b"".join((tag, varint(len(start) + size), start, header, content))
