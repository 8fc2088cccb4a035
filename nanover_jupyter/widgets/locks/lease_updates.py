"""Sends the lease table of a client to its views."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.claims.view import ANOTHER_CLIENT, KeyClaim
from nanover_jupyter.client.locks.lease_state import LeaseRow
from nanover_jupyter.widgets.locks.holders import (
    UNKNOWN_HOLDER,
    Holder,
    find_holder,
)
from nanover_jupyter.widgets.locks.messages import LeaseBody, LeasesBody, WaitingBody

__all__ = ["LeaseUpdates"]

# Rows beyond this are only counted.
_MAX_ROWS: Final = 500
# Waiting clients of a row beyond this are left out.
_MAX_WAITING: Final = 20
_INTERVAL: Final = 0.1


class _Row(NamedTuple):
    """A row of the table, and what other clients claim about its key."""

    lease: LeaseRow
    holder: Holder = UNKNOWN_HOLDER
    waiting: Sequence[KeyClaim] = ()

    def shown(self) -> object:
        """Return what a message shows of it that changes without a change of the table."""
        waiting = [(claim.client_id, claim.name, claim.note) for claim in self.waiting]
        return self.lease.key, self.lease.state, self.holder, waiting


class LeaseUpdates:
    """Posts `leases` after changes of the lease table or of the claims of other clients.

    At most ten times a second. Thread-safe.

    Args:
        client: The client with the leases.
        post: Queues a message for the views.
    """

    def __init__(self, client: BaseClient, post: Callable[..., None]) -> None:
        self._client = client
        self._table = client.leases
        self._run_soon = client.locks.run_soon
        self._post = post
        # Guards the fields below. Held while posting, so that messages are in order.
        self._guard = threading.Lock()
        self._sent: list[object] = []
        self._sent_at = -math.inf
        self._is_scheduled = False
        self._unsubscribe = [
            self._table.subscribe(self._on_change),
            client.claims.subscribe(self._on_claims_change),
        ]

    def send_initial(self, client: str) -> None:
        """Send all leases to a new view."""
        with self._guard:
            self._post("leases", self._body(self._rows()), client=client)

    def on_heartbeat(self) -> None:
        """Send leases that have expired since the last message."""
        with self._guard:
            rows = self._rows()
            if [row.shown() for row in rows] != self._sent:
                self._send_rows(rows)

    def close(self) -> None:
        """Unsubscribe from the lease table and the claims."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _on_claims_change(self) -> None:
        with self._guard:
            # Other clients renew their claims regularly.
            is_changed = [row.shown() for row in self._rows()] != self._sent
        if is_changed:
            self._on_change()

    def _on_change(self) -> None:
        with self._guard:
            elapsed = time.monotonic() - self._sent_at
            if self._is_scheduled:
                return
            self._is_scheduled = elapsed < _INTERVAL
        if elapsed < _INTERVAL:
            self._run_soon(self._send, after=_INTERVAL - elapsed)
        else:
            self._send()

    def _send(self) -> None:
        with self._guard:
            self._is_scheduled = False
            self._send_rows(self._rows())

    def _send_rows(self, rows: list[_Row]) -> None:
        """Called with the guard."""
        self._sent_at = time.monotonic()
        self._sent = [row.shown() for row in rows]
        self._post("leases", self._body(rows))

    def _rows(self) -> list[_Row]:
        rows = self._table.rows()
        return [*map(self._row, rows[:_MAX_ROWS]), *map(_Row, rows[_MAX_ROWS:])]

    def _row(self, lease: LeaseRow) -> _Row:
        if lease.is_held:
            waiting = self._client.claims.waiting(lease.key)
            return _Row(lease, waiting=waiting[:_MAX_WAITING])
        if lease.state == "released":
            return _Row(lease)
        return _Row(lease, find_holder(self._client, lease.key))

    def _body(self, rows: list[_Row]) -> LeasesBody:
        now = self._table.clock()
        shown = [_lease_body(row, now) for row in rows[:_MAX_ROWS]]
        held = sum(row.lease.is_held for row in rows)
        return LeasesBody(leases=shown, more=len(rows) - len(shown), held=held)


def _lease_body(row: _Row, now: float) -> LeaseBody:
    lease, holder, waiting = row
    left = lease.left(now)
    is_endless = math.isinf(lease.seconds)
    held = (lease.ended_at or now) - lease.held_since
    return LeaseBody(
        key=lease.key,
        state=lease.state,
        seconds=None if is_endless else lease.seconds,
        left=None if left is None or math.isinf(left) else left,
        endless=is_endless and left is not None,
        held=held,
        auto_renew=lease.auto_renew,
        max_hold=None if lease.deadline is None else lease.deadline - lease.held_since,
        continuous=lease.continuous,
        note=lease.note,
        holder=holder.name,
        since=holder.since,
        until=holder.until,
        overwrites=lease.overwrites,
        waiting=[
            WaitingBody(
                client=claim.client_id,
                name=claim.name or ANOTHER_CLIENT,
                note=claim.note,
                since=claim.since,
            )
            for claim in waiting
        ],
    )
