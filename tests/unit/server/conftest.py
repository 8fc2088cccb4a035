"""A server, raw gRPC calls to it, and a fake clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import grpc
import pytest

from nanover_jupyter.server import NanoverServer
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from tests.support.clock import FakeClock
from tests.support.own_threads import require_no_own_threads

TIMEOUT = 10.0  # seconds for a call that should return at once


class RawClient:
    """Makes gRPC calls by method path with bytes."""

    def __init__(self, port: int, *, token: str) -> None:
        self.token = token
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.max_receive_message_length", -1)]
        )

    def call(self, path: str, request: bytes) -> bytes:
        return self._channel.unary_unary(path)(request, timeout=TIMEOUT)

    def start(self, path: str, request: bytes) -> Any:
        return self._channel.unary_unary(path).future(request)

    def stream(self, path: str, request: bytes) -> Any:
        return self._channel.unary_stream(path)(request)

    def run(self, name: str, arguments: Mapping[str, object] | None = None) -> dict[str, Any]:
        reply = self.call(grpc_codec.RUN_COMMAND, grpc_codec.encode_command(name, arguments or {}))
        return grpc_codec.decode_command_reply(reply)

    def start_command(self, name: str, arguments: Mapping[str, object] | None = None) -> Any:
        request = grpc_codec.encode_command(name, arguments or {})
        return self.start(grpc_codec.RUN_COMMAND, request)

    def update(
        self, updates: Mapping[str, object] | None = None, removals: tuple[str, ...] = ()
    ) -> bool:
        change = DictionaryChange(updates, removals)
        request = grpc_codec.encode_update_request(self.token, change)
        return grpc_codec.decode_success(self.call(grpc_codec.UPDATE_STATE, request))

    def lock(self, durations: Mapping[str, float | None]) -> bool:
        locks = LockRequest.from_durations(durations)
        request = grpc_codec.encode_locks_request(self.token, locks)
        return grpc_codec.decode_success(self.call(grpc_codec.UPDATE_LOCKS, request))

    def subscribe(self, interval: float = 0.0) -> Any:
        request = grpc_codec.encode_subscribe_request(interval)
        return self.stream(grpc_codec.SUBSCRIBE_STATE_UPDATES, request)

    def close(self) -> None:
        self._channel.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        yield server


@pytest.fixture
def connect(server: NanoverServer) -> Iterator[Callable[..., RawClient]]:
    """Create clients of the server with distinct tokens."""
    clients: list[RawClient] = []

    def make(token: str | None = None) -> RawClient:
        client = RawClient(server.port, token=token or f"token-{len(clients)}")
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., RawClient]) -> RawClient:
    return connect()


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    require_no_own_threads()
