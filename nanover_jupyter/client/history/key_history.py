"""What one key was, moment by moment. Knows no threads and no clock."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from nanover_jupyter.wire.lazy import LazyValue, MaybeLazy
from nanover_jupyter.wire.packed_value import PackedValue, packed
from nanover_jupyter.wire.values import Value

__all__ = ["Gone", "KeyHistory", "Sample", "Totals", "memory_of"]

# How the bytes of a value are read; None where there are none.
_Kind = type[LazyValue] | None

# What an entry takes besides its value: the moment, its numbers, its place in two queues.
_ENTRY_BYTES: Final = 130
# What a bytes object takes besides what is in it.
_BYTES_OBJECT: Final = 33


class Gone:
    """Stands where a key was removed."""

    __slots__ = ()


class Sample:
    """What a key was from some time on. Not to be altered.

    Attributes:
        key: The key.
        number: Counts the moments of a key from 1; stays when older ones are dropped.
        at: Seconds since the epoch, on a clock that does not jump.
        size: How many bytes of memory it takes.
        is_kept: Whether its track still has it.
    """

    __slots__ = ("_content", "_kind", "at", "is_kept", "key", "number", "size")

    def __init__(self, key: str, number: int, at: float, kind: _Kind, content: Any) -> None:
        self.key = key
        self.number = number
        self.at = at
        self.is_kept = True
        # Not an object of `kind`: one object fewer for Python's collector to look at.
        self._kind = kind
        self._content = content
        if kind is None:
            self.size = _ENTRY_BYTES + memory_of(content)
        else:
            self.size = _ENTRY_BYTES + _BYTES_OBJECT + len(content)

    @property
    def exists(self) -> bool:
        """False where the key was removed."""
        return not isinstance(self._content, Gone)

    @property
    def value(self) -> Value:
        """The value, shared: not to be altered; None where there is none."""
        kind, content = self._kind, self._content
        if kind is not None:
            # Not kept as objects: who looks at one moment may look at all of them.
            return kind.decode(content)[0]
        return None if isinstance(content, Gone) else content

    def has(self, kind: _Kind, content: Any) -> bool:
        """Whether this is certainly the same as a compact value."""
        mine = self._content
        if _have_one_encoding(kind, self._kind):
            return bool(content == mine)
        if isinstance(content, Gone) or isinstance(mine, Gone):
            return type(content) is type(mine)
        # Not of one encoding if a reader has read one of the two before it came here. Reading
        # the other costs about as much as that reader paid.
        (kind, content), (other_kind, mine) = _as_read(kind, content), _as_read(self._kind, mine)
        if kind is not other_kind or type(content) is not type(mine):
            return False
        return not isinstance(content, list | dict) and bool(content == mine)


class Totals:
    """How many moments several tracks have, and how many bytes of memory these take."""

    __slots__ = ("items", "size")

    def __init__(self) -> None:
        self.items = 0
        self.size = 0


class KeyHistory:
    """The moments of one key, oldest first, within bounds.

    Args:
        key: The key.
        items: How many moments it keeps at the most.
        size: How many bytes of memory they may take; the last one always stays.
        totals: Where what comes and goes is counted too.
    """

    __slots__ = (
        "_items",
        "_key",
        "_limit",
        "_moments",
        "_number",
        "_totals",
        "complete",
        "size",
    )

    def __init__(self, key: str, items: int, size: int, totals: Totals | None = None) -> None:
        self._key = key
        self._totals = totals or Totals()
        self._items = items
        self._limit = size
        self._moments: deque[Sample] = deque()
        self._number = 0
        self.size = 0
        # Whether nothing was dropped: then there was no such key before the first moment.
        self.complete = True

    def __len__(self) -> int:
        return len(self._moments)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._moments)

    def __reversed__(self) -> Iterator[Sample]:
        return reversed(self._moments)

    @property
    def first(self) -> Sample:
        """The oldest moment that is kept."""
        return self._moments[0]

    @property
    def last(self) -> Sample:
        """The newest."""
        return self._moments[-1]

    def add(self, at: float, value: MaybeLazy | Gone) -> Sample | None:
        """Note what the key became, and drop old moments to make room.

        Returns:
            The new moment; None if the value is what the last one says.
        """
        kind, content = _compact(value)
        moments = self._moments
        # Servers say some things again and again.
        if moments and moments[-1].has(kind, content):
            return None
        self._number += 1
        moment = Sample(self._key, self._number, at, kind, content)
        moments.append(moment)
        self.size += moment.size
        totals = self._totals
        totals.size += moment.size
        totals.items += 1
        while len(moments) > self._items or (self.size > self._limit and len(moments) > 1):
            self.drop()
        return moment

    def drop(self) -> float:
        """Forget the oldest moment; returns until when it was."""
        moment = self._moments.popleft()
        moment.is_kept = False
        self.size -= moment.size
        self._totals.size -= moment.size
        self._totals.items -= 1
        self.complete = False
        return self._moments[0].at if self._moments else 0.0

    def at(self, time: float) -> Sample | None:
        """What the key was at a time; None before its first moment."""
        return next((moment for moment in reversed(self._moments) if moment.at <= time), None)


def memory_of(value: object) -> int:
    """Return how many bytes of memory a value takes, with everything in it."""
    if value is None or isinstance(value, bool | Gone):
        return 0  # there is one of each
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


def _compact(value: MaybeLazy | Gone) -> tuple[_Kind, Any]:
    return (None, value) if isinstance(value, Gone) else packed(value)


def _have_one_encoding(one: _Kind, other: _Kind) -> bool:
    """Whether equal values have equal bytes, however these are read."""
    if one is None or other is None:
        return False
    return one is other or (issubclass(one, PackedValue) and issubclass(other, PackedValue))


def _as_read(kind: _Kind, content: Any) -> tuple[_Kind, Any]:
    """Return a compact value in the form that it has if it was read before."""
    return (None, content) if kind is None else packed(kind.decode(content)[0])
