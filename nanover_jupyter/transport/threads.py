"""Threads of ours: they start when they are needed first, and never keep Python from leaving."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Daemon"]


class Daemon:
    """A thread that can be started at any time, once, and waited for.

    Ctrl-C may come in the middle of a start. Then there is no thread, or one that ends
    before it has done anything, and the next start makes another. Any thread may call any
    method.

    Args:
        name: The thread's.
        run: What it does.
    """

    def __init__(self, name: str, run: Callable[[], object]) -> None:
        self._name = name
        self._run = run
        # Held from before a thread starts until it is known to be ours.
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def has_started(self) -> bool:
        """Whether it was started."""
        return self._thread is not None

    @property
    def is_here(self) -> bool:
        """Whether the caller is on it."""
        return self._thread is threading.current_thread()

    def start(self) -> None:
        """Start the thread, unless that was done; returns at once."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._begin, name=self._name, daemon=True)
                thread.start()
                self._thread = thread

    def join(self, seconds: float | None = None) -> None:
        """Wait for its end, `seconds` at the most; on the thread itself, not at all."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _begin(self) -> None:
        with self._starting:
            is_ours = self.is_here
        if is_ours:
            self._run()
