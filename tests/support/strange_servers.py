"""TCP servers that are no NanoVer servers, or hardly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

HTTP_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def refusing_port() -> Iterator[int]:
    """Yield a TCP port that refuses connections, and that nobody else gets meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as reserved:
        # Bound, but not listening.
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@contextmanager
def reserved_udp_port() -> Iterator[int]:
    """Yield a UDP port for those who share it, as listeners for announcements do.

    Whoever asks the system for any free port does not get this one.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reserved:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            reserved.setsockopt(socket.SOL_SOCKET, option, 1)
        # At an address of this machine to which the tests send nothing.
        reserved.bind(("127.0.0.2", 0))
        yield reserved.getsockname()[1]


@contextmanager
def silent_server(port: int = 0) -> Iterator[int]:
    """Accepts connections and says nothing."""
    with _tcp_server(lambda _: None, port) as entrance:
        yield entrance


@contextmanager
def web_server() -> Iterator[int]:
    """Answers whatever it is sent as a web server of HTTP/1.1 would."""

    def answer(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(HTTP_ANSWER)

    with _tcp_server(answer) as port:
        yield port


@contextmanager
def slow_road(port: int, seconds: float, *, entrance: int = 0) -> Iterator[int]:
    """Passes everything on to `port`, but nothing within the first `seconds`."""
    open_at_last = threading.Event()

    def relay(connection: socket.socket) -> None:
        open_at_last.wait(seconds)
        with socket.create_connection(("127.0.0.1", port)) as onward:
            back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
            back.start()
            _pump(connection, onward)
            back.join()

    with _tcp_server(relay, entrance) as way_in:
        yield way_in


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
