"""Editing of values in rows, and as JSON in the detail pane."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Dialog, Page, expect

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from tests.page.conftest import Connect
from tests.page.inspector.edit.editor import STATE, Editor
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually

_RELOAD = "() => { setTimeout(() => location.reload()); }"


def test_values_are_read_only_until_editing_is_switched_on(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange(STATE))
    page.show(StateInspector(connect_to(server)))
    editor = Editor(page)
    editor.begin("scale")
    expect(editor.field).to_have_count(0)
    expect(editor.root.get_by_role("treegrid")).not_to_have_attribute("aria-readonly", "false")

    editor.press("e")

    expect(editor.switch).to_be_checked()
    expect(editor.root.get_by_role("treegrid")).to_have_attribute("aria-readonly", "false")
    # The earlier request does not start editing now.
    expect(editor.button("Undo")).to_be_visible()
    expect(editor.field).to_have_count(0)
    assert "acquire_edit_lock" not in page.bridge.to_kernel.passed


# value_format.test.ts has more; these two have four spellings between field and server.
@pytest.mark.parametrize(("typed", "value"), [("nan", math.nan), ("-0", -0.0)])
def test_number_is_written_as_it_was_typed(
    editor: Editor, server: NanoverServer, typed: str, value: float
) -> None:
    editor.begin("scale")
    editor.enter(typed)

    eventually(lambda: repr(server.copy_state()["scale"]) == repr(value))
    expect(editor.row("scale")).to_contain_text("Saved")
    expect(editor.row("scale")).to_be_focused()


def test_text_and_booleans_are_written_in_their_rows(editor: Editor, server: NanoverServer) -> None:
    editor.begin("title")
    editor.enter('<b>one</b> "two"')
    eventually(lambda: server.copy_state()["title"] == '<b>one</b> "two"')

    editor.begin("running")
    choice = editor.row("running").locator("select")
    expect(choice).to_be_focused()
    choice.select_option("false")
    editor.press("Enter")
    eventually(lambda: server.copy_state()["running"] is False)


def test_part_of_a_value_is_written_with_the_rest_of_it(
    editor: Editor, server: NanoverServer
) -> None:
    editor.row("box").locator(".nvj-twisty").click()
    size = editor.root.locator(".nvj-row[data-kind=value]:visible", has_text="size")
    size.locator(".nvj-twisty").click()
    part = editor.root.locator(".nvj-row[data-kind=value][aria-level='3']:visible").nth(1)
    part.locator(".nvj-key").click()
    editor.press("F2")
    editor.enter("20")

    expected = {"size": [1.0, 20.0, 3.0], "tags": {"kind": "cube"}}
    eventually(lambda: server.copy_state()["box"] == expected)
    for place in (part, editor.row("box"), editor.detail.locator(".nvj-detail-head")):
        expect(place).to_contain_text("Saved")
    editor.screenshot("edit-part")


def test_value_is_edited_as_json_with_error_markers(editor: Editor, server: NanoverServer) -> None:
    editor.choose("box")
    editor.button("Edit value as JSON").click()
    expect(editor.field).to_be_focused()
    editor.field.fill('{"size": [NaN,\n  Infinity 3]}')
    expect(editor.notices).to_contain_text("Line 2, column 12: Comma or ] expected")
    editor.screenshot("edit-json")
    editor.require_accessible()

    editor.field.fill('{"size": [NaN,\n  -Infinity], "__proto__": {"a": 1}}')
    editor.press("ControlOrMeta+Enter")

    eventually(lambda: "__proto__" in server.copy_state()["box"])
    assert repr(server.copy_state()["box"]["size"]) == "[nan, -inf]"
    expect(editor.detail.locator(".nvj-pretty")).to_contain_text("-Infinity")
    expect(editor.row("box")).to_be_focused()


def test_value_that_cannot_be_sent_is_rejected_with_the_path(
    editor: Editor, server: NanoverServer
) -> None:
    editor.begin("box", "F2")
    expect(editor.field).to_be_focused()
    editor.field.fill('{"deep": ' + "[" * 60 + "]" * 60 + "}")
    editor.press("ControlOrMeta+Enter")

    expect(editor.notices).to_contain_text("nested too deeply")
    expect(editor.notices).to_contain_text("deep")
    assert server.copy_state()["box"] == STATE["box"]


def test_large_value_is_loaded_after_confirmation(editor: Editor, server: NanoverServer) -> None:
    long = "x" * 1_500_000
    server.update_state("test", DictionaryChange({"long": long}))
    editor.begin("long", "F2")
    expect(editor.confirmation).to_contain_text("1.5 MB of JSON")
    expect(editor.field).to_have_count(0)

    editor.button("Edit anyway").click()
    expect(editor.field).to_be_focused()
    assert editor.field.input_value() == f'"{long}"'
    editor.field.fill('"short"')
    editor.press("ControlOrMeta+Enter")
    eventually(lambda: server.copy_state()["long"] == "short")


@contextmanager
def declined_questions(page: Page) -> Iterator[list[str]]:
    """Decline all dialogs of the browser, and return their types."""
    asked: list[str] = []

    def decline(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", decline)
    yield asked
    page.remove_listener("dialog", decline)


def test_reload_asks_for_confirmation_with_unsaved_input(page: WidgetPage, editor: Editor) -> None:
    with declined_questions(page.page) as asked:
        editor.begin("scale")
        expect(editor.field).to_be_focused()
        page.page.keyboard.type("0.7")
        with page.page.expect_event("dialog"):
            page.page.evaluate(_RELOAD)
        expect(editor.field).to_have_value("0.7")

        editor.press("Escape")
        expect(editor.field).to_have_count(0)
        with page.page.expect_navigation():
            page.page.evaluate(_RELOAD)
        page.wait_for_outputs()
        assert asked == ["beforeunload"]


def test_editing_works_in_a_narrow_page(page: WidgetPage, editor: Editor) -> None:
    page.page.set_viewport_size({"width": 500, "height": 1200})
    assert editor.root.evaluate("root => root.clientWidth") <= 480
    editor.begin("scale")
    expect(editor.field).to_be_focused()
    expect(editor.notices).to_contain_text("Locked by you")
    editor.screenshot("edit-narrow")
    editor.require_accessible()
    editor.press("Escape")
    expect(editor.row("scale")).to_be_focused()

    editor.begin("box", "F2")
    expect(editor.field).to_be_focused()
    editor.field.fill('{"size": [1 2]}')
    editor.screenshot("edit-narrow-json")
    editor.press("Escape")
    expect(editor.row("box")).to_be_focused()
    editor.press("n")
    expect(editor.key_form).to_be_visible()
    editor.screenshot("edit-narrow-add")
