"""The lease manager: acquires, renews and releases the locks of one client."""

from __future__ import annotations

import atexit
import math
import os
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from nanover_jupyter.client.background_calls import Scheduler
from nanover_jupyter.client.backoff import Backoff
from nanover_jupyter.client.locks.backend import LockBackend
from nanover_jupyter.client.locks.clock import lease_clock
from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.client.locks.lease_state import LeaseRecord, LeaseState, LeaseStatus
from nanover_jupyter.client.locks.lock_requests import LockRequests
from nanover_jupyter.client.locks.options import LeaseOptions, check_keys
from nanover_jupyter.client.locks.renewer import LeaseRenewer
from nanover_jupyter.client.locks.switch_detector import SimulationSwitchDetector
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.client.locks.watched_keys import WatchedKeys
from nanover_jupyter.errors import LeaseLost, LockRefused, NanoverJupyterError
from nanover_jupyter.wire.messages import LockKind, LockRequest

__all__ = ["DEFAULT_DURATION", "DEFAULT_MAX_HOLD", "LeaseManager", "request_timeout"]

DEFAULT_DURATION = 10.0
DEFAULT_MAX_HOLD = 600.0

_BACKOFF = Backoff(first=0.02, longest=1.0)
_MIN_REQUEST_TIMEOUT = 0.5
_WATCH_INTERVAL = 2.0

_LOST = "held by another client"
_RETRYING = "held by another client; retrying"
_NOT_SENT = "released, but the server could not be reached; the lock ends when it expires"


class LeaseManager:
    """Acquires, renews and releases the locks of a client. Thread-safe.

    Args:
        backend: Acquires and releases locks.
        call_timeout: Returns the timeout of requests in seconds; None for no limit.
        clock: Monotonic seconds, see `lease_clock`.
        table: The lease table; a new one by default.

    Attributes:
        table: The locks and leases.
        renewer: Renews leases on its own thread.
        watched: The keys that are watched for locks of other clients.
        switch_detector: Revalidates the locks after a switch of the simulation.
    """

    def __init__(
        self,
        backend: LockBackend,
        *,
        call_timeout: Callable[[], float | None] = lambda: 20.0,
        clock: Callable[[], float] = lease_clock,
        table: LeaseTable | None = None,
    ) -> None:
        self.clock = clock
        self.table = table or LeaseTable(clock)
        self.renewer = LeaseRenewer(self, clock, backend.renewed_early)
        self.watched = WatchedKeys(clock)
        self.switch_detector = SimulationSwitchDetector(self, clock)
        self._backend = backend
        self._requests = LockRequests(
            backend,
            self.table,
            call_timeout,
            on_unanswered=lambda: self.run_soon(self._requests.release_unanswered),
        )
        self._scheduler = Scheduler(clock)
        # Set when the client was collected without having been closed.
        self._is_abandoned = False
        self._process = os.getpid()
        _managers.add(self)

    # locks without a lease ------------------------------------------------------------

    def attempt_update(
        self, update: Mapping[str, float | None], timeout: float | None = None
    ) -> bool:
        """See `LockAccess.attempt_update_locks`."""
        self._requests.require_supported()
        request = LockRequest.from_durations(update)
        longest = _longest(request)
        with self._requests.request_lock:
            grant_ids = self._requests.update(request, longest, call_timeout=timeout)
            if grant_ids is None:
                self.table.record_refused(request.acquire, longest)
                return False
            self.table.record_released(request.release)
            removed = self._remove_leases_on(request.release)
            self._end_removed(removed, "released", "released")
            self.table.record_unleased(grant_ids)
        self.settle()
        return True

    # leases ---------------------------------------------------------------------------

    def lease(
        self,
        keys: str | Iterable[str],
        *,
        duration: float = DEFAULT_DURATION,
        auto_renew: bool = True,
        max_hold: float | None = DEFAULT_MAX_HOLD,
        note: str = "",
    ) -> Lease:
        """Return a lease that is not acquired yet; see `LockAccess.lock`."""
        self._requests.require_supported()
        options = LeaseOptions.checked(duration, auto_renew=auto_renew, max_hold=max_hold)
        return Lease(self, check_keys(keys), LeaseRecord(options, message=note))

    def status(self, lease: Lease) -> LeaseStatus:
        """Return the state of a lease and when it ends."""
        return self.table.status(lease)

    def overwrites(self, lease: Lease) -> int:
        """Return how often others wrote a key of a lease while it was held."""
        rows = map(self.table.get, lease.keys)
        return sum(
            row.overwrites
            for row in rows
            if row is not None and lease.record.grant_ids.get(row.key) == row.grant_id
        )

    def acquire(
        self,
        lease: Lease,
        *,
        wait: bool,
        timeout: float | None,
        call_timeout: float | None = None,
    ) -> None:
        """See `Lease.acquire`."""
        if self.table.is_active(lease):
            # If it ended unnoticed, its listeners and the rows of its keys are still to be updated.
            self.settle()
        if lease.state in ("held", "expiring"):
            return
        self.table.begin_waiting(lease)
        try:
            self._acquire(
                lease,
                wait=wait or timeout is not None,
                timeout=timeout,
                call_timeout=call_timeout,
            )
        except BaseException:
            if lease.state == "pending":
                self.table.set_state(lease, "free")
            self.table.record_withdrawn(lease.keys)
            raise
        finally:
            self.table.end_waiting(lease)

    def renew(self, leases: Sequence[Lease]) -> None:
        """Renew leases together; those that another client holds now become lost.

        Raises:
            NanoverJupyterError: The request failed.
        """
        with self._requests.request_lock:
            # Checked with the lock: a lease released by another thread must stay released.
            active = [
                lease for lease in leases if self.table.is_active(lease) and lease.status().is_held
            ]
            now = self.clock()
            durations: dict[str, float] = {}
            for lease in active:
                seconds = lease.record.seconds_to_request(now)
                for key in lease.keys:
                    durations[key] = max(seconds, durations.get(key, 0.0))
            self._requests.renew(self.table.never_shorten(durations, now), _LOST)
        self.settle()

    def release(self, lease: Lease) -> None:
        """See `Lease.release`."""
        # Before anything else, so that it is not renewed from now on.
        self.table.remove(lease)
        with self._requests.request_lock:
            # Again: a request sent before may have been granted since.
            self.table.remove(lease)
            keys = [key for key in lease.keys if self.table.is_last_holder(lease, key)]
            state = lease.state
            if state in ("held", "expiring"):
                self.table.set_state(lease, "released", "released")
            elif state == "pending":
                self.table.set_state(lease, "free")  # The thread that acquires it notices.
            sent = self._requests.release(keys, _NOT_SENT)
            if not sent and state in ("held", "expiring"):
                self.table.set_state(lease, "released", _NOT_SENT)
        self.table.update_renewal(lease.keys)
        self.settle()

    def release_all(self) -> None:
        """Release all locks in one request, and stop all waiting. Raises nothing."""
        for lease in self.table.waiting_leases():
            self.release(lease)
        # As in `release`.
        leases = self.table.remove_all()
        with self._requests.request_lock:
            sent = self._requests.release(self.table.held_keys(), _NOT_SENT)
            for lease in leases:
                self.table.set_state(lease, "released", "released" if sent else _NOT_SENT)
        self.settle()

    def hand_over(self, keys: str | Iterable[str], client_id: str) -> None:
        """Release keys that we hold, and let one other client acquire them before the rest.

        The keys of a lease are released together, but only the given ones are handed over.

        Args:
            keys: A key or several.
            client_id: The other client, see `KeyClaim.client_id`.

        Raises:
            LeaseLost: One of the keys is not held.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        wanted = check_keys(keys)
        missing = [key for key in wanted if not self.table.is_held(key)]
        if missing:
            raise LeaseLost(missing, "it is not held")
        # Before anything else, so that they are not renewed from now on.
        removed = self._remove_leases_on(wanted)
        state: LeaseState = "lost"
        note = "handing over failed; the lock ends when it expires"
        with self._requests.request_lock:
            try:
                self._backend.hand_over(wanted, client_id)
                state, note = "released", "handed over to another client"
            finally:
                self.table.record_released(wanted, note)
                self._end_removed(removed, state, note)
        self.settle()

    def set_options(self, lease: Lease, options: LeaseOptions) -> None:
        """Change the duration and renewal of a lease."""
        self.table.set_options(lease, options)
        self.table.update_renewal(lease.keys)
        self.renewer.wake()

    def split(self, lease: Lease) -> list[Lease]:
        """Replace a held lease by one lease per key."""
        if len(lease.keys) == 1:
            return [lease]
        parts = self.table.split(lease)
        self.table.update_renewal(lease.keys)
        return parts

    # locks of other clients -----------------------------------------------------------

    def find_blocking_keys(
        self, keys: str | Iterable[str], *, limit: int | None = None
    ) -> list[str]:
        """See `LockAccess.find_blocking_keys`."""
        self._requests.require_supported()
        return self._requests.find_blocking_keys(check_keys(keys), limit)

    def watch_keys(self, keys: str | Iterable[str]) -> None:
        """Check every two seconds who holds keys, until they are removed from `watched`.

        Raises:
            NotSupported: The server has no locks.
            InvalidArgument: No keys, or more than can be watched.
        """
        self._requests.require_supported()
        self.watched.add(check_keys(keys))
        if self.watched.begin_polling():
            self.run_soon(self._poll_watched_keys)

    # revalidation ---------------------------------------------------------------------

    def revalidate(self, note: str, lost_note: str) -> None:
        """Request all held locks again, for their remaining time.

        Args:
            note: The note for locks that are still ours; empty to leave them unmarked.
            lost_note: The note for locks that another client holds.

        Raises:
            NanoverJupyterError: The request failed.
        """
        with self._requests.request_lock:
            now = self.clock()
            durations = {
                row.key: row.seconds_to_revalidate(now) for row in self.table.rows() if row.is_held
            }
            self._requests.release_unanswered()
            self._requests.renew(durations, lost_note)
            if note:
                self.table.record_interrupted(durations, note)
        self.settle()

    def revalidate_soon(self, note: str, lost_note: str) -> None:
        """Call `revalidate` on the renewal thread; sets `needs_revalidation` until then."""
        self.table.begin_revalidation()

        def revalidate() -> None:
            try:
                self.revalidate(note, lost_note)
            finally:
                self.table.end_revalidation()

        self.run_soon(revalidate)

    def holds_server_locks(self) -> bool:
        """Return whether we may hold locks that a server can clear; cheap."""
        return self._backend.kind is LockKind.SERVER and self.table.holds_any

    # events of claims -----------------------------------------------------------------

    def on_claims_lost(self, reason: str) -> None:
        """End all locks, as other clients may acquire them. Does not block."""
        # Listeners are notified later: they may make requests, and this is the reader's thread.
        self.table.record_lost(self.table.held_keys(), reason, notify=False)

        def settle() -> None:
            # A request that was granted before the claims were lost may not be recorded yet.
            with self._requests.request_lock:
                gone = [key for key in self.table.held_keys() if not self._backend.holds(key)]
                self.table.record_lost(gone, reason)
            self.settle()

        self.run_soon(settle)

    def on_overwritten(self, keys: Sequence[str]) -> None:
        """Record that others wrote keys that we hold. Does not block."""
        news = self.table.record_overwritten(keys)
        leases = dict.fromkeys(lease for key in news for lease in self.table.leases_on(key))

        def notify() -> None:
            self.table.notify()
            for lease in leases:
                lease.overwritten()

        self.run_soon(notify)

    # renewal thread -------------------------------------------------------------------

    def run_soon(self, call: Callable[[], None], *, after: float = 0.0) -> None:
        """Run `call()` on the renewal thread after some seconds; errors are logged."""
        self.renewer.wake(self._scheduler.add(call, after))

    def run_scheduled(self) -> float:
        """Run the calls that are due on the renewal thread; returns when the next is due."""
        if self._is_abandoned:
            self.close()
        return self._scheduler.run()

    def settle(self) -> Sequence[Lease]:
        """End the leases that expired or were lost; returns those that are held."""
        self.table.update_expired()
        active: list[Lease] = []
        for lease in self.table.held_leases():
            status = self.table.end_if_over(lease)
            if status is None:
                continue  # Another thread has just ended it.
            if status.is_held:
                active.append(lease)
            elif any(map(self.table.is_held, lease.keys)):
                self._release_at_deadline(lease)
        return active

    # end ------------------------------------------------------------------------------

    def close(self, *, reachable: bool = True) -> None:
        """Stop renewing, then release all locks. Idempotent; raises nothing.

        Args:
            reachable: Whether requests can be sent to the server.
        """
        self._requests.close()
        self._backend.interrupt()
        self.renewer.close()
        leases = self.table.remove_all()
        if reachable:
            self._requests.release_all()
        for lease in leases:
            self.table.set_state(lease, "released", "the client was closed")
        self._backend.close(reachable=reachable)

    def abandon(self) -> None:
        """Close later, on the renewal thread if it runs. For finalizers."""
        self._is_abandoned = True
        self.renewer.nudge()

    def close_at_exit(self) -> None:
        """Close when the interpreter ends, but not in a forked child."""
        if self._process == os.getpid():
            self.close()

    # internals ------------------------------------------------------------------------

    def _acquire(
        self, lease: Lease, *, wait: bool, timeout: float | None, call_timeout: float | None
    ) -> None:
        """Request the keys of a lease until they are granted or the timeout is over."""
        started_at = self.clock()
        is_waiting = False
        retries = 0
        try:
            while not self._acquire_once(
                lease,
                is_retry=retries > 0,
                timeout=request_timeout(timeout, self.clock() - started_at),
                call_timeout=call_timeout,
            ):
                waited = self.clock() - started_at
                left = math.inf if timeout is None else timeout - waited
                holder = self._backend.describe_holder(lease.keys)
                note = f"held by {holder}" if holder else ""
                if not wait or left <= 0:
                    self.table.set_state(lease, "free")
                    self.table.record_refused(lease.keys, lease.duration, note)
                    raise LockRefused(lease.keys, waited if retries else 0.0, holder)
                self.table.record_pending(lease.keys, lease.duration, note or _RETRYING)
                if not is_waiting:
                    is_waiting = True
                    self._backend.begin_waiting(lease.keys, lease.record.message)
                self._backend.wait_until_free(lease.keys, _BACKOFF.delay(retries), left)
                self._requests.require_open()
                retries += 1
        finally:
            if is_waiting:
                self._backend.end_waiting(lease.keys)

    def _acquire_once(
        self, lease: Lease, *, is_retry: bool, timeout: float | None, call_timeout: float | None
    ) -> bool:
        with self._requests.request_lock:
            # Checked with the lock: another thread may have released the lease.
            if is_retry and lease.state != "pending":
                raise LeaseLost(lease.keys, "it was released while waiting")
            now = self.clock()
            self.table.begin_acquiring(lease, now)
            record, options = lease.record, lease.record.options
            seconds = record.seconds_to_request(now)
            durations = self.table.never_shorten(dict.fromkeys(lease.keys, seconds), now)
            grant_ids = self._requests.update(
                LockRequest(durations),
                seconds,
                auto_renew=options.auto_renew,
                deadline=record.deadline,
                timeout=timeout,
                call_timeout=call_timeout,
            )
            if grant_ids is None:
                return False
            self.table.add(lease, grant_ids)
        # A lower bound: the table counts from slightly later.
        ends_at = min(now + min(durations.values()), record.deadline or math.inf)
        if self.clock() >= ends_at:
            self.settle()
            self.renewer.wake()
            raise LeaseLost(lease.keys, "it expired before the server replied")
        self.renewer.wake(record.next_change("held", ends_at))
        return True

    def _remove_leases_on(self, keys: Iterable[str]) -> list[Lease]:
        """Remove the leases on keys from the held ones, and return them."""
        ended = dict.fromkeys(lease for key in keys for lease in self.table.leases_on(key))
        return [lease for lease in ended if self.table.remove(lease)]

    def _end_removed(self, leases: Sequence[Lease], state: LeaseState, note: str) -> None:
        """Release the other keys of removed leases; called with the request lock."""
        rest = [
            key for lease in leases for key in lease.keys if self.table.is_last_holder(lease, key)
        ]
        self._requests.release(list(dict.fromkeys(rest)), _NOT_SENT)
        for lease in leases:
            self.table.set_state(lease, state, note)

    def _release_at_deadline(self, lease: Lease) -> None:
        """Release the keys of a lease that ended, if its lock on the server lasts longer.

        The keys are held by another lease or without one, or another lease, since
        released, has requested more time.
        """
        self.table.update_renewal(lease.keys)
        deadline = lease.record.deadline
        if deadline is None or self.clock() < deadline:
            return  # It lost one of its keys; the others expire.

        def release() -> None:
            with self._requests.request_lock:
                keys = [key for key in lease.keys if self.table.is_last_holder(lease, key)]
                self._requests.release(keys, _NOT_SENT)

        self.run_soon(release)

    def _poll_watched_keys(self) -> None:
        keys = self.watched.keys_to_poll()
        if not keys:
            return
        self.run_soon(self._poll_watched_keys, after=_WATCH_INTERVAL)
        try:
            held = self._requests.find_blocking_keys(keys)
        except NanoverJupyterError:
            self.watched.set_unknown()
            raise
        self.watched.update(keys, {key for key in keys if self.table.is_held(key)}, held)


def request_timeout(timeout: float | None, waited: float) -> float | None:
    """Return the timeout of one request out of `timeout` seconds; None for no limit.

    At least half a second, so that a timeout of 0 still allows for one attempt.
    """
    return None if timeout is None else max(_MIN_REQUEST_TIMEOUT, timeout - waited)


_managers: weakref.WeakSet[LeaseManager] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for manager in list(_managers):
        manager.close_at_exit()


def _longest(request: LockRequest) -> float:
    # Values are not validated yet: an invalid duration is rejected when it is encoded.
    wanted: Mapping[str, object] = request.acquire
    longest = 0.0
    for seconds in wanted.values():
        with suppress(TypeError, ValueError, OverflowError):
            longest = max(longest, float(seconds))  # type: ignore[arg-type]
    return longest
