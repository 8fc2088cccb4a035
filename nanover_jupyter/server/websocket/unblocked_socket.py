"""A socket on which sending never blocks the caller."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

__all__ = ["UnblockedSocket"]

_LONGEST_WAIT: Final = 0.5


class UnblockedSocket:
    """A connected TCP socket whose `sendall` queues what the system does not accept at once.

    `websockets` holds its lock of a connection while it sends, and needs the same lock to
    receive. If both ends wait for each other to receive, neither goes on. With this socket
    the lock is held for moments only; a sender waits in `flush`, without the lock.

    Everything else is that of the socket. Any thread may call any method.

    Args:
        sock: The socket, which is non-blocking from now on.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        self._sock = sock
        self._queue: deque[memoryview] = deque()
        self._shut_down_when_sent = False
        # Held by the thread that takes from the queue.
        self._sending = threading.Lock()

    def sendall(self, data: bytes) -> None:
        """Send data after what is queued already; never blocks.

        Raises:
            OSError: The connection is broken.
        """
        self._queue.append(memoryview(data))
        self._send(None)

    def flush(self, seconds: float) -> None:
        """Wait until everything that is queued is sent.

        Raises:
            TimeoutError: The peer accepted nothing for `seconds`.
            OSError: The connection is broken.
        """
        self._send(seconds)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: what would wait is queued."""

    def shutdown(self, how: int) -> None:
        """As for a socket; to end sending alone takes place once everything is sent."""
        if how == socket.SHUT_WR and self._queue:
            self._shut_down_when_sent = True
            self._send(None)
        else:
            self._sock.shutdown(how)

    def close(self) -> None:
        """As for a socket; ends a wait in `flush`."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def _send(self, seconds: float | None) -> None:
        """Send what is queued; None: only as much as is accepted at once."""
        # Again, as another thread may queue something while this one is about to stop.
        while self._queue and self._sending.acquire(blocking=seconds is not None):
            try:
                is_sent = self._send_queue(seconds)
            finally:
                self._sending.release()
            if not is_sent:
                return

    def _send_queue(self, seconds: float | None) -> bool:
        """Send the queue, as the only thread that does; False if not all was accepted."""
        accepted_at = time.monotonic()
        while self._queue:
            try:
                count = self._sock.send(self._queue[0])
            except BlockingIOError:
                if seconds is None:
                    return False
                self._wait(accepted_at + seconds)
                continue
            accepted_at = time.monotonic()
            if count == len(self._queue[0]):
                self._queue.popleft()
            else:
                self._queue[0] = self._queue[0][count:]
        if self._shut_down_when_sent:
            self._sock.shutdown(socket.SHUT_WR)
        return True

    def _wait(self, deadline: float) -> None:
        """Wait until the system accepts more, or for a moment."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the peer accepts nothing")
        with selectors.DefaultSelector() as selector:
            try:
                selector.register(self._sock, selectors.EVENT_WRITE)
            except ValueError as error:
                raise OSError("the socket is closed") from error
            # Not for long: a socket that another thread closes gives no event.
            selector.select(min(left, _LONGEST_WAIT))
