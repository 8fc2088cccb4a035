"""A bounded queue of messages to one client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from nanover_jupyter.server.thread_pool import DaemonThreadPool

__all__ = ["SendQueue"]

# The limit of queued bytes. A single message may be larger.
_BYTES_LIMIT: Final = 256 * 1024 * 1024
# The approximate memory of a queued message besides its bytes.
_MESSAGE_OVERHEAD: Final = 200


class SendQueue:
    """Sends messages in order on a lazily started thread. Thread-safe.

    Args:
        send: Sends one message. May block, and may raise OSError.
        on_overflow: Called once when the limit of queued bytes is exceeded.
        name: The prefix of the thread's name.
    """

    def __init__(
        self, send: Callable[[bytes], None], *, on_overflow: Callable[[], None], name: str
    ) -> None:
        self._send = send
        self._on_overflow = on_overflow
        self._worker = DaemonThreadPool(1, name=name)
        self._lock = threading.Lock()
        self._queued_bytes = 0
        self._closed = False

    def post(self, message: bytes) -> bool:
        """Queue a message without waiting. Return False if the queue is closed or full."""
        size = len(message) + _MESSAGE_OVERHEAD
        with self._lock:
            if self._closed:
                return False
            overflows = self._queued_bytes > 0 and self._queued_bytes + size > _BYTES_LIMIT
            if overflows:
                self._closed = True
            else:
                self._queued_bytes += size
        if overflows:
            self._on_overflow()
            return False
        self._worker.submit(self._deliver, message)
        return True

    def close(self) -> None:
        """Drop queued messages and end the thread."""
        with self._lock:
            self._closed = True
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _deliver(self, message: bytes) -> None:
        try:
            self._send(message)
        finally:
            with self._lock:
                self._queued_bytes -= len(message) + _MESSAGE_OVERHEAD
