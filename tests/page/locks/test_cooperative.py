"""Locks of servers that have none: clients agree on them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from nanover_jupyter import Connection, DictionaryChange, LockKind, LockManager, NanoverServer
from tests.page.conftest import Connect
from tests.page.locks.conftest import LONG, show_manager
from tests.page.widget_page import WidgetPage


@pytest.fixture
def connection(connect_to: Connect) -> Connection:
    """A connection by WebSocket."""
    with NanoverServer(websocket_port=0) as server:
        yield connect_to(f"ws://127.0.0.1:{server.websocket_port}")


def test_cooperative_locks_are_explained_once(page: WidgetPage, connection: Connection) -> None:
    locks = show_manager(page, LockManager(connection, height=460))

    expect(locks.footer).to_contain_text("Cooperative")
    expect(locks.footer).to_contain_text("headsets can still write")
    expect(locks.root).not_to_contain_text("enforced")
    locks.screenshot("locks-cooperative-empty")
    locks.require_accessible()


def test_write_of_a_client_that_ignores_the_lock_is_shown(
    page: WidgetPage,
    connection: Connection,
    connect_to: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    locks = show_manager(page, LockManager(connection, height=460))
    locks.take("scene", LONG)
    expect(locks.state("scene")).to_have_text("Held")
    headset = connect_to(connection.address, name="headset").client
    monkeypatch.setattr(headset, "_may_write", lambda _: True)

    badge = locks.row("scene").locator(".nvj-pill")
    # One after the other: the server merges writes of the same 33 ms.
    for count, value in (("1 write", 1.0), ("2 writes", 2.0)):
        headset.attempt_update_state(DictionaryChange({"scene": value}))
        expect(badge).to_have_attribute("title", re.compile(f"^{count}\\."))
    expect(badge).to_have_text("Written by another client")
    expect(badge).to_have_attribute(
        "title",
        "2 writes. A client that does not follow the convention wrote this key while you held it.",
    )
    locks.button("History").click()
    expect(locks.history.first).to_contain_text("Overwritten")
    locks.screenshot("locks-overwritten")
    locks.require_accessible()


def test_connection_without_locks_is_explained(
    page: WidgetPage, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connection.client
    capabilities = replace(client.capabilities, locks=LockKind.NONE)
    monkeypatch.setattr(type(client), "capabilities", capabilities)

    locks = show_manager(page, LockManager(connection, height=460))

    expect(locks.root).to_contain_text("This server has no locks.")
    expect(locks.root).to_contain_text("Every client can write every key")
    expect(locks.root.get_by_label("Key to lock")).to_be_hidden()
    expect(locks.button("Release all")).to_be_hidden()
    locks.screenshot("locks-no-locks")
    locks.require_accessible()
