"""Frames of the embedded server, as clients of both protocols receive them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import msgpack
import numpy as np
import pytest
from websockets.sync.client import connect as open_websocket

from nanover_jupyter import NanoverClient, NanoverServer, NanoverWebSocketClient
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.errors import ClosedError, InvalidValue, NotSupported
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc.frame_reader import read_frame
from tests.support.eventually import eventually

TOPOLOGY = {
    "particle.count": 2,
    "particle.elements": [6, 8],
    "particle.names": ["C", "O"],
    "bond.pairs": [[0, 1]],
}
POSITIONS = np.array([[0, 0, 0], [0.1, 0.2, 0.3]])


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0) as server:
        yield server


@pytest.fixture(params=["grpc", "ws"])
def client(request: pytest.FixtureRequest, server: NanoverServer) -> Iterator[BaseClient]:
    with connected(server, request.param) as client:
        yield client


def connected(server: NanoverServer, wire: str) -> Any:
    if wire == "ws":
        return NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{server.websocket_port}")
    return NanoverClient.insecure_channel(address="127.0.0.1", port=server.port)


def test_a_client_receives_frames(server: NanoverServer, client: BaseClient) -> None:
    server.publish_frame(TOPOLOGY)
    frame = client.wait_for_frame(10)
    server.publish_frame({"particle.positions": POSITIONS, "energy.kinetic": 1.5})
    eventually(lambda: client.frame is not None and client.frame.positions is not None)
    frame = client.frame

    assert frame is not None
    assert frame.positions is not None
    np.testing.assert_allclose(frame.positions, POSITIONS, rtol=1e-6)
    assert frame.elements is not None
    assert (frame.elements.tolist(), frame.names) == ([6, 8], ["C", "O"])
    assert (frame.particle_count, frame.kinetic_energy) == (2, 1.5)
    assert frame.problems == {}


def test_a_late_client_has_topology_and_a_reset_discards_it(
    server: NanoverServer, client: BaseClient
) -> None:
    server.publish_frame(TOPOLOGY)
    server.publish_frame({"particle.positions": POSITIONS})
    frame = client.wait_for_frame(10)
    assert set(TOPOLOGY) | {"particle.positions"} <= set(frame)

    server.publish_frame({"particle.count": 0}, reset=True)

    eventually(lambda: client.frame is not None and client.frame.particle_count == 0)
    assert client.frame is not None
    assert client.frame.elements is None
    assert client.frame.generation == frame.generation + 1


def test_a_websocket_client_may_publish_frames(server: NanoverServer) -> None:
    with connected(server, "ws") as publisher, connected(server, "grpc") as reader:
        publisher.publish_frame({**TOPOLOGY, "frame.index": 0, "mine": {"a": [1]}})
        publisher.publish_frame({"particle.positions": POSITIONS})

        eventually(lambda: reader.frame is not None and reader.frame.positions is not None)
        assert reader.frame["mine"] == {"a": [1]}
        eventually(lambda: publisher.frame is not None and publisher.frame.positions is not None)
        assert publisher.frame.elements.tolist() == [6, 8]


def test_a_grpc_client_may_not(server: NanoverServer) -> None:
    with connected(server, "grpc") as client, pytest.raises(NotSupported, match="from clients"):
        client.publish_frame(TOPOLOGY)


@pytest.mark.parametrize(
    "frame",
    [
        3,
        {"particle.positions": b"12345"},
        {"particle.count": "many"},
        {"particle.names": [1, 2]},
        {"deep": nested(150)},
    ],
    ids=lambda frame: str(frame)[:40],
)
def test_a_malformed_frame_of_a_client_is_ignored(
    server: NanoverServer, caplog: pytest.LogCaptureFixture, frame: object
) -> None:
    with open_websocket(f"ws://127.0.0.1:{server.websocket_port}") as websocket:
        websocket.send(msgpack.packb({"frame": frame}))
        websocket.send(msgpack.packb({"frame": {"fine": 1}}))

        def received() -> bool:
            message = msgpack.unpackb(websocket.recv(5))
            return "fine" in message.get("frame", {})

        eventually(received)
    assert "ignored a frame of a client" in caplog.text


def test_every_frame_can_be_subscribed_to(server: NanoverServer) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stream: Any = channel.unary_stream(grpc_codec.SUBSCRIBE_FRAMES)(b"", timeout=20)
        server.publish_frame({"number": 0})
        first = read_frame(next(stream))
        for number in range(1, 6):
            server.publish_frame({"number": number})

        numbers = [read_frame(next(stream)).fields["number"] for _ in range(5)]
        stream.cancel()

    assert (first.fields["number"], numbers) == (0, [1, 2, 3, 4, 5])


def test_the_first_index_is_0_over_websocket_and_the_latest_over_grpc(
    server: NanoverServer,
) -> None:
    for number in range(3):
        server.publish_frame({"number": number})

    with connected(server, "ws") as first, connected(server, "grpc") as second:
        assert first.wait_for_frame(10).index == 0
        assert second.wait_for_frame(10).index == 2


def test_closing_the_server_ends_the_streams(client: BaseClient, server: NanoverServer) -> None:
    server.publish_frame(TOPOLOGY)
    client.wait_for_frame(10)

    server.close()

    with pytest.raises(ClosedError):
        server.publish_frame(TOPOLOGY)


def test_a_frame_that_cannot_be_sent_is_refused(server: NanoverServer) -> None:
    with pytest.raises(InvalidValue, match=r"particle\.positions"):
        server.publish_frame({"particle.positions": [1, 2]})
    with pytest.raises(InvalidValue):
        server.publish_frame({3: 1})  # type: ignore[dict-item]


def test_clients_cannot_stop_the_servers_own_frames(server: NanoverServer) -> None:
    with connected(server, "ws") as publisher:
        publisher.publish_frame({"frame.index": 0, **{f"x{n}": 1 for n in range(9998)}})
        publisher.publish_frame({"frame.index": 0, **{f"y{n}": 1 for n in range(4990)}})
        eventually(lambda: publisher.frame is not None and "y0" in publisher.frame)

    server.publish_frame({**TOPOLOGY, "particle.positions": POSITIONS})
