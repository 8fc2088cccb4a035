"""Past values of one key."""

from __future__ import annotations

import enum
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from nanover_jupyter.wire.lazy import LazyValue, MaybeLazy
from nanover_jupyter.wire.packed_value import PackedValue, packed
from nanover_jupyter.wire.values import Value

__all__ = ["TOMBSTONE", "KeyHistory", "Sample", "Tombstone", "Totals", "memory_of"]

# The type that decodes the bytes of a value; None if the value is not encoded.
_Kind = type[LazyValue] | None

# Memory of a sample without its value: the object, its numbers, its place in two queues.
_ENTRY_BYTES: Final = 130
# Memory of an empty bytes object.
_BYTES_OBJECT: Final = 33


class Tombstone(enum.Enum):
    """The type of `TOMBSTONE`."""

    TOMBSTONE = "removed"


TOMBSTONE: Final = Tombstone.TOMBSTONE
"""The value of a key that was removed."""


class Sample:
    """The value of a key since a point in time. Do not modify it.

    Attributes:
        key: The key.
        number: Counts the samples of a key from 1, including dropped ones.
        at: Seconds since the epoch, on a clock that does not jump.
        size: Its memory in bytes.
        is_kept: Whether its history still has it.
    """

    __slots__ = ("_content", "_kind", "at", "is_kept", "key", "number", "size")

    def __init__(self, key: str, number: int, at: float, kind: _Kind, content: Any) -> None:
        self.key = key
        self.number = number
        self.at = at
        self.is_kept = True
        # Not wrapped in a `kind` object, to save an object for the garbage collector.
        self._kind = kind
        self._content = content
        if kind is None:
            self.size = _ENTRY_BYTES + memory_of(content)
        else:
            self.size = _ENTRY_BYTES + _BYTES_OBJECT + len(content)

    @property
    def exists(self) -> bool:
        """False if the key was removed."""
        return self._content is not TOMBSTONE

    @property
    def value(self) -> Value:
        """The value; None if the key was removed. Shared, do not modify it."""
        kind, content = self._kind, self._content
        if kind is not None:
            # Not cached: a caller may read all samples of a key.
            return kind.decode(content)[0]
        return None if content is TOMBSTONE else content

    def has(self, kind: _Kind, content: Any) -> bool:
        """Return whether the value certainly equals an encoded value."""
        mine = self._content
        if _have_one_encoding(kind, self._kind):
            return bool(content == mine)
        if content is TOMBSTONE or mine is TOMBSTONE:
            return content is mine
        # The encodings differ if one of the values was decoded before it was recorded.
        # Decoding the other costs about the same again.
        (kind, content), (other_kind, mine) = (
            _as_decoded(kind, content),
            _as_decoded(self._kind, mine),
        )
        if kind is not other_kind or type(content) is not type(mine):
            return False
        return not isinstance(content, list | dict) and bool(content == mine)


class Totals:
    """The number of samples of several histories, and their memory in bytes."""

    __slots__ = ("items", "size")

    def __init__(self) -> None:
        self.items = 0
        self.size = 0


class KeyHistory:
    """The samples of one key, oldest first, within limits.

    Args:
        key: The key.
        items: The maximum number of samples.
        size: Their maximum memory in bytes; the last sample is always kept.
        totals: Totals to update with this history.
    """

    __slots__ = (
        "_items",
        "_key",
        "_limit",
        "_number",
        "_samples",
        "_totals",
        "complete",
        "size",
    )

    def __init__(self, key: str, items: int, size: int, totals: Totals | None = None) -> None:
        self._key = key
        self._totals = totals or Totals()
        self._items = items
        self._limit = size
        self._samples: deque[Sample] = deque()
        self._number = 0
        self.size = 0
        # Whether no sample was dropped: then the key did not exist before the first one.
        self.complete = True

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    def __reversed__(self) -> Iterator[Sample]:
        return reversed(self._samples)

    @property
    def first(self) -> Sample:
        """The oldest sample."""
        return self._samples[0]

    @property
    def last(self) -> Sample:
        """The newest sample."""
        return self._samples[-1]

    def add(self, at: float, value: MaybeLazy | Tombstone) -> Sample | None:
        """Add a sample, and drop old samples to stay within the limits.

        Returns:
            The new sample; None if the value has not changed.
        """
        kind, content = _encode(value)
        samples = self._samples
        # Servers send some values repeatedly.
        if samples and samples[-1].has(kind, content):
            return None
        self._number += 1
        sample = Sample(self._key, self._number, at, kind, content)
        samples.append(sample)
        self.size += sample.size
        totals = self._totals
        totals.size += sample.size
        totals.items += 1
        while len(samples) > self._items or (self.size > self._limit and len(samples) > 1):
            self.drop()
        return sample

    def drop(self) -> float:
        """Drop the oldest sample; returns the time of the next one."""
        sample = self._samples.popleft()
        sample.is_kept = False
        self.size -= sample.size
        self._totals.size -= sample.size
        self._totals.items -= 1
        self.complete = False
        return self._samples[0].at if self._samples else 0.0

    def at(self, time: float) -> Sample | None:
        """Return the sample at a time; None before the first one."""
        return next((sample for sample in reversed(self._samples) if sample.at <= time), None)


def memory_of(value: object) -> int:
    """Return the memory of a value in bytes, including its parts."""
    if value is None or isinstance(value, bool | Tombstone):
        return 0  # singletons
    total = 0
    waiting: list[object] = [value]
    while waiting:
        part = waiting.pop()
        total += sys.getsizeof(part)
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part)
            waiting.extend(part.values())
    return total


def _encode(value: MaybeLazy | Tombstone) -> tuple[_Kind, Any]:
    return (None, value) if value is TOMBSTONE else packed(value)


def _have_one_encoding(one: _Kind, other: _Kind) -> bool:
    """Return whether equal values of two kinds have equal bytes."""
    if one is None or other is None:
        return False
    return one is other or (issubclass(one, PackedValue) and issubclass(other, PackedValue))


def _as_decoded(kind: _Kind, content: Any) -> tuple[_Kind, Any]:
    """Return an encoded value in the form of a value that was decoded before."""
    return (None, content) if kind is None else packed(kind.decode(content)[0])
