"""The methods of a client for locks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from nanover_jupyter.client.listeners import WeakCallback
from nanover_jupyter.client.locks.backend import LockBackend
from nanover_jupyter.client.locks.claims.board import ClaimBoard
from nanover_jupyter.client.locks.claims.cooperative import CooperativeLocks
from nanover_jupyter.client.locks.claims.enforced import EnforcedLocks
from nanover_jupyter.client.locks.claims.view import LockClaims
from nanover_jupyter.client.locks.clock import lease_clock
from nanover_jupyter.client.locks.editing import StateDraft, WaitPolicy, draft_from, held_state
from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.client.locks.manager import (
    DEFAULT_DURATION,
    DEFAULT_MAX_HOLD,
    LeaseManager,
)
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.client.state.subscription import StateSubscription
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.wire.messages import DictionaryChange, LockKind
from nanover_jupyter.wire.values import Value

__all__ = ["LockAccess"]

_WAS_LOST = "acquired again after the connection was lost"
_TAKEN_MEANWHILE = "acquired by another client while the connection was lost"


class LockAccess:
    """The locks of a client, which also has a state.

    Args:
        transport: The transport of the client.
        stream: The subscription to the shared state.
        call_timeout: Returns the timeout of requests in seconds; None for no limit.
    """

    connection: object | None

    if TYPE_CHECKING:

        def catch_up(self, timeout: float | None = None) -> None:
            """See `BaseClient.catch_up`."""

        def snapshot(self) -> dict[str, Value]:
            """See `BaseClient.snapshot`."""
            raise NotImplementedError

        def attempt_update_state(
            self, change: DictionaryChange, *, timeout: float | None = None
        ) -> bool:
            """See `BaseClient.attempt_update_state`."""
            raise NotImplementedError

    def __init__(
        self,
        transport: Transport,
        stream: StateSubscription,
        call_timeout: Callable[[], float | None],
    ) -> None:
        table = LeaseTable(lease_clock)
        self._lock_kind = transport.capabilities.locks

        def run_soon(call: Callable[[], None], *, after: float = 0.0) -> None:
            locks.run_soon(call, after=after)

        def until_of(key: str) -> float | None:
            row = table.get(key)
            if row is None or not row.is_held:
                return None
            ends_at = row.deadline if row.auto_renew else row.ends_at
            if ends_at is None or math.isinf(ends_at):
                return None
            return board.wall_time(ends_at)

        board = self._board = ClaimBoard(
            send=transport.update_state,
            catch_up=stream.catch_up,
            clock=lease_clock,
            wall_clock=time.time,
            run_soon=run_soon,
            until_of=until_of,
        )
        backend: LockBackend
        if self._lock_kind is LockKind.COOPERATIVE:
            backend = CooperativeLocks(transport, self._board, stream.start, table.record_released)
        else:
            backend = EnforcedLocks(transport, self._board, table, until_of)
        locks = self._locks = LeaseManager(
            backend, call_timeout=call_timeout, clock=lease_clock, table=table
        )
        self._claims = LockClaims(self._board, table, stream.subscribe)
        if self._lock_kind is LockKind.COOPERATIVE:
            self._board.on_lost = locks.on_claims_lost
            self._board.on_overwritten = locks.on_overwritten
            stream.status_listeners.subscribe(WeakCallback(self._board.on_status))
        stream.observe(locks.switch_detector.on_change)
        stream.observe(self._board.on_change)

    @property
    def leases(self) -> LeaseTable:
        """The locks and leases of this client."""
        return self._locks.table

    @property
    def locks(self) -> LeaseManager:
        """The manager that acquires, renews and releases the locks of this client."""
        return self._locks

    @property
    def claims(self) -> LockClaims:
        """Who holds and who waits for locks, and our name for other clients.

        client.claims.holder("scene")
        client.claims.request_release("scene", "I need it for a minute")
        """
        return self._claims

    def attempt_update_locks(
        self, update: Mapping[str, float | None], *, timeout: float | None = None
    ) -> bool:
        """Acquire, renew or release locks on keys, all of them or none.

        Args:
            update: Seconds from now by key; None releases the key, together with the
                other keys of its lease.
            timeout: Seconds to wait; `call_timeout` by default.

        Returns:
            False if another client holds one of the keys to acquire; then nothing in
            `update` was done, not even the releases.

        Raises:
            NotSupported: The client has no locks; nothing was sent.
            InvalidValue: (a TypeError) A duration is not a number, or a cooperative lock cannot
                last so long; nothing was sent.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        return self._locks.attempt_update(update, timeout)

    def lock(  # noqa: PLR0913 - choices that most callers leave as they are
        self,
        keys: str | Iterable[str],
        *,
        duration: float = DEFAULT_DURATION,
        wait: bool = False,
        timeout: float | None = None,
        auto_renew: bool = True,
        max_hold: float | None = DEFAULT_MAX_HOLD,
        note: str = "",
        call_timeout: float | None = None,
    ) -> Lease:
        """Lock all keys or none, and return a lease that knows whether they are still held.

            with client.lock("scene") as lease:
                ...

        Args:
            keys: A key or several. They need not exist.
            duration: Seconds for which the lock lasts without a renewal, and so the maximum
                time that it outlives this process.
            wait: Whether to wait while another client holds a key.
            timeout: Maximum seconds to wait; implies `wait`.
            auto_renew: Whether to renew the lease after a third of its duration, on a
                background thread, until it is released.
            max_hold: Seconds after which the lease ends, even if another lease of this
                client holds the keys; None for no limit.
            note: A message to the client that holds a key, shown there while this one waits.
            call_timeout: Seconds to wait for each reply while the lock is acquired; the
                client's `call_timeout` by default.

        Raises:
            LockRefused: Another client holds one of the keys.
            LeaseLost: The lock was lost before it was granted, or expired.
            InvalidArgument: (a ValueError) A key or a duration is invalid.
            InvalidValue: (a TypeError) A cooperative lock cannot last so long, or the key is
                too long for one.
            NotSupported: The client has no locks.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        lease = self._locks.lease(
            keys, duration=duration, auto_renew=auto_renew, max_hold=max_hold, note=note
        )
        # A held lease keeps its connection alive.
        lease.owner = self.connection
        return lease.acquire(wait=wait, timeout=timeout, call_timeout=call_timeout)

    def locked(
        self,
        *keys: str,
        duration: float = DEFAULT_DURATION,
        wait: bool = False,
        timeout: float | None = None,
    ) -> AbstractContextManager[dict[str, Value]]:
        """Lock keys during a `with` block, which receives their values.

            with client.locked("scene", "selection.root") as state:
                ...

        `state` is a copy, without keys that do not exist. It is up to date: other clients
        cannot write the keys until the block ends.

        Args:
            *keys: The keys.
            duration: As for `lock`; the locks are renewed while the block runs, for at
                most ten minutes.
            wait: As for `lock`.
            timeout: As for `lock`.

        Raises:
            LeaseLost: At the end of the block: the locks were lost inside it.
            NanoverJupyterError: As `lock`, and as `catch_up`.
        """
        lease = self._locks.lease(keys, duration=duration)
        return held_state(self, lease, WaitPolicy(wait, timeout))

    def edit(
        self,
        *keys: str,
        duration: float = DEFAULT_DURATION,
        wait: bool = False,
        timeout: float | None = None,
        margin: float = 0.5,
    ) -> AbstractContextManager[StateDraft]:
        """Lock keys, edit their values in a `with` block, write them, and release the keys.

            with client.edit("scene") as scene:
                scene.value[7:] = [2.0, 2.0, 2.0]

            with client.edit("suggested.interaction.scale") as scale:
                scale.value = 50.0

            with client.edit("selection.root", "scene") as draft:
                draft["selection.root"]["name"] = "All"
                del draft["scene"]

        Changes are written in one update at the end of the block. Nothing is written if
        the block raises an exception.

        Args:
            *keys: The keys; they need not exist.
            duration: As for `locked`.
            wait: As for `lock`.
            timeout: As for `lock`.
            margin: Minimum seconds that must be left of the lock when the values are written.

        Raises:
            LeaseLost: At the end of the block: the locks were lost or about to expire;
                nothing was written.
            InvalidValue: At the end of the block: a value cannot be sent.
            NanoverJupyterError: As `lock`, and as `catch_up`.
        """
        lease = self._locks.lease(keys, duration=duration)
        return draft_from(self, lease, WaitPolicy(wait, timeout), margin)

    def find_blocking_keys(
        self, keys: str | Iterable[str], *, limit: int | None = None
    ) -> list[str]:
        """Return those of `keys` that another client holds, without locking any.

        A server with locks gets one request if all are free, and several more for each that is
        not. For cooperative locks, nothing is sent: the claims that the client has received
        count.

        Args:
            keys: A key or several.
            limit: Maximum number of keys to return.

        Raises:
            NotSupported: The client has no locks.
            InvalidArgument: (a ValueError) No keys.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        return self._locks.find_blocking_keys(keys, limit=limit)

    def revalidate_locks(self) -> None:
        """Request all held locks again, for their remaining time.

        The server may have been restarted, and then knows no locks. A key that another
        client holds does not affect the others.

        Raises:
            NanoverJupyterError: The connection was lost again.
        """
        self._locks.revalidate(_WAS_LOST, _TAKEN_MEANWHILE)

    def _may_write(self, change: DictionaryChange) -> bool:
        """Return whether no other client claims a key of a change that we are about to send."""
        if self._board.is_idle:
            return True
        keys = (*change.lazy_updates, *change.removals)
        # A client that asks for a key which we hold is about to withdraw.
        claims = self._board.blocking(key for key in keys if not self._locks.table.is_held(key))
        # A server refuses changes of the keys that it has locked, and knows better.
        is_cooperative = self._lock_kind is LockKind.COOPERATIVE
        if any(is_cooperative or not each.claim.enforced for _, each in claims):
            return False
        if is_cooperative:
            self._board.record_write(change)
        return True
