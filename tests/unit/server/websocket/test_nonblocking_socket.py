"""Sending without blocking: order, flushing, timeouts and closing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from nanover_jupyter.server.websocket.nonblocking_socket import NonBlockingSocket
from tests.support.eventually import eventually
from tests.support.interrupts import is_inside

# Exceeds the system's send buffer.
LARGE = bytes(range(256)) * 80_000


@pytest.fixture
def ends() -> Iterator[tuple[NonBlockingSocket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield NonBlockingSocket(near), far


def received(far: socket.socket) -> bytes:
    data = bytearray()
    while part := far.recv(1 << 20):
        data += part
    return bytes(data)


def test_flushing_sends_queued_data_in_order(ends) -> None:
    near, far = ends
    near.sendall(LARGE)
    near.sendall(b"and the rest")
    near.shutdown(socket.SHUT_WR)
    flushing = threading.Thread(target=near.flush, args=(10,))

    flushing.start()

    assert received(far) == LARGE + b"and the rest"
    flushing.join()


def test_many_threads_may_send_concurrently(ends) -> None:
    near, far = ends
    pieces = [bytes([number]) * 300_000 for number in range(8)]

    def send(piece: bytes) -> None:
        near.sendall(piece)
        near.flush(10)

    threads = [threading.Thread(target=send, args=(piece,)) for piece in pieces]
    for thread in threads:
        thread.start()
    data = bytearray()
    while len(data) < 2_400_000:
        data += far.recv(1 << 20)

    # Each message is contiguous, in any order.
    assert (
        sorted(bytes(data[start : start + 300_000]) for start in range(0, 2_400_000, 300_000))
        == pieces
    )
    for thread in threads:
        thread.join()


def test_a_flush_times_out_if_the_peer_accepts_no_data(ends) -> None:
    near, _ = ends
    near.sendall(LARGE)

    with pytest.raises(TimeoutError):
        near.flush(0.02)


def test_a_broken_connection_is_an_error(ends) -> None:
    near, far = ends
    far.close()

    with pytest.raises(OSError, match=r"pipe|reset"):
        near.sendall(b"x")


def test_closing_ends_a_flush(ends) -> None:
    near, _ = ends
    near.sendall(LARGE)
    ended = threading.Event()

    def flush() -> None:
        with suppress(OSError):
            near.flush(3600)
        ended.set()

    threading.Thread(target=flush, name="flushing").start()
    eventually(lambda: is_inside("flushing", "_wait_until_writable"))
    near.close()

    assert ended.wait(10)
