"""Servers and clients of them; no test may leave a thread of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nanover_jupyter import Connection, NanoverServer, connect
from tests.support.own_threads import require_no_own_threads


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    require_no_own_threads()


@pytest.fixture
def quick_echoes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is believed to be lost when it is not seen back soon."""
    monkeypatch.setattr("nanover_jupyter.traits.key_sync._ECHO_SECONDS", 0.2)
    monkeypatch.setattr("nanover_jupyter.traits.key_sync._UNANSWERED_SECONDS", 0.5)


@pytest.fixture
def server(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        yield server


@pytest.fixture
def open_connection(server: NanoverServer) -> Iterator[Callable[..., Connection]]:
    """Connects to the server, over either protocol; all connections are closed in the end."""
    ports = {"grpc": server.port, "ws": server.websocket_port}
    connections: list[Connection] = []

    def open_one(scheme: str = "grpc", *, port: int | None = None) -> Connection:
        connections.append(connect(f"{scheme}://127.0.0.1:{port or ports[scheme]}"))
        return connections[-1]

    yield open_one
    for connection in connections:
        connection.close()


@pytest.fixture
def connection(open_connection: Callable[..., Connection]) -> Connection:
    return open_connection()


@pytest.fixture(params=["grpc", "ws"])
def either(request: pytest.FixtureRequest, open_connection: Callable[..., Connection]) -> Any:
    """Makes connections of one protocol; the test runs once for each."""
    return lambda: open_connection(request.param)
