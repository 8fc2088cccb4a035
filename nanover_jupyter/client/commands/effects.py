"""Effects of a command: changes of the state and of our locks during a run and shortly after."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nanover_jupyter.client.locks.lease_state import LeaseEvent
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["SETTLE_SECONDS", "EffectTracker", "Effects"]

SETTLE_SECONDS: Final = 1.0
"""Seconds after a run in which a change still counts as its effect."""

# Additional seconds for a slow server to confirm our locks.
_LOCK_TIMEOUT: Final = 10.0

# A key that changes this often moves by itself, as an avatar does.
_MOVING: Final = 5
_MAX_NAMES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The keys that changed: at most 100 names of each sort, and how many in total.

    A change during a run is not proof that the run caused it, since other clients are
    connected too. Keys that change all the time are only counted, as `moving`. `locks` has
    the last event of each of our keys that was lost, or cleared and granted again by the
    server, at most 100.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    count: int
    moving: int
    locks: tuple[LeaseEvent, ...] = ()


class EffectTracker:
    """Collects the changes during one run. Thread-safe.

    Args:
        before: The keys that existed when the run started.
        clock: Monotonic seconds.
        leases: Our locks.
    """

    def __init__(
        self, before: frozenset[str], clock: Callable[[], float], leases: LeaseTable
    ) -> None:
        self._before = before
        self._clock = clock
        self._leases = leases
        self._locks_since = leases.clock()
        # Guards the fields below.
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._is_removed: dict[str, bool] = {}
        self._ends_at: float | None = None

    def record(self, change: DictionaryChange) -> None:
        """Record a change of the state."""
        with self._lock:
            if self._ends_at is not None and self._clock() > self._ends_at:
                return
            for key in change.lazy_updates:
                self._counts[key] = self._counts.get(key, 0) + 1
                self._is_removed[key] = False
            for key in change.removals:
                self._counts[key] = self._counts.get(key, 0) + 1
                self._is_removed[key] = True

    def on_run_ended(self) -> None:
        """Record changes for `SETTLE_SECONDS` more."""
        with self._lock:
            if self._ends_at is None:
                self._ends_at = self._clock() + SETTLE_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether no further change counts and the state of our locks is known."""
        with self._lock:
            over_for = -1.0 if self._ends_at is None else self._clock() - self._ends_at
        return over_for > 0 and (over_for > _LOCK_TIMEOUT or not self._leases.needs_revalidation)

    def effects(self) -> Effects:
        """Return the changes so far."""
        added: list[str] = []
        changed: list[str] = []
        removed: list[str] = []
        moving = 0
        with self._lock:
            for key, count in self._counts.items():
                existed, is_removed = key in self._before, self._is_removed[key]
                if existed and is_removed:
                    removed.append(key)
                elif existed and count >= _MOVING:
                    moving += 1
                elif existed:
                    changed.append(key)
                elif not is_removed:
                    added.append(key)
        return Effects(
            added=tuple(sorted(added)[:_MAX_NAMES]),
            changed=tuple(sorted(changed)[:_MAX_NAMES]),
            removed=tuple(sorted(removed)[:_MAX_NAMES]),
            count=len(added) + len(changed) + len(removed),
            moving=moving,
            locks=self._lock_events(),
        )

    def _lock_events(self) -> tuple[LeaseEvent, ...]:
        last = {
            event.key: event
            for event in self._leases.history()
            if event.at >= self._locks_since and event.kind in ("lost", "reacquired")
        }
        return tuple(last[key] for key in sorted(last)[:_MAX_NAMES])
