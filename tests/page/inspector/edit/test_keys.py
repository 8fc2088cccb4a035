"""Adding, renaming and removing keys, and undo."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.page.conftest import Connect
from tests.page.inspector.edit.editor import STATE, Editor, change, show_editor
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually

HOSTILE_KEYS = {
    "": 1.0,
    "__proto__": 1.0,
    '<img src=x onerror="window.wasHurt = 1">': 1.0,
    "two\nlines": 1.0,
    "\u202eright to left": 1.0,
    "k" * 10_000: 1.0,
}


def test_keys_are_added_renamed_and_removed_with_the_keyboard(
    editor: Editor, server: NanoverServer
) -> None:
    keyboard = editor.page.keyboard
    editor.choose("scale")
    editor.press("n")
    expect(editor.key_form).to_be_visible()
    keyboard.type("fresh")
    editor.press("Tab")
    keyboard.type("[1, 2]")
    editor.screenshot("edit-add")
    editor.require_accessible()
    editor.press("Enter")
    expect(editor.row("fresh")).to_be_focused()
    assert server.copy_state()["fresh"] == [1.0, 2.0]

    editor.press("r")
    expect(editor.key_form).to_have_value("fresh")
    keyboard.type("newer")
    editor.press("Enter")
    expect(editor.row("newer")).to_be_focused()
    assert "fresh" not in server.copy_state()

    for answer in ("Escape", "Enter"):
        expect(editor.row("newer")).to_be_focused()
        editor.press("Delete")
        expect(editor.confirmation).to_contain_text("Remove key newer")
        editor.press(answer)
    expect(editor.row("newer")).to_have_count(0)
    expect(editor.root.locator(".nvj-row:focus")).to_have_count(1)

    editor.press("ControlOrMeta+z")
    expect(editor.row("newer")).to_be_visible()
    assert server.copy_state()["newer"] == [1.0, 2.0]


def test_branch_is_removed_with_its_count_and_comes_back_by_undo(
    editor: Editor, server: NanoverServer
) -> None:
    editor.choose("many")
    editor.press("Delete")
    expect(editor.confirmation).to_contain_text("Remove branch many with 3 keys")
    editor.screenshot("edit-branch")
    editor.require_accessible()

    editor.button("Remove 3 keys").click()
    expect(editor.row("many")).to_have_count(0)
    assert not any(key.startswith("many") for key in server.copy_state())

    editor.button("Undo").click()
    eventually(lambda: server.copy_state() == STATE)


def test_undo_of_a_value_changed_by_others_asks_for_confirmation(
    editor: Editor, server: NanoverServer
) -> None:
    editor.begin("scale")
    editor.enter("0.75")
    eventually(lambda: server.copy_state()["scale"] == 0.75)
    change(server, "scale", 8.0)
    expect(editor.row("scale")).to_contain_text("8")

    editor.button("Undo").click()
    expect(editor.confirmation).to_contain_text("scale has changed since")
    editor.button("Undo anyway").click()

    eventually(lambda: server.copy_state()["scale"] == 0.5)


def test_hostile_keys_are_edited_and_renamed_like_others(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({**HOSTILE_KEYS, "scale": 1.0}))
    editor = show_editor(page, connect_to(server))
    for index in range(len(HOSTILE_KEYS) + 1):
        row = editor.root.locator(f".nvj-row[aria-rowindex='{index + 1}']:visible")
        row.locator(".nvj-key").click()
        editor.press("Enter")
        editor.enter("2")
        expect(editor.field).to_have_count(0)
    expected = {key[:50]: 2.0 for key in [*HOSTILE_KEYS, "scale"]}

    def written() -> dict[str, Any]:
        return {key[:50]: value for key, value in server.copy_state().items()}

    eventually(lambda: written() == expected)
    editor.screenshot("edit-hostile")
    assert page.page.evaluate("[window.wasHurt, {}.polluted]") == [None] * 2

    editor.choose("two⏎lines")
    editor.press("r")
    expect(editor.notices).to_contain_text("Invisible characters")
    editor.press("End")
    page.page.keyboard.type("!")
    editor.press("Enter")
    eventually(lambda: "two\nlines!" in server.copy_state())
