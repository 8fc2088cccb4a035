"""An event that may be set by a finalizer."""

from __future__ import annotations

import queue
from contextlib import suppress

__all__ = ["Signal"]


class Signal:
    """Wakes the one thread that waits for it.

    As `threading.Event`, except that `set` takes no lock. A finalizer runs in the middle of
    whatever its thread is doing, which may be waiting for the same event: setting a
    `threading.Event` there would never return.
    """

    def __init__(self) -> None:
        # The one queue of the standard library whose `put` may interrupt itself.
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Wake the thread that waits, or the next one that would. Never blocks."""
        self._queue.put(None)

    def wait(self, seconds: float | None) -> bool:
        """Wait until it is set, which clears it; returns whether it was. None: for ever."""
        try:
            self._queue.get(timeout=None if seconds is None else max(0.0, seconds))
        except queue.Empty:
            return False
        self.clear()
        return True

    def clear(self) -> None:
        """Forget that it was set."""
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
