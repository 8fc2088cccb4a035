"""Servers, clients of theirs, and clients of a fake; no test may leave a thread of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.client.locks.manager import LeaseManager
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.server.state.store import SharedState
from tests.support.clock import FakeClock
from tests.support.fake_lock_backend import FakeLockBackend
from tests.support.own_threads import require_no_own_threads


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    require_no_own_threads()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server_state(clock: FakeClock) -> SharedState:
    """The state of a server whose locks expire on the fake clock."""
    return SharedState(clock=clock)


@pytest.fixture
def server(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        yield server


@pytest.fixture
def make_client(server: NanoverServer) -> Iterator[Callable[[], NanoverClient]]:
    """Make clients of the server; all are closed in the end."""
    clients: list[NanoverClient] = []

    def make() -> NanoverClient:
        clients.append(NanoverClient.insecure_channel(address="127.0.0.1", port=server.port))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client: Callable[[], NanoverClient]) -> NanoverClient:
    return make_client()


@pytest.fixture
def transport(server_state, clock):
    """A transport to `server_state`."""
    return FakeLockBackend(server_state, "me", clock)


@pytest.fixture
def locks(transport, clock):
    """The locks of a client, without a renewal thread."""
    locks = LeaseManager(transport, clock=clock)
    locks.renewer.wake = lambda at=0.0: None
    yield locks
    locks.close()
