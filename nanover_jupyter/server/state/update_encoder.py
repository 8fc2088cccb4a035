"""Encode deltas as the messages of a protocol, each value once for all subscribers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.state.change_log import Delta, Entry
from nanover_jupyter.wire.values import ABSENT, Value

__all__ = ["UpdateEncoder", "UpdateFormat"]

logger = logging.getLogger("nanover_jupyter.server")


@dataclass(frozen=True, slots=True)
class UpdateFormat:
    """The functions by which a protocol encodes state updates.

    Attributes:
        name: The name of the protocol, for log messages.
        encode_value: Encodes a key and its value. Raises InvalidValue if the protocol
            cannot carry the value.
        join: Makes a message from encoded values and removed keys.
    """

    name: str
    encode_value: Callable[[str, Value], bytes]
    join: Callable[[Sequence[bytes], Sequence[str]], bytes]


class UpdateEncoder:
    """Encodes deltas for the subscribers of one protocol. Thread-safe.

    If the protocol cannot carry a value, its subscribers see the key as removed, so that they
    do not keep an outdated value. This is logged once per key, until the key has a value that
    the protocol can carry.
    """

    def __init__(self, update_format: UpdateFormat) -> None:
        self._format = update_format
        # Held while encoding, so that subscribers at the same revision share one encoding.
        self._lock = threading.Lock()
        self._hidden: set[str] = set()

    def encode(self, delta: Delta) -> bytes:
        """Return the message for a delta."""
        name = self._format.name
        with self._lock:
            message = delta.messages.get(name)
            if message is None:
                message = delta.messages[name] = self._encode_delta(delta)
            return message

    def _encode_delta(self, delta: Delta) -> bytes:
        name = self._format.name
        values: list[bytes] = []
        removals: list[str] = []
        for key, entry in delta.entries.items():
            try:
                value = entry.encodings[name]
            except KeyError:
                value = entry.encodings[name] = self._encode_entry(key, entry)
            if value is not None:
                values.append(value)
            elif entry.value is ABSENT or not delta.is_first:
                removals.append(key)
        return self._format.join(values, removals)

    def _encode_entry(self, key: str, entry: Entry) -> bytes | None:
        if entry.value is ABSENT:
            self._hidden.discard(key)
            return None
        try:
            encoded = self._format.encode_value(key, entry.value)
        except InvalidValue as error:
            if key not in self._hidden:
                self._hidden.add(key)
                logger.warning(
                    "! %s clients see %r as removed, because they cannot receive its value: %s",
                    self._format.name,
                    key,
                    error,
                )
            return None
        self._hidden.discard(key)
        return encoded
