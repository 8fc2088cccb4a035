"""Messages to one client that no other thread waits for; knows no sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from nanover_jupyter.server.threads import DaemonThreads

__all__ = ["SendQueue"]

# Bytes that may wait for one client, besides a single message of any length.
_WAITING_LIMIT: Final = 256 * 1024 * 1024
# What a short message takes besides its bytes.
_MESSAGE_COST: Final = 200


class SendQueue:
    """Sends messages in order, on a thread that starts with the first one.

    All methods may be called from any thread.

    Args:
        send: Sends one message; may wait, and may raise OSError or a subclass.
        give_up: Called once when the client is too slow.
        name: What the thread's name starts with.
    """

    def __init__(
        self, send: Callable[[bytes], None], *, give_up: Callable[[], None], name: str
    ) -> None:
        self._send = send
        self._give_up = give_up
        self._worker = DaemonThreads(1, name=name)
        self._guard = threading.Lock()
        self._waiting = 0
        self._closed = False

    def post(self, message: bytes) -> bool:
        """Send a message soon; False if the client takes no more."""
        cost = len(message) + _MESSAGE_COST
        with self._guard:
            if self._closed:
                return False
            too_slow = self._waiting > 0 and self._waiting + cost > _WAITING_LIMIT
            if too_slow:
                self._closed = True
            else:
                self._waiting += cost
        if too_slow:
            self._give_up()
            return False
        self._worker.submit(self._deliver, message)
        return True

    def close(self) -> None:
        """Drop what waits, and let the thread end."""
        with self._guard:
            self._closed = True
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _deliver(self, message: bytes) -> None:
        try:
            self._send(message)
        finally:
            with self._guard:
                self._waiting -= len(message) + _MESSAGE_COST
