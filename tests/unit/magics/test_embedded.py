"""The server that a kernel may run by itself."""

from __future__ import annotations

import pytest

from nanover_jupyter import ConnectError, NanoverClient
from nanover_jupyter.magics.embedded import EmbeddedServer


def test_it_says_what_it_is_and_where() -> None:
    server = EmbeddedServer(demo=False, websocket=True)
    grpc, websocket = server.addresses

    assert server.what == "an empty server"
    assert (grpc.scheme, websocket.scheme) == ("grpc", "ws")
    assert server.is_at(str(websocket))
    assert server.is_at(str(grpc))
    assert not server.is_at("grpc://127.0.0.1:1")
    server.close()
    server.close()


def test_the_demo_world_plays_on_it_and_ends_with_it() -> None:
    server = EmbeddedServer()
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.address.port) as client:
        assert "playback/play" in client.update_available_commands()
    assert server.what == "the demo world"
    server.close()


def test_a_taken_port_is_said() -> None:
    first = EmbeddedServer(demo=False)
    with pytest.raises(ConnectError, match="already in use"):
        EmbeddedServer(port=first.address.port)
    first.close()
