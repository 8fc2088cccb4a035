"""The connections of the magics by name, their widgets, and the embedded server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import ConnectError, NanoverServer, StateInspector, connect
from nanover_jupyter.magics.connection_registry import (
    ConnectionRegistry,
    ConnectResult,
    ConnectTarget,
)
from nanover_jupyter.magics.errors import MagicError
from tests.support.notebook_cells import NotebookCells


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionRegistry]:
    monkeypatch.setattr("nanover_jupyter.magics.connection_registry.DEFAULT_PORT", 9)
    registry = ConnectionRegistry()
    yield registry
    registry.close()


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        yield server


def join(
    registry: ConnectionRegistry, server: NanoverServer | None = None, name: str = ""
) -> ConnectResult:
    address = None if server is None else f"127.0.0.1:{server.port}"
    return registry.connect(ConnectTarget(address=address), name=name or None, timeout=5)


def test_without_an_address_a_demo_world_is_started_and_stopped_again(
    registry: ConnectionRegistry,
) -> None:
    result = join(registry)
    assert result.embedded
    assert result.connection.name == "demo"
    assert registry.embedded is not None

    closed = registry.disconnect()

    assert closed is not None
    assert closed.stopped_server
    assert registry.embedded is None
    assert registry.disconnect() is None


def test_connecting_again_keeps_the_connection(registry: ConnectionRegistry) -> None:
    first = join(registry)
    again = join(registry)
    target = ConnectTarget(address=first.connection.address)
    by_address = registry.connect(target, name=None, timeout=5)

    assert again.how == by_address.how == "reused"
    assert again.connection is by_address.connection is first.connection


def test_the_demo_world_runs_until_its_last_connection_is_closed(
    registry: ConnectionRegistry,
) -> None:
    first = join(registry)
    target = ConnectTarget(address=first.connection.address)
    registry.connect(target, name="second", timeout=5)

    registry.disconnect("demo")
    assert registry.embedded is not None
    registry.disconnect("second")

    assert registry.embedded is None


def test_a_failed_connect_keeps_the_open_connection(
    registry: ConnectionRegistry, server: NanoverServer
) -> None:
    first = join(registry, server, "lab")

    with pytest.raises(ConnectError):
        registry.connect(ConnectTarget(address="127.0.0.1:9"), name="lab", timeout=1)

    assert registry.current is first.connection
    assert first.connection.status.state == "connected"


def test_a_server_started_by_serve_keeps_running_after_a_disconnect(
    registry: ConnectionRegistry,
) -> None:
    embedded = registry.serve(demo=False)
    result = join(registry)
    assert result.connection.address == str(embedded.address)

    registry.disconnect()

    assert registry.embedded is embedded
    registry.stop_server()
    assert registry.embedded is None


def test_the_connection_used_before_is_the_current_one_after_a_disconnect(
    registry: ConnectionRegistry, server: NanoverServer
) -> None:
    for name in ("a", "b", "c"):
        join(registry, server, name)
    registry.use("a")
    registry.use("c")

    registry.disconnect()

    assert registry.current is registry.named("a")
    assert [connection.name for connection in registry.connections] == ["a", "b"]
    assert registry.closed_names == ("c",)


def test_a_connection_that_was_closed_from_python_is_not_reused(
    registry: ConnectionRegistry, server: NanoverServer
) -> None:
    first = join(registry, server, "lab").connection
    first.close()

    second = join(registry, server, "lab")

    assert second.how == "new"
    assert second.connection is not first


def test_a_connection_of_the_user_can_be_added_twice(
    registry: ConnectionRegistry, server: NanoverServer
) -> None:
    with connect(f"127.0.0.1:{server.port}", name="mine") as mine:
        assert (
            registry.connect(ConnectTarget(address=mine), name=None, timeout=5).connection is mine
        )
        assert registry.connect(ConnectTarget(address=mine), name=None, timeout=5).how == "reused"
        assert registry.named("mine") is mine


def test_a_panel_is_made_once(registry: ConnectionRegistry, server: NanoverServer) -> None:
    join(registry, server)

    first = registry.panel(StateInspector, None)

    assert registry.panel(StateInspector, None, height=300) is first
    assert registry.panel(StateInspector, None, variant="other") is not first
    assert first.height == 300
    first.close()
    assert registry.panel(StateInspector, None) is not first


def test_widgets_follow_a_name_to_another_server(
    registry: ConnectionRegistry, server: NanoverServer
) -> None:
    join(registry, server, "lab")
    panel = registry.panel(StateInspector, "lab")
    with NanoverServer() as other:
        result = join(registry, other, "lab")

        assert result.how == "moved"
        assert panel.connection is result.connection
        assert registry.panel(StateInspector, "lab") is panel
        registry.disconnect()
    panel.close()


def test_without_a_connection_there_is_no_panel(registry: ConnectionRegistry) -> None:
    with pytest.raises(MagicError, match="Not connected"):
        registry.panel(StateInspector, None)


def test_a_connection_of_the_user_is_closed_by_disconnect_only(
    registry: ConnectionRegistry, server: NanoverServer
) -> None:
    address = f"127.0.0.1:{server.port}"
    with connect(address, name="mine") as mine, connect(address, name="other") as other:
        registry.connect(ConnectTarget(address=mine), name=None, timeout=5)
        registry.connect(ConnectTarget(address=other), name=None, timeout=5)
        registry.disconnect("other")
        assert other.status.state == "closed"
        assert registry.reconnect("other", timeout=5).connection.name == "other"

        registry.close()

        assert mine.status.state == "connected"
        assert registry.connections == ()


def test_a_connection_that_the_user_closed_is_reopened(
    registry: ConnectionRegistry, server: NanoverServer
) -> None:
    join(registry, server).connection.close()

    assert registry.reconnect(None, timeout=5).connection.status.state == "connected"


def test_a_connection_replaced_by_a_cell_is_followed(
    registry: ConnectionRegistry, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = NotebookCells(monkeypatch)
    with cells.run("a"):
        first = connect(f"127.0.0.1:{server.port}")
    registry.connect(ConnectTarget(address=first), name="lab", timeout=5)
    with cells.run("a"):
        second = connect(f"127.0.0.1:{server.port}")

    assert registry.current is registry.named("lab") is second
    assert second.name == "lab"
    registry.close()
    assert second.status.state == "connected"
    second.close()


def test_a_connection_stays_open_after_its_cell(
    registry: ConnectionRegistry, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = NotebookCells(monkeypatch)
    with cells.run("a"):
        first = join(registry, server, "one").connection
        panel = registry.panel(StateInspector, "one")
    with cells.run("a"):
        join(registry, server, "two")
        other = registry.panel(StateInspector, "two")

    assert first.status.state == "connected"
    assert panel.comm is not None
    panel.close()
    other.close()
