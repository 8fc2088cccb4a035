"""Limits how many gRPC calls are in flight at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

__all__ = ["CallWindow"]


class CallWindow:
    """Starts calls in order, with at most `limit` calls in flight.

    A gRPC server cancels calls that arrive faster than it accepts them: some when more than
    1 000 are pending (`grpc.server.max_pending_requests`), all beyond 3 000. Any thread may
    call any method. A call starts on the thread of `enter`, or of the `leave` that made room.

    Args:
        limit: The maximum number of calls in flight.
    """

    def __init__(self, limit: int) -> None:
        # Guards the fields below; not held while a call starts.
        self._guard = threading.Lock()
        self._free = limit
        self._is_starting = False
        self._waiting: deque[Callable[[], bool]] = deque()

    def enter(self, start: Callable[[], bool]) -> None:
        """Call `start()` now, or when it is its turn.

        Args:
            start: Starts the call. Returns True if `leave` will be called when the call has
                ended; False if no call was started.
        """
        with self._guard:
            self._waiting.append(start)
        self._start_next()

    def leave(self) -> None:
        """Start the next call, because a call has ended."""
        with self._guard:
            self._free += 1
        self._start_next()

    def release_all(self) -> None:
        """Start all waiting calls. Used when the transport is closed and nothing is sent."""
        with self._guard:
            self._free += len(self._waiting)
        self._start_next()

    def _start_next(self) -> None:
        while True:
            is_mine = started = False
            try:
                with self._guard:
                    # One thread at a time, to keep the order. It checks again after each start.
                    if self._is_starting or not self._waiting or self._free <= 0:
                        return
                    self._is_starting = is_mine = True
                    start = self._waiting.popleft()
                started = start()
            finally:  # also after Ctrl-C, or no further call would start
                if is_mine:
                    with self._guard:
                        self._is_starting = False
                        self._free -= started
