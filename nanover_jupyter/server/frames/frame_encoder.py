"""Encode frames as the messages of a protocol, each field once for all subscribers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.frames.frame_store import FrameDelta, FrameEntry

__all__ = ["FrameEncoder", "FrameFormat"]

logger = logging.getLogger("nanover_jupyter.server")


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


class FrameEncoder:
    """Encodes frames for the subscribers of one protocol. Thread-safe.

    Subscribers do not receive values that the protocol cannot carry. This is logged once per
    key, until the key has a value that the protocol can carry.
    """

    def __init__(self, frame_format: FrameFormat) -> None:
        self._format = frame_format
        # Held while encoding, so that subscribers at the same revision share one encoding.
        self._lock = threading.Lock()
        self._hidden: set[str] = set()

    def encode(self, delta: FrameDelta) -> bytes:
        """Return the message for a delta."""
        name = self._format.name
        with self._lock:
            message = delta.messages.get(name)
            if message is None:
                message = delta.messages[name] = self._encode_delta(delta)
            return message

    def _encode_delta(self, delta: FrameDelta) -> bytes:
        name = self._format.name
        fields: list[bytes] = []
        if delta.is_first or delta.index == 0:
            # It has all fields. Clients may invent any number of keys, so forget old ones.
            self._hidden.intersection_update(delta.entries)
        for key, entry in delta.entries.items():
            try:
                field = entry.encodings[name]
            except KeyError:
                field = entry.encodings[name] = self._encode_entry(key, entry)
            if field is not None:
                fields.append(field)
        index = 0 if delta.is_first and self._format.first_is_reset else delta.index
        return self._format.join(fields, index)

    def _encode_entry(self, key: str, entry: FrameEntry) -> bytes | None:
        try:
            encoded = self._format.encode_entry(key, entry.value)
        except InvalidValue as error:
            if key not in self._hidden:
                self._hidden.add(key)
                logger.warning(
                    "! %s clients do not receive the field %r of frames: %s",
                    self._format.name,
                    key,
                    error,
                )
            return None
        self._hidden.discard(key)
        return encoded
