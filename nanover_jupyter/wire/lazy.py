"""Values that are decoded when they are first read.

Most values of a busy session are replaced before anyone reads them, and decoding a
value costs far more than receiving it. Independent of the wire format: each codec
defines a subclass of `LazyValue`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["CopyFunction", "LazyValue", "MaybeLazy", "copy_all", "read", "read_all"]

logger = logging.getLogger("nanover_jupyter.wire")

CopyFunction = Callable[[Any], Any]
"""Makes a deep copy of a value, or of any value with the same structure."""


class LazyValue:
    """A value that is stored as bytes until it is read. Any thread may read it.

    Subclasses define `decode`. (Not an abstract base class: `isinstance`, which is called
    for every value, is ten times slower for those.)

    Args:
        data: The encoded value.
    """

    __slots__ = ("_copy", "_data", "_value")

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data
        self._value: Value = None
        self._copy: CopyFunction = copy_value

    @staticmethod
    def decode(data: bytes) -> tuple[Value, CopyFunction]:
        """Return the value and the fastest function that copies it. Never raises."""
        raise NotImplementedError

    def read(self) -> Value:
        """Return the decoded value, which all readers share. It replaces the bytes."""
        data = self._data
        if data is None:
            return self._value
        # Two threads may both decode the bytes. The value is set before the bytes are
        # cleared, so a reader never finds neither.
        value, self._copy = self.decode(data)
        self._value = value
        self._data = None
        return value

    def read_copy(self) -> Value:
        """Return a copy of the value for the caller. An undecoded value stays undecoded."""
        data = self._data
        if data is not None:
            return self.decode(data)[0]
        try:
            return self._copy(self._value)  # type: ignore[no-any-return]
        except (AttributeError, LookupError, TypeError, ValueError):
            # A reader modified the shared value, against the rules.
            return copy_value(self._value)

    @property
    def data(self) -> bytes | None:
        """The encoded value; None once it was decoded.

        `type(value).decode(data)` decodes it without storing the result in this value, which
        saves memory if many values are stored and few are read.
        """
        return self._data

    @property
    def size(self) -> int | None:
        """The size of the encoded value in bytes; None once it was decoded."""
        data = self._data
        return None if data is None else len(data)

    def has_same_bytes(self, other: LazyValue) -> bool:
        """Whether both values are undecoded and their bytes are equal."""
        return self._data is not None and self._data == other._data


MaybeLazy = Value | LazyValue


def read(value: MaybeLazy) -> Value:
    """Return a value, decoded if necessary."""
    return value.read() if isinstance(value, LazyValue) else value


def read_all(values: Mapping[str, MaybeLazy]) -> dict[str, Value]:
    """Return a new dict of decoded values."""
    return {key: read(value) for key, value in values.items()}


def copy_all(values: Mapping[str, MaybeLazy]) -> dict[str, Value]:
    """Return a new dict of deep copies. Undecoded values stay undecoded."""
    return {
        key: value.read_copy() if isinstance(value, LazyValue) else _copied(value)
        for key, value in values.items()
    }


def _copied(value: Value) -> Value:
    try:
        return copy_value(value)
    except RecursionError:
        # MessagePack allows values nested ten times deeper than Python can copy.
        logger.warning("! cannot copy a value because it is nested too deeply; using null")
        return None
