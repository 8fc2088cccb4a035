"""The book of locks that this client holds, asked for, or lost."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.locks.clock import lease_clock

__all__ = [
    "LIMIT_REACHED",
    "LeaseEvent",
    "LeaseRow",
    "LeaseState",
    "LeaseStatus",
    "LeaseTable",
    "expiring_for",
]

LeaseState = Literal["pending", "held", "expiring", "refused", "lost", "released"]
LeaseUpdates = Literal["taken", "refused", "lost", "released", "doubted"]

LIMIT_REACHED = "it was held for as long as it was allowed to be"

_HELD: frozenset[LeaseState] = frozenset({"held", "expiring"})
_ENDED: frozenset[LeaseState] = frozenset({"refused", "lost", "released"})
_KEPT_ENDED = 50
_KEPT_EVENTS = 200

_ELSEWHERE = "someone else holds it"
_ONE_ELSEWHERE = "someone else holds it or another of the keys asked for with it"
_RAN_OUT = "its time ran out"


def expiring_for(seconds: float) -> float:
    """How many of the last seconds of a lease are called `expiring`."""
    return min(3.0, seconds / 4)


class LeaseRow(NamedTuple):
    """One lock of ours on one key, as we know it; servers do not tell.

    Attributes:
        key: The state key.
        state: `expiring` is held with less than a quarter (at most 3 s) left.
        seconds: The duration last asked for.
        asked_at: When the last granted request was begun; time left counts from here.
        held_since: When the key became ours without a gap that we know of.
        number: Counts the times that this client's keys became ours: another number is
            another lock, even on the same key.
        keep: Whether it is renewed by itself.
        cap_at: When it is renewed no more; None for never.
        continuous: False after a time in which the server may not have kept it for us.
        ended_at: When it was refused, lost or released.
        note: What happened last, for people.
    """

    key: str
    state: LeaseState
    seconds: float
    asked_at: float
    held_since: float
    number: int = 0
    keep: bool = False
    cap_at: float | None = None
    continuous: bool = True
    ended_at: float | None = None
    note: str = ""

    @property
    def is_held(self) -> bool:
        """Whether it is ours, as far as we know."""
        return self.state in _HELD

    @property
    def ends_at(self) -> float:
        """When its time is over unless it is renewed; inf if it has no end."""
        return self.asked_at + self.seconds

    def seconds_to_ask_for(self, now: float) -> float:
        """How long to have it for, asked anew: as when it is renewed, never beyond its cap."""
        ends_at = now + self.seconds if self.keep else self.ends_at
        if self.cap_at is not None:
            ends_at = min(ends_at, max(self.cap_at, self.ends_at))
        return ends_at - now

    def left(self, now: float) -> float | None:
        """Seconds left of a lease that is held; None otherwise, inf if it never ends."""
        return max(0.0, self.ends_at - now) if self.is_held else None


class LeaseEvent(NamedTuple):
    """Something that happened to a lock: when by the book's clock, which, what, and why."""

    at: float
    key: str
    news: LeaseUpdates
    note: str


class LeaseStatus(NamedTuple):
    """How several locks stand together: as the one that stands worst."""

    state: LeaseState
    ends_at: float
    continuous: bool
    note: str

    @property
    def is_held(self) -> bool:
        """Whether all of them are ours."""
        return self.state in _HELD


class LeaseTable:
    """Records requests for locks and their outcome. Thread-safe; one lock guards it.

    Time is counted from before a request was sent, so the book never believes in a
    lock longer than the server does. Listeners are called without arguments after
    the book changed, on the thread that changed it.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = lease_clock) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._rows: dict[str, LeaseRow] = {}
        # The keys of rows that ended, in the order in which they did.
        self._over: dict[str, None] = {}
        self._events: deque[LeaseEvent] = deque(maxlen=_KEPT_EVENTS)
        self._numbers = 0
        self._proofs = 0
        # Whether time has changed a row since `age` last looked: reading the book does so too.
        self._has_aged = False
        self._changed: Listeners[()] = Listeners()

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after every change of the book."""
        return self._changed.subscribe(callback)

    # what happens -------------------------------------------------------------------

    def pending(self, keys: Iterable[str], seconds: float, note: str = "") -> None:
        """A request for `keys` is on its way. Keys already held stay as they are."""
        now = self.clock()
        with self._lock:
            for key in keys:
                known = self._aged_locked(key, now)
                if known is None or not known.is_held:
                    asked_at = known.asked_at if known and known.state == "pending" else now
                    self._put_locked(
                        LeaseRow(key, "pending", seconds, asked_at, asked_at, note=note)
                    )
        self._changed.notify()

    def withdrawn(self, keys: Iterable[str]) -> None:
        """Nobody waits any more for a request that was not granted."""
        with self._lock:
            for key in keys:
                known = self._rows.get(key)
                if known is not None and known.state == "pending":
                    del self._rows[key]
        self._changed.notify()

    def granted(
        self,
        durations: Mapping[str, float],
        asked_at: float,
        *,
        keep: bool = False,
        cap_at: float | None = None,
    ) -> dict[str, int]:
        """The server granted locks; returns their numbers.

        Args:
            durations: Seconds by key.
            asked_at: When they were asked for.
            keep: Whether those that were not ours before are renewed by themselves.
            cap_at: When those are renewed no more; None for never.
        """
        now = self.clock()
        numbers: dict[str, int] = {}
        with self._lock:
            for key, seconds in durations.items():
                known = self._aged_locked(key, now)
                if known is not None and known.is_held:
                    row = known._replace(state="held", seconds=float(seconds), asked_at=asked_at)
                else:
                    self._numbers += 1
                    number = self._numbers
                    row = LeaseRow(
                        key, "held", float(seconds), asked_at, asked_at, number, keep, cap_at
                    )
                    self._tell_locked(row, "taken")
                self._put_locked(row)
                numbers[key] = row.number
        self._changed.notify()
        return numbers

    def refused(self, keys: Iterable[str], seconds: float, note: str = "") -> None:
        """The server refused a request. What we held before, we still hold."""
        wanted = list(keys)
        now = self.clock()
        why = note or (_ELSEWHERE if len(wanted) == 1 else _ONE_ELSEWHERE)
        with self._lock:
            for key in wanted:
                known = self._aged_locked(key, now)
                if known is None or not known.is_held:
                    row = LeaseRow(key, "refused", seconds, now, now, ended_at=now, note=why)
                    self._put_locked(row)
                    self._tell_locked(row, "refused")
        self._changed.notify()

    def failed(self, keys: Iterable[str], why: str) -> None:
        """A request got no answer: nobody knows whether the keys are ours."""
        note = f"{why}; whether the server locked it is unknown"
        self._end(keys, "lost", note, only="pending")

    def released(self, keys: Iterable[str], note: str = "given back") -> None:
        """Keys were given back."""
        self._end(keys, "released", note)

    def taken(self, keys: Iterable[str], why: str) -> None:
        """Another client holds what we held."""
        self._end(keys, "lost", why, continuous=False)

    def doubted(self, keys: Iterable[str], note: str) -> None:
        """Held locks that the server granted anew, but may not have kept for us all the time."""
        now = self.clock()
        with self._lock:
            for key in keys:
                known = self._aged_locked(key, now)
                if known is not None and known.is_held:
                    row = known._replace(continuous=False, note=note)
                    self._put_locked(row)
                    self._tell_locked(row, "doubted")
        self._changed.notify()

    def begin_proof(self) -> None:
        """The server will be asked whether the locks are still ours."""
        with self._lock:
            self._proofs += 1

    def end_proof(self) -> None:
        """It was asked, or cannot be."""
        with self._lock:
            self._proofs -= 1

    def keep(self, terms: Mapping[str, float | None], *, kept: Iterable[str]) -> None:
        """Say until when locks may be held, and which of them are renewed by themselves."""
        renewed = frozenset(kept)
        with self._lock:
            for key, cap_at in terms.items():
                known = self._rows.get(key)
                if known is not None and (known.keep, known.cap_at) != (key in renewed, cap_at):
                    self._rows[key] = known._replace(keep=key in renewed, cap_at=cap_at)
        self._changed.notify()

    def forget(self, key: str) -> None:
        """Drop the row of a lease that ended."""
        with self._lock:
            known = self._aged_locked(key, self.clock())
            if known is not None and known.state in _ENDED:
                del self._rows[key]
                self._over.pop(key, None)
        self._changed.notify()

    def age(self) -> None:
        """Write down which locks are about to end or ran out, and notify listeners of changes."""
        now = self.clock()
        with self._lock:
            for key in [key for key, row in self._rows.items() if row.is_held]:
                self._aged_locked(key, now)
            changed, self._has_aged = self._has_aged, False
        if changed:
            self._changed.notify()

    # what is known ------------------------------------------------------------------

    def held_keys(self) -> list[str]:
        """The keys that are ours now."""
        return [row.key for row in self.leases() if row.is_held]

    @property
    def holds_any(self) -> bool:
        """Whether any key may be ours; cheap, for those who ask often."""
        with self._lock:
            return len(self._rows) > len(self._over)

    @property
    def is_in_doubt(self) -> bool:
        """Whether something happened after which they may not be ours, and nobody has asked yet."""
        with self._lock:
            return self._proofs > 0

    def get(self, key: str) -> LeaseRow | None:
        """What is known of one key."""
        with self._lock:
            return self._aged_locked(key, self.clock())

    def leases(self) -> list[LeaseRow]:
        """Everything in the book as it stands now, oldest first."""
        now = self.clock()
        with self._lock:
            rows = [self._aged_locked(key, now) for key in list(self._rows)]
        return [row for row in rows if row is not None]

    def history(self) -> list[LeaseEvent]:
        """What happened to locks, newest last; a bounded number of events."""
        with self._lock:
            return list(self._events)

    def standing(self, numbers: Mapping[str, int]) -> LeaseStatus:
        """How the locks of these numbers stand together."""
        now = self.clock()
        ends_at, continuous, note, soon = math.inf, True, "", False
        with self._lock:
            for key, number in numbers.items():
                row = self._aged_locked(key, now)
                if row is None or row.number != number:
                    return LeaseStatus("lost", now, continuous=False, note=_RAN_OUT)
                if not row.is_held:
                    return LeaseStatus(row.state, row.ended_at or now, row.continuous, row.note)
                soon = soon or row.state == "expiring"
                ends_at = min(ends_at, row.ends_at)
                if not row.continuous:
                    continuous, note = False, row.note
        return LeaseStatus("expiring" if soon else "held", ends_at, continuous, note)

    # inside ---------------------------------------------------------------------------

    def _end(
        self,
        keys: Iterable[str],
        state: Literal["lost", "released"],
        note: str,
        only: LeaseState | None = None,
        *,
        continuous: bool = True,
    ) -> None:
        now = self.clock()
        with self._lock:
            for key in keys:
                known = self._aged_locked(key, now)
                if known is None or known.state in _ENDED or (only and known.state != only):
                    continue
                row = known._replace(
                    state=state,
                    ended_at=now,
                    note=note,
                    continuous=known.continuous and continuous,
                )
                self._put_locked(row)
                self._tell_locked(row, state)
        self._changed.notify()

    def _aged_locked(self, key: str, now: float) -> LeaseRow | None:
        """The row as time has left it: held, about to end, or run out."""
        row = self._rows.get(key)
        if row is None or row.state not in _HELD:
            return row
        left = row.ends_at - now
        if left <= 0:
            capped = row.cap_at is not None and row.ends_at >= row.cap_at
            note = LIMIT_REACHED if capped else _RAN_OUT
            row = row._replace(state="lost", ended_at=row.ends_at, note=note)
            self._has_aged = True
            self._put_locked(row)
            self._tell_locked(row, "lost")
            return row
        state: LeaseState = "expiring" if left < expiring_for(row.seconds) else "held"
        if state != row.state:
            self._has_aged = True
            row = self._rows[key] = row._replace(state=state)
        return row

    def _put_locked(self, row: LeaseRow) -> None:
        self._rows[row.key] = row
        self._over.pop(row.key, None)
        if row.state in _ENDED:
            self._over[row.key] = None
            if len(self._over) > _KEPT_ENDED:
                oldest = next(iter(self._over))
                del self._over[oldest], self._rows[oldest]

    def _tell_locked(self, row: LeaseRow, news: LeaseUpdates) -> None:
        at = row.held_since if news == "taken" else row.ended_at or self.clock()
        self._events.append(LeaseEvent(at, row.key, news, row.note))
