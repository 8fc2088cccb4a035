"""Renews leases in time: one thread for all of a client's, whatever the main thread does."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from nanover_jupyter.client.locks.lease import RENEWED_AFTER, Lease
from nanover_jupyter.client.signal import Signal
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.threads import Daemon

__all__ = ["LeaseOwner", "LeaseRenewer"]

logger = logging.getLogger("nanover_jupyter.client")

# Leases that are due soon are renewed with those that are due now: that share of their
# duration before its time. They fall into step, and many need but one request.
_TOGETHER = RENEWED_AFTER / 2
_SHORTEST_PAUSE = 0.02
_LONGEST_RETRY = 0.5
# Who has just given back a lock often takes another soon: the thread looks once more
# after that many seconds, and a lease that is due later need not wake it.
_LINGER = 2.0
_LONGEST_WAIT = 3600.0
_JOIN_SECONDS = 2.0


class LeaseOwner(Protocol):
    """Who has the leases and can talk to the server about them."""

    def settle(self) -> Sequence[Lease]:
        """Tell what has ended by now; returns the leases that are held."""

    def renew(self, leases: Sequence[Lease]) -> None:
        """Renew leases together; raises NanoverJupyterError if the server cannot be asked."""

    def run_errands(self) -> float:
        """Do what else is to be done on this thread by now; returns when there is more."""


class LeaseRenewer:
    """Decides when which lease is renewed. The thread is `nanover-leases`.

    Args:
        owner: Has the leases.
        clock: The seconds that leases are counted in.
    """

    def __init__(self, owner: LeaseOwner, clock: Callable[[], float]) -> None:
        self._owner = owner
        self._clock = clock
        # Guards the four below.
        self._guard = threading.Lock()
        self._thread = Daemon("nanover-leases", self._run)
        self._closed = False
        # When the thread looks by itself; -inf while it looks, as nobody need wake it then.
        self._next_at = math.inf
        # The soonest that somebody wished it to look, since it last began to.
        self._wished_at = math.inf
        self._wake = Signal()
        # Only the thread that steps uses these.
        self._retry_at = 0.0
        self._failures = 0

    def wake(self, at: float = -math.inf) -> None:
        """Look at what is to do, at `at` by the clock at the latest; starts the thread."""
        with self._guard:
            if not self._closed:
                self._thread.start()
            self._wished_at = min(self._wished_at, at)
            is_late = at < self._next_at
        if is_late:
            self._wake.set()

    def nudge(self) -> None:
        """Let the thread look, if it runs. For finalizers: takes no lock, starts no thread."""
        self._wake.set()

    def close(self) -> None:
        """Renew nothing from now on and end the thread. Idempotent."""
        with self._guard:
            self._closed = True
        self._wake.set()
        self._thread.join(_JOIN_SECONDS)

    def step(self) -> float:
        """Do what is due now; returns seconds until there may be more to do."""
        next_at = errands_at = self._owner.run_errands()
        leases = self._owner.settle()
        now = self._clock()
        due: list[tuple[float, Lease]] = []
        for lease in leases:
            standing = lease.standing()
            renew_at = lease.renewal_due(standing.ends_at)
            due.append((renew_at, lease))
            next_at = min(next_at, lease.next_change(standing.state, standing.ends_at))
        if min((at for at, _ in due), default=math.inf) <= now:
            if now >= self._retry_at:
                soon = [ls for at, ls in due if at - _TOGETHER * ls.duration <= now]
                self._renew(soon)
                return 0.0
            ends = [lease.standing().ends_at for _, lease in due]
            next_at = min(self._retry_at, *ends, errands_at)
        return max(0.0, next_at - now)

    def _renew(self, leases: Sequence[Lease]) -> None:
        try:
            self._owner.renew(leases)
        except NanoverJupyterError as error:
            self._failures += 1
            shortest = min(lease.duration for lease in leases)
            self._retry_at = self._clock() + min(_LONGEST_RETRY, shortest / 10)
            if self._failures == 1:
                logger.debug("! locks could not be renewed: %s", error)
        else:
            self._failures = 0

    def _run(self) -> None:
        has_lingered = False
        while not self._closed:
            with self._guard:
                self._next_at, self._wished_at = -math.inf, math.inf
            self._wake.clear()
            try:
                pause = self.step()
            except Exception:
                logger.exception("! renewing locks failed")
                pause = _LONGEST_RETRY
            if self._closed:
                return
            lingers = math.isinf(pause) and not has_lingered
            pause = _LINGER if lingers else max(_SHORTEST_PAUSE, pause)
            with self._guard:
                now = self._clock()
                self._next_at = min(now + pause, self._wished_at)
                pause = max(0.0, self._next_at - now)
            # No longer than a thread can wait: then it looks in vain, and waits on.
            woken = self._wake.wait(None if math.isinf(pause) else min(pause, _LONGEST_WAIT))
            has_lingered = lingers and not woken
