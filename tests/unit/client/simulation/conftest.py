"""A server with both protocols, and a client of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.server import NanoverServer


@pytest.fixture
def both(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0) as server:
        yield server


@pytest.fixture(params=["grpc", "ws"])
def url(both: NanoverServer, request: pytest.FixtureRequest) -> str:
    port = both.port if request.param == "grpc" else both.websocket_port
    return f"{request.param}://127.0.0.1:{port}"


@pytest.fixture
def open_connection(url: str) -> Iterator[Callable[[], Connection]]:
    opened: list[Connection] = []

    def open_one() -> Connection:
        opened.append(connect(url))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def connection(open_connection: Callable[[], Connection]) -> Connection:
    return open_connection()
