"""A socket on which sending never blocks the caller."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

__all__ = ["NonBlockingSocket"]

_POLL_SECONDS: Final = 0.5


class NonBlockingSocket:
    """A wrapper of a connected TCP socket whose `sendall` queues data instead of blocking.

    `websockets` holds a connection's lock while it sends, and needs the same lock to receive.
    If both ends block in sending, neither can receive: a deadlock. With this wrapper, senders
    wait in `flush`, without the lock.

    Other attributes are those of the socket. Thread-safe.

    Args:
        sock: The socket, which becomes non-blocking.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        self._sock = sock
        self._queue: deque[memoryview] = deque()
        self._shut_down_when_sent = False
        # Held by the thread that sends from the queue.
        self._send_lock = threading.Lock()

    def sendall(self, data: bytes) -> None:
        """Queue data and send as much as possible without blocking.

        Raises:
            OSError: The connection is broken.
        """
        self._queue.append(memoryview(data))
        self._send(None)

    def flush(self, seconds: float) -> None:
        """Block until all queued data is sent.

        Raises:
            TimeoutError: The peer accepted no data for `seconds`.
            OSError: The connection is broken.
        """
        self._send(seconds)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing, because no operation blocks."""

    def shutdown(self, how: int) -> None:
        """Shut down the socket. SHUT_WR takes effect after all queued data is sent."""
        if how == socket.SHUT_WR and self._queue:
            self._shut_down_when_sent = True
            self._send(None)
        else:
            self._sock.shutdown(how)

    def close(self) -> None:
        """Close the socket and end any wait in `flush`."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def _send(self, seconds: float | None) -> None:
        """Send queued data, waiting up to `seconds`, or without blocking if None."""
        # Repeat, because another thread may queue data just before this one releases the lock.
        while self._queue and self._send_lock.acquire(blocking=seconds is not None):
            try:
                is_empty = self._send_from_queue(seconds)
            finally:
                self._send_lock.release()
            if not is_empty:
                return

    def _send_from_queue(self, seconds: float | None) -> bool:
        """Send queued data while holding the lock. Return whether the queue is empty."""
        last_progress = time.monotonic()
        while self._queue:
            try:
                count = self._sock.send(self._queue[0])
            except BlockingIOError:
                if seconds is None:
                    return False
                self._wait_until_writable(last_progress + seconds)
                continue
            last_progress = time.monotonic()
            if count == len(self._queue[0]):
                self._queue.popleft()
            else:
                self._queue[0] = self._queue[0][count:]
        if self._shut_down_when_sent:
            self._sock.shutdown(socket.SHUT_WR)
        return True

    def _wait_until_writable(self, deadline: float) -> None:
        """Wait until the socket accepts data, or for a short time."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the peer accepts no data")
        with selectors.DefaultSelector() as selector:
            try:
                selector.register(self._sock, selectors.EVENT_WRITE)
            except ValueError as error:
                raise OSError("the socket is closed") from error
            # Poll, because there is no event if another thread closes the socket.
            selector.select(min(left, _POLL_SECONDS))
