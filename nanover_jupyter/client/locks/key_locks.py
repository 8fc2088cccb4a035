"""Locks as those think of them who look at a list of keys: take, renew, keep, give back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.client.locks.server_locks import DEFAULT_MAX_HOLD, Locks
from nanover_jupyter.errors import InvalidArgument, LeaseLost

__all__ = ["KeyLocks"]


class KeyLocks:
    """What can be done to a key that is ours, whoever of us has locked it.

    Calls wait for the server. Any thread may call any method.

    Args:
        locks: The locks of the client.
    """

    def __init__(self, locks: Locks) -> None:
        self._locks = locks

    def take(
        self,
        keys: Iterable[str],
        *,
        duration: float,
        keep: bool,
        max_hold: float | None = DEFAULT_MAX_HOLD,
        timeout: float | None = None,
    ) -> None:
        """Lock keys, all of them or none; afterwards each goes its own way.

        Raises:
            LockRefused: Someone else holds one of the keys.
            NanoverJupyterError: As `BaseClient.lock`.
        """
        lease = self._locks.lease(keys, duration=duration, keep=keep, max_hold=max_hold)
        self._locks.take_apart(lease.acquire(timeout=timeout))

    def renew(self, key: str) -> None:
        """Restart the clock of a held key.

        Raises:
            LeaseLost: It is not ours, or someone else holds it now.
            NanoverJupyterError: The server cannot be asked.
        """
        # Without the leases that have reached their limit.
        self._locks.settle()
        row = self._locks.book.get(key)
        if row is None or not row.is_held:
            raise LeaseLost([key], "it is not held")
        leases = self._locks.leases_of(key)
        for lease in leases:
            lease.renew()
        if not leases and not self._locks.attempt_update({key: row.seconds}):
            raise LeaseLost([key], "someone else holds it now")

    def keep(self, key: str, *, keep: bool) -> None:
        """Renew a held key by itself from now on, or no longer.

        Raises:
            LeaseLost: It is not ours.
            NanoverJupyterError: The server cannot be asked.
        """
        for lease in self._leases_of(key):
            lease.keep = keep

    def cap(self, key: str, max_hold: float | None) -> None:
        """Let a key be held for so many seconds at the most, from when it was taken.

        Raises:
            InvalidArgument: That time is over already, or is not a number of seconds.
            LeaseLost: It is not ours.
            NanoverJupyterError: The server cannot be asked.
        """
        row = self._locks.book.get(key)
        held = 0.0 if row is None else self._locks.clock() - row.held_since
        if max_hold is not None and max_hold <= held:
            reason = f"{key!r} has been held for {held:.0f} s already; give more than that"
            raise InvalidArgument("max_hold", reason)
        for lease in self._leases_of(key):
            lease.max_hold = max_hold

    def release(self, keys: Sequence[str]) -> None:
        """Give keys back, and wait no longer for those that are waited for.

        A lease on several keys is given back whole.

        Raises:
            NanoverJupyterError: The server cannot be told of what was locked without
                a lease.
        """
        for key in keys:
            for lease in (*self._locks.leases_of(key), *self._locks.waiting_for(key)):
                lease.release()
        bare = [key for key in keys if key in self._locks.book.held_keys()]
        if bare:
            # A request of its own: one that also asked for locks could be refused whole.
            self._locks.attempt_update(dict.fromkeys(bare))

    def release_all(self) -> None:
        """Give all keys back at once, and wait for none. Raises nothing.

        When the server cannot be told, the locks end by their own time, and their notes
        say so.
        """
        self._locks.release_all()

    def _leases_of(self, key: str) -> list[Lease]:
        """The leases on a key; one is made for what was locked without."""
        self._locks.settle()
        row = self._locks.book.get(key)
        if row is None or not row.is_held:
            raise LeaseLost([key], "it is not held")
        leases = self._locks.leases_of(key)
        if leases:
            return leases
        lease = self._locks.lease(key, duration=max(row.seconds, 1.0), keep=False)
        return [lease.acquire()]
