"""The one connection of the magics, and the server that may go with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import ConnectError, NanoverServer, StateInspector
from nanover_jupyter.magics._sessions import Sessions


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    monkeypatch.setattr("nanover_jupyter.magics._sessions.DEFAULT_PORT", 9)
    sessions = Sessions()
    yield sessions
    sessions.close()


def join(sessions: Sessions, address: str | None = None, name: str | None = None) -> object:
    return sessions.connect(address, name=name, timeout=5)


def test_without_an_address_a_demo_world_is_started_and_stopped_again(
    sessions: Sessions,
) -> None:
    reached = sessions.connect(None, name=None, timeout=5)
    assert reached.embedded
    assert reached.connection.name == "demo"
    assert sessions.embedded is not None

    sessions.disconnect()

    assert sessions.embedded is None


def test_connecting_again_keeps_the_connection(sessions: Sessions) -> None:
    first = sessions.connect(None, name=None, timeout=5)
    again = sessions.connect(None, name=None, timeout=5)
    by_address = sessions.connect(first.connection.address, name=None, timeout=5)

    assert again.reused
    assert by_address.reused
    assert again.connection is by_address.connection is first.connection


def test_another_server_takes_the_place_of_the_first(sessions: Sessions) -> None:
    first = sessions.connect(None, name=None, timeout=5)
    with NanoverServer() as server:
        second = sessions.connect(f"127.0.0.1:{server.port}", name="other", timeout=5)

        assert not second.embedded
        assert first.connection.status.state == "closed"
        assert sessions.embedded is None
        sessions.disconnect()


def test_a_failed_connect_leaves_the_old_connection(sessions: Sessions) -> None:
    first = sessions.connect(None, name=None, timeout=5)

    with pytest.raises(ConnectError):
        sessions.connect("127.0.0.1:9", name=None, timeout=1)

    assert sessions.connection is first.connection
    assert first.connection.status.state == "connected"


def test_a_server_that_was_started_on_purpose_outlives_a_disconnect(sessions: Sessions) -> None:
    embedded = sessions.serve(port=0, demo=False)
    reached = sessions.connect(None, name=None, timeout=5)
    assert reached.connection.address == str(embedded.address)

    sessions.disconnect()

    assert sessions.embedded is embedded
    sessions.stop_server()
    assert sessions.embedded is None


def test_a_panel_is_made_once_however_often_it_is_shown(sessions: Sessions) -> None:
    join(sessions)

    first = sessions.panel(StateInspector)

    assert sessions.panel(StateInspector, height=300) is first
    assert first.height == 300
    first.close()


def test_without_a_connection_there_is_no_panel(sessions: Sessions) -> None:
    with pytest.raises(ConnectError, match="there is no connection yet"):
        sessions.panel(StateInspector)
