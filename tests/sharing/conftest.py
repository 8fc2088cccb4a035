"""Servers and clients of them; no test may leave a thread of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nanover_jupyter import Connection, NanoverServer, connect
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    eventually(lambda: not own_threads())


@pytest.fixture
def server(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        yield server


@pytest.fixture
def open_connection(server: NanoverServer) -> Iterator[Callable[[], Connection]]:
    """Connects to the server, as often as it is called; all are closed in the end."""
    connections: list[Connection] = []

    def open_one() -> Connection:
        connections.append(connect(f"127.0.0.1:{server.port}"))
        return connections[-1]

    yield open_one
    for connection in connections:
        connection.close()


@pytest.fixture
def connection(open_connection: Callable[[], Connection]) -> Connection:
    return open_connection()
