"""The frames of clients over both wires."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import ClosedError, InvalidArgument, NotSupported, WaitTimedOut
from nanover_jupyter.wire.frames.frame import Frame
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport
from tests.support.frames import grpc_frame, packed_frame, received_frame
from tests.support.scripted_websocket import ScriptedServer, scripted_server

SUBSCRIBE = "SubscribeLatestFrames"


class TrajectoryServer:
    """A gRPC server that sends the frames that a test puts into `frames`; None ends a stream."""

    def __init__(self, *, has_service: bool = True) -> None:
        self.frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.subscriptions = 0
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        service = "nanover.protocol.trajectory.TrajectoryService"
        handlers = {SUBSCRIBE: grpc.unary_stream_rpc_method_handler(self._subscribe)}
        if has_service:
            handler = grpc.method_handlers_generic_handler(service, handlers)
            self._server.add_generic_rpc_handlers((handler,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def _subscribe(self, _request: bytes, _context: object) -> Iterator[bytes]:
        self.subscriptions += 1
        while (frame := self.frames.get()) is not None:
            yield frame

    def close(self) -> None:
        self.frames.put(None)
        self._server.stop(None)


@pytest.fixture
def server() -> Iterator[TrajectoryServer]:
    server = TrajectoryServer()
    yield server
    server.close()


@pytest.fixture
def grpc_client(server: TrajectoryServer) -> Iterator[NanoverClient]:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        yield client


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with scripted_server() as script:
        yield script


@pytest.fixture
def client(script: ScriptedServer) -> Iterator[NanoverWebSocketClient]:
    with NanoverWebSocketClient.from_url(script.url) as client:
        yield client


# WebSocket ---------------------------------------------------------------------


def test_waiting_for_a_frame_connects(
    client: NanoverWebSocketClient, script: ScriptedServer
) -> None:
    script.initial_messages.append(packed_frame(0, energy__kinetic=1.0))

    frame = client.wait_for_frame(5)

    assert frame.kinetic_energy == 1.0
    assert client.frame is frame
    assert client.wait_for_frame(0) is frame


def test_waiting_for_a_newer_frame(client: NanoverWebSocketClient, script: ScriptedServer) -> None:
    script.initial_messages.append(packed_frame(0))
    frame = client.wait_for_frame(5)
    with pytest.raises(WaitTimedOut, match="frame of a simulation"):
        client.wait_for_frame(0.01, after=frame)

    script.send(packed_frame(1))

    assert client.wait_for_frame(5, after=frame).index == 1


def test_a_frame_in_a_message_with_state_is_received(
    client: NanoverWebSocketClient, script: ScriptedServer
) -> None:
    message = {"frame": {"frame.index": 3}, "state": {"updates": {"a": 1}, "removals": []}}
    client.subscribe_all_state_updates()
    script.send(message)

    eventually(lambda: client.copy_state() == {"a": 1})
    assert client.frame is not None
    assert client.frame.index == 3


def test_a_malformed_frame_does_not_end_the_stream(
    client: NanoverWebSocketClient, script: ScriptedServer
) -> None:
    client.subscribe_all_state_updates()
    script.send(b"\x81\xa5frame\xc1", packed_frame(1, a=1.0), {"state": {"updates": {"b": 2}}})

    eventually(lambda: client.copy_state() == {"b": 2})
    assert client.frame is not None
    assert client.frame["a"] == 1.0


# gRPC --------------------------------------------------------------------------


def test_reading_the_frame_opens_the_stream(
    grpc_client: NanoverClient, server: TrajectoryServer
) -> None:
    server.frames.put(grpc_frame(7, energy__kinetic=1.0))
    assert grpc_client.frame_rate == 0.0
    assert server.subscriptions == 0

    assert grpc_client.frame is None or grpc_client.frame.index == 7
    frame = grpc_client.wait_for_frame(5)

    assert (frame.index, frame.kinetic_energy) == (7, 1.0)
    assert server.subscriptions == 1


def test_a_stream_that_ends_is_opened_again(
    grpc_client: NanoverClient, server: TrajectoryServer
) -> None:
    server.frames.put(grpc_frame(7, old=1.0))
    first = grpc_client.wait_for_frame(5)
    server.frames.put(None)
    server.frames.put(grpc_frame(3, new=2.0))

    frame = grpc_client.wait_for_frame(10, after=first)

    # The server sends everything again, so what came before no longer holds.
    assert dict(frame) == {"new": 2.0, "frame.index": 3}
    assert frame.generation == 1


def test_a_server_without_frames_is_reported() -> None:
    server = TrajectoryServer(has_service=False)
    try:
        with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
            with pytest.raises(NotSupported, match="does not support frames"):
                client.wait_for_frame(5)
            assert client.frame is None
    finally:
        server.close()


def test_closing_ends_the_stream_and_its_threads(
    server: TrajectoryServer, no_thread_stays: None
) -> None:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        client.on_frame(lambda frame, _: None)
        server.frames.put(grpc_frame(1))
        client.wait_for_frame(5)

    assert client.frame is not None
    with pytest.raises(ClosedError):
        client.wait_for_frame(5)


# any transport -----------------------------------------------------------------


class Receiving:
    """A client of a fake transport, and the frames that its listener received."""

    def __init__(self) -> None:
        self.transport = FakeTransport()
        self.client = BaseClient(self.transport)
        self.calls: list[tuple[Frame, frozenset[str]]] = []
        self.threads: set[str] = set()

    def listen(self, frame: Frame, changed: frozenset[str]) -> None:
        self.threads.add(threading.current_thread().name)
        self.calls.append((frame, changed))

    def receive(self, index: int, **fields: object) -> None:
        assert self.transport.frame_listener is not None
        self.transport.frame_listener.on_frame(received_frame(index, **fields))


@pytest.fixture
def receiving() -> Iterator[Receiving]:
    receiving = Receiving()
    yield receiving
    receiving.client.close()


def test_a_listener_gets_the_current_frame_at_once(receiving: Receiving) -> None:
    receiving.receive(0, a=1.0)

    receiving.client.on_frame(receiving.listen)

    eventually(lambda: receiving.calls)
    ((frame, changed),) = receiving.calls
    assert (dict(frame), changed) == ({"frame.index": 0, "a": 1.0}, {"frame.index", "a"})
    assert receiving.threads == {"nanover-frames"}
    assert receiving.transport.frames_requested


def test_a_slow_listener_gets_frames_merged_into_one(receiving: Receiving) -> None:
    busy, resume = threading.Event(), threading.Event()

    def listen(frame: Frame, changed: frozenset[str]) -> None:
        receiving.listen(frame, changed)
        busy.set()
        resume.wait(10)

    receiving.client.on_frame(listen)
    receiving.receive(0, a=1.0)
    assert busy.wait(10)
    receiving.receive(1, b=2.0)
    receiving.receive(2, c=3.0)
    resume.set()

    eventually(lambda: len(receiving.calls) == 2)
    frame, changed = receiving.calls[1]
    assert (frame.index, changed) == (2, {"frame.index", "b", "c"})


def test_an_error_of_a_listener_does_not_reach_others(
    receiving: Receiving, caplog: pytest.LogCaptureFixture
) -> None:
    receiving.client.on_frame(lambda frame, changed: 1 / 0)
    receiving.client.on_frame(lambda frame, changed: sys.exit(1))
    receiving.client.on_frame(receiving.listen)

    receiving.receive(0)

    eventually(lambda: receiving.calls)
    assert "ZeroDivisionError" in caplog.text


def test_a_subscription_can_end(receiving: Receiving) -> None:
    end = receiving.client.on_frame(receiving.listen)
    receiving.receive(0)
    eventually(lambda: len(receiving.calls) == 1)
    end()

    others: list[Frame] = []
    receiving.client.on_frame(lambda frame, _: others.append(frame))
    receiving.receive(1)

    eventually(lambda: [frame.index for frame in others][-1:] == [1])
    assert len(receiving.calls) == 1


def test_series_are_recorded_from_the_first_call_on(receiving: Receiving) -> None:
    receiving.receive(0, energy__kinetic=1.0)
    assert receiving.client.series("energy.*")["energy.kinetic"].tolist() == [1.0]
    receiving.receive(1, energy__kinetic=2.0)

    assert receiving.client.series("energy.*")["energy.kinetic"].tolist() == [1.0, 2.0]
    assert receiving.client.frame_series.read(["energy.kinetic"]).stop == 2


def test_a_universe_needs_a_frame(receiving: Receiving) -> None:
    with pytest.raises(InvalidArgument, match="wait_for_frame"):
        receiving.client.universe()
    receiving.receive(0)
    with pytest.raises(InvalidArgument, match="no positions"):
        receiving.client.universe()


def test_closing_ends_a_wait(receiving: Receiving) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receiving.client.wait_for_frame, 30)
        eventually(lambda: receiving.client._frames._waiting)
        receiving.client.close()
        with pytest.raises(ClosedError):
            waiting.result(10)


def test_the_last_frame_stays_after_close(receiving: Receiving) -> None:
    receiving.receive(0, a=1.0)
    receiving.client.close()

    assert receiving.client.frame is not None
    assert receiving.client.frame["a"] == 1.0
