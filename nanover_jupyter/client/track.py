"""What one key was, moment by moment. Knows no threads and no clock."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from nanover_jupyter.wire.undecoded import Received, Undecoded, read
from nanover_jupyter.wire.values import Value

__all__ = ["Gone", "Moment", "Track", "memory_of"]

# What an entry takes besides its value: the moment, its place in two queues, an object.
_ENTRY_BYTES: Final = 240
_SAMPLE: Final = 8
_DEEPEST: Final = 6


class Gone:
    """Stands where a key was removed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What a key was from some time on.

    Attributes:
        key: The key.
        number: Counts the moments of a key from 1; stays when older ones are dropped.
        at: Seconds since the epoch, on a clock that does not jump.
    """

    key: str
    number: int
    at: float
    _kept: Received | Gone
    _size: int

    @property
    def exists(self) -> bool:
        """False where the key was removed."""
        return not isinstance(self._kept, Gone)

    @property
    def value(self) -> Value:
        """The value, shared: not to be altered; None where there is none."""
        kept = self._kept
        if isinstance(kept, Gone):
            return None
        # Not kept as objects: whoever looks at one moment may look at all of them.
        return kept.fresh() if isinstance(kept, Undecoded) else kept

    def says(self, value: Received | Gone) -> bool:
        """Whether this is certainly the same, without reading anything."""
        kept = self._kept
        if isinstance(kept, Undecoded) and isinstance(value, Undecoded):
            return kept.says_the_same(value)
        if type(kept) is not type(value) or isinstance(kept, list | dict):
            return False
        return isinstance(kept, Gone) or kept == value


class Track:
    """The moments of one key, oldest first, within bounds.

    Args:
        key: The key.
        items: How many moments it keeps at the most.
        size: How many bytes of memory they may take, about; the last one always stays.
    """

    __slots__ = ("_items", "_key", "_limit", "_moments", "_number", "complete", "size")

    def __init__(self, key: str, items: int, size: int) -> None:
        self._key = key
        self._items = items
        self._limit = size
        self._moments: deque[Moment] = deque()
        self._number = 0
        self.size = 0
        # Whether nothing was dropped: then there was no such key before the first moment.
        self.complete = True

    def __len__(self) -> int:
        return len(self._moments)

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._moments)

    def __reversed__(self) -> Iterator[Moment]:
        return reversed(self._moments)

    @property
    def first(self) -> Moment:
        """The oldest moment that is kept."""
        return self._moments[0]

    @property
    def last(self) -> Moment:
        """The newest."""
        return self._moments[-1]

    def add(self, at: float, value: Received | Gone) -> int:
        """Note what the key became; returns how many old moments had to go."""
        kept = value.kept() if isinstance(value, Undecoded) else value
        self._number += 1
        size = _ENTRY_BYTES + (0 if isinstance(kept, Gone) else memory_of(kept))
        self._moments.append(Moment(self._key, self._number, at, kept, size))
        self.size += size
        dropped = 0
        while len(self) > self._items or (self.size > self._limit and len(self) > 1):
            self.drop()
            dropped += 1
        return dropped

    def has(self, number: int) -> bool:
        """Whether the moment of this number is still kept."""
        return bool(self._moments) and number >= self._moments[0].number

    def drop(self) -> float:
        """Forget the oldest moment; returns until when it was."""
        self.size -= self._moments.popleft()._size  # noqa: SLF001 - a moment's other half
        self.complete = False
        return self._moments[0].at if self._moments else 0.0

    def at(self, time: float) -> Moment | None:
        """What the key was at a time; None before its first moment."""
        return next((moment for moment in reversed(self._moments) if moment.at <= time), None)


def memory_of(value: Received, depth: int = 0) -> int:
    """About how many bytes of memory a value takes; looks at a few of many items."""
    if isinstance(value, Undecoded):
        waiting = value.size
        return waiting if waiting is not None else memory_of(read(value), depth)
    own = sys.getsizeof(value)
    if isinstance(value, list) and value and depth < _DEEPEST:
        sample = value[:: max(1, len(value) // _SAMPLE)]
        return own + _scaled([memory_of(item, depth + 1) for item in sample], len(value))
    if isinstance(value, dict) and value and depth < _DEEPEST:
        sizes = [memory_of(item, depth + 1) for item in islice(value.values(), 4 * _SAMPLE)]
        return own + _scaled(sizes, len(value))
    return own


def _scaled(sizes: list[int], count: int) -> int:
    return sum(sizes) * count // len(sizes)
