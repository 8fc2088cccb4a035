"""A clock that can be moved ahead, by which locks end here and on the server."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    LockManager,
    NanoverClient,
    NanoverServer,
)
from nanover_jupyter.client.backoff import Backoff
from nanover_jupyter.client.locks import access as lock_access
from nanover_jupyter.client.locks import manager as lease_manager
from nanover_jupyter.client.locks.manager import LeaseManager
from nanover_jupyter.server import embedded
from nanover_jupyter.server.state.store import SharedState
from tests.page.conftest import Connect
from tests.page.widget_page import WidgetPage
from tests.support.clock import ShiftedClock
from tests.support.eventually import TIME_SCALE
from tests.support.panels import Locks

# Long enough for whatever a test does with a lock that is not to end meanwhile.
LONG = 300 * TIME_SCALE
STRANGER = "someone else"


class SkippingClock(ShiftedClock):
    """Monotonic seconds that can be put forward, as when a machine slept.

    The page learns of it by messages: its own count-downs stay in real time.
    """

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self._clients: list[LeaseManager] = []

    def pass_seconds(self, seconds: float) -> None:
        """Let seconds pass for all clients and servers, and have widgets send what is left."""
        super().pass_seconds(seconds)
        for locks in self._clients:
            locks.settle()
            locks.renewer.wake()
            # Empty changes: listeners are notified, and send times that are up to date.
            locks.table.record_withdrawn(())
            locks.watched.remove(())

    def make_locks(self, *args: Any, **options: Any) -> LeaseManager:
        """The locks of a new client, on this clock."""
        locks = LeaseManager(*args, **options)
        self._clients.append(locks)
        return locks


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> SkippingClock:
    """The clock of clients and servers that are made from now on."""
    clock = SkippingClock()
    monkeypatch.setattr(lock_access, "lease_clock", clock)
    monkeypatch.setattr(lock_access, "LeaseManager", clock.make_locks)
    store = functools.partial(SharedState, clock=clock)
    monkeypatch.setattr(embedded, "SharedState", store)
    # Who waits for a lock tries again by real time, up to a second later.
    monkeypatch.setattr(lease_manager, "_BACKOFF", Backoff(first=0.02, longest=0.1))
    return clock


@pytest.fixture
def server(clock: SkippingClock) -> Iterator[NanoverServer]:
    """As in tests/page/conftest.py, on our clock."""
    with NanoverServer() as running:
        yield running


@pytest.fixture
def connection(connect_to: Connect, server: NanoverServer) -> Connection:
    """A connection to `server`."""
    return connect_to(server)


@pytest.fixture
def manager(connection: Connection) -> LockManager:
    """A lock manager of `connection`."""
    return LockManager(connection, height=460)


@pytest.fixture
def locks(page: WidgetPage, manager: LockManager) -> Locks:
    """`manager` in the page."""
    return show_manager(page, manager)


def show_manager(page: WidgetPage, manager: LockManager) -> Locks:
    """Show a lock manager in the page."""
    page.show(manager)
    return Locks(page)


def lets_write(server: NanoverServer, key: str) -> bool:
    """Whether the server lets another client write a key."""
    with another_client(server) as other:
        return other.attempt_update_state(DictionaryChange({key: 0.0}))


def another_client(server: NanoverServer) -> NanoverClient:
    """A client that knows nothing of ours; to be closed."""
    return NanoverClient.insecure_channel(address=server.address, port=server.port)
