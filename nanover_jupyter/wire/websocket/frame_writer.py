"""Encodes frames as messages of NanoVer's WebSocket protocol (wire-protocol W5).

Fields with a known type are packed little-endian arrays. Other numpy arrays become lists of
numbers, nested by their shape, as NanoVer's server sends them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final

import msgpack
import numpy as np

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.frames.fields import FIELDS
from nanover_jupyter.wire.frames.message import FRAME_INDEX
from nanover_jupyter.wire.frames.sendable import sendable
from nanover_jupyter.wire.values import check_key
from nanover_jupyter.wire.websocket.values import pack, plain

__all__ = ["encode_frame", "encode_frame_entry", "join_frame_entries"]

# A map of one entry whose key is `frame`.
_FRAME_ALONE: Final = b"\x81\xa5frame"

# The headers of binary data by the length that they can express.
_BINARY_8: Final = struct.Struct(">BB").pack
_BINARY_16: Final = struct.Struct(">BH").pack
_BINARY_32: Final = struct.Struct(">BI").pack
_LARGEST_8: Final = 0xFF
_LARGEST_16: Final = 0xFFFF


def encode_frame(frame: Mapping[str, object]) -> bytes:
    """Encode the `frame` message of a client, which the server numbers and passes on.

    Args:
        frame: Values by key. A `frame.index` of 0 discards earlier frames. Without an index,
            the frame adds to them.

    Raises:
        InvalidValue: A value does not fit its key or cannot be sent.
    """
    entries = [encode_frame_entry(key, value) for key, value in frame.items() if key != FRAME_INDEX]
    index = sendable(FRAME_INDEX, frame.get(FRAME_INDEX, 1))
    return join_frame_entries(entries, index if isinstance(index, int) else 1)


def encode_frame_entry(key: str, value: object) -> bytes:
    """Encode one key of a frame and its value, for `join_frame_entries`.

    Args:
        key: The key.
        value: A numpy array, list, bytes, number, string or dict. Arrays are copied once.

    Raises:
        InvalidValue: The value does not fit the key or cannot be sent; the path starts with
            the key.
    """
    name = check_key(key)
    packed_key = pack(name, {})
    field = sendable(name, value)
    if isinstance(field, np.ndarray):
        if name in FIELDS:
            array = np.ascontiguousarray(field)
            return b"".join((packed_key, _binary_header(array.nbytes), array.data))
        content: object = field.tolist()
    else:
        content = field
    try:
        content = plain(content)
    except InvalidValue as error:
        raise error.within(name) from None
    return packed_key + pack(content, {name: content})


def join_frame_entries(entries: Sequence[bytes], index: int) -> bytes:
    """Return a `frame` message of results of `encode_frame_entry`.

    Args:
        entries: The encoded fields other than `frame.index`.
        index: The index of the frame; 0 discards earlier frames.
    """
    header: bytes = msgpack.Packer().pack_map_header(1 + len(entries))
    return b"".join((_FRAME_ALONE, header, encode_frame_entry(FRAME_INDEX, index), *entries))


def _binary_header(size: int) -> bytes:
    if size <= _LARGEST_8:
        return _BINARY_8(0xC4, size)
    if size <= _LARGEST_16:
        return _BINARY_16(0xC5, size)
    return _BINARY_32(0xC6, size)
