"""What changes while a command runs, and shortly after: keys of the state, and our locks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nanover_jupyter.client.locks.lease_state import LeaseEvent
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["AFTERWARDS", "EffectWatch", "Effects"]

AFTERWARDS: Final = 1.0
"""Seconds after a run in which a change still counts as its effect."""

# Seconds more for a slow server to say which locks are still ours.
_PATIENCE: Final = 10.0

# A key that changes this often moves by itself, as an avatar does.
_MOVING: Final = 5
_NAMED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The keys that changed: at most a hundred names of each sort, and how many in all.

    That something changed during a run does not prove that the run did it: others are
    in the session too. Keys that kept changing all the time are only counted. `locks`
    are those of ours that were lost, or that the server cleared and granted anew: the
    last event of each key, a hundred at the most.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    count: int
    moving: int
    locks: tuple[LeaseEvent, ...] = ()


class EffectWatch:
    """Takes the changes of one run.

    Args:
        before: The keys there were when it began.
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
        # Guards what is below: changes come on a thread of their own.
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._gone: dict[str, bool] = {}
        self._ends_at: float | None = None

    def take(self, change: DictionaryChange) -> None:
        """Note a change; on the thread that brings it."""
        with self._lock:
            if self._ends_at is not None and self._clock() > self._ends_at:
                return
            for key in change.unread_updates:
                self._counts[key] = self._counts.get(key, 0) + 1
                self._gone[key] = False
            for key in change.removals:
                self._counts[key] = self._counts.get(key, 0) + 1
                self._gone[key] = True

    def run_ended(self) -> None:
        """Changes count for a little longer."""
        with self._lock:
            if self._ends_at is None:
                self._ends_at = self._clock() + AFTERWARDS

    @property
    def is_over(self) -> bool:
        """Whether nothing counts any more, and what became of our locks is known."""
        with self._lock:
            over_for = -1.0 if self._ends_at is None else self._clock() - self._ends_at
        return over_for > 0 and (over_for > _PATIENCE or not self._leases.needs_revalidation)

    def effects(self) -> Effects:
        """What has changed so far."""
        added: list[str] = []
        changed: list[str] = []
        removed: list[str] = []
        moving = 0
        with self._lock:
            for key, count in self._counts.items():
                existed, gone = key in self._before, self._gone[key]
                if existed and gone:
                    removed.append(key)
                elif existed and count >= _MOVING:
                    moving += 1
                elif existed:
                    changed.append(key)
                elif not gone:
                    added.append(key)
        return Effects(
            added=tuple(sorted(added)[:_NAMED]),
            changed=tuple(sorted(changed)[:_NAMED]),
            removed=tuple(sorted(removed)[:_NAMED]),
            count=len(added) + len(changed) + len(removed),
            moving=moving,
            locks=self._lock_events(),
        )

    def _lock_events(self) -> tuple[LeaseEvent, ...]:
        last = {
            event.key: event
            for event in self._leases.history()
            if event.at >= self._locks_since and event.news in ("lost", "doubted")
        }
        return tuple(last[key] for key in sorted(last)[:_NAMED])
