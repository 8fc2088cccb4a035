"""Editing in the state inspector, in a real page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    NanoverServer,
    connect,
)
from tests.support.eventually import eventually
from tests.ui.lab import NotebookPage, OpenNotebook
from tests.ui.panels import Inspector

pytestmark = pytest.mark.ui

STATE: dict[str, Any] = {
    "scale": 0.5,
    "title": "demo",
    "running": True,
    "box": {"size": [1.0, 2.0, 3.0], "tags": {"kind": "cube"}},
    "many.a": 1.0,
    "many.b": 2.0,
    "many/c": 3.0,
}

CELLS = "from nanover_jupyter import StateInspector, connect"


class Editor(Inspector):
    """An inspector whose values are changed."""

    def switch_on(self) -> None:
        self.root.get_by_role("switch", name="Edit").check()
        expect(self.root.get_by_role("button", name="Undo")).to_be_visible()

    @property
    def field(self) -> Locator:
        """What a value is typed in."""
        return self.root.locator(".nvj-edit-field, .nvj-edit-json")

    @property
    def notices(self) -> Locator:
        """What is said about it, beside the tree."""
        return self.root.locator(".nvj-detail-notices")

    def begin(self, key: str, press: str = "Enter") -> None:
        self.row(key).locator(".nvj-key").click()
        self.press(press)

    def enter(self, text: str) -> None:
        """Types over the value in its row and writes it."""
        expect(self.field).to_be_focused()
        self.press("ControlOrMeta+a")
        self.notebook.page.keyboard.type(text)
        self.press("Enter")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)


def show(notebook: OpenNotebook, address: str, *, count: int = 1) -> tuple[NotebookPage, Editor]:
    page = notebook([CELLS, f"connection = connect({address!r}, name='lab')"])
    for _ in range(count):
        page.run("StateInspector(connection, height=460)")
    editor = Editor(page)
    expect(editor.row("scale")).to_be_visible()
    return page, editor


@pytest.fixture
def editor(notebook: OpenNotebook, server: NanoverServer) -> Editor:
    server.update_state("test", DictionaryChange(STATE))
    _page, editor = show(notebook, f"127.0.0.1:{server.port}")
    editor.switch_on()
    return editor


@pytest.fixture
def other(server: NanoverServer) -> Iterator[Connection]:
    """Another client of the same server."""
    with connect(f"grpc://127.0.0.1:{server.port}") as other:
        yield other


def value_of(server: NanoverServer, key: str) -> Any:
    return server.copy_state().get(key)


def test_a_view_only_shows_until_editing_is_switched_on(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange(STATE))
    _page, editor = show(notebook, f"127.0.0.1:{server.port}")
    editor.begin("scale")
    expect(editor.field).to_have_count(0)
    expect(editor.root.get_by_role("treegrid")).not_to_have_attribute("aria-readonly", "false")

    editor.press("e")
    expect(editor.root.get_by_role("switch", name="Edit")).to_be_checked()
    expect(editor.root.get_by_role("treegrid")).to_have_attribute("aria-readonly", "false")


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0.75", 0.75), ("1", 1.0), ("nan", math.nan), ("-Infinity", -math.inf), ("-0", -0.0)],
)
def test_a_number_is_written_as_it_was_typed(
    editor: Editor, server: NanoverServer, typed: str, value: float
) -> None:
    editor.begin("scale")
    editor.enter(typed)

    eventually(lambda: repr(value_of(server, "scale")) == repr(value))
    expect(editor.row("scale")).to_contain_text("seen back")
    expect(editor.row("scale")).to_be_focused()


def test_text_and_booleans_are_written_in_their_rows(editor: Editor, server: NanoverServer) -> None:
    editor.begin("title")
    editor.enter('<b>one</b> "two"')
    eventually(lambda: value_of(server, "title") == '<b>one</b> "two"')

    editor.begin("running")
    editor.field.select_option("false")
    editor.press("Enter")
    eventually(lambda: value_of(server, "running") is False)


def test_a_part_of_a_value_is_written_with_the_rest_of_it(
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
    eventually(lambda: value_of(server, "box") == expected)


def test_the_key_is_locked_while_its_field_has_the_focus(editor: Editor, other: Connection) -> None:
    change = DictionaryChange({"scale": 9.0})
    editor.begin("scale")
    expect(editor.notices).to_contain_text("locked for you")
    expect(editor.row("scale")).to_contain_text("mine")
    assert not other.client.attempt_update_state(change)
    editor.screenshot("edit-row")
    editor.require_accessible()

    editor.press("Escape")
    expect(editor.field).to_have_count(0)
    expect(editor.row("scale")).to_be_focused()

    assert eventually(lambda: other.client.attempt_update_state(change))


def test_a_key_that_someone_else_holds_can_be_typed_and_is_refused_with_the_reason(
    editor: Editor, server: NanoverServer, other: Connection
) -> None:
    other.client.attempt_update_locks({"scale": 60.0})
    editor.begin("scale")
    expect(editor.notices).to_contain_text("locked by someone else")
    editor.enter("0.75")

    expect(editor.notices).to_contain_text("Refused: someone else holds a lock on it")
    expect(editor.row("scale")).to_contain_text("refused")
    expect(editor.field).to_have_value("0.75")
    assert value_of(server, "scale") == 0.5
    editor.screenshot("edit-refused")
    editor.require_accessible()

    other.client.attempt_update_locks({"scale": None})
    editor.button("Ask again").click()
    expect(editor.notices).to_contain_text("locked for you")
    editor.button("Try again").click()
    eventually(lambda: value_of(server, "scale") == 0.75)
