"""What client and server say to each other, free of any wire library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nanover_jupyter.wire.values import Value

__all__ = ["Capabilities", "DictionaryChange", "LockRequest"]


class DictionaryChange:
    """A change of the shared state: new values by key, and keys that are gone.

    Unpacks as `updates, removals`. On a gRPC server a `None` in `updates` is a
    removal, because its wire has no other way to say it.

    Args:
        updates: Whole new values by key.
        removals: Keys to remove.
    """

    __slots__ = ("removals", "updates")

    def __init__(
        self, updates: Mapping[str, Any] | None = None, removals: Iterable[str] | None = None
    ) -> None:
        if isinstance(removals, str):
            raise TypeError(f"removals takes several keys, not one text: write {{{removals!r}}}")
        self.updates: dict[str, Any] = dict(updates or {})
        self.removals: set[str] = set(removals or ())

    def __iter__(self) -> Iterator[Any]:
        yield self.updates
        yield self.removals

    def __bool__(self) -> bool:
        return bool(self.updates or self.removals)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DictionaryChange):
            return NotImplemented
        return self.updates == other.updates and self.removals == other.removals

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"DictionaryChange(updates={self.updates!r}, removals={self.removals!r})"

    def merge(self, later: DictionaryChange) -> None:
        """Let this change also say what `later` says; the last word on a key counts."""
        self.updates.update(later.updates)
        self.removals.difference_update(later.updates)
        for key in later.removals:
            self.updates.pop(key, None)
        self.removals.update(later.removals)


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


Arguments = Mapping[str, Value]
