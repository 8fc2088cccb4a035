"""A TCP relay between a client and a server that simulates network faults."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Relay:
    """A TCP relay to a local port that can be frozen, slowed, limited, cut and mended.

    Frozen, it accepts connections and bytes but forwards nothing, like a stopped process or
    a pulled cable. Slow, it delays all data. Limited, it forwards so many bytes per second in
    each direction. Cut, it closes all connections and refuses new ones, as it does if nothing
    listens on the target port.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._is_cut = False
        self._closed = threading.Event()
        self._delay = 0.0
        self._bytes_per_second = float("inf")
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def freeze(self) -> None:
        self._open.clear()

    def thaw(self) -> None:
        self._open.set()

    def slow(self, seconds: float) -> None:
        self._delay = seconds

    def limit(self, bytes_per_second: float) -> None:
        self._bytes_per_second = bytes_per_second

    def cut(self) -> None:
        self._is_cut = True
        self._close_connections()

    def mend(self) -> None:
        self._is_cut = False

    def set_target(self, port: int) -> None:
        """Forward new connections to another port."""
        self._target = port

    def close(self) -> None:
        self._is_cut = True
        self._closed.set()
        self._open.set()
        # Closing alone does not wake a thread in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._close_connections()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._connect()
                if far is None:
                    near.close()
                    continue
                self._sockets += [near, far]
                self._start(self._relay, near, far)
                self._start(self._relay, far, near)

    def _connect(self) -> socket.socket | None:
        if not self._is_cut:
            with suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", self._target))
        return None

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                self._closed.wait(self._delay + len(data) / self._bytes_per_second)
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _close_connections(self) -> None:
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._sockets.clear()

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


@contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()
