"""Queue of outgoing messages of one connection, with the thread that sends them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final

from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.transport.threads import Daemon

__all__ = ["SendQueue"]

_JOIN_SECONDS: Final = 2.0

Write = Callable[[], bool]


class SendQueue:
    """Runs writes in order on its own thread.

    A caller may stop waiting at any time, by timeout or Ctrl-C: a write that has not begun is
    skipped, and one that has begun is completed. On the caller's thread an interrupt could
    leave a partial message, which would corrupt the stream.

    The thread starts with the first write and ends with `close`. Any thread may call any
    method.

    Args:
        name: The name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._thread = Daemon(name, self._work)
        # Guards `_closed`; held briefly.
        self._guard = threading.Lock()
        self._closed = False
        self._queue: queue.SimpleQueue[tuple[PendingCall[bool], Write] | None] = queue.SimpleQueue()

    @property
    def is_here(self) -> bool:
        """Whether the caller is on the thread of the queue."""
        return self._thread.is_here

    def put(self, write: Write, *, waits: bool) -> PendingCall[bool]:
        """Queue `write()` and return at once.

        After `close` it is called immediately. So it is if a caller on the queue's own thread
        waits for the result, because it would wait forever.

        Args:
            write: Sends a message. Its return value or error is the result of the call.
            waits: Whether the caller waits for the result.
        """
        pending: PendingCall[bool] = PendingCall(lambda: None)
        with self._guard:
            is_queued = not self._closed and not (waits and self.is_here)
            if is_queued:
                self._thread.start()
                self._queue.put((pending, write))
        if not is_queued:
            pending.settle(write)
        return pending

    def flush(self, seconds: float) -> bool:
        """Wait until all queued writes are done. Returns False after `seconds`."""
        with self._guard:
            if self._closed or not self._thread.has_started or self.is_here:
                return True
            last: PendingCall[bool] = PendingCall(lambda: None)
            self._queue.put((last, lambda: True))
        try:
            return last.result(seconds)
        except TimeoutError:
            return False

    def close(self) -> None:
        """End the thread after the queued writes; returns at once. Idempotent."""
        with self._guard:
            self._closed = True
        self._queue.put(None)

    def join(self) -> None:
        """Wait for the thread to end after `close`, for 2 s at most."""
        self._thread.join(_JOIN_SECONDS)

    def _work(self) -> None:
        while self._write_next():
            pass

    def _write_next(self) -> bool:
        """Wait for a write and run it. Returns False after the last one.

        A separate method, so that its locals are released during the next wait.
        """
        item = self._queue.get()
        if item is None:
            return False
        pending, write = item
        pending.settle(write)
        return True
