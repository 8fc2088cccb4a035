"""A lease: the handle of a lock on one or several keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.locks.lease_state import LeaseRecord, LeaseState, LeaseStatus
from nanover_jupyter.client.locks.options import LeaseOptions, check_timeout
from nanover_jupyter.errors import LeaseLost

__all__ = ["Lease"]

_KEYS_SHOWN = 3
# Guards the lazy creation of `Lease.lost` and of the listeners. Shared by all leases, as
# it is rarely contended.
_guard = threading.Lock()


class _Manager(Protocol):
    """The operations of `LeaseManager` that a lease uses."""

    @property
    def clock(self) -> Callable[[], float]: ...
    def status(self, lease: Lease, /) -> LeaseStatus: ...
    def overwrites(self, lease: Lease, /) -> int: ...
    def acquire(
        self, lease: Lease, *, wait: bool, timeout: float | None, call_timeout: float | None
    ) -> None: ...
    def renew(self, leases: Sequence[Lease], /) -> None: ...
    def release(self, lease: Lease, /) -> None: ...
    def set_options(self, lease: Lease, options: LeaseOptions, /) -> None: ...


class Lease:
    """A lock on keys of the shared state, with the time for which it is valid.

    Created by `client.lock`; do not create leases directly.

        with client.lock("scene", duration=10) as lease:
            ...
            lease.check(margin=1)
            client.attempt_update_state(change)

    Time left is counted from before the request was sent, so the server never ends the
    lock earlier. Leaving the `with` block releases the keys, and raises LeaseLost if they
    were lost inside it. Locks belong to the client and not to a thread: two leases of
    one client may hold the same key, which is released with the last of them.

    Thread-safe. Automatic renewal and `on_lost` callbacks run on the thread
    `nanover-leases`.

    Attributes:
        keys: The keys, without duplicates.
    """

    def __init__(self, manager: _Manager, keys: tuple[str, ...], record: LeaseRecord) -> None:
        self.keys = keys
        # Changed by the lease table only.
        self.record = record
        # Kept alive for as long as the lease is.
        self.owner: object | None = None
        self._manager = manager
        # Created on first use: both cost as much as the rest of a lease.
        self._lost: threading.Event | None = None
        self._on_lost: Listeners[Lease] | None = None
        self._on_overwritten: Listeners[Lease] | None = None

    # status -------------------------------------------------------------------------

    def status(self) -> LeaseStatus:
        """Return the state of the lease and when it ends."""
        return self._manager.status(self)

    @property
    def lost(self) -> threading.Event:
        """An event that is set when the lock is lost, but not when it is released."""
        with _guard:
            if self._lost is None:
                self._lost = threading.Event()
                if self.record.state == "lost":
                    self._lost.set()
            return self._lost

    @property
    def state(self) -> LeaseState:
        """`free`, `pending`, `held`, `expiring`, `lost` or `released`."""
        return self.status().state

    @property
    def left(self) -> float:
        """Minimum seconds left; 0 if the lease is not held."""
        status = self.status()
        return max(0.0, status.ends_at - self._manager.clock()) if status.is_held else 0.0

    @property
    def continuous(self) -> bool:
        """Whether no other client can have held the keys in between, as far as is known.

        False after a lost connection or a switched simulation: the keys are held again,
        but others may have written them in between. Also False for a lost lease. A
        released lease keeps its last value. `note` gives the reason.
        """
        return self.status().continuous

    @property
    def note(self) -> str:
        """A phrase for people about the last event; may be empty."""
        return self.status().note

    @property
    def duration(self) -> float:
        """Seconds per request."""
        return self.record.options.duration

    @property
    def max_hold(self) -> float | None:
        """Seconds after which the lease ends; None for no limit."""
        return self.record.options.max_hold

    @max_hold.setter
    def max_hold(self, seconds: float | None) -> None:
        options = LeaseOptions.checked(self.duration, auto_renew=self.auto_renew, max_hold=seconds)
        self._manager.set_options(self, options)

    @property
    def auto_renew(self) -> bool:
        """Whether the lease is renewed automatically."""
        return self.record.options.auto_renew

    @auto_renew.setter
    def auto_renew(self, auto_renew: bool) -> None:
        options = LeaseOptions(self.duration, bool(auto_renew), self.max_hold)
        self._manager.set_options(self, options)

    def check(self, margin: float = 0.5) -> None:
        """Check before a write that the lease is valid for `margin` more seconds.

        Raises:
            LeaseLost: The lease is not held, or has less time left.
        """
        state = self.state
        if state not in ("held", "expiring"):
            reason = {"lost": self.note, "released": "it was released"}.get(state)
            raise LeaseLost(self.keys, reason or "it was not acquired")
        left = self.left
        if left < margin:
            raise LeaseLost(self.keys, f"{left:.1f} s left, less than the {margin:g} s needed")

    def on_lost(self, callback: Callable[[Lease], object]) -> Unsubscribe:
        """Call `callback(lease)` when the lock is lost; immediately if it already is.

        Later calls come from the thread `nanover-leases`. Returns a function that
        unsubscribes.
        """
        with _guard:
            listeners = self._on_lost = self._on_lost or Listeners()
        unsubscribe = listeners.subscribe(callback)
        if self.record.state == "lost":
            unsubscribe()
            callback(self)
        return unsubscribe

    @property
    def overwrites(self) -> int:
        """How often others wrote one of the keys while the lease held it.

        Clients that do not follow the convention of cooperative locks can, such as headsets. On
        a server that enforces locks, no client can.
        """
        return self._manager.overwrites(self)

    def on_overwritten(self, callback: Callable[[Lease], object]) -> Unsubscribe:
        """Call `callback(lease)` when others write a key of the lease, at most every 10 seconds.

        Calls come from the thread `nanover-leases`. Returns a function that unsubscribes.
        """
        with _guard:
            listeners = self._on_overwritten = self._on_overwritten or Listeners()
        return listeners.subscribe(callback)

    # actions --------------------------------------------------------------------------

    def acquire(
        self,
        *,
        wait: bool = False,
        timeout: float | None = None,
        call_timeout: float | None = None,
    ) -> Self:
        """Acquire all keys or none; does nothing while they are held.

        A lease that was lost or released is acquired again.

        Args:
            wait: Whether to wait while another client holds a key.
            timeout: Maximum seconds to wait; implies `wait`.
            call_timeout: Timeout of each request; the client's `call_timeout` by default.

        Raises:
            InvalidArgument: (a ValueError) The timeout is not a number of seconds.
            LockRefused: Another client holds one of the keys.
            LeaseLost: The lease expired before the server replied.
            NanoverJupyterError: NotSupported, ConnectError, ConnectionLost, TimedOut or
                ClosedError.
        """
        limit = None if timeout is None else check_timeout(timeout)
        self._manager.acquire(self, wait=wait, timeout=limit, call_timeout=call_timeout)
        return self

    def renew(self) -> None:
        """Renew the lease now, for its duration.

        Raises:
            LeaseLost: The lease is not held, or another client holds one of its keys.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        self.check(0)
        self._manager.renew([self])
        self.check(0)

    def release(self) -> None:
        """Stop renewing and release the keys. Idempotent; raises nothing.

        If the server cannot be reached, the lock ends when it expires; `note` says so.
        """
        self._manager.release(self)

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        lost = self.state == "lost"
        self.release()
        if lost and kind is None:
            raise LeaseLost(self.keys, self.note)

    def __repr__(self) -> str:
        keys = ", ".join(self.keys[:_KEYS_SHOWN]) + (", …" if self.keys[_KEYS_SHOWN:] else "")
        state = self.state
        left = f", {self.left:.1f} s left" if state in ("held", "expiring") else ""
        return f"<Lease on {keys}: {state}{left}>"

    # for the lease table --------------------------------------------------------------

    def split(self, key: str, record: LeaseRecord) -> Lease:
        """Return a lease on one of the keys, with the same owner."""
        part = Lease(self._manager, (key,), record)
        part.owner = self.owner
        return part

    def overwritten(self) -> None:
        """Call listeners because others wrote a key."""
        with _guard:
            listeners = self._on_overwritten
        if listeners is not None:
            listeners.notify(self)

    def state_changed(self, state: LeaseState) -> None:
        """Update `lost`, and call listeners if the recorded state changed to `lost`."""
        with _guard:
            listeners = self._on_lost
            # Another thread may have changed the state since. The event shows the current
            # state, but listeners are called for every change.
            current = self.record.state
            if self._lost is not None:
                if current == "lost":
                    self._lost.set()
                elif current in ("pending", "held"):
                    self._lost.clear()
        if state == "lost" and listeners is not None:
            listeners.notify(self)
