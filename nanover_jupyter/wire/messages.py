"""What client and server say to each other, free of any wire library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nanover_jupyter.wire.lazy import MaybeLazy, read_all

__all__ = ["Capabilities", "DictionaryChange", "LockRequest"]


# Takes several received messages apart, and makes one change of them.
Split = Callable[[Sequence[bytes]], "DictionaryChange"]

# How many messages, and bytes in them, may wait to be taken apart.
_PARTS_LIMIT = 64
_BYTES_LIMIT = 4_000_000


class _Part(NamedTuple):
    """A message that is not taken apart yet, and what is the same for all of its keys."""

    keys: bytes
    data: bytes


class DictionaryChange:
    """A change of the shared state: new values by key, and keys that are gone.

    Unpacks as `updates, removals`. On a gRPC server a `None` in `updates` is a
    removal, because its wire has no other way to say it.

    Args:
        updates: Whole new values by key.
        removals: Keys to remove.
    """

    # What is said: `_updates` and `_removals`, and after those what is in `_parts`.
    __slots__ = ("_parts", "_removals", "_split", "_unread", "_updates")

    def __init__(
        self, updates: Mapping[str, Any] | None = None, removals: Iterable[str] | None = None
    ) -> None:
        if isinstance(removals, str):
            raise TypeError(f"removals takes several keys, not one text: write {{{removals!r}}}")
        # Made for every message; `dict(updates or {})` would take twice the time.
        self._updates: dict[str, Any] = dict(updates) if updates else {}
        self._removals: set[str] = set(removals) if removals else set()
        self._unread = False
        self._parts: tuple[_Part, ...] = ()
        self._split: Split | None = None

    @classmethod
    def unread(cls, updates: Mapping[str, MaybeLazy], removals: Iterable[str]) -> DictionaryChange:
        """A change with values of which some may not be read yet."""
        change = cls(updates, removals)
        change._unread = True
        return change

    @classmethod
    def owning(cls, updates: dict[str, Any], removals: set[str]) -> DictionaryChange:
        """A change of containers that are its own from now on, not copied."""
        # Past `__init__`, which would make containers only to have them replaced: of a small
        # message this is a good part of all that is done with it.
        change: DictionaryChange = cls.__new__(cls)
        change._updates = updates
        change._removals = removals
        change._unread = False
        change._parts = ()
        change._split = None
        return change

    @classmethod
    def owning_unread(cls, updates: dict[str, MaybeLazy], removals: set[str]) -> DictionaryChange:
        """As `owning`, with values of which some may not be read yet."""
        change = cls.owning(updates, removals)
        change._unread = True  # noqa: SLF001 - as in `owning`
        return change

    @classmethod
    def unsplit(cls, data: bytes, keys: bytes, split: Split) -> DictionaryChange:
        """A change not yet taken apart, which `split` can do.

        Another with the same `keys`, and only such a one, changes the same keys.
        """
        change = cls()
        change._parts = (_Part(keys, data),)
        change._split = split
        return change

    @property
    def updates(self) -> dict[str, Any]:
        """Whole new values by key; reads those that are not read yet."""
        self._take_apart()
        if self._unread:
            self._updates = read_all(self._updates)
            self._unread = False
        return self._updates

    @updates.setter
    def updates(self, updates: dict[str, Any]) -> None:
        self._take_apart()
        self._updates = updates
        self._unread = False

    @property
    def removals(self) -> set[str]:
        """Keys to remove."""
        self._take_apart()
        return self._removals

    @removals.setter
    def removals(self, removals: set[str]) -> None:
        self._take_apart()
        self._removals = removals

    @property
    def unread_updates(self) -> Mapping[str, Any]:
        """The updates without reading them: a value may be `LazyValue`."""
        self._take_apart()
        return self._updates

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it has been taken apart yet, which costs little to keep."""
        return bool(self._parts)

    def __iter__(self) -> Iterator[Any]:
        yield self.updates
        yield self.removals

    def __bool__(self) -> bool:
        return bool(self._parts or self._updates or self._removals)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DictionaryChange):
            return NotImplemented
        return self.updates == other.updates and self.removals == other.removals

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"DictionaryChange(updates={self.updates!r}, removals={self.removals!r})"

    def copy(self) -> DictionaryChange:
        """A change of one's own with the same values, read or not."""
        copy = DictionaryChange()
        copy.merge(self)
        return copy

    def merge(self, later: DictionaryChange) -> None:
        """Let this change also say what `later` says; the last word on a key counts."""
        if later._updates or later._removals:
            self._take_apart()
            self._say(later)
        for part in later._parts:
            # What is said anew as a whole need not be kept, nor ever be taken apart.
            self._parts = (*[old for old in self._parts if old.keys != part.keys], part)
            self._split = later._split
        if len(self._parts) > 1 and self._is_long():
            self._take_apart()

    def take_apart(self) -> None:
        """Take apart what was received as a whole; values stay unread."""
        self._take_apart()

    def _is_long(self) -> bool:
        size = sum(len(part.data) for part in self._parts)
        return len(self._parts) > _PARTS_LIMIT or size > _BYTES_LIMIT

    def _take_apart(self) -> None:
        if self._parts and self._split is not None:
            parts, self._parts = self._parts, ()
            self._say(self._split([part.data for part in parts]))

    def _say(self, later: DictionaryChange) -> None:
        self._updates.update(later._updates)
        self._unread = self._unread or later._unread
        self._removals.difference_update(later._updates)
        for key in later._removals:
            self._updates.pop(key, None)
        self._removals.update(later._removals)


@dataclass(frozen=True, slots=True)
class LockRequest:
    """Keys to lock for some seconds from now, and keys to give back."""

    acquire: Mapping[str, float]
    release: frozenset[str] = frozenset()

    @classmethod
    def from_durations(cls, durations: Mapping[str, float | None]) -> LockRequest:
        """NanoVer's own form: seconds by key, None to release."""
        acquire = {key: seconds for key, seconds in durations.items() if seconds is not None}
        return cls(acquire, frozenset(durations.keys() - acquire.keys()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a server of this kind can do. Data, so that nothing has to guess."""

    transport: str
    locks: bool
    acknowledged_updates: bool
    integers: bool
    null_values: bool
    command_labels: bool
    client_commands: bool
