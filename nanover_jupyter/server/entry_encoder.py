"""The encoding of deltas as the messages of one protocol, shared by all subscribers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from nanover_jupyter.errors import InvalidValue

__all__ = ["EncodableDelta", "EncodableEntry", "EntryEncoder"]

logger = logging.getLogger("nanover_jupyter.server")


class EncodableEntry(Protocol):
    """The value of a key at one revision.

    Attributes:
        value: The value.
        encodings: A cache of the encoded entry by the name of the protocol. None if that
            protocol cannot carry the value. Guarded by the encoder of that protocol.
    """

    value: Any
    encodings: dict[str, bytes | None]


class EncodableDelta(Protocol):
    """What has changed between two revisions.

    Attributes:
        messages: A cache of the encoded delta by the name of the protocol. Guarded by the
            encoder of that protocol.
    """

    messages: dict[str, bytes]


DeltaType = TypeVar("DeltaType", bound=EncodableDelta)


class EntryEncoder(Generic[DeltaType]):
    """Encodes each delta, and each value in it, once for all subscribers. Thread-safe.

    A value that the protocol cannot carry is logged once per key, until the key has a value
    that the protocol can carry. Subclasses define `_encode_delta`.

    Args:
        protocol: The name of the protocol.
        encode: Encodes a key and its value. Raises InvalidValue if the protocol cannot carry
            the value.
        warning: The log message for such a value, with places for the protocol, the key and
            the error.
    """

    def __init__(self, protocol: str, encode: Callable[[str, Any], bytes], warning: str) -> None:
        self._protocol = protocol
        self._encode = encode
        self._warning = warning
        # Held while encoding, so that subscribers at the same revision share one encoding.
        self._lock = threading.Lock()
        # The keys whose value was logged.
        self._hidden: set[str] = set()

    def encode(self, delta: DeltaType) -> bytes:
        """Return the message for a delta."""
        with self._lock:
            message = delta.messages.get(self._protocol)
            if message is None:
                message = delta.messages[self._protocol] = self._encode_delta(delta)
            return message

    def _encode_delta(self, delta: DeltaType) -> bytes:
        raise NotImplementedError

    def _encoding(self, key: str, entry: EncodableEntry) -> bytes | None:
        """Return an encoded entry; None if it has none."""
        try:
            return entry.encodings[self._protocol]
        except KeyError:
            encoded = entry.encodings[self._protocol] = self._encode_value(key, entry.value)
            return encoded

    def _encode_value(self, key: str, value: Any) -> bytes | None:
        """Return an encoded value; None if the protocol cannot carry it."""
        try:
            encoded = self._encode(key, value)
        except InvalidValue as error:
            if key not in self._hidden:
                self._hidden.add(key)
                logger.warning(self._warning, self._protocol, key, error)
            return None
        self._hidden.discard(key)
        return encoded
