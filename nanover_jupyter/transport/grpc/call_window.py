"""Limits how many gRPC calls are in flight at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

__all__ = ["CallWindow"]


class CallWindow:
    """Begins calls in order, and no more than `limit` before one of them has ended.

    A gRPC server cancels calls that come faster than it accepts them: beyond 1 000 that wait
    (`grpc.server.max_pending_requests`) some, beyond 3 000 all. Any thread may call any
    method; a call begins on the thread that asks, or on the one on which an earlier call ended.

    Args:
        limit: How many calls may be in flight.
    """

    def __init__(self, limit: int) -> None:
        # Guards what follows; never held while a call begins.
        self._guard = threading.Lock()
        self._free = limit
        self._is_beginning = False
        self._waiting: deque[Callable[[], bool]] = deque()

    def enter(self, begin: Callable[[], bool]) -> None:
        """Have `begin()` called now or when it is its turn.

        Args:
            begin: Begins the call. Returns True if it did, and `leave` is to be called when
                the call has ended; False if there is no call to wait for.
        """
        with self._guard:
            self._waiting.append(begin)
        self._begin_next()

    def leave(self) -> None:
        """A call has ended, and the next may begin."""
        with self._guard:
            self._free += 1
        self._begin_next()

    def open_wide(self) -> None:
        """Begin everything that waits, as the transport is closed and nothing is sent."""
        with self._guard:
            self._free += len(self._waiting)
        self._begin_next()

    def _begin_next(self) -> None:
        while True:
            is_mine = began = False
            try:
                with self._guard:
                    # One thread at a time, to keep the order; it looks again when it is done.
                    if self._is_beginning or not self._waiting or self._free <= 0:
                        return
                    self._is_beginning = is_mine = True
                    begin = self._waiting.popleft()
                began = begin()
            finally:  # for Ctrl-C too, or nothing would begin any more
                if is_mine:
                    with self._guard:
                        self._is_beginning = False
                        self._free -= began
