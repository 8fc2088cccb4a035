"""The connections of the magics by name, and the server that may go with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import ConnectError, NanoverServer, StateInspector, connect
from nanover_jupyter.magics.registry import ConnectionRegistry, ConnectResult, ConnectTarget
from tests.support.notebook_cells import NotebookCells


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionRegistry]:
    monkeypatch.setattr("nanover_jupyter.magics.registry.DEFAULT_PORT", 9)
    sessions = ConnectionRegistry()
    yield sessions
    sessions.close()


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        yield server


def join(
    sessions: ConnectionRegistry, server: NanoverServer | None = None, name: str = ""
) -> ConnectResult:
    address = None if server is None else f"127.0.0.1:{server.port}"
    return sessions.connect(ConnectTarget(address=address), name=name or None, timeout=5)


def test_without_an_address_a_demo_world_is_started_and_stopped_again(
    sessions: ConnectionRegistry,
) -> None:
    reached = join(sessions)
    assert reached.embedded
    assert reached.connection.name == "demo"
    assert sessions.embedded is not None

    closed = sessions.disconnect()

    assert closed is not None
    assert closed.stopped_server
    assert sessions.embedded is None
    assert sessions.disconnect() is None


def test_connecting_again_keeps_the_connection(sessions: ConnectionRegistry) -> None:
    first = join(sessions)
    again = join(sessions)
    goal = ConnectTarget(address=first.connection.address)
    by_address = sessions.connect(goal, name=None, timeout=5)

    assert again.how == by_address.how == "reused"
    assert again.connection is by_address.connection is first.connection


def test_the_demo_world_stays_as_long_as_a_connection_leads_there(
    sessions: ConnectionRegistry,
) -> None:
    first = join(sessions)
    goal = ConnectTarget(address=first.connection.address)
    sessions.connect(goal, name="second", timeout=5)

    sessions.disconnect("demo")
    assert sessions.embedded is not None
    sessions.disconnect("second")

    assert sessions.embedded is None


def test_a_failed_connect_leaves_what_there_was(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    first = join(sessions, server, "lab")

    with pytest.raises(ConnectError):
        sessions.connect(ConnectTarget(address="127.0.0.1:9"), name="lab", timeout=1)

    assert sessions.current is first.connection
    assert first.connection.status.state == "connected"


def test_a_server_that_was_started_on_purpose_outlives_a_disconnect(
    sessions: ConnectionRegistry,
) -> None:
    embedded = sessions.serve(demo=False)
    reached = join(sessions)
    assert reached.connection.address == str(embedded.address)

    sessions.disconnect()

    assert sessions.embedded is embedded
    sessions.stop_server()
    assert sessions.embedded is None


def test_the_connection_used_before_is_the_current_one_after_a_disconnect(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    for name in ("a", "b", "c"):
        join(sessions, server, name)
    sessions.use("a")
    sessions.use("c")

    sessions.disconnect()

    assert sessions.current is sessions.named("a")
    assert [connection.name for connection in sessions.connections] == ["a", "b"]
    assert sessions.former_names == ("c",)


def test_one_that_was_closed_elsewhere_is_not_reused(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    first = join(sessions, server, "lab").connection
    first.close()

    second = join(sessions, server, "lab")

    assert second.how == "new"
    assert second.connection is not first


def test_a_connection_of_ones_own_can_be_taken_in_twice(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    with connect(f"127.0.0.1:{server.port}", name="mine") as mine:
        assert (
            sessions.connect(ConnectTarget(address=mine), name=None, timeout=5).connection is mine
        )
        assert sessions.connect(ConnectTarget(address=mine), name=None, timeout=5).how == "reused"
        assert sessions.named("mine") is mine


def test_a_panel_is_made_once_however_often_it_is_shown(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    join(sessions, server)

    first = sessions.panel(StateInspector, None)

    assert sessions.panel(StateInspector, None, height=300) is first
    assert sessions.panel(StateInspector, None, variant="other") is not first
    assert first.height == 300
    first.close()
    assert sessions.panel(StateInspector, None) is not first


def test_widgets_follow_a_name_to_another_server(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    join(sessions, server, "lab")
    panel = sessions.panel(StateInspector, "lab")
    with NanoverServer() as other:
        reached = join(sessions, other, "lab")

        assert reached.how == "moved"
        assert panel.connection is reached.connection
        assert sessions.panel(StateInspector, "lab") is panel
        sessions.disconnect()
    panel.close()


def test_without_a_connection_there_is_no_panel(sessions: ConnectionRegistry) -> None:
    with pytest.raises(ConnectError, match="there is no connection yet"):
        sessions.panel(StateInspector, None)


def test_a_connection_of_ones_own_is_left_open_at_the_end_but_closed_when_asked(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    address = f"127.0.0.1:{server.port}"
    with connect(address, name="mine") as mine, connect(address, name="other") as other:
        sessions.connect(ConnectTarget(address=mine), name=None, timeout=5)
        sessions.connect(ConnectTarget(address=other), name=None, timeout=5)
        sessions.disconnect("other")
        assert other.status.state == "closed"
        assert sessions.reconnect("other", timeout=5).connection.name == "other"

        sessions.close()

        assert mine.status.state == "connected"
        assert sessions.connections == ()


def test_a_connection_that_people_closed_themselves_is_opened_again(
    sessions: ConnectionRegistry, server: NanoverServer
) -> None:
    join(sessions, server).connection.close()

    assert sessions.reconnect(None, timeout=5).connection.status.state == "connected"


def test_connection_that_a_cell_replaced_is_followed(
    sessions: ConnectionRegistry, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = NotebookCells(monkeypatch)
    with cells.run("a"):
        first = connect(f"127.0.0.1:{server.port}")
    sessions.connect(ConnectTarget(address=first), name="lab", timeout=5)
    with cells.run("a"):
        second = connect(f"127.0.0.1:{server.port}")

    assert sessions.current is sessions.named("lab") is second
    assert second.name == "lab"
    sessions.close()
    assert second.status.state == "connected"
    second.close()


def test_session_outlives_the_cell_that_opened_it(
    sessions: ConnectionRegistry, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = NotebookCells(monkeypatch)
    with cells.run("a"):
        first = join(sessions, server, "one").connection
        panel = sessions.panel(StateInspector, "one")
    with cells.run("a"):
        join(sessions, server, "two")
        other = sessions.panel(StateInspector, "two")

    assert first.status.state == "connected"
    assert panel.comm is not None
    panel.close()
    other.close()
