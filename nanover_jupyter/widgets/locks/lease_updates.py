"""Sends the lease table of a client to its views."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.lease_state import LeaseRow
from nanover_jupyter.widgets.locks.messages import LeaseBody, LeasesBody

__all__ = ["LeaseUpdates"]

# Rows beyond this are only counted.
_MAX_ROWS: Final = 500
_INTERVAL: Final = 0.1


class LeaseUpdates:
    """Posts `leases` after changes of the lease table, at most ten times a second.

    Thread-safe.

    Args:
        client: The client with the leases.
        post: Queues a message for the views.
    """

    def __init__(self, client: BaseClient, post: Callable[..., None]) -> None:
        self._table = client.leases
        self._run_soon = client.locks.run_soon
        self._post = post
        # Guards the fields below.
        self._guard = threading.Lock()
        self._sent: list[tuple[str, str]] = []
        self._sent_at = -math.inf
        self._is_scheduled = False
        self._unsubscribe = self._table.subscribe(self._on_change)

    def send_initial(self, client: str) -> None:
        """Send all leases to a new view."""
        self._post("leases", self._body(), client=client)

    def on_heartbeat(self) -> None:
        """Send leases that have expired since the last message."""
        if self._states() != self._sent:
            self._send()

    def close(self) -> None:
        """Unsubscribe from the lease table."""
        self._unsubscribe()

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
            self._sent_at = time.monotonic()
        self._sent = self._states()
        self._post("leases", self._body())

    def _states(self) -> list[tuple[str, str]]:
        return [(row.key, row.state) for row in self._table.rows()]

    def _body(self) -> LeasesBody:
        now = self._table.clock()
        rows = self._table.rows()
        shown = [_lease_body(row, now) for row in rows[:_MAX_ROWS]]
        held = sum(row.is_held for row in rows)
        return LeasesBody(leases=shown, more=len(rows) - len(shown), held=held)


def _lease_body(row: LeaseRow, now: float) -> LeaseBody:
    left = row.left(now)
    is_endless = math.isinf(row.seconds)
    held = (row.ended_at or now) - row.held_since
    return LeaseBody(
        key=row.key,
        state=row.state,
        seconds=None if is_endless else row.seconds,
        left=None if left is None or math.isinf(left) else left,
        endless=is_endless and left is not None,
        held=held,
        auto_renew=row.auto_renew,
        max_hold=None if row.deadline is None else row.deadline - row.held_since,
        continuous=row.continuous,
        note=row.note,
    )
