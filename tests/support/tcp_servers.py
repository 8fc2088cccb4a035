"""TCP servers that are not NanoVer servers, and reserved ports."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

HTTP_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def refusing_port() -> Iterator[int]:
    """Yield a TCP port that refuses connections and is reserved meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as reserved:
        # Bound, but not listening.
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@contextmanager
def reserved_udp_port() -> Iterator[int]:
    """Yield a UDP port that several sockets can share, as discovery does.

    The system does not assign it to sockets that ask for any free port.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reserved:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            reserved.setsockopt(socket.SOL_SOCKET, option, 1)
        # On a local address to which the tests send nothing.
        reserved.bind(("127.0.0.2", 0))
        yield reserved.getsockname()[1]


@contextmanager
def silent_server(port: int = 0) -> Iterator[int]:
    """Yield the port of a server that accepts connections and sends nothing."""
    with _tcp_server(lambda _: None, port) as server_port:
        yield server_port


@contextmanager
def web_server() -> Iterator[int]:
    """Yield the port of a server that answers like an HTTP/1.1 web server."""

    def answer(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(HTTP_ANSWER)

    with _tcp_server(answer) as port:
        yield port


@contextmanager
def slow_relay(port: int, seconds: float, *, relay_port: int = 0) -> Iterator[int]:
    """Yield the port of a relay to `port` that forwards nothing for `seconds`."""
    opened = threading.Event()

    def relay(connection: socket.socket) -> None:
        opened.wait(seconds)
        with socket.create_connection(("127.0.0.1", port)) as onward:
            back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
            back.start()
            _pump(connection, onward)
            back.join()

    with _tcp_server(relay, relay_port) as accepted_port:
        yield accepted_port


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def _tcp_server(serve: Callable[[socket.socket], None], port: int = 0) -> Iterator[int]:
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        with suppress(OSError):
            serve(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threads.append(threading.Thread(target=handle, args=(connection,), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", port)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield listener.getsockname()[1]
        # Closing alone does not wake a thread in accept().
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()
