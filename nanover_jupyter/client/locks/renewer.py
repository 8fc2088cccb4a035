"""Renews the leases of a client on one background thread, independent of the main thread."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from nanover_jupyter.client.background_calls import Signal
from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.client.locks.lease_state import RENEWED_AFTER
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.threads import Daemon

__all__ = ["RENEWED_EARLY", "LeaseOwner", "LeaseRenewer"]

logger = logging.getLogger("nanover_jupyter.client")

RENEWED_EARLY = RENEWED_AFTER / 2
"""Leases that are due within this share of their duration are renewed with those that are due.

They fall into step, so that many leases need only one request.
"""
_MIN_PAUSE = 0.02
_MAX_RETRY_PAUSE = 0.5
# Locks are often acquired again soon after a release. The thread wakes once after this
# many seconds, so that a lease which is due later need not wake it.
_IDLE_PAUSE = 2.0
_MAX_PAUSE = 3600.0
_JOIN_TIMEOUT = 2.0


class LeaseOwner(Protocol):
    """The operations of `LeaseManager` that the renewer uses."""

    def settle(self) -> Sequence[Lease]:
        """End the leases that expired or were lost; returns those that are held."""

    def renew(self, leases: Sequence[Lease]) -> None:
        """Renew leases together; raises NanoverJupyterError if the request fails."""

    def run_scheduled(self) -> float:
        """Run other calls that are due on this thread; returns when the next is due."""


class LeaseRenewer:
    """Decides when leases are renewed. Its thread is `nanover-leases`.

    Args:
        owner: Holds the leases.
        clock: Monotonic seconds, see `lease_clock`.
        early: See `RENEWED_EARLY`; `RENEWED_AFTER` renews all leases together.
    """

    def __init__(
        self, owner: LeaseOwner, clock: Callable[[], float], early: float = RENEWED_EARLY
    ) -> None:
        self._owner = owner
        self._clock = clock
        self._early = early
        # Guards the four fields below.
        self._guard = threading.Lock()
        self._thread = Daemon("nanover-leases", self._run)
        self._closed = False
        # When the thread wakes by itself; -inf while it is awake, as it needs no signal then.
        self._next_at = math.inf
        # The earliest time passed to `wake` since the thread last woke.
        self._wake_at = math.inf
        self._wake = Signal()
        # Used only by the thread that calls `step`.
        self._retry_at = 0.0
        self._failures = 0

    def wake(self, at: float = -math.inf) -> None:
        """Let the thread run a step no later than `at`; starts the thread."""
        with self._guard:
            if not self._closed:
                self._thread.start()
            self._wake_at = min(self._wake_at, at)
            is_late = at < self._next_at
        if is_late:
            self._wake.set()

    def nudge(self) -> None:
        """Let the thread run a step if it exists. For finalizers: takes no lock."""
        self._wake.set()

    def close(self) -> None:
        """Stop renewing and end the thread. Idempotent."""
        with self._guard:
            self._closed = True
        self._wake.set()
        self._thread.join(_JOIN_TIMEOUT)

    def step(self) -> float:
        """Do what is due now; returns the seconds until the next step."""
        next_at = scheduled_at = self._owner.run_scheduled()
        leases = self._owner.settle()
        now = self._clock()
        due: list[tuple[float, Lease]] = []
        for lease in leases:
            status = lease.status()
            due.append((lease.record.renewal_due(status.ends_at), lease))
            next_at = min(next_at, lease.record.next_change(status.state, status.ends_at))
        if min((at for at, _ in due), default=math.inf) <= now:
            if now >= self._retry_at:
                self._renew([ls for at, ls in due if at - self._early * ls.duration <= now])
                return 0.0
            ends = [lease.status().ends_at for _, lease in due]
            next_at = min(self._retry_at, *ends, scheduled_at)
        return max(0.0, next_at - now)

    def _renew(self, leases: Sequence[Lease]) -> None:
        try:
            self._owner.renew(leases)
        except NanoverJupyterError as error:
            self._failures += 1
            shortest = min(lease.duration for lease in leases)
            self._retry_at = self._clock() + min(_MAX_RETRY_PAUSE, shortest / 10)
            if self._failures == 1:
                logger.debug("! cannot renew locks: %s", error)
        else:
            self._failures = 0

    def _run(self) -> None:
        was_idle = False
        while not self._closed:
            with self._guard:
                self._next_at, self._wake_at = -math.inf, math.inf
            self._wake.clear()
            try:
                pause = self.step()
            except Exception:
                logger.exception("! the renewal of locks failed")
                pause = _MAX_RETRY_PAUSE
            if self._closed:
                return
            is_idle = math.isinf(pause) and not was_idle
            pause = _IDLE_PAUSE if is_idle else max(_MIN_PAUSE, pause)
            with self._guard:
                now = self._clock()
                self._next_at = min(now + pause, self._wake_at)
                pause = max(0.0, self._next_at - now)
            # A thread cannot wait for arbitrarily long: then it wakes early and waits again.
            is_woken = self._wake.wait(None if math.isinf(pause) else min(pause, _MAX_PAUSE))
            was_idle = is_idle and not is_woken
