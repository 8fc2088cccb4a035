"""What is on its way out over one link: message by message, in the order of being told."""

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
    """Makes writes one after the other, on one thread that nobody else has to wait for.

    Whoever waits for a write may stop at any moment, for a time-out or by Ctrl-C: one
    that has not begun is left out, and one that has begun goes out whole. On the thread
    that asks, half a message could stay behind, and what comes after it makes no sense.

    The thread starts with the first write, and ends with `close`. Any thread may call any
    method.

    Args:
        name: The thread's.
    """

    def __init__(self, name: str) -> None:
        self._thread = Daemon(name, self._work)
        # Guards _closed; held for moments only.
        self._guard = threading.Lock()
        self._closed = False
        self._waiting: queue.SimpleQueue[tuple[PendingCall[bool], Write] | None] = (
            queue.SimpleQueue()
        )

    @property
    def is_here(self) -> bool:
        """Whether this is its thread."""
        return self._thread.is_here

    def put(self, write: Write, *, waits: bool) -> PendingCall[bool]:
        """Have `write()` called when it is its turn; returns at once.

        After `close` it is called here and now, and also for a caller on the thread itself,
        in a callback, which would wait for what it keeps from happening.

        Args:
            write: Sends something; what it returns or raises is the answer.
            waits: Whether the caller waits for the answer.
        """
        pending: PendingCall[bool] = PendingCall(lambda: None)
        with self._guard:
            has_a_turn = not self._closed and not (waits and self.is_here)
            if has_a_turn:
                self._thread.start()
                self._waiting.put((pending, write))
        if not has_a_turn:
            pending.settle(write)
        return pending

    def flush(self, seconds: float) -> bool:
        """Wait until all that was put so far is written; False if it was not in `seconds`."""
        with self._guard:
            if self._closed or not self._thread.has_started or self.is_here:
                return True
            last: PendingCall[bool] = PendingCall(lambda: None)
            self._waiting.put((last, lambda: True))
        try:
            return last.result(seconds)
        except TimeoutError:
            return False

    def close(self) -> None:
        """End the thread once it has called what waits already; returns at once. Idempotent."""
        with self._guard:
            self._closed = True
        self._waiting.put(None)

    def join(self) -> None:
        """Wait a moment for the thread to end, after `close`."""
        self._thread.join(_JOIN_SECONDS)

    def _work(self) -> None:
        while self._write_next():
            pass

    def _write_next(self) -> bool:
        """Wait for a write and do it; returns False when there are no more.

        A call of its own: what it refers to would else be kept during the next wait.
        """
        due = self._waiting.get()
        if due is None:
            return False
        pending, write = due
        pending.settle(write)
        return True
