"""The lease table: which keys this client has locked, and by which lease."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Literal

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.locks.clock import lease_clock
from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.client.locks.lease_state import (
    ENDED,
    EXPIRED,
    LIMIT_REACHED,
    LeaseEvent,
    LeaseEventKind,
    LeaseRow,
    LeaseState,
    LeaseStatus,
    RowState,
    expiring_for,
)
from nanover_jupyter.client.locks.options import LeaseOptions

__all__ = ["LeaseTable"]

_MAX_ENDED_ROWS = 50
_MAX_EVENTS = 200

_OVERWRITTEN_INTERVAL = 10.0

_OVERWRITTEN = "another client or the server wrote the key, regardless of the lock"
_HELD_ELSEWHERE = "held by another client"
_ONE_HELD_ELSEWHERE = "this key or one requested with it is held by another client"


class LeaseTable:
    """The locks and leases of one client, their states, and what happened to them.

    Knows no server: it records requests and their outcome. Time is counted from before a
    request was sent, so the table never considers a lock valid for longer than the
    server does. A key may be held by several leases, and by requests without a lease.
    Thread-safe. Listeners are called without arguments after a row changed, on the
    thread that changed it.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = lease_clock) -> None:
        self.clock = clock
        self._changed: Listeners[()] = Listeners()
        # Guards the fields below.
        self._lock = threading.Lock()
        self._rows: dict[str, LeaseRow] = {}
        # Keys of ended rows, in the order in which they ended.
        self._ended: dict[str, None] = {}
        self._events: deque[LeaseEvent] = deque(maxlen=_MAX_EVENTS)
        self._last_grant_id = 0
        self._revalidations = 0
        # Set when reading a row found that it had expired; listeners are notified later.
        self._has_expired = False
        self._held: dict[Lease, None] = {}
        self._held_by_key: dict[str, dict[Lease, None]] = {}
        self._waiting: dict[Lease, None] = {}
        # When the last event of an overwritten key was added.
        self._overwritten_at: dict[str, float] = {}
        # Grant ids of locks that were acquired without a lease, by key.
        self._unleased: dict[str, int] = {}

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after every change of a row."""
        return self._changed.subscribe(callback)

    # rows -----------------------------------------------------------------------------

    @property
    def holds_any(self) -> bool:
        """Whether any key may be ours; cheap."""
        with self._lock:
            return len(self._rows) > len(self._ended)

    @property
    def needs_revalidation(self) -> bool:
        """Whether the locks may have been cleared, and the server has not been asked yet."""
        with self._lock:
            return self._revalidations > 0

    def held_keys(self) -> list[str]:
        """Return the keys that are ours now."""
        return [row.key for row in self.rows() if row.is_held]

    def is_held(self, key: str) -> bool:
        """Return whether a key is ours now."""
        row = self.get(key)
        return row is not None and row.is_held

    def get(self, key: str) -> LeaseRow | None:
        """Return the row of a key."""
        with self._lock:
            return self._current_row(key, self.clock())

    def rows(self) -> list[LeaseRow]:
        """Return all rows, oldest first."""
        now = self.clock()
        with self._lock:
            rows = [self._current_row(key, now) for key in list(self._rows)]
        return [row for row in rows if row is not None]

    def history(self) -> list[LeaseEvent]:
        """Return the latest events, newest last."""
        with self._lock:
            return list(self._events)

    def never_shorten(self, durations: Mapping[str, float], now: float) -> dict[str, float]:
        """Return durations by key that do not end any held lock earlier."""
        extended = dict(durations)
        for key, seconds in durations.items():
            row = self.get(key)
            if row is not None and row.is_held:
                extended[key] = max(seconds, row.ends_at - now)
        return extended

    # outcomes of requests -------------------------------------------------------------

    def record_pending(self, keys: Iterable[str], seconds: float, note: str = "") -> None:
        """Record a request that is being sent. Held keys stay held."""
        now = self.clock()
        with self._lock:
            for key in keys:
                row = self._current_row(key, now)
                if row is None or not row.is_held:
                    asked_at = row.asked_at if row and row.state == "pending" else now
                    self._put(LeaseRow(key, "pending", seconds, asked_at, asked_at, note=note))
        self._changed.notify()

    def record_withdrawn(self, keys: Iterable[str]) -> None:
        """Remove the pending rows of a request that is given up."""
        with self._lock:
            for key in keys:
                row = self._rows.get(key)
                if row is not None and row.state == "pending":
                    del self._rows[key]
        self._changed.notify()

    def record_granted(
        self,
        durations: Mapping[str, float],
        asked_at: float,
        *,
        auto_renew: bool = False,
        deadline: float | None = None,
    ) -> dict[str, int]:
        """Record granted locks and return their grant ids by key.

        Args:
            durations: Seconds by key.
            asked_at: When they were requested.
            auto_renew: Whether keys that were not ours before are renewed automatically.
            deadline: When renewal of those keys stops; None for never.
        """
        now = self.clock()
        grant_ids: dict[str, int] = {}
        with self._lock:
            for key, seconds in durations.items():
                row = self._current_row(key, now)
                if row is not None and row.is_held:
                    row = row._replace(state="held", seconds=float(seconds), asked_at=asked_at)
                else:
                    self._last_grant_id += 1
                    row = LeaseRow(
                        key,
                        "held",
                        float(seconds),
                        asked_at,
                        asked_at,
                        self._last_grant_id,
                        auto_renew,
                        deadline,
                    )
                    self._add_event(row, "acquired")
                self._put(row)
                grant_ids[key] = row.grant_id
        self._changed.notify()
        return grant_ids

    def record_refused(self, keys: Iterable[str], seconds: float, note: str = "") -> None:
        """Record a refused request. Held keys stay held."""
        wanted = list(keys)
        now = self.clock()
        reason = note or (_HELD_ELSEWHERE if len(wanted) == 1 else _ONE_HELD_ELSEWHERE)
        with self._lock:
            for key in wanted:
                row = self._current_row(key, now)
                if row is None or not row.is_held:
                    row = LeaseRow(key, "refused", seconds, now, now, ended_at=now, note=reason)
                    self._put(row)
                    self._add_event(row, "refused")
        self._changed.notify()

    def record_unanswered(self, keys: Iterable[str], reason: str) -> None:
        """Record that a request failed, so that its outcome is unknown."""
        note = f"{reason}; unknown whether the server granted the lock"
        self._end(keys, "lost", note, only="pending")

    def record_released(self, keys: Iterable[str], note: str = "released") -> None:
        """Record released keys."""
        self._end(keys, "released", note)

    def record_lost(self, keys: Iterable[str], reason: str, *, notify: bool = True) -> None:
        """Record that keys that were ours are not any more.

        Args:
            keys: The keys.
            reason: Why, as a phrase.
            notify: Whether to call the listeners; otherwise call `notify` later.
        """
        self._end(keys, "lost", reason, continuous=False, notify=notify)

    def notify(self) -> None:
        """Call the listeners."""
        self._changed.notify()

    def record_interrupted(self, keys: Iterable[str], note: str) -> None:
        """Record that held keys were granted again, but others may have held them in between."""
        now = self.clock()
        with self._lock:
            for key in keys:
                row = self._current_row(key, now)
                if row is not None and row.is_held:
                    row = row._replace(continuous=False, note=note)
                    self._put(row)
                    self._add_event(row, "reacquired")
        self._changed.notify()

    def record_overwritten(self, keys: Iterable[str]) -> list[str]:
        """Record that others wrote held keys; returns those for which that is news.

        A client that writes a key many times a second gives one event in ten seconds. Does not
        call the listeners; call `notify` later.
        """
        now = self.clock()
        news: list[str] = []
        with self._lock:
            for key in keys:
                row = self._current_row(key, now)
                if row is None or not row.is_held:
                    continue
                row = self._rows[key] = row._replace(overwrites=row.overwrites + 1)
                if now - self._overwritten_at.get(key, -math.inf) >= _OVERWRITTEN_INTERVAL:
                    self._overwritten_at[key] = now
                    news.append(key)
                    self._events.append(LeaseEvent(now, key, "overwritten", _OVERWRITTEN))
            self._overwritten_at = {
                key: at
                for key, at in self._overwritten_at.items()
                if now - at < _OVERWRITTEN_INTERVAL
            }
        return news

    def begin_revalidation(self) -> None:
        """Record that the server will be asked whether the locks are still ours."""
        with self._lock:
            self._revalidations += 1

    def end_revalidation(self) -> None:
        """Record that the server was asked, or could not be."""
        with self._lock:
            self._revalidations -= 1

    def forget(self, key: str) -> None:
        """Remove the row of a lock that ended."""
        with self._lock:
            row = self._current_row(key, self.clock())
            if row is not None and row.state in ENDED:
                del self._rows[key]
                self._ended.pop(key, None)
        self._changed.notify()

    def update_expired(self) -> None:
        """Mark rows that are expiring or expired, and notify listeners of changes."""
        now = self.clock()
        with self._lock:
            for key in [key for key, row in self._rows.items() if row.is_held]:
                self._current_row(key, now)
            changed, self._has_expired = self._has_expired, False
        if changed:
            self._changed.notify()

    # leases ---------------------------------------------------------------------------

    def status(self, lease: Lease) -> LeaseStatus:
        """Return the state of a lease and when it ends."""
        with self._lock:
            return self._status(lease)

    def is_active(self, lease: Lease) -> bool:
        """Return whether a lease is among the held ones."""
        with self._lock:
            return lease in self._held

    def held_leases(self) -> list[Lease]:
        """Return the held leases, oldest first."""
        with self._lock:
            return list(self._held)

    def leases_on(self, key: str) -> list[Lease]:
        """Return the leases that hold a key."""
        with self._lock:
            return list(self._held_by_key.get(key, ()))

    def waiting_leases(self, key: str | None = None) -> list[Lease]:
        """Return the leases that are being acquired: all, or those on a key."""
        with self._lock:
            return [lease for lease in self._waiting if key is None or key in lease.keys]

    def begin_waiting(self, lease: Lease) -> None:
        """Add a lease to those that are being acquired."""
        with self._lock:
            self._waiting[lease] = None

    def end_waiting(self, lease: Lease) -> None:
        """Remove a lease from those that are being acquired."""
        with self._lock:
            self._waiting.pop(lease, None)

    def begin_acquiring(self, lease: Lease, now: float) -> None:
        """Mark a lease as pending since `now`."""
        with self._lock:
            # It may have expired since `LeaseManager.acquire` checked.
            self._remove(lease)
            lease.record.acquired_at = now
        self.set_state(lease, "pending")

    def add(self, lease: Lease, grant_ids: dict[str, int]) -> None:
        """Mark a lease as held by these grants."""
        with self._lock:
            record = lease.record
            record.grant_ids = grant_ids
            self._insert(lease)
            # Under the same lock: `end_if_over` ends leases that are not held.
            record.state, record.note, record.continuous = "held", "", True
            # The keys may have been held before, or the options changed during the request.
            changed = self._update_renewal(lease.keys)
        if changed:
            self._changed.notify()
        lease.state_changed("held")

    def end_if_over(self, lease: Lease) -> LeaseStatus | None:
        """End a held lease that expired or was lost, and call its listeners if it was lost.

        Returns its status; None if it is not among the held leases.
        """
        with self._lock:
            if lease not in self._held:
                return None
            # In one step with ending it, or a lease acquired in between would end.
            status = self._status(lease)
            if not status.is_held:
                self._remove(lease)
                record = lease.record
                record.state, record.note = status.state, status.note
                record.continuous = status.continuous
        if not status.is_held:
            lease.state_changed(status.state)
        return status

    def remove(self, lease: Lease) -> bool:
        """Remove a lease from the held ones; returns False if it was not among them."""
        with self._lock:
            return self._remove(lease)

    def remove_all(self) -> list[Lease]:
        """Remove and return all held leases."""
        with self._lock:
            leases = list(self._held)
            self._held.clear()
            self._held_by_key.clear()
            return leases

    def split(self, lease: Lease) -> list[Lease]:
        """Replace a held lease by one lease per key; returns none if it is not held."""
        with self._lock:
            if not self._remove(lease):
                return []
            record = lease.record
            parts = [
                lease.split(key, replace(record, grant_ids={key: record.grant_ids[key]}))
                for key in lease.keys
            ]
            for part in parts:
                self._insert(part)
            return parts

    def record_unleased(self, grant_ids: Mapping[str, int]) -> None:
        """Record locks that were acquired without a lease, and drop those that ended."""
        held = {row.key: row.grant_id for row in self.rows() if row.is_held}
        with self._lock:
            known = self._unleased | dict(grant_ids)
            self._unleased = {key: each for key, each in known.items() if held.get(key) == each}

    def is_last_holder(self, lease: Lease, key: str) -> bool:
        """Return whether a removed lease was the last of this client to hold a key."""
        with self._lock:
            row = self._current_row(key, self.clock())
            if row is None or not row.is_held or lease.record.grant_ids.get(key) != row.grant_id:
                return False
            by_lease = any(
                other.record.grant_ids.get(key) == row.grant_id
                for other in self._held_by_key.get(key, ())
            )
            return not by_lease and self._unleased.get(key) != row.grant_id

    def set_options(self, lease: Lease, options: LeaseOptions) -> None:
        """Change the duration and renewal of a lease."""
        with self._lock:
            lease.record.options = options

    def set_state(self, lease: Lease, state: LeaseState, note: str = "") -> None:
        """Change the state of a lease, and call its listeners if it was lost."""
        with self._lock:
            record = lease.record
            if record.state == "held" and state == "released":
                record.continuous = self._status(lease).continuous
            elif record.state != state:
                record.continuous = state != "lost"
            record.state, record.note = state, note
        lease.state_changed(state)

    def update_renewal(self, keys: Iterable[str]) -> None:
        """Derive from the leases on keys whether these are renewed, and until when."""
        with self._lock:
            self._update_renewal(keys)
        self._changed.notify()

    # internals, called with the lock held ---------------------------------------------

    def _status(self, lease: Lease) -> LeaseStatus:
        record = lease.record
        now = self.clock()
        if record.state != "held":
            return LeaseStatus(record.state, now, record.continuous, record.note)
        ends_at, continuous, note, is_expiring = math.inf, True, "", False
        for key, grant_id in record.grant_ids.items():
            row = self._current_row(key, now)
            if row is None or row.grant_id != grant_id:
                return LeaseStatus("lost", now, continuous=False, note=EXPIRED)
            if row.state == "released":
                return LeaseStatus("released", row.ended_at or now, row.continuous, row.note)
            if not row.is_held:
                return LeaseStatus("lost", row.ended_at or now, continuous=False, note=row.note)
            is_expiring = is_expiring or row.state == "expiring"
            ends_at = min(ends_at, row.ends_at)
            if not row.continuous:
                continuous, note = False, row.note
        deadline = record.deadline
        if deadline is not None and deadline < ends_at:
            if deadline <= now:
                return LeaseStatus("lost", deadline, continuous=False, note=LIMIT_REACHED)
            ends_at = deadline
            is_expiring = deadline - now < expiring_for(record.options.duration)
        return LeaseStatus("expiring" if is_expiring else "held", ends_at, continuous, note)

    def _update_renewal(self, keys: Iterable[str]) -> bool:
        """See `update_renewal`; returns whether a row changed."""
        changed = False
        for key in keys:
            row = self._rows.get(key)
            if row is None:
                continue
            records = [lease.record for lease in self._held_by_key.get(key, ())]
            auto_renew = any(record.options.auto_renew for record in records)
            deadlines = [record.deadline for record in records]
            limited = [each for each in deadlines if each is not None]
            deadline = max(limited) if limited and None not in deadlines else None
            if (row.auto_renew, row.deadline) != (auto_renew, deadline):
                self._rows[key] = row._replace(auto_renew=auto_renew, deadline=deadline)
                changed = True
        return changed

    def _insert(self, lease: Lease) -> None:
        self._held[lease] = None
        for key in lease.keys:
            self._held_by_key.setdefault(key, {})[lease] = None

    def _remove(self, lease: Lease) -> bool:
        if lease not in self._held:
            return False
        del self._held[lease]
        for key in lease.keys:
            holders = self._held_by_key[key]
            del holders[lease]
            if not holders:
                del self._held_by_key[key]
        return True

    def _end(  # noqa: PLR0913 - what is recorded
        self,
        keys: Iterable[str],
        state: Literal["lost", "released"],
        note: str,
        only: RowState | None = None,
        *,
        continuous: bool = True,
        notify: bool = True,
    ) -> None:
        """End rows that have not ended. Takes the lock itself."""
        now = self.clock()
        with self._lock:
            for key in keys:
                row = self._current_row(key, now)
                if row is None or row.state in ENDED or (only and row.state != only):
                    continue
                row = row._replace(
                    state=state,
                    ended_at=now,
                    note=note,
                    continuous=row.continuous and continuous,
                )
                self._put(row)
                self._add_event(row, state)
        if notify:
            self._changed.notify()

    def _current_row(self, key: str, now: float) -> LeaseRow | None:
        """Return a row after marking it as held, expiring or expired at `now`."""
        row = self._rows.get(key)
        if row is None or not row.is_held:
            return row
        left = row.ends_at - now
        if left <= 0:
            is_limited = row.deadline is not None and row.ends_at >= row.deadline
            note = LIMIT_REACHED if is_limited else EXPIRED
            row = row._replace(state="lost", ended_at=row.ends_at, note=note)
            self._has_expired = True
            self._put(row)
            self._add_event(row, "lost")
            return row
        state: RowState = "expiring" if left < expiring_for(row.seconds) else "held"
        if state != row.state:
            self._has_expired = True
            row = self._rows[key] = row._replace(state=state)
        return row

    def _put(self, row: LeaseRow) -> None:
        self._rows[row.key] = row
        self._ended.pop(row.key, None)
        if row.state in ENDED:
            self._ended[row.key] = None
            if len(self._ended) > _MAX_ENDED_ROWS:
                oldest = next(iter(self._ended))
                del self._ended[oldest], self._rows[oldest]

    def _add_event(self, row: LeaseRow, kind: LeaseEventKind) -> None:
        at = row.held_since if kind == "acquired" else row.ended_at or self.clock()
        self._events.append(LeaseEvent(at, row.key, kind, row.note))
