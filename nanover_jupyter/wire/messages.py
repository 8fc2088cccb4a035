"""Messages between client and server, independent of the wire format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nanover_jupyter.wire.lazy import read_all

__all__ = ["Capabilities", "DictionaryChange", "LockKind", "LockRequest", "UnparsedUpdate"]

# Limits on the unparsed updates of a change: their number, and their bytes in total.
_UNPARSED_LIMIT = 64
_BYTES_LIMIT = 4_000_000


class UnparsedUpdate:
    """A received update that is parsed at most once and shared by all its readers.

    Any thread may read it.

    Args:
        data: The encoded update.
        keys: Identifies the set of changed keys. Updates with equal `keys` change the same keys.
        parse: Decodes `data`.
    """

    __slots__ = ("_content", "_parse", "keys", "size")

    def __init__(
        self, data: bytes, keys: bytes, parse: Callable[[bytes], DictionaryChange]
    ) -> None:
        self.keys = keys
        self.size = len(data)
        self._parse = parse
        # The parsed change replaces the bytes in one assignment, so no lock is needed.
        self._content: bytes | DictionaryChange = data

    def parse(self) -> DictionaryChange:
        """Return the change. It is shared and must not be modified."""
        content = self._content
        if isinstance(content, bytes):
            content = self._content = self._parse(content)
        return content


class DictionaryChange:
    """A change of the shared state: new values by key, and removed keys.

    Unpacks as `updates, removals`. On a gRPC server a `None` in `updates` is a removal,
    because its wire format has no other way to express one.

    Args:
        updates: New values by key.
        removals: Keys to remove.
    """

    # The content is `_updates` and `_removals`, followed by the updates in `_unparsed`.
    # `_is_lazy` is set if `_updates` may contain a `LazyValue`.
    __slots__ = ("_is_lazy", "_removals", "_unparsed", "_updates")

    def __init__(
        self, updates: Mapping[str, Any] | None = None, removals: Iterable[str] | None = None
    ) -> None:
        if isinstance(removals, str):
            raise TypeError(
                f"removals must be a collection of keys, not a string; use {{{removals!r}}}"
            )
        # One is made for every message, and `dict(updates or {})` takes twice as long.
        self._updates: dict[str, Any] = dict(updates) if updates else {}
        self._removals: set[str] = set(removals) if removals else set()
        self._is_lazy = False
        self._unparsed: tuple[UnparsedUpdate, ...] = ()

    @classmethod
    def adopt(
        cls, updates: dict[str, Any], removals: set[str], *, lazy: bool = False
    ) -> DictionaryChange:
        """Return a change that takes ownership of two containers instead of copying them.

        Args:
            updates: New values by key.
            removals: Keys to remove.
            lazy: Whether `updates` may contain a `LazyValue`.
        """
        # Bypass `__init__`: making and replacing its containers is a good part of the cost
        # of a small message.
        change: DictionaryChange = cls.__new__(cls)
        change._updates = updates
        change._removals = removals
        change._is_lazy = lazy
        change._unparsed = ()
        return change

    @classmethod
    def unparsed(cls, update: UnparsedUpdate) -> DictionaryChange:
        """Return a change that parses an update when it is needed."""
        change = cls()
        change._unparsed = (update,)
        return change

    @property
    def updates(self) -> dict[str, Any]:
        """New values by key. Decodes the values that are not decoded yet."""
        self._parse()
        if self._is_lazy:
            self._updates = read_all(self._updates)
            self._is_lazy = False
        return self._updates

    @updates.setter
    def updates(self, updates: dict[str, Any]) -> None:
        self._parse()
        self._updates = updates
        self._is_lazy = False

    @property
    def removals(self) -> set[str]:
        """Keys to remove."""
        self._parse()
        return self._removals

    @removals.setter
    def removals(self, removals: set[str]) -> None:
        self._parse()
        self._removals = removals

    @property
    def lazy_updates(self) -> Mapping[str, Any]:
        """New values by key, without decoding them: a value may be a `LazyValue`."""
        self._parse()
        return self._updates

    @property
    def is_parsed(self) -> bool:
        """False if the change consists of unparsed updates, which are cheap to keep."""
        return not self._unparsed

    def may_change(self, prefix: str) -> bool:
        """Return whether a key that begins with `prefix` may change, without parsing updates."""
        # Joining the keys takes a fraction of the time of a loop over them.
        keys = "\n".join(self._updates) + "\n" + "\n".join(self._removals)
        found = keys.startswith(prefix) or "\n" + prefix in keys
        return found or any(prefix.encode() in update.keys for update in self._unparsed)

    def __iter__(self) -> Iterator[Any]:
        yield self.updates
        yield self.removals

    def __bool__(self) -> bool:
        return bool(self._unparsed or self._updates or self._removals)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DictionaryChange):
            return NotImplemented
        return self.updates == other.updates and self.removals == other.removals

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.updates, self.removals)

    def __repr__(self) -> str:
        return f"DictionaryChange(updates={self.updates!r}, removals={self.removals!r})"

    def copy(self) -> DictionaryChange:
        """Return a change with the same values, which are shared with this one."""
        copy = DictionaryChange()
        copy.merge(self)
        return copy

    def merge(self, later: DictionaryChange) -> None:
        """Add a later change to this one. It wins where both change a key."""
        if later._updates or later._removals:
            self._parse()
            self._add(later)
        for update in later._unparsed:
            # An earlier update of the same keys is overwritten, so it is never parsed.
            kept = [old for old in self._unparsed if old.keys != update.keys]
            self._unparsed = (*kept, update)
        if len(self._unparsed) > 1 and self._is_long():
            self._parse()

    def _is_long(self) -> bool:
        size = sum(update.size for update in self._unparsed)
        return len(self._unparsed) > _UNPARSED_LIMIT or size > _BYTES_LIMIT

    def _parse(self) -> None:
        if self._unparsed:
            updates, self._unparsed = self._unparsed, ()
            for update in updates:
                self._add(update.parse())

    def _add(self, later: DictionaryChange) -> None:
        self._updates.update(later._updates)
        self._is_lazy = self._is_lazy or later._is_lazy
        self._removals.difference_update(later._updates)
        for key in later._removals:
            self._updates.pop(key, None)
        self._removals.update(later._removals)


@dataclass(frozen=True, slots=True)
class LockRequest:
    """Keys to lock, each for a number of seconds, and keys to release."""

    acquire: Mapping[str, float]
    release: frozenset[str] = frozenset()

    @classmethod
    def from_durations(cls, durations: Mapping[str, float | None]) -> LockRequest:
        """Return a request from NanoVer's form: seconds by key, None to release."""
        acquire = {key: seconds for key, seconds in durations.items() if seconds is not None}
        return cls(acquire, frozenset(durations.keys() - acquire.keys()))


class LockKind(StrEnum):
    """How keys of the shared state can be locked. `NONE` is false, the others are true.

    Attributes:
        SERVER: The server refuses changes of locked keys by other clients.
        COOPERATIVE: Clients that follow the convention of cooperative locks refuse to change
            keys that another client holds. Other clients, such as headsets, can still write.
        NONE: Keys cannot be locked.
    """

    SERVER = "server"
    COOPERATIVE = "cooperative"
    NONE = "none"

    def __bool__(self) -> bool:
        return self is not LockKind.NONE

    def __repr__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The features that a protocol supports."""

    transport: str
    locks: LockKind
    acknowledged_updates: bool
    integers: bool
    null_values: bool
    command_labels: bool
    client_commands: bool
