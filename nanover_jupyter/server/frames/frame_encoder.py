"""Encode frames as the messages of a protocol, each field once for all subscribers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nanover_jupyter.server.entry_encoder import EntryEncoder
from nanover_jupyter.server.frames.frame_store import FrameDelta

__all__ = ["FrameEncoder", "FrameFormat"]


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """The functions by which a protocol encodes frames.

    Attributes:
        name: The name of the protocol, for log messages.
        encode_entry: Encodes a key and its value. Raises InvalidValue if the protocol cannot
            carry the value.
        join: Makes a message from encoded fields and the index of the frame.
        first_is_reset: Whether the first frame that a subscriber receives has the index 0. It
            is the index of the latest frame otherwise.
    """

    name: str
    encode_entry: Callable[[str, object], bytes]
    join: Callable[[Sequence[bytes], int], bytes]
    first_is_reset: bool


class FrameEncoder(EntryEncoder[FrameDelta]):
    """Encodes frames for the subscribers of one protocol. Thread-safe.

    Subscribers do not receive values that the protocol cannot carry.
    """

    def __init__(self, frame_format: FrameFormat) -> None:
        super().__init__(
            frame_format.name,
            frame_format.encode_entry,
            "! %s clients do not receive the field %r of frames: %s",
        )
        self._format = frame_format

    def _encode_delta(self, delta: FrameDelta) -> bytes:
        if delta.is_first or delta.index == 0:
            # It has all fields. Clients may invent any number of keys, so forget old ones.
            self._hidden.intersection_update(delta.entries)
        encodings = (self._encoding(key, entry) for key, entry in delta.entries.items())
        fields = [encoding for encoding in encodings if encoding is not None]
        index = 0 if delta.is_first and self._format.first_is_reset else delta.index
        return self._format.join(fields, index)
