"""Lazily started daemon threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Daemon"]


class Daemon:
    """A daemon thread that starts at most once, on the first call of `start`.

    Safe against Ctrl-C during `start`: then there is no thread, or one that ends without
    calling `run`, and the next `start` makes another. Any thread may call any method.

    Args:
        name: The name of the thread.
        run: The function that it runs.
    """

    def __init__(self, name: str, run: Callable[[], object]) -> None:
        self._name = name
        self._run = run
        # Held until a started thread is stored in `_thread`.
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def has_started(self) -> bool:
        """Whether the thread was started."""
        return self._thread is not None

    @property
    def is_here(self) -> bool:
        """Whether the caller is on this thread."""
        return self._thread is threading.current_thread()

    def start(self) -> None:
        """Start the thread, unless it was started."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._begin, name=self._name, daemon=True)
                thread.start()
                self._thread = thread

    def join(self, seconds: float | None = None) -> None:
        """Wait for the thread to end, for `seconds` at most. Does nothing on the thread itself."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _begin(self) -> None:
        with self._starting:
            is_current = self.is_here
        if is_current:
            self._run()
