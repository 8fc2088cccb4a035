"""Waits that most unit tests meet and none of them is about are short here."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from nanover_jupyter.client import reconnector
from nanover_jupyter.client.backoff import Backoff
from nanover_jupyter.client.locks import manager as lease_manager
from nanover_jupyter.client.locks import notes as lock_notes
from nanover_jupyter.client.locks.clock import lease_clock
from nanover_jupyter.client.state import subscription as stream
from nanover_jupyter.server import embedded
from tests.support.clock import ShiftedClock
from tests.support.tcp_servers import refusing_port, reserved_udp_port

SHORT_WAITS = [
    # An empty server sends no first state, so every connection to one waits this long. It is
    # correct at any length: a state that comes later is still waited for.
    (stream, "_FIRST_MARKER_DELAY", 0.02),
    # The first pause before a lost server is tried again.
    (reconnector, "_BACKOFF", Backoff(first=0.02, longest=5.0)),
    # When a mark is set again that a server took in before it knew of the subscription.
    (stream, "_MARKER_RETRY", 0.05),
]
PRODUCT_WAITS = [(module, name, getattr(module, name)) for module, name, _ in SHORT_WAITS]


@pytest.fixture(scope="session", autouse=True)
def short_waits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in SHORT_WAITS:
            patch.setattr(module, name, value)
        yield


@pytest.fixture
def product_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore the waits of the product, for tests about them."""
    for module, name, value in PRODUCT_WAITS:
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def may_reconnect(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Lost servers are tried again only while this is set, as it is at first."""
    may_reconnect = threading.Event()
    may_reconnect.set()
    backoff = reconnector._BACKOFF

    class PausedBackoff:
        def delay(self, attempt: int) -> float:
            may_reconnect.wait(60)
            return backoff.delay(attempt)

    monkeypatch.setattr(reconnector, "_BACKOFF", PausedBackoff())
    yield may_reconnect
    may_reconnect.set()


@pytest.fixture
def impatient_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that close wait for calls in progress only briefly."""
    monkeypatch.setattr(embedded, "_GRACE", 0.05)
    monkeypatch.setattr(embedded, "_CLOSING_LIMIT", 0.1)


@pytest.fixture
def quick_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes about locks are written at once, not half a second later."""
    monkeypatch.setattr(lock_notes, "_WRITE_DELAY", 0.0)


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watched keys are looked at all the time, not every two seconds."""
    monkeypatch.setattr(lease_manager, "_WATCH_INTERVAL", 0.02)


@pytest.fixture
def lease_time(monkeypatch: pytest.MonkeyPatch) -> ShiftedClock:
    """The clock of leases of clients that are made after this; servers do not follow it."""
    clock = ShiftedClock(lease_clock)
    monkeypatch.setitem(lease_manager.LeaseManager.__init__.__kwdefaults__, "clock", clock)
    return clock


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A TCP port at which nobody listens."""
    with refusing_port() as port:
        yield port


@pytest.fixture
def udp_port() -> Iterator[int]:
    """A UDP port for announcements, which no other test uses."""
    with reserved_udp_port() as port:
        yield port
