"""States far above what gRPC takes by default, and slow networks on which they come late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest

from nanover_jupyter import (
    ConnectError,
    DictionaryChange,
    InvalidValue,
    NanoverClient,
    NanoverServer,
    connect,
)
from nanover_jupyter.client.status import Status
from nanover_jupyter.wire.grpc import codec as grpc_codec
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.relay import Relay, relay_to

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
        pytest.raises(InvalidValue, match=r"5000\d\d\d bytes.* accepts 4194304"),
    ):
        client.attempt_update_state(DictionaryChange({"a": "x" * 5_000_000}))


# over a slow network ---------------------------------------------------------------

SLOW_KEYS = 350
SLOW_STATE = {f"note.{number}": f"{number:0>2000}" for number in range(SLOW_KEYS)}
BYTES_PER_SECOND = 1_000_000
# Far less than such a state takes, and far more than two pieces of it are apart.
SILENCE = 0.4 * TIME_SCALE


@pytest.fixture(params=["grpc", "ws"])
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def relay(wire: str) -> Iterator[Relay]:
    """A way to a server with state that takes most of a second."""
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        server.update_state(None, DictionaryChange(SLOW_STATE))
        port = server.websocket_port if wire == "ws" else server.port
        assert port is not None
        with relay_to(port) as relay:
            relay.limit(BYTES_PER_SECOND)
            yield relay


def test_connect_returns_when_the_full_state_is_loaded(relay: Relay, wire: str) -> None:
    with connect(f"{wire}://127.0.0.1:{relay.port}", timeout=SILENCE) as connection:
        assert connection.status.state == "connected"
        assert connection.client.health.keys == SLOW_KEYS


def test_after_a_cut_the_last_known_state_stays_until_the_new_one_is_complete(
    relay: Relay, wire: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.client.reconnector._SILENT_SECONDS", SILENCE)
    monkeypatch.setattr("nanover_jupyter.client.reconnector._PROBE_SECONDS", SILENCE)
    with connect(f"{wire}://127.0.0.1:{relay.port}", timeout=SILENCE) as connection:
        client = connection.client
        removed: set[str] = set()
        statuses: list[Status] = []
        client.on_change(lambda change: removed.update(change.removals))
        client.on_status(statuses.append)
        counts: set[int] = set()
        client.on_status(lambda _: counts.add(client.health.keys))

        relay.cut()
        eventually(lambda: connection.status.state == "lost")
        relay.mend()
        eventually(lambda: connection.status.state == "connected")

        assert counts == {SLOW_KEYS}
        assert not removed & SLOW_STATE.keys()
        states = [status.state for status in statuses]
        assert states.index("loading") == len(states) - states[::-1].index("lost")
        received = [status.received for status in statuses if status.state == "loading"]
        if wire == "ws":
            assert received == sorted(received)
            assert received[-1] > received[0]
        else:
            assert set(received) == {None}


def test_our_own_server_waits_for_the_answer_to_a_ping_behind_a_large_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nanover_jupyter.server.websocket.service._PING_SECONDS", 0.1)
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        server.update_state(None, DictionaryChange(SLOW_STATE))
        assert server.websocket_port is not None
        with relay_to(server.websocket_port) as relay:
            relay.limit(BYTES_PER_SECOND)
            with connect(f"ws://127.0.0.1:{relay.port}", timeout=SILENCE) as connection:
                assert connection.client.health.keys == SLOW_KEYS
                assert connection.status.state == "connected"


def test_a_server_that_falls_silent_while_its_state_loads_is_given_up(
    relay: Relay, wire: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.transport.grpc.transport._LOADING_SECONDS", SILENCE)
    relay.limit(BYTES_PER_SECOND / 100)

    with pytest.raises(ConnectError, match=r"it sent nothing for|no answer within"):
        connect(f"{wire}://127.0.0.1:{relay.port}", timeout=SILENCE)
