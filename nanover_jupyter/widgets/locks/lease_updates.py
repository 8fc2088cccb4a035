"""Tells views of the locks that went through a client."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.table import LeaseRow
from nanover_jupyter.widgets.locks.messages import LeaseBody, LeasesBody

__all__ = ["LeaseUpdates"]

# More rows nobody reads; those that are left out are counted.
_MOST_ROWS: Final = 500
_PAUSE: Final = 0.1


class LeaseUpdates:
    """Posts `leases` whenever the book of leases says something else. Thread-safe.

    At once after a quiet time, else ten times a second at the most.

    Args:
        client: Whose leases.
        post: Queues a message for the views, as `Binding.post`.
    """

    def __init__(self, client: BaseClient, post: Callable[..., None]) -> None:
        self._book = client.leases
        self._locks = client.locks
        self._post = post
        # Guards the fields below.
        self._guard = threading.Lock()
        self._told: list[tuple[str, str]] = []
        self._told_at = -math.inf
        self._due = False
        self._unsubscribe = self._book.subscribe(self._on_change)

    def greet(self, client: str) -> None:
        """Tell a new view all leases."""
        self._post("leases", self._body(), client=client)

    def beat(self) -> None:
        """Leases end by the clock alone; views count down, but are told what it means."""
        if self._states() != self._told:
            self._tell()

    def close(self) -> None:
        """Stop listening to the book of leases."""
        self._unsubscribe()

    def _on_change(self) -> None:
        with self._guard:
            quiet = time.monotonic() - self._told_at
            if self._due:
                return
            self._due = quiet < _PAUSE
        if quiet < _PAUSE:
            self._locks.run_soon(self._tell, after=_PAUSE - quiet)
        else:
            self._tell()

    def _tell(self) -> None:
        with self._guard:
            self._due = False
            self._told_at = time.monotonic()
        self._told = self._states()
        self._post("leases", self._body())

    def _states(self) -> list[tuple[str, str]]:
        return [(lease.key, lease.state) for lease in self._book.leases()]

    def _body(self) -> LeasesBody:
        now = self._book.clock()
        rows = self._book.leases()
        shown = [_lease_body(lease, now) for lease in rows[:_MOST_ROWS]]
        held = sum(row.is_held for row in rows)
        return LeasesBody(leases=shown, more=len(rows) - len(shown), held=held)


def _lease_body(lease: LeaseRow, now: float) -> LeaseBody:
    left = lease.left(now)
    endless = math.isinf(lease.seconds)
    held = (lease.ended_at or now) - lease.held_since
    return LeaseBody(
        key=lease.key,
        state=lease.state,
        seconds=None if endless else lease.seconds,
        left=None if left is None or math.isinf(left) else left,
        endless=endless and left is not None,
        held=held,
        keep=lease.keep,
        cap=None if lease.cap_at is None else lease.cap_at - lease.held_since,
        continuous=lease.continuous,
        note=lease.note,
    )
