"""Turns deltas into the messages of one wire, encoding each value once for all subscribers.

Knows no sockets and, beyond the functions that it is given, no wire.
"""

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
    """How a wire writes state updates.

    Attributes:
        name: The name of the wire, for the log.
        encode_value: Encode one key and its value. Raises InvalidValue for what the wire
            cannot carry.
        join: Make a message of encoded values and of the keys that are removed.
    """

    name: str
    encode_value: Callable[[str, Value], bytes]
    join: Callable[[Sequence[bytes], Sequence[str]], bytes]


class UpdateEncoder:
    """Encodes deltas for the subscribers of one wire. Any thread may use it.

    Where the wire cannot carry a value, the key is removed for its subscribers, so that
    none keeps an older value; this is logged once per key, until the key has another value
    that the wire can carry.
    """

    def __init__(self, wire: UpdateFormat) -> None:
        self._wire = wire
        # Held while encoding, so that subscribers at the same revision wait for one
        # encoding instead of each making its own.
        self._lock = threading.Lock()
        self._hidden: set[str] = set()

    def encode(self, delta: Delta) -> bytes:
        """Return the message that brings a subscriber from the delta's start to its end."""
        name = self._wire.name
        with self._lock:
            message = delta.messages.get(name)
            if message is None:
                message = delta.messages[name] = self._encoded(delta)
            return message

    def _encoded(self, delta: Delta) -> bytes:
        name = self._wire.name
        values: list[bytes] = []
        removals: list[str] = []
        for key, entry in delta.entries.items():
            try:
                value = entry.encodings[name]
            except KeyError:
                value = entry.encodings[name] = self._encoded_entry(key, entry)
            if value is not None:
                values.append(value)
            elif entry.value is ABSENT or not delta.is_first:
                removals.append(key)
        return self._wire.join(values, removals)

    def _encoded_entry(self, key: str, entry: Entry) -> bytes | None:
        if entry.value is ABSENT:
            self._hidden.discard(key)
            return None
        try:
            encoded = self._wire.encode_value(key, entry.value)
        except InvalidValue as error:
            if key not in self._hidden:
                self._hidden.add(key)
                logger.warning(
                    "! %s clients see %r as removed, as they cannot receive its value: %s",
                    self._wire.name,
                    key,
                    error,
                )
            return None
        self._hidden.discard(key)
        return encoded
