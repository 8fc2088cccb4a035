"""Editing by several clients: locks, remote changes and reconnects."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from nanover_jupyter import Connection, DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.client import reconnector
from nanover_jupyter.client.backoff import Backoff
from tests.page.conftest import Connect
from tests.page.inspector.edit.editor import STATE, Editor, show_editor, wait_until_free
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually


def test_key_is_locked_while_its_field_has_the_focus(editor: Editor, other: Connection) -> None:
    change = DictionaryChange({"scale": 9.0})
    editor.begin("scale")
    expect(editor.notices).to_contain_text("Locked by you")
    expect(editor.row("scale")).to_contain_text("Held")
    assert not other.client.attempt_update_state(change)
    editor.screenshot("edit-row")
    editor.require_accessible()

    editor.press("Escape")
    expect(editor.field).to_have_count(0)
    expect(editor.row("scale")).to_be_focused()

    eventually(lambda: other.client.attempt_update_state(change))


def test_write_to_a_key_held_by_another_client_is_refused_with_the_reason(
    editor: Editor, server: NanoverServer, other: Connection
) -> None:
    other.client.attempt_update_locks({"scale": 60.0})
    editor.begin("scale")
    expect(editor.notices).to_contain_text("Held by ")
    editor.enter("0.75")

    expect(editor.notices).to_contain_text("Refused: another client holds a lock on it")
    expect(editor.row("scale")).to_contain_text("Refused")
    expect(editor.field).to_have_value("0.75")
    assert server.copy_state()["scale"] == 0.5
    editor.screenshot("edit-refused")
    editor.require_accessible()

    other.client.attempt_update_locks({"scale": None})
    editor.button("Retry lock").click()
    expect(editor.notices).to_contain_text("Locked by you")
    editor.button("Retry").click()
    eventually(lambda: server.copy_state()["scale"] == 0.75)


@pytest.mark.parametrize("is_grpc", [True, False])
def test_holder_of_an_edited_key_is_named(
    page: WidgetPage, connect_to: Connect, *, is_grpc: bool
) -> None:
    with NanoverServer(websocket_port=0) as server:
        server.update_state("test", DictionaryChange(STATE))
        address = f"grpc://127.0.0.1:{server.port}"
        if not is_grpc:
            address = f"ws://127.0.0.1:{server.websocket_port}"
        ours = connect_to(address)
        editor = show_editor(page, ours)
        ben = connect_to(address, name="Ben")
        lease = ben.client.lock("scale")
        eventually(lambda: ours.client.claims.holder("scale"))
        editor.begin("scale")
        expect(editor.notices).to_contain_text(re.compile(r"Held by Ben until .*\d\d:\d\d"))
        editor.type_over("0.75")
        expect(editor.notices).to_contain_text(
            "You can keep typing and save when the lock is free."
        )
        editor.press("Enter")
        expect(editor.notices).to_contain_text("Refused: another client holds a lock on it")
        editor.screenshot("edit-held-by-ben")
        editor.require_accessible()

        lease.release()
        eventually(lambda: ours.client.claims.holder("scale") is None)
        editor.button("Retry lock").click()
        locked = "Locked by you" if is_grpc else "Locked by you (cooperative)"
        expect(editor.notices.locator(".nvj-chip").first).to_have_text(locked)
        if not is_grpc:
            editor.screenshot("edit-cooperative")
            editor.require_accessible()
        editor.button("Retry").click()
        eventually(lambda: server.copy_state()["scale"] == 0.75)


def test_two_editing_clients_never_both_hold_the_lock(
    page: WidgetPage, connect_to: Connect, editor: Editor, server: NanoverServer
) -> None:
    editor.root = page.page.locator(".nvj-root").first
    page.show(StateInspector(connect_to(server, name="rival")))
    # Each tab has its own focus, and the lock follows the focus.
    rival = Editor(page.another_tab())
    rival.switch_on()
    editor.begin("scale")
    expect(editor.notices).to_contain_text("Locked by you")
    rival.begin("scale")
    expect(rival.notices).to_contain_text("Held by lab")
    rival.enter("2")
    expect(rival.notices).to_contain_text("Refused")
    editor.enter("1")
    eventually(lambda: server.copy_state()["scale"] == 1.0)
    expect(rival.field).to_have_value("2")
    expect(rival.notices).to_contain_text("Value changed to 1")

    wait_until_free(server, "scale")
    rival.button("Retry lock").click()
    expect(rival.notices).to_contain_text("Locked by you")
    rival.button("Retry").click()
    eventually(lambda: server.copy_state()["scale"] == 2.0)


def test_two_inspectors_agree_and_a_reloaded_one_is_read_only(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange(STATE))
    connection = connect_to(server)
    show_editor(page, connection)
    second = show_editor(page, connection)
    first = Editor(page, 0)
    first.begin("scale")
    first.enter("0.75")
    expect(second.row("scale")).to_contain_text("0.75")
    expect(second.row("scale")).to_contain_text("Saved")
    second.button("Undo").click()
    expect(first.row("scale")).to_contain_text("0.5")
    expect(first.field).to_have_count(0)
    first.begin("title")
    first.enter("mine")
    expect(second.row("title")).to_contain_text("mine")

    page.reload()
    again = Editor(page)
    expect(again.row("title")).to_contain_text("mine")
    expect(again.switch).not_to_be_checked()
    again.switch_on()
    again.button("Undo").click()
    eventually(lambda: server.copy_state()["title"] == "demo")


def test_field_keeps_its_input_while_others_change_the_value(
    page: WidgetPage, connect_to: Connect
) -> None:
    """Locks of WebSocket servers are cooperative, so some clients can change the value."""
    with NanoverServer(websocket_port=0) as server:
        server.update_state("test", DictionaryChange(STATE))
        editor = show_editor(page, connect_to(f"ws://127.0.0.1:{server.websocket_port}"))
        editor.begin("scale")
        expect(editor.notices).to_contain_text("Locked by you (cooperative)")
        editor.type_over("0.7")

        for number in range(6):
            server.update_state("test", DictionaryChange({"scale": float(number)}))
            expect(editor.notices).to_contain_text(f"Value changed to {number}")
        page.page.keyboard.type("5")
        expect(editor.field).to_have_value("0.75")
        assert editor.row("scale").locator("[data-flash]").count() == 0
        editor.screenshot("edit-meanwhile")
        editor.require_accessible()

        editor.button("Keep my edit").click()
        expect(editor.notices).to_contain_text("Saving will overwrite it")
        editor.button("Use current value").click()
        expect(editor.field).to_have_value("5")
        editor.enter("7")
        eventually(lambda: server.copy_state()["scale"] == 7)
        expect(editor.row("scale")).to_contain_text("Saved")


def test_input_is_kept_when_the_key_is_removed(page: WidgetPage, connect_to: Connect) -> None:
    """Locks of WebSocket servers are cooperative, so some clients can remove the key."""
    with NanoverServer(websocket_port=0) as server:
        server.update_state("test", DictionaryChange(STATE))
        editor = show_editor(page, connect_to(f"ws://127.0.0.1:{server.websocket_port}"))
        editor.begin("scale")
        editor.type_over("0.75")
        server.update_state("test", DictionaryChange(removals={"scale"}))

        expect(editor.row("scale")).to_have_count(0)
        expect(editor.notices.locator(".nvj-edit-field")).to_have_value("0.75")
        expect(editor.field).to_be_focused()
        editor.press("Enter")
        eventually(lambda: server.copy_state().get("scale") == 0.75)


def test_input_is_kept_during_a_reconnect(
    page: WidgetPage, connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnector, "_BACKOFF", Backoff(first=0.2, longest=0.1))
    with NanoverServer() as server:
        port = server.port
        server.update_state("test", DictionaryChange(STATE))
        editor = show_editor(page, connect_to(server))
        editor.begin("scale")
        expect(editor.notices).to_contain_text("Locked by you")
        editor.type_over("0.75")
    expect(editor.notices).to_contain_text("Your edit is kept")
    editor.press("Enter")
    expect(editor.field).to_have_value("0.75")
    editor.screenshot("edit-lost")

    with NanoverServer(port=port) as server:
        server.update_state("test", DictionaryChange(STATE))
        expect(editor.notices).not_to_contain_text("Your edit is kept")
        expect(editor.field).to_have_value("0.75")
        editor.field.click()
        editor.press("Enter")
        eventually(lambda: server.copy_state()["scale"] == 0.75)
