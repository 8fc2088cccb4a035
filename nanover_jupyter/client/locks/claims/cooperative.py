"""Cooperative locks: locks by claims in the shared state, for servers that have none."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from nanover_jupyter.client.locks.claims.backend_base import HAND_OVER_TIMEOUT, ClaimBackend
from nanover_jupyter.client.locks.claims.board import ClaimBoard
from nanover_jupyter.client.locks.claims.protocol import BELIEF_SHARE, Attempt, Outcome
from nanover_jupyter.client.locks.lease_state import RENEWED_AFTER
from nanover_jupyter.errors import (
    ClosedError,
    InvalidArgument,
    InvalidValue,
    LeaseLost,
    TimedOut,
)
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.wire.claims import MAX_CLAIMS, MAX_KEY, MAX_TTL
from nanover_jupyter.wire.messages import LockKind, LockRequest

__all__ = ["CooperativeLocks"]

_MAX_SECONDS: Final = MAX_TTL * BELIEF_SHARE
# Seconds to wait for others to withdraw. A stopped client does not; a later attempt counts its
# claim as dead.
_CONTENTION_SECONDS: Final = 0.5


class CooperativeLocks(ClaimBackend):
    """Implements `LockBackend` by the protocol of cooperative locks. Thread-safe.

    Args:
        transport: Connects to the server.
        board: Our claims and those of other clients.
        subscribe: Subscribes to the shared state.
        end_belief: Records that keys are released, before other clients can know.
    """

    kind = LockKind.COOPERATIVE
    # One small write renews them all.
    renewed_early = RENEWED_AFTER

    def __init__(
        self,
        transport: Transport,
        board: ClaimBoard,
        subscribe: Callable[[], object],
        end_belief: Callable[[Iterable[str]], object],
    ) -> None:
        super().__init__(transport, board)
        self._subscribe = subscribe
        self._end_belief = end_belief

    def update_locks(
        self, request: LockRequest, timeout: float | None, until: float | None = None
    ) -> bool:
        """See `LockBackend.update_locks`."""
        durations = {key: _checked(key, each) for key, each in request.acquire.items()}
        wanted = {key: seconds for key, seconds in durations.items() if seconds > 0}
        checked = durations.keys() - wanted.keys()
        self._subscribe()
        if checked:
            self._board.wait_until_loaded(timeout)
        if checked and self._board.blocking(checked):
            return False
        if self._board.is_offered(wanted):
            return False
        if wanted and not self._acquire(wanted, timeout, until):
            return False
        # A lock of zero seconds is over when it is granted.
        released = {*request.release, *checked}
        if released:
            self._end_belief(released)
            with self._board.changed:
                self._board.protocol.release(released)
            self._board.flush(timeout)
        return True

    def holds(self, key: str) -> bool:
        """See `LockBackend.holds`."""
        with self._board.changed:
            return self._board.protocol.believes(key, self._board.clock())

    def wait_until_free(self, keys: Iterable[str], pause: float, left: float) -> None:
        """See `LockBackend.wait_until_free`."""
        self._board.wait_until_free(keys, pause, left)

    def hand_over(self, keys: Iterable[str], client_id: str) -> None:
        """See `LockBackend.hand_over`."""
        offered = list(keys)
        self._end_belief(offered)
        with self._board.changed:
            self._board.protocol.offer(offered, client_id, self._board.clock())
        self._board.flush(HAND_OVER_TIMEOUT)

    # internals --------------------------------------------------------------------------

    def _acquire(
        self, durations: Mapping[str, float], timeout: float | None, until: float | None
    ) -> bool:
        board, protocol = self._board, self._board.protocol
        deadline = math.inf if timeout is None else board.clock() + timeout
        with board.changed:
            if protocol.count + len(durations) > MAX_CLAIMS:
                raise InvalidArgument("keys", f"a client can claim at most {MAX_CLAIMS} keys")
            now = board.clock()
            held = {key: each for key, each in durations.items() if protocol.believes(key, now)}
            asked = {key: each for key, each in durations.items() if key not in held}
            shown = None if until is None else board.wall_time(until)
            attempt = protocol.ask(asked, shown) if asked else None
        try:
            board.flush(timeout, held)
            with board.changed:
                beat = protocol.beat
            renewed = self._wait_for_echo(beat, held, deadline, timeout)
            outcome: Outcome = "held" if attempt is None else self._decide(attempt, deadline)
            # Believe first, then publish it.
            if attempt is not None and outcome == "held":
                board.flush(timeout)
                return renewed
        except BaseException:
            self._withdraw(attempt)
            raise
        if outcome == "held":
            return renewed
        self._withdraw(attempt)
        self._require_open()
        if outcome == "pending":
            raise TimedOut("acquiring locks", timeout or 0.0)
        if outcome == "lost":
            raise LeaseLost(list(durations), "its claim was lost, or came back too late")
        return False

    def _wait_for_echo(
        self, beat: int, held: Mapping[str, float], deadline: float, timeout: float | None
    ) -> bool:
        """Wait until a renewal was seen; returns whether the keys are still held."""
        board, protocol = self._board, self._board.protocol
        if not held:
            return True
        with board.changed:
            while not protocol.is_echoed(beat) and not self._board.is_interrupted:
                left = deadline - board.clock()
                if left <= 0:
                    raise TimedOut("renewing locks", timeout or 0.0)
                board.changed.wait(wait_step(time.monotonic() + left))
            now = board.clock()
            return all(protocol.believes(key, now) for key in held)

    def _decide(self, attempt: Attempt, deadline: float) -> Outcome:
        """Wait until an attempt is decided, or until it takes too long."""
        board, protocol = self._board, self._board.protocol
        contended_until = math.inf
        with board.changed:
            while True:
                now = board.clock()
                outcome = protocol.decide(attempt, now)
                if outcome not in ("pending", "contended") or self._board.is_interrupted:
                    return outcome
                if outcome == "contended":
                    contended_until = min(contended_until, now + _CONTENTION_SECONDS)
                left = min(deadline, contended_until) - now
                if left <= 0:
                    return outcome
                board.changed.wait(wait_step(time.monotonic() + left))

    def _withdraw(self, attempt: Attempt | None) -> None:
        if attempt is None:
            return
        with self._board.changed:
            self._board.protocol.withdraw(attempt)
            # Also if it was granted, but others could not be told.
            self._board.protocol.release(attempt.durations)
        self._board.flush_quietly()

    def _require_open(self) -> None:
        if self._board.is_interrupted:
            raise ClosedError(self.address)


def _checked(key: str, seconds: object) -> float:
    """Return a duration; raises InvalidValue if the claim could not be read by others."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or math.isnan(seconds):
        raise InvalidValue((key,), f"the lock duration must be a number, not {seconds!r}")
    if seconds > _MAX_SECONDS:
        hours = int(_MAX_SECONDS / 3600)
        reason = f"a cooperative lock lasts at most {hours} hours without a renewal"
        raise InvalidValue((key,), f"{reason}, not {seconds!r} s")
    if len(key) > MAX_KEY:
        raise InvalidValue((key,), f"keys of cooperative locks have at most {MAX_KEY} characters")
    return float(seconds)
