"""A lock that serves its waiters in order."""

from __future__ import annotations

import threading
from collections import deque

__all__ = ["FairLock"]


class FairLock:
    """A lock for `with` blocks that threads acquire in the order in which they asked.

    With the standard lock, a thread that releases it and asks again may overtake the others.
    """

    def __init__(self) -> None:
        # Guards the next two fields.
        self._guard = threading.Lock()
        self._held = False
        # A locked lock for each waiting thread, which is released when it is its turn.
        self._turns: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._turns.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._turns:
                self._turns.popleft().release()
            else:
                self._held = False
