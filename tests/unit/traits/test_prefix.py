"""Keys with one prefix: reading them, and hearing of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from nanover_jupyter import ClosedError, Connection, DictionaryChange, NanoverServer, connect
from nanover_jupyter.client.state.changes import KeyChange
from nanover_jupyter.traits import prefix as prefix_module
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.traits.prefix import SharedPrefix, shared_prefix
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.interrupts import is_inside


@pytest.fixture
def avatars(connection: Connection, server: NanoverServer) -> SharedPrefix:
    change(server, {"avatar.a": {"name": "A"}, "other": 1.0})
    connection.client.wait_for("other")
    return shared_prefix(connection, "avatar.")


def change(
    server: NanoverServer, updates: dict[str, Any], removals: set[str] = frozenset()
) -> None:
    server.update_state(None, DictionaryChange(updates, removals))


def test_it_reads_like_a_mapping(avatars: SharedPrefix) -> None:
    assert dict(avatars) == {"avatar.a": {"name": "A"}}
    assert avatars.prefix == "avatar."
    assert repr(avatars).startswith("<SharedPrefix avatar.* of ")


def test_added_changed_and_removed_keys_are_reported(
    avatars: SharedPrefix, server: NanoverServer
) -> None:
    told: list[KeyChange] = []
    avatars.on_added(told.append)
    avatars.on_changed(told.append)
    avatars.on_removed(told.append)

    change(server, {"avatar.b": 1.0, "other": 2.0})
    eventually(lambda: len(told) == 1)
    change(server, {"avatar.b": 2.0})
    eventually(lambda: len(told) == 2)
    change(server, {}, {"avatar.a", "other"})

    eventually(lambda: len(told) == 3)
    assert told == [
        KeyChange("added", "avatar.b", 1.0, None),
        KeyChange("changed", "avatar.b", 2.0, 1.0),
        KeyChange("removed", "avatar.a", None, {"name": "A"}),
    ]


def test_existing_keys_can_be_reported_too(avatars: SharedPrefix, server: NanoverServer) -> None:
    told: list[str] = []
    for number in range(50):
        change(server, {f"avatar.{number}": 1.0})
        if number == 25:
            avatars.on_added(lambda change: told.append(change.key), present=True)

    eventually(lambda: len(told) == 51)
    assert sorted(told) == sorted(["avatar.a", *(f"avatar.{n}" for n in range(50))])


def test_observers_can_leave(avatars: SharedPrefix, server: NanoverServer) -> None:
    left: list[KeyChange] = []
    stayed: list[KeyChange] = []
    end = avatars.on_added(left.append, present=True)
    eventually(lambda: left)
    avatars.on_added(stayed.append)

    end()
    change(server, {"avatar.b": 1.0})

    eventually(lambda: stayed)
    assert [one.key for one in left] == ["avatar.a"]


def test_an_exception_of_an_observer_does_not_stop_others(
    avatars: SharedPrefix, server: NanoverServer, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[KeyChange] = []
    avatars.on_added(lambda _: 1 / 0)
    avatars.on_added(told.append)

    change(server, {"avatar.b": 1.0, "avatar.c": 1.0})

    eventually(lambda: len(told) == 2)
    assert "ZeroDivisionError" in caplog.text


def test_observers_run_on_the_main_thread_between_cells(
    connection: Connection, server: NanoverServer
) -> None:
    async def cell() -> str:
        came = asyncio.Event()
        threads: list[str] = []
        shared_prefix(connection, "a").on_added(
            lambda _: (threads.append(threading.current_thread().name), came.set())
        )
        change(server, {"a": 1.0})
        await asyncio.wait_for(came.wait(), 10 * TIME_SCALE)
        return threads[0]

    assert asyncio.run(cell()) == "MainThread"


def test_a_closed_prefix_calls_no_observers_and_can_be_read(
    avatars: SharedPrefix, connection: Connection, server: NanoverServer
) -> None:
    told: list[KeyChange] = []
    with avatars:
        avatars.on_added(told.append)
    other = shared_prefix(connection, "avatar.")
    heard: list[KeyChange] = []
    other.on_added(heard.append)

    change(server, {"avatar.b": 1.0})

    eventually(lambda: heard)
    assert told == []
    assert "avatar.b" in avatars


def test_a_closed_connection_is_refused(connection: Connection) -> None:
    connection.close()

    with pytest.raises(ClosedError):
        shared_prefix(connection, "a")


def test_keys_that_a_restarted_server_lacks_are_removed(
    avatars: SharedPrefix, server: NanoverServer, open_connection: Callable[..., Connection]
) -> None:
    gone: list[str] = []
    avatars.on_removed(lambda one: gone.append(one.key))
    avatars._client.mark_lost("a test said so")
    change(server, {}, {"avatar.a"})

    eventually(lambda: gone == ["avatar.a"], seconds=20)


def test_rebinding_reports_the_differences(avatars: SharedPrefix, connection: Connection) -> None:
    told: list[KeyChange] = []
    for subscribe in (avatars.on_added, avatars.on_changed, avatars.on_removed):
        subscribe(told.append)
    with NanoverServer() as other:
        change(other, {"avatar.b": 1.0, "other": 1.0})
        with connect(f"127.0.0.1:{other.port}") as successor:
            connection.close()
            connection.rebind_dependents(successor)

            eventually(lambda: len(told) == 2)
            assert {(one.kind, one.key) for one in told} == {
                ("added", "avatar.b"),
                ("removed", "avatar.a"),
            }
            assert dict(avatars) == {"avatar.b": 1.0}
            change(other, {"avatar.c": 1.0})
            eventually(lambda: len(told) == 3)


def test_a_change_that_comes_while_it_is_made_harms_nothing(
    connection: Connection,
    server: NanoverServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = prefix_module.KeyTracker

    def slow(client: Any, matches: Any) -> Any:
        change(server, {"avatar.a": 1.0})
        eventually(lambda: client.peek("avatar.a"))
        # It is told of the change, and has that wait.
        eventually(lambda: is_inside("nanover-changes", "_on_change"))
        return made(client, matches)

    monkeypatch.setattr(prefix_module, "KeyTracker", slow)
    with SharedPrefix(connection, "avatar.") as avatars:
        eventually(lambda: dict(avatars) == {"avatar.a": 1.0})
    assert not caplog.records, caplog.text


def test_a_change_during_rebinding_is_not_lost(
    avatars: SharedPrefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[KeyChange] = []
    avatars.on_added(told.append)
    avatars.on_changed(told.append)
    with NanoverServer() as other, connect(f"127.0.0.1:{other.port}") as successor:
        client = successor.client
        change(other, {"avatar.b": 1.0})
        client.wait_for("avatar.b")
        look, on_change, heard = client.peek, client.on_change, threading.Event()

        def subscribe(callback: Callable[..., Any]) -> Any:
            # Heard when the prefix has heard of it.
            return on_change(lambda news: (callback(news), heard.set()))

        def peek(key: str, default: Any = None) -> Any:
            value = look(key, default)
            if key == "avatar.b" and value == 1.0:
                heard.clear()
                change(other, {"avatar.b": 2.0})
                eventually(lambda: look(key) == 2.0)
                # It has heard of the change, or has that wait.
                eventually(lambda: heard.is_set() or is_inside("nanover-changes", "_on_change"))
            return value

        monkeypatch.setattr(client, "peek", peek)
        monkeypatch.setattr(client, "on_change", subscribe)
        avatars.rebind(successor)

        eventually(lambda: told and told[-1].value == 2.0)
        all_told = threading.Event()
        MainThreadDispatcher.of(successor).post(all_told.set)
        assert all_told.wait(10)
        assert told[-1].value == 2.0
