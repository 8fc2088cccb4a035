"""Lock requests, one at a time; their outcome goes to the lease table."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from nanover_jupyter.client.locks.backend import LockBackend
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import ClosedError, InvalidValue, NanoverJupyterError, NotSupported
from nanover_jupyter.wire.messages import LockRequest

__all__ = ["LockRequests", "refused_keys"]

_CLOSE_TIMEOUT: Final = 1.0
_MIN_RENEWAL_TIMEOUT: Final = 0.5
# A larger renewal takes the server long to answer, and us to repeat.
_MAX_RENEWED_KEYS: Final = 2000


def refused_keys(keys: Sequence[str], accepts: Callable[[Sequence[str]], bool]) -> Iterator[str]:
    """Yield the keys that are not accepted, in order, by bisection.

    Calls `accepts` once if all keys are accepted, and about 2 log2(n) times for each that
    is not.

    Args:
        keys: The keys.
        accepts: Returns whether all of some keys are accepted.
    """
    parts = [list(keys)] if keys else []
    while parts:
        part = parts.pop()
        if accepts(part):
            continue
        if len(part) == 1:
            yield part[0]
            continue
        middle = len(part) // 2
        parts += [part[middle:], part[:middle]]


class LockRequests:
    """Sends lock requests one at a time and records their outcome in this order.

    Otherwise a renewal that is on its way when its lock is released could lock the key
    again. Thread-safe.

    Args:
        backend: Acquires and releases locks.
        table: Records the outcome.
        call_timeout: Returns the timeout of requests in seconds; None for no limit.
        on_unanswered: Called when a request failed that the server may have granted.

    Attributes:
        request_lock: Held from before a request is sent until its outcome is recorded.
            Reentrant, as listeners of the table may request locks.
    """

    def __init__(
        self,
        backend: LockBackend,
        table: LeaseTable,
        call_timeout: Callable[[], float | None],
        on_unanswered: Callable[[], object] = lambda: None,
    ) -> None:
        self.request_lock = threading.RLock()
        self._backend = backend
        self._table = table
        self._call_timeout = call_timeout
        self._on_unanswered = on_unanswered
        self._closed = threading.Event()
        # Keys of unanswered requests, which the server may have locked for us. Guarded by
        # `request_lock`.
        self._unanswered: set[str] = set()

    def require_supported(self) -> None:
        """Raise NotSupported if the server has no locks."""
        if not self._backend.kind:
            raise NotSupported("locks", self._backend.transport_name)

    def require_open(self) -> None:
        """Raise ClosedError after `close`."""
        if self._closed.is_set():
            raise ClosedError(self._backend.address)

    def update(  # noqa: PLR0913 - the outcome is recorded with the options of the lease
        self,
        request: LockRequest,
        seconds: float,
        *,
        auto_renew: bool = False,
        deadline: float | None = None,
        timeout: float | None = None,
        call_timeout: float | None = None,
    ) -> dict[str, int] | None:
        """Acquire and release keys; returns grant ids by key, or None if refused.

        Args:
            request: The request.
            seconds: The duration to record while the request is pending.
            auto_renew: See `LeaseTable.record_granted`.
            deadline: See `LeaseTable.record_granted`.
            timeout: Maximum seconds to wait, if less than the call timeout.
            call_timeout: Replaces the call timeout of the client.

        Raises:
            InvalidValue: A duration is not a number; nothing was sent.
            NanoverJupyterError: The request failed. The server may have granted it;
                `release_unanswered` undoes that.
        """
        with self.request_lock:
            self.require_open()
            self._table.record_pending(request.acquire, seconds)
            asked_at = self._table.clock()
            try:
                limits = [self._call_timeout() if call_timeout is None else call_timeout, timeout]
                limit = min((each for each in limits if each is not None), default=None)
                until = deadline if auto_renew else asked_at + seconds
                granted = self._backend.update_locks(request, limit, until)
            except InvalidValue:
                self._table.record_withdrawn(request.acquire)
                raise
            except BaseException as error:
                self._unanswered.update(
                    key for key in request.acquire if not self._table.is_held(key)
                )
                reason = str(error) or type(error).__name__
                self._table.record_unanswered(request.acquire, reason)
                self._on_unanswered()
                raise
            if not granted:
                return None
            self._unanswered.difference_update(request.acquire, request.release)
            return self._table.record_granted(
                request.acquire, asked_at, auto_renew=auto_renew, deadline=deadline
            )

    def renew(self, durations: Mapping[str, float], lost_note: str) -> None:
        """Renew held keys; keys that another client holds become lost.

        Args:
            durations: Seconds by key.
            lost_note: The note for lost keys.

        Raises:
            NanoverJupyterError: The request failed.
        """
        keys = list(durations)
        with self.request_lock:
            self.require_open()
            for start in range(0, len(keys), _MAX_RENEWED_KEYS):
                part = keys[start : start + _MAX_RENEWED_KEYS]
                for key in refused_keys(part, lambda part: self._renewed(part, durations)):
                    self._table.record_lost([key], lost_note)

    def release(self, keys: Sequence[str], failed_note: str) -> bool:
        """Release keys; returns False if the request failed, which is made up for later.

        The request is separate from others, as a request that also acquires keys may be
        refused.

        Args:
            keys: The keys.
            failed_note: The note if the request fails.
        """
        if not keys:
            return True
        with self.request_lock:
            try:
                self._backend.update_locks(LockRequest({}, frozenset(keys)), self._call_timeout())
            except NanoverJupyterError:
                self._unanswered.update(keys)
                self._table.record_released(keys, failed_note)
                return False
            self._table.record_released(keys)
            return True

    def release_unanswered(self) -> None:
        """Release keys that the server may have locked by requests that failed.

        Raises:
            NanoverJupyterError: The request failed.
        """
        with self.request_lock:
            keys = frozenset(self._unanswered.difference(self._table.held_keys()))
            if keys:
                self.require_open()
                self._backend.update_locks(LockRequest({}, keys), self._call_timeout())
                self._unanswered -= keys

    def find_blocking_keys(self, keys: Sequence[str], limit: int | None = None) -> list[str]:
        """Return the keys that another client holds, without locking any.

        Args:
            keys: The keys to check.
            limit: Maximum number of keys to return.

        Raises:
            NanoverJupyterError: The request failed.
        """
        return list(islice(refused_keys(keys, self._are_free), limit))

    def close(self) -> None:
        """Send no more requests, and end all waiting."""
        self._closed.set()

    def release_all(self) -> None:
        """Release all keys that are or may be locked, after `close`; raises nothing."""
        if not self.request_lock.acquire(timeout=_CLOSE_TIMEOUT):
            return  # A request hangs; the locks end when they expire.
        try:
            keys = frozenset(self._unanswered.union(self._table.held_keys()))
            if keys:
                self._backend.update_locks(LockRequest({}, keys), _CLOSE_TIMEOUT)
                self._table.record_released(keys)
        except NanoverJupyterError:
            return
        finally:
            self.request_lock.release()

    def _renewed(self, keys: Sequence[str], durations: Mapping[str, float]) -> bool:
        if not all(map(self._backend.holds, keys)):
            return False
        asked_at = self._table.clock()
        wanted = {key: durations[key] for key in keys}
        # Leaves time for a retry before the first lock expires.
        timeout = max(_MIN_RENEWAL_TIMEOUT, min(wanted.values()) / 4)
        limit = self._call_timeout()
        if limit is not None:
            timeout = min(limit, timeout)
        granted = self._backend.update_locks(LockRequest(wanted), timeout)
        if granted:
            self._table.record_granted(wanted, asked_at)
        return granted

    def _are_free(self, keys: Sequence[str]) -> bool:
        # A lock of 0 seconds expires when it is granted, so it only shows whether a key is
        # free. It would end a lock of our own.
        with self.request_lock:
            self.require_open()
            others = {key: 0.0 for key in keys if not self._table.is_held(key)}
            if not others:
                return True
            return self._backend.update_locks(LockRequest(others), self._call_timeout())
