"""An event that a finalizer may set."""

from __future__ import annotations

import queue
from contextlib import suppress

__all__ = ["Signal"]


class Signal:
    """Wakes the one thread that waits for it.

    Like `threading.Event`, but `set` takes no lock. A finalizer may interrupt a thread that
    waits for the same event; setting a `threading.Event` there would deadlock.
    """

    def __init__(self) -> None:
        # The only queue of the standard library whose `put` is reentrant.
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Wake the thread that waits, or the next one to wait. Never blocks."""
        self._queue.put(None)

    def wait(self, seconds: float | None) -> bool:
        """Wait until the signal is set, and clear it; returns False on timeout."""
        try:
            self._queue.get(timeout=None if seconds is None else max(0.0, seconds))
        except queue.Empty:
            return False
        self.clear()
        return True

    def clear(self) -> None:
        """Reset the signal."""
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
