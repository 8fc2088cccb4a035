"""Locks that a server enforces, published as claims for other clients to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from nanover_jupyter.client.locks.claims.backend_base import HAND_OVER_TIMEOUT, ClaimBackend
from nanover_jupyter.client.locks.claims.board import ClaimBoard
from nanover_jupyter.client.locks.claims.protocol import is_same_time
from nanover_jupyter.client.locks.renewer import RENEWED_EARLY
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.wire.claims import MAX_TTL, Claim
from nanover_jupyter.wire.messages import LockKind, LockRequest

__all__ = ["EnforcedLocks"]

# More keys are not published.
_MAX_KEYS: Final = 100
# Locks that are released sooner are not published.
_WRITE_DELAY: Final = 0.1


class EnforcedLocks(ClaimBackend):
    """Implements `LockBackend` by requests to the server. Thread-safe.

    Servers do not publish who holds a lock, so this writes claims, which the lease table
    determines. Locks do not depend on them.

    Args:
        transport: Connects to the server.
        board: Our claims and those of other clients.
        table: Our locks.
        until_of: Returns when a held key will be released, in seconds since 1970.
    """

    # A request has all keys, and the server more work with each.
    renewed_early = RENEWED_EARLY

    def __init__(
        self,
        transport: Transport,
        board: ClaimBoard,
        table: LeaseTable,
        until_of: Callable[[str], float | None],
    ) -> None:
        super().__init__(transport, board)
        self._table = table
        self._until_of = until_of
        # The claims of held locks by key, with the time when each was last granted. Guarded by
        # the condition of the board.
        self._published: dict[str, tuple[float, Claim]] = {}
        self._is_scheduled = False
        board.before_write = self._derive_claims_locked
        self._unsubscribe = table.subscribe(self._schedule)

    @property
    def kind(self) -> LockKind:
        """See `LockBackend.kind`."""
        return self._transport.capabilities.locks

    def update_locks(
        self,
        request: LockRequest,
        timeout: float | None,
        until: float | None = None,  # noqa: ARG002 - follows from the lease table
    ) -> bool:
        """See `LockBackend.update_locks`."""
        # A key that is handed over to another client is free for the server.
        offered = any(each.claim.offer for _, each in self._board.blocking(request.acquire))
        if offered or self._board.is_offered(request.acquire):
            return False
        return self._transport.update_locks(request, timeout)

    def holds(self, key: str) -> bool:
        """See `LockBackend.holds`."""
        return self._table.is_held(key)

    def wait_until_free(self, keys: Iterable[str], pause: float, left: float) -> None:
        """See `LockBackend.wait_until_free`."""
        del keys  # Clients that write no claims may hold them too.
        self._board.pause(min(pause, left))

    def hand_over(self, keys: Iterable[str], client_id: str) -> None:
        """See `LockBackend.hand_over`."""
        offered = list(keys)
        with self._board.changed:
            now = self._board.clock()
            self._derive_claims_locked()
            self._board.protocol.offer(offered, client_id, now)
        # First, so that only that client acquires the keys once the server releases them.
        self._board.flush(HAND_OVER_TIMEOUT)
        self._transport.update_locks(LockRequest({}, frozenset(offered)), HAND_OVER_TIMEOUT)
        self._table.record_released(offered)

    def close(self, *, reachable: bool) -> None:
        """See `LockBackend.close`."""
        self._unsubscribe()
        super().close(reachable=reachable)

    # internals --------------------------------------------------------------------------

    def _schedule(self) -> None:
        with self._board.changed:
            # Other clients wait for a lock that ends.
            is_urgent = not all(map(self._table.is_held, self._published))
            if self._is_scheduled and not is_urgent:
                return
            self._is_scheduled = True
        self._board.run_soon(self._publish, after=0.0 if is_urgent else _WRITE_DELAY)

    def _publish(self) -> None:
        with self._board.changed:
            self._is_scheduled = False
        self._board.flush_quietly()

    def _derive_claims_locked(self) -> bool:
        """Set the claims to those of the held locks; returns whether a lock was renewed."""
        known, self._published = self._published, {}
        is_renewed = False
        for row in islice((row for row in self._table.rows() if row.is_held), _MAX_KEYS):
            asked_at, claim = known.get(row.key, (row.asked_at, None))
            is_renewed = is_renewed or asked_at != row.asked_at
            ttl, until = min(row.seconds, MAX_TTL), self._until_of(row.key)
            is_known = claim is not None and claim.nonce == row.grant_id and claim.ttl >= ttl
            if claim is None or not is_known or not is_same_time(claim.until, until):
                claim = Claim(
                    state="held",
                    nonce=row.grant_id,
                    ttl=ttl,
                    since=self._board.wall_time(row.held_since),
                    until=until,
                    enforced=True,
                )
            self._published[row.key] = (row.asked_at, claim)
        claims = {key: claim for key, (_, claim) in self._published.items()}
        self._board.protocol.enforce(claims)
        return is_renewed
