"""Encode deltas as the messages of a protocol, each value once for all subscribers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nanover_jupyter.server.entry_encoder import EntryEncoder
from nanover_jupyter.server.state.change_log import Delta
from nanover_jupyter.wire.values import ABSENT, Absent, Value

__all__ = ["UpdateEncoder", "UpdateFormat"]


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


class UpdateEncoder(EntryEncoder[Delta]):
    """Encodes deltas for the subscribers of one protocol. Thread-safe.

    If the protocol cannot carry a value, its subscribers see the key as removed, so that they
    do not keep an outdated value.
    """

    def __init__(self, update_format: UpdateFormat) -> None:
        super().__init__(
            update_format.name,
            update_format.encode_value,
            "! %s clients see %r as removed, because they cannot receive its value: %s",
        )
        self._format = update_format

    def _encode_delta(self, delta: Delta) -> bytes:
        values: list[bytes] = []
        removals: list[str] = []
        for key, entry in delta.entries.items():
            encoding = self._encoding(key, entry)
            if encoding is not None:
                values.append(encoding)
            elif entry.value is ABSENT or not delta.is_first:
                removals.append(key)
        return self._format.join(values, removals)

    def _encode_value(self, key: str, value: Value | Absent) -> bytes | None:
        if value is ABSENT:
            self._hidden.discard(key)
            return None
        return super()._encode_value(key, value)
