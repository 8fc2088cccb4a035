"""The lock manager widget: its traits and its static HTML."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from nanover_jupyter import (
    Connection,
    LockKind,
    LockManager,
    LockRefused,
    NanoverServer,
    connect,
)
from tests.support.eventually import eventually
from tests.support.held_dispatcher import hold_dispatcher
from tests.unit.widgets.test_panel import OpenPage


def test_leases_can_be_observed(open_page: OpenPage, connection: Connection) -> None:
    manager = open_page(LockManager).panel
    seen: list[list[tuple[str, str]]] = []
    manager.observe(lambda change: seen.append([(r.key, r.state) for r in change.new]), "leases")

    with connection.client.lock("scene"):
        eventually(lambda: seen and seen[-1] == [("scene", "held")])

    eventually(lambda: seen[-1] == [("scene", "released")])


def test_watched_keys_can_be_observed(
    open_page: OpenPage, server: NanoverServer, quick_looks: None
) -> None:
    manager = open_page(LockManager).panel
    seen: list[tuple[str, str]] = []
    manager.observe(lambda change: seen.extend((w.key, w.whose) for w in change.new), "watched")

    manager.watch("scene")
    eventually(lambda: ("scene", "free") in seen)
    server.update_locks("someone", {"scene": 60})
    eventually(lambda: ("scene", "someone else's") in seen)
    manager.unwatch("scene")

    eventually(lambda: manager.watched == ())


def test_traits_change_on_the_main_thread_while_its_loop_runs(connection: Connection) -> None:
    threads: list[str] = []

    async def cell() -> None:
        manager = LockManager(connection)
        heard = asyncio.Event()

        def note(_: object) -> None:
            threads.append(threading.current_thread().name)
            heard.set()

        manager.observe(note, "leases")
        await asyncio.to_thread(connection.client.lock, "scene")
        await heard.wait()
        manager.close()

    asyncio.run(asyncio.wait_for(cell(), 10))

    assert set(threads) == {"MainThread"}


def test_traits_follow_to_another_connection(
    open_page: OpenPage, connection: Connection, server: NanoverServer
) -> None:
    manager = open_page(LockManager).panel
    connection.client.lock("scene")
    with connect(f"127.0.0.1:{server.port}", name="other") as other:
        manager.rebind(other)
        eventually(lambda: manager.leases == ())

        other.client.lock("title")

        eventually(lambda: [row.key for row in manager.leases] == ["title"])
        manager.close()


def test_what_waited_when_it_turned_to_another_connection_shows_nothing_of_the_former(
    open_page: OpenPage, connection: Connection, server: NanoverServer
) -> None:
    manager = open_page(LockManager).panel
    with hold_dispatcher(connection) as release:
        connection.client.lock("scene")
        connection.client.locks.watch_keys(("scene",))
        with connect(f"127.0.0.1:{server.port}", name="other") as other:
            manager.rebind(other)
            release()

            assert manager.leases == ()
            assert manager.watched == ()
            manager.close()


def test_traits_cannot_be_set(open_page: OpenPage) -> None:
    manager = open_page(LockManager).panel

    with pytest.raises(Exception, match="read-only"):
        manager.leases = ()


def test_a_server_without_locks_says_so(
    websocket: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    capabilities = replace(websocket.client.capabilities, locks=LockKind.NONE)
    monkeypatch.setattr(type(websocket.client), "capabilities", capabilities)
    manager = LockManager(websocket)

    assert "This server has no locks." in manager._repr_mimebundle_()[0]["text/html"]
    manager.close()


def test_static_html_names_the_owner_of_each_key(
    websocket: Connection,
) -> None:
    manager = LockManager(websocket)
    websocket.client.lock("mine")
    with connect(websocket.address, name="<b>Ben</b>") as other:
        other.client.lock("theirs")
        with pytest.raises(LockRefused):
            websocket.client.lock("theirs")
        html = manager._repr_mimebundle_()[0]["text/html"]
    manager.close()

    assert "you" in html
    assert "&lt;b&gt;Ben&lt;/b&gt; until " in html
