"""States far above what gRPC takes by default."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest

from nanover_jupyter import (
    DictionaryChange,
    InvalidValue,
    NanoverClient,
    NanoverServer,
    connect,
)
from nanover_jupyter.wire import grpc_codec

KEYS = 20_000


class StockServer:
    """A gRPC server with gRPC's own limits, which sends one recorded state."""

    def __init__(self, state: bytes) -> None:
        self._state = state
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))  # type: ignore[arg-type]
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def service(self, details: Any) -> Any:
        if details.method == grpc_codec.SUBSCRIBE_STATE_UPDATES:
            return grpc.unary_stream_rpc_method_handler(self._stream)
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")

    def close(self) -> None:
        self._server.stop(None).wait()

    def _stream(self, _: bytes, context: Any) -> Iterator[bytes]:
        yield self._state
        ended = threading.Event()
        if context.add_callback(ended.set):  # else it has ended already, and nobody tells
            ended.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[StockServer]:
    state = {f"note.{number}": f"{number:0>1000}" for number in range(KEYS)}
    server = StockServer(grpc_codec.encode_state_update(DictionaryChange(state)))
    yield server
    server.close()


def test_a_first_message_of_twenty_megabytes_is_taken(server: StockServer) -> None:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        arrived = threading.Event()
        client.on_change(lambda _: arrived.set())
        client.subscribe_all_state_updates()

        assert arrived.wait(30)

        assert client.health.keys == KEYS
        assert client.peek(f"note.{KEYS - 1}") == f"{KEYS - 1:0>1000}"


def test_an_update_above_the_servers_limit_is_refused_with_both_sizes(
    server: StockServer,
) -> None:
    with (
        NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client,
        pytest.raises(InvalidValue, match=r"5000\d\d\d bytes .* takes at most 4194304"),
    ):
        client.attempt_update_state(DictionaryChange({"a": "x" * 5_000_000}))


def test_connect_waits_for_a_state_that_comes_late(monkeypatch):
    """It used to be taken for empty when it took longer than half a second."""
    monkeypatch.setattr("nanover_jupyter.client.connection._FIRST_STATE_GRACE", 0)
    with NanoverServer(websocket_port=0) as server:
        server.update_state(None, DictionaryChange({str(n): [float(n)] * 30 for n in range(5000)}))
        for place in (f"grpc://127.0.0.1:{server.port}", f"ws://127.0.0.1:{server.websocket_port}"):
            with connect(place) as connection:
                assert len(connection.client.keys()) == 5000


def test_connect_believes_soon_that_a_state_is_empty(monkeypatch):
    monkeypatch.setattr("nanover_jupyter.client.connection._FIRST_STATE_PATIENCE", 3600)
    with NanoverServer(websocket_port=0) as server:
        for place in (f"grpc://127.0.0.1:{server.port}", f"ws://127.0.0.1:{server.websocket_port}"):
            with connect(place) as connection:
                assert connection.client.keys() == []
