"""Tells views of the locks that went through a client."""

from __future__ import annotations

import math
from collections.abc import Callable

from nanover_jupyter.client.core import ClientCore
from nanover_jupyter.client.leases import LeaseRow
from nanover_jupyter.widgets._lock_messages import LeaseBody, LeasesBody

__all__ = ["LeaseNews"]


class LeaseNews:
    """Posts `leases` whenever the book of leases says something else. Thread-safe.

    Args:
        client: Whose leases.
        post: Queues a message for the views, as `Binding.post`.
    """

    def __init__(self, client: ClientCore, post: Callable[..., None]) -> None:
        self._book = client.leases
        self._post = post
        self._told: list[tuple[str, str]] = []
        self._unsubscribe = self._book.subscribe(self._tell)

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

    def _tell(self) -> None:
        self._told = self._states()
        self._post("leases", self._body())

    def _states(self) -> list[tuple[str, str]]:
        return [(lease.key, lease.state) for lease in self._book.leases()]

    def _body(self) -> LeasesBody:
        now = self._book.clock()
        return LeasesBody(leases=[_lease_body(lease, now) for lease in self._book.leases()])


def _lease_body(lease: LeaseRow, now: float) -> LeaseBody:
    left = lease.left(now)
    endless = math.isinf(lease.seconds)
    return LeaseBody(
        key=lease.key,
        state=lease.state,
        seconds=None if endless else lease.seconds,
        left=None if left is None or math.isinf(left) else left,
        endless=endless and left is not None,
        held=(lease.ended_at or now) - lease.held_since,
        note=lease.note,
    )
