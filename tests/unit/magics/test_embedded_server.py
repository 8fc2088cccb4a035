"""The server that runs in the kernel."""

from __future__ import annotations

import pytest

from nanover_jupyter import ConnectError, NanoverClient
from nanover_jupyter.magics.embedded_server import EmbeddedServer


def test_it_has_a_description_and_addresses() -> None:
    server = EmbeddedServer(demo=False, websocket=True)
    grpc, websocket = server.addresses

    assert server.description == "an empty server"
    assert (grpc.scheme, websocket.scheme) == ("grpc", "ws")
    assert server.is_at(str(websocket))
    assert server.is_at(str(grpc))
    assert not server.is_at("grpc://127.0.0.1:1")
    server.close()
    server.close()


def test_the_demo_world_runs_on_it_and_ends_with_it() -> None:
    server = EmbeddedServer()
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.address.port) as client:
        assert "playback/play" in client.update_available_commands()
    assert server.description == "the demo world"
    server.close()


def test_a_port_in_use_is_reported() -> None:
    first = EmbeddedServer(demo=False)
    with pytest.raises(ConnectError, match="already in use"):
        EmbeddedServer(port=first.address.port)
    first.close()
