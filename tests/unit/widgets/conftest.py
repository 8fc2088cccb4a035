"""A server with a small state, a connection to it, and widgets without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nanover_jupyter import Connection, DictionaryChange, NanoverServer, connect
from nanover_jupyter.widgets.panel import Panel
from tests.support.fake_page import FakePage


@pytest.fixture
def fast_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send heartbeats every few milliseconds."""
    monkeypatch.setattr("nanover_jupyter.widgets.sync.publisher._HEARTBEAT_SECONDS", 0.02)


@pytest.fixture
def fast_effects(monkeypatch: pytest.MonkeyPatch, fast_heartbeats: None) -> None:
    """Collect the effects of a run for a short time."""
    monkeypatch.setattr("nanover_jupyter.client.commands.effects.SETTLE_SECONDS", 0.1)


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"scene": [0.0] * 10, "title": "demo"}))
        server.register_command("user/echo", lambda **arguments: arguments, {"n": 1, "name": "x"})
        yield server


@pytest.fixture
def connection(server: NanoverServer) -> Iterator[Connection]:
    with connect(f"127.0.0.1:{server.port}", name="lab") as connection:
        yield connection


@pytest.fixture
def websocket() -> Iterator[Connection]:
    """A connection by WebSocket to another server, on which locks are cooperative."""
    with NanoverServer(websocket_port=0) as server:
        server.update_state(None, DictionaryChange({"title": "demo"}))
        with connect(f"ws://127.0.0.1:{server.websocket_port}", name="lab") as connection:
            yield connection


@pytest.fixture
def open_page(connection: Connection) -> Iterator[Callable[..., FakePage]]:
    """Create widgets with one view each that has sent `hello`."""
    panels: list[Panel] = []

    def make(kind: type[Panel], source: Connection | None = None, **options: Any) -> FakePage:
        panel = kind(source or connection, **options)
        panels.append(panel)
        page = FakePage(panel)
        page.hello()
        return page

    yield make
    for panel in panels:
        panel.close()
