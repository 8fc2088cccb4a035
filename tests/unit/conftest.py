"""Shorter waits for unit tests that do not test them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from nanover_jupyter.client import reconnector
from nanover_jupyter.client.backoff import Backoff
from nanover_jupyter.client.locks import access as lock_access
from nanover_jupyter.client.locks import manager as lease_manager
from nanover_jupyter.client.locks.claims import enforced
from nanover_jupyter.client.locks.clock import lease_clock
from nanover_jupyter.client.state import subscription as stream
from nanover_jupyter.server import embedded
from tests.support.clock import ShiftedClock
from tests.support.tcp_servers import refusing_port, reserved_udp_port

SHORT_WAITS = [
    # An empty server sends no first state, so every connection to one waits this long.
    (stream, "_FIRST_MARKER_DELAY", 0.02),
    # The first pause before reconnecting.
    (reconnector, "_BACKOFF", Backoff(first=0.02, longest=5.0)),
    # When a marker is sent again, if the server received it before the subscription.
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
    """Restore the default waits, for tests about them."""
    for module, name, value in PRODUCT_WAITS:
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def may_reconnect(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Allow reconnecting only while this event is set, as it is initially."""
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
    """Make closing servers wait only briefly for calls in progress."""
    monkeypatch.setattr(embedded, "_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(embedded, "_CLOSE_SECONDS", 0.1)


@pytest.fixture
def quick_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish locks that a server enforces without delay."""
    monkeypatch.setattr(enforced, "_WRITE_DELAY", 0.0)


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check watched keys continuously instead of every two seconds."""
    monkeypatch.setattr(lease_manager, "_WATCH_INTERVAL", 0.02)


@pytest.fixture
def lease_time(monkeypatch: pytest.MonkeyPatch) -> ShiftedClock:
    """The lease clock of clients created later. Servers do not use it."""
    clock = ShiftedClock(lease_clock)
    monkeypatch.setattr(lock_access, "lease_clock", clock)
    return clock


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A TCP port that refuses connections."""
    with refusing_port() as port:
        yield port


@pytest.fixture
def udp_port() -> Iterator[int]:
    """A UDP port for announcements that no other test uses."""
    with reserved_udp_port() as port:
        yield port
