"""The bytes of frames over real sockets, without the client of this package."""

from __future__ import annotations

from contextlib import contextmanager

import grpc
import msgpack
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_websocket

from nanover_jupyter.errors import ClosedError
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol
from tests.support.eventually import eventually

TIMEOUT = 10.0
POSITIONS = np.arange(6, dtype="<f4").reshape(2, 3)
TOPOLOGY = {"particle.count": 2, "particle.elements": [6, 8], "bond.pairs": [(0, 1)]}
KINDS = [grpc_codec.SUBSCRIBE_FRAMES, grpc_codec.SUBSCRIBE_LATEST_FRAMES]


@pytest.fixture
def server(no_thread_stays):
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        yield server


@contextmanager
def open_websocket(server):
    with connect_websocket(f"ws://127.0.0.1:{server.websocket_port}", max_size=None) as websocket:
        yield websocket


def next_frame(websocket):
    while "frame" not in (message := msgpack.unpackb(websocket.recv(TIMEOUT))):
        pass
    return message["frame"]


def frame_with(websocket, key):
    """Return the fields merged from the next frames, up to one that has `key`."""
    merged = {}
    while key not in merged:
        merged |= next_frame(websocket)
    return merged


def subscribe(client, path=grpc_codec.SUBSCRIBE_LATEST_FRAMES, interval=0.0):
    return client.stream(path, grpc_codec.encode_frame_request(interval))


def received(stream):
    return protocol.GetFrameResponse.FromString(next(stream))


# receiving ------------------------------------------------------------------------


def test_a_websocket_client_receives_the_merged_frame_and_then_changes(server):
    server.publish_frame(TOPOLOGY, reset=True)
    server.publish_frame({"particle.positions": POSITIONS})
    with open_websocket(server) as websocket:
        first = next_frame(websocket)
        server.publish_frame({"energy.kinetic": 1.5})
        second = next_frame(websocket)

    assert first.pop("server.timestamp") <= second.pop("server.timestamp")
    assert first == {
        "frame.index": 0,
        "system.simulation.counter": 0,
        "particle.count": 2,
        "particle.elements": b"\x06\x08",
        "bond.pairs": b"\0\0\0\0\1\0\0\0",
        "particle.positions": POSITIONS.tobytes(),
    }
    assert second == {"frame.index": 2, "energy.kinetic": 1.5}


@pytest.mark.parametrize("path", KINDS)
def test_a_grpc_client_receives_the_merged_frame_and_then_changes(server, client, path):
    server.publish_frame(TOPOLOGY, reset=True)
    server.publish_frame({"particle.positions": POSITIONS})
    stream = subscribe(client, path)
    first = received(stream)
    server.publish_frame({"energy.kinetic": 1.5})
    second = received(stream)
    stream.cancel()

    assert first.frame_index == 1
    assert list(first.frame.arrays["particle.positions"].float_values.values) == [*range(6)]
    assert list(first.frame.arrays["bond.pairs"].index_values.values) == [0, 1]
    assert first.frame.values["particle.count"].number_value == 2
    assert second.frame_index == 2
    assert set(second.frame.values) == {"energy.kinetic", "frame.index", "server.timestamp"}
    assert not second.frame.arrays


def test_without_a_frame_nothing_is_sent(server, client):
    stream = subscribe(client)
    with open_websocket(server) as websocket:
        server.publish_frame({"a": 1})

        assert next_frame(websocket)["a"] == 1
        assert received(stream).frame_index == 0


def test_changes_by_the_publisher_do_not_reach_published_frames(server, client):
    positions, names = POSITIONS.copy(), ["C", "O"]
    server.publish_frame({"particle.positions": positions, "particle.names": names})
    positions[:] = 9
    names.clear()

    frame = received(subscribe(client)).frame

    assert list(frame.arrays["particle.positions"].float_values.values) == [*range(6)]
    assert list(frame.arrays["particle.names"].string_values.values) == ["C", "O"]


def test_a_client_that_does_not_read_receives_merged_frames(server):
    count, size = 60, 300_000  # more than the sockets buffer
    server.publish_frame({"n": 0})
    with connect_websocket(
        f"ws://127.0.0.1:{server.websocket_port}", max_size=None, max_queue=1
    ) as websocket:
        next_frame(websocket)
        for number in range(1, count):
            server.publish_frame({"particle.positions": np.full((size, 3), number), "n": number})
        server.publish_frame({"particle.positions": np.zeros((size, 3)), "n": count}, reset=True)

        frames = [next_frame(websocket)]
        while frames[-1]["n"] != count:
            frames.append(next_frame(websocket))

    assert len(frames) < count
    assert frames[-1]["frame.index"] == 0


def test_state_updates_are_not_stopped_by_frames(server):
    with open_websocket(server) as websocket:
        websocket.send(msgpack.packb({"state": {"updates": {"a": 1}}}))
        server.publish_frame({"particle.positions": np.zeros((200_000, 3))})

        kinds = {key for _ in range(2) for key in msgpack.unpackb(websocket.recv(TIMEOUT))}

    assert kinds == {"state", "frame"}


# publishing -----------------------------------------------------------------------


def test_frames_of_a_client_are_renumbered_and_passed_on(server, client):
    server.publish_frame({"old": 1})
    server.publish_frame({"old": 2})
    stream = subscribe(client)
    received(stream)
    with open_websocket(server) as publisher, open_websocket(server) as other:
        next_frame(other)
        frame = {
            "frame.index": 0,
            "server.timestamp": -1.0,
            "particle.positions": POSITIONS.tobytes(),
            "mine": [1, "a"],
        }
        publisher.send(msgpack.packb({"frame": frame}))
        first = next_frame(other)
        publisher.send(msgpack.packb({"frame": {"frame.index": 99, "mine": 2}}))
        second = next_frame(other)

    assert first.pop("server.timestamp") > 0
    assert first == {
        "frame.index": 0,
        "system.simulation.counter": 1,
        "particle.positions": POSITIONS.tobytes(),
        "mine": [1, "a"],
    }
    assert (second["frame.index"], second["mine"]) == (1, 2)
    message = received(stream)
    assert message.frame_index == 0
    assert "old" not in message.frame.values


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "frame",
    [
        None,
        5,
        [],
        {"particle.positions": b"12345"},
        {"particle.positions": b"1234"},
        {"particle.positions": "abc"},
        {"particle.positions": [[1.0], [2.0, 3.0]]},
        {"particle.elements": [300]},
        {"bond.pairs": [0]},
        {"particle.names": [1]},
        {"particle.count": "many"},
        {"frame.index": "0"},
        {"frame.index": True},
        {"frame.index": float("nan")},
        {"deep": nested(150)},
        {"positions": 1, b"": 2},
        {str(number): 0 for number in range(10_001)},
    ],
    ids=lambda frame: repr(frame)[:40],
)
def test_malformed_frames_are_ignored_and_logged(server, caplog, frame):
    with open_websocket(server) as publisher, open_websocket(server) as other:
        publisher.send(msgpack.packb({"frame": frame}))
        publisher.send(msgpack.packb({"frame": {"good": 1}}))

        received_frame = next_frame(other)
        assert received_frame.keys() == {
            "frame.index",
            "system.simulation.counter",
            "server.timestamp",
            "good",
        }
    assert "ignored a frame of a client" in caplog.text


def test_the_state_beside_a_malformed_frame_is_applied(server):
    with open_websocket(server) as websocket:
        websocket.send(msgpack.packb({"frame": 5, "state": {"updates": {"a": 1}}}))
        eventually(lambda: server.copy_state() == {"a": 1})


# closing --------------------------------------------------------------------------


def test_closing_the_server_ends_all_streams(server, connect):
    server.publish_frame({"a": 1})
    streams = [subscribe(connect(), path, 1e9) for path in KINDS]
    for stream in streams:
        received(stream)
    with open_websocket(server) as websocket:
        next_frame(websocket)
        server.close()

        for stream in streams:
            with pytest.raises(StopIteration):
                next(stream)
        with pytest.raises(ConnectionClosed):
            next_frame(websocket)
    with pytest.raises(ClosedError):
        server.publish_frame({"a": 2})


@pytest.mark.parametrize("path", KINDS)
def test_a_cancelled_subscription_ends(server, client, path):
    server.publish_frame({"a": 1})
    stream = subscribe(client, path, 1e9)
    received(stream)
    assert server._frames.subscribers == 1
    stream.cancel()

    eventually(lambda: server._frames.subscribers == 0)


def test_a_client_that_disconnects_has_no_subscription(server):
    with open_websocket(server):
        eventually(lambda: server._frames.subscribers == 1)

    eventually(lambda: server._frames.subscribers == 0)


def test_a_malformed_request_is_refused(client):
    with pytest.raises(grpc.RpcError) as caught:
        next(client.stream(grpc_codec.SUBSCRIBE_FRAMES, b"\xff"))

    assert caught.value.code() is grpc.StatusCode.INTERNAL
