"""A server of both protocols and clients with names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.server import NanoverServer

Join = Callable[..., BaseClient]


@pytest.fixture
def both(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        yield server


@pytest.fixture
def join(both: NanoverServer) -> Iterator[Join]:
    """Make a client with a name, over WebSocket unless `grpc` is set."""
    clients: list[BaseClient] = []

    def join(name: str, *, grpc: bool = False) -> BaseClient:
        client: BaseClient
        if grpc:
            client = NanoverClient.insecure_channel(address="127.0.0.1", port=both.port)
        else:
            client = NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{both.websocket_port}")
        clients.append(client)
        client.claims.name = name
        client.ensure_subscribed()
        return client

    yield join
    for client in clients:
        client.close()


def start_waiting(client: BaseClient, note: str = "") -> threading.Thread:
    """Acquire `scene` on another thread, once it is free."""
    options = {"wait": True, "note": note}
    waiting = threading.Thread(target=client.lock, args=("scene",), kwargs=options)
    waiting.start()
    return waiting


@pytest.fixture
def ada(join: Join) -> BaseClient:
    return join("Ada")


@pytest.fixture
def ben(join: Join) -> BaseClient:
    return join("Ben")
