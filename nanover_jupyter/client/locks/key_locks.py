"""Per-key lock operations for the lock manager."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.client.locks.lease_state import LeaseRow
from nanover_jupyter.client.locks.manager import DEFAULT_MAX_HOLD, LeaseManager
from nanover_jupyter.errors import InvalidArgument, LeaseLost

__all__ = ["KeyLocks"]


class KeyLocks:
    """Operations on keys that this client holds, with or without a lease.

    Calls wait for the server. Thread-safe.

    Args:
        manager: The locks of the client.
    """

    def __init__(self, manager: LeaseManager) -> None:
        self._manager = manager

    def acquire(  # noqa: PLR0913 - the options of a lease
        self,
        keys: Iterable[str],
        *,
        duration: float,
        auto_renew: bool,
        max_hold: float | None = DEFAULT_MAX_HOLD,
        wait: bool = False,
        timeout: float | None = None,
        note: str = "",
    ) -> None:
        """Acquire all keys or none; afterwards each can be changed by itself.

        The arguments are those of `LockAccess.lock`.

        Raises:
            LockRefused: Another client holds one of the keys.
            NanoverJupyterError: As `BaseClient.lock`.
        """
        lease = self._manager.lease(
            keys, duration=duration, auto_renew=auto_renew, max_hold=max_hold, note=note
        )
        self._manager.split(lease.acquire(wait=wait, timeout=timeout))

    def renew(self, key: str) -> None:
        """Renew a held key now.

        Raises:
            LeaseLost: The key is not ours, or another client holds it.
            NanoverJupyterError: The request failed.
        """
        row = self._held_row(key)
        leases = self._manager.table.leases_on(key)
        for lease in leases:
            lease.renew()
        if not leases and not self._manager.attempt_update({key: row.seconds}):
            raise LeaseLost([key], "held by another client")

    def set_auto_renew(self, key: str, *, auto_renew: bool) -> None:
        """Switch automatic renewal of a held key on or off.

        Raises:
            LeaseLost: The key is not ours.
            NanoverJupyterError: The request failed.
        """
        for lease in self._leases_on(key):
            lease.auto_renew = auto_renew

    def set_max_hold(self, key: str, max_hold: float | None) -> None:
        """Limit how long a key is held, counted from when it was acquired.

        Raises:
            InvalidArgument: The limit has passed already, or is not a number of seconds.
            LeaseLost: The key is not ours.
            NanoverJupyterError: The request failed.
        """
        row = self._manager.table.get(key)
        held = 0.0 if row is None else self._manager.clock() - row.held_since
        if max_hold is not None and max_hold <= held:
            reason = f"{key!r} has been held for {held:.0f} s already; give more than that"
            raise InvalidArgument("max_hold", reason)
        for lease in self._leases_on(key):
            lease.max_hold = max_hold

    def release(self, keys: Sequence[str]) -> None:
        """Release keys, and stop waiting for those that are being acquired.

        A lease on several keys is released as a unit.

        Raises:
            NanoverJupyterError: Keys that were locked without a lease could not be
                released.
        """
        table = self._manager.table
        for key in keys:
            for lease in (*table.leases_on(key), *table.waiting_leases(key)):
                lease.release()
        unleased = [key for key in keys if table.is_held(key)]
        if unleased:
            self._manager.attempt_update(dict.fromkeys(unleased))

    def hand_over(self, key: str, client_id: str) -> None:
        """See `LeaseManager.hand_over`."""
        self._manager.hand_over(key, client_id)

    def release_all(self) -> None:
        """Release all keys at once, and stop all waiting. Raises nothing.

        If the server cannot be reached, the locks end when they expire; their notes say so.
        """
        self._manager.release_all()

    def _held_row(self, key: str) -> LeaseRow:
        self._manager.settle()
        row = self._manager.table.get(key)
        if row is None or not row.is_held:
            raise LeaseLost([key], "it is not held")
        return row

    def _leases_on(self, key: str) -> list[Lease]:
        """Return the leases on a key; creates one for a key that was locked without."""
        row = self._held_row(key)
        leases = self._manager.table.leases_on(key)
        if leases:
            return leases
        lease = self._manager.lease(key, duration=max(row.seconds, 1.0), auto_renew=False)
        return [lease.acquire()]
