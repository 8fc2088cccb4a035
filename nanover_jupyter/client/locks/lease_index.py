"""Which of our leases are on which keys: those that are held, and those that wait."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from nanover_jupyter.client.locks.lease import Lease

__all__ = ["LeaseIndex"]


class LeaseIndex:
    """Keeps the leases that are held or waited for. Knows no server. Thread-safe.

    A key may be held by several leases of ours, and by requests without a lease, which
    have the number of the lock in common: see `LeaseRow.number`.
    """

    def __init__(self) -> None:
        # Guards the fields below.
        self._guard = threading.Lock()
        self._held: dict[Lease, None] = {}
        self._by_key: dict[str, dict[Lease, None]] = {}
        self._waiting: dict[Lease, None] = {}
        # The numbers of locks that were taken without a lease, by key.
        self._bare: dict[str, int] = {}

    def __contains__(self, lease: Lease) -> bool:
        """Whether a lease is held."""
        with self._guard:
            return lease in self._held

    def held(self) -> list[Lease]:
        """The leases that are held, oldest first."""
        with self._guard:
            return list(self._held)

    def on(self, key: str) -> list[Lease]:
        """The leases that hold a key."""
        with self._guard:
            return list(self._by_key.get(key, ()))

    def waiting(self) -> list[Lease]:
        """The leases that somebody waits for."""
        with self._guard:
            return list(self._waiting)

    def waiting_for(self, key: str) -> list[Lease]:
        """The leases that somebody waits for and that are on a key."""
        with self._guard:
            return [lease for lease in self._waiting if key in lease.keys]

    def add(self, lease: Lease, numbers: dict[str, int]) -> bool:
        """A lease is held now, by locks of these numbers; returns whether by it alone."""
        with self._guard:
            lease.numbers = numbers
            is_alone = self._by_key.keys().isdisjoint(numbers) and not any(
                self._bare.get(key) == number for key, number in numbers.items()
            )
            self._enter(lease)
            return is_alone

    def drop(self, lease: Lease) -> bool:
        """A lease is held no longer; returns False if it was not."""
        with self._guard:
            return self._leave(lease)

    def drop_all(self) -> list[Lease]:
        """No lease is held any longer; returns those that were."""
        with self._guard:
            leases = list(self._held)
            self._held.clear()
            self._by_key.clear()
            return leases

    def take_apart(self, lease: Lease) -> list[Lease]:
        """Put a lease for each key in the place of a held one; none if it is not held."""
        with self._guard:
            if not self._leave(lease):
                return []
            parts = [lease.part(key) for key in lease.keys]
            for part in parts:
                self._enter(part)
            return parts

    def begin_waiting(self, lease: Lease) -> None:
        """Somebody waits for a lease."""
        with self._guard:
            self._waiting[lease] = None

    def end_waiting(self, lease: Lease) -> None:
        """Nobody waits for it any more."""
        with self._guard:
            self._waiting.pop(lease, None)

    def note_bare(self, numbers: Mapping[str, int], held: Mapping[str, int]) -> None:
        """Locks of these numbers were taken without a lease.

        Args:
            numbers: Their numbers by key.
            held: The numbers of all locks that are ours now; others are over.
        """
        with self._guard:
            bare = self._bare | dict(numbers)
            self._bare = {key: number for key, number in bare.items() if held.get(key) == number}

    def is_wanted(self, key: str, number: int) -> bool:
        """Whether a lease, or a request without one, holds a key by the lock of this number."""
        with self._guard:
            by_lease = any(lease.numbers.get(key) == number for lease in self._by_key.get(key, ()))
            return by_lease or self._bare.get(key) == number

    def _enter(self, lease: Lease) -> None:
        self._held[lease] = None
        for key in lease.keys:
            self._by_key.setdefault(key, {})[lease] = None

    def _leave(self, lease: Lease) -> bool:
        if lease not in self._held:
            return False
        del self._held[lease]
        for key in lease.keys:
            holders = self._by_key[key]
            del holders[lease]
            if not holders:
                del self._by_key[key]
        return True
