"""Editing in the state inspector, in a real page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog, Locator, expect

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    NanoverServer,
    UpdateRefused,
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

    def wait_for_lock(self) -> None:
        """Asks for the lock until it is free."""

        def is_held() -> bool:
            if self.button("Ask again").is_visible():
                self.button("Ask again").click()
            return self.notices.get_by_text("locked for you").is_visible()

        eventually(is_held, every=0.2)


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


def change(server: NanoverServer, key: str, value: Any) -> None:
    """Writes as another client, once the field has given the lock back."""

    def is_done() -> bool:
        try:
            server.update_state("test", DictionaryChange({key: value}))
        except UpdateRefused:
            return False
        return True

    eventually(is_done)


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
    choice = editor.row("running").locator("select")
    expect(choice).to_be_focused()
    choice.select_option("false")
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
    for place in (part, editor.row("box"), editor.detail.locator(".nvj-detail-head")):
        expect(place).to_contain_text("seen back")
    editor.screenshot("edit-part")


def test_a_reload_asks_first_while_something_typed_is_unwritten(editor: Editor) -> None:
    page = editor.notebook.page
    questions: list[str] = []

    def stay(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    editor.notebook.save()
    editor.begin("scale")
    page.keyboard.type("0.7")
    page.evaluate("() => { location.reload(); }")

    eventually(lambda: page.evaluate("true") and questions == ["beforeunload"])
    expect(editor.field).to_have_value("0.7")
    editor.press("Escape")
    expect(editor.field).to_have_count(0)
    editor.notebook.reload()
    assert questions == ["beforeunload"]


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


def test_a_value_is_edited_as_json_with_its_faults_shown(
    editor: Editor, server: NanoverServer
) -> None:
    editor.row("box").locator(".nvj-key").click()
    editor.button("Edit the whole value as JSON").click()
    expect(editor.field).to_be_focused()
    editor.field.fill('{"size": [NaN,\n  Infinity 3]}')
    expect(editor.notices).to_contain_text("Line 2, column 12: a , or ] is missing")
    editor.screenshot("edit-json")
    editor.require_accessible()

    editor.field.fill('{"size": [NaN,\n  -Infinity], "__proto__": {"a": 1}}')
    editor.press("ControlOrMeta+Enter")

    eventually(lambda: "__proto__" in value_of(server, "box"))
    assert repr(value_of(server, "box")["size"]) == "[nan, -inf]"
    expect(editor.detail.locator(".nvj-pretty")).to_contain_text("-Infinity")
    expect(editor.row("box")).to_be_focused()


def test_what_cannot_be_sent_says_where_it_cannot(editor: Editor, server: NanoverServer) -> None:
    editor.begin("box", "F2")
    expect(editor.field).to_be_focused()
    editor.field.fill('{"deep": ' + "[" * 60 + "]" * 60 + "}")
    editor.press("ControlOrMeta+Enter")

    expect(editor.notices).to_contain_text("nested too deeply")
    expect(editor.notices).to_contain_text("deep")
    assert value_of(server, "box") == STATE["box"]


def test_keys_are_added_renamed_and_removed_with_the_keyboard(
    editor: Editor, server: NanoverServer
) -> None:
    keyboard = editor.notebook.page.keyboard
    editor.row("scale").locator(".nvj-key").click()
    form = editor.root.locator("textarea:focus")
    editor.press("n")
    expect(form).to_be_visible()
    keyboard.type("fresh")
    editor.press("Tab")
    keyboard.type("[1, 2]")
    editor.screenshot("edit-add")
    editor.require_accessible()
    editor.press("Enter")
    expect(editor.row("fresh")).to_be_focused()
    assert value_of(server, "fresh") == [1.0, 2.0]

    editor.press("r")
    expect(form).to_have_value("fresh")
    keyboard.type("newer")
    editor.press("Enter")
    expect(editor.row("newer")).to_be_focused()
    assert "fresh" not in server.copy_state()

    question = editor.root.get_by_role("alertdialog")
    for answer in ("Escape", "Enter"):
        expect(editor.row("newer")).to_be_focused()
        editor.press("Delete")
        expect(question).to_contain_text("Remove the key newer")
        editor.press(answer)
    expect(editor.row("newer")).to_have_count(0)
    expect(editor.root.locator(".nvj-row:focus")).to_have_count(1)

    editor.press("ControlOrMeta+z")
    expect(editor.row("newer")).to_be_visible()
    assert value_of(server, "newer") == [1.0, 2.0]


def test_a_branch_is_removed_with_its_count_and_comes_back_by_undo(
    editor: Editor, server: NanoverServer
) -> None:
    editor.row("many").locator(".nvj-key").click()
    editor.press("Delete")
    question = editor.root.get_by_role("alertdialog")
    expect(question).to_contain_text("Remove the branch many with 3 keys")
    editor.screenshot("edit-branch")
    editor.require_accessible()

    editor.button("All 3 keys").click()
    expect(editor.row("many")).to_have_count(0)
    assert not any(key.startswith("many") for key in server.copy_state())

    editor.button("Undo").click()
    eventually(lambda: server.copy_state() == STATE)


def test_an_undo_that_would_undo_others_work_asks_first(
    editor: Editor, server: NanoverServer
) -> None:
    editor.begin("scale")
    editor.enter("0.75")
    eventually(lambda: value_of(server, "scale") == 0.75)
    change(server, "scale", 8.0)
    expect(editor.row("scale")).to_contain_text("8")

    editor.button("Undo").click()
    expect(editor.root.get_by_role("alertdialog")).to_contain_text("scale has changed since")
    editor.button("Undo all the same").click()

    eventually(lambda: value_of(server, "scale") == 0.5)


def test_a_field_keeps_what_is_typed_while_others_change_the_value(
    notebook: OpenNotebook,
) -> None:
    """By WebSocket, which has no locks: so others can."""
    with NanoverServer(websocket_port=0) as server:
        server.update_state("test", DictionaryChange(STATE))
        _page, editor = show(notebook, f"ws://127.0.0.1:{server.websocket_port}")
        editor.switch_on()
        editor.begin("scale")
        expect(editor.notices).to_contain_text("no locks")
        editor.press("ControlOrMeta+a")
        editor.notebook.page.keyboard.type("0.7")

        for number in range(20):
            server.update_state("test", DictionaryChange({"scale": float(number)}))
            expect(editor.notices).to_contain_text(f"It has changed meanwhile, to {number}")
        editor.notebook.page.keyboard.type("5")
        expect(editor.field).to_have_value("0.75")
        assert editor.row("scale").locator("[data-flash]").count() == 0
        editor.screenshot("edit-meanwhile")
        editor.require_accessible()

        editor.button("Keep mine").click()
        expect(editor.notices).to_contain_text("writing puts yours in its place")
        editor.button("Take theirs").click()
        expect(editor.field).to_have_value("19")
        editor.enter("7")
        eventually(lambda: value_of(server, "scale") == 7)
        expect(editor.row("scale")).to_contain_text("seen back")


def test_a_key_that_is_removed_meanwhile_leaves_what_was_typed(notebook: OpenNotebook) -> None:
    with NanoverServer(websocket_port=0) as server:
        server.update_state("test", DictionaryChange(STATE))
        _page, editor = show(notebook, f"ws://127.0.0.1:{server.websocket_port}")
        editor.switch_on()
        editor.begin("scale")
        expect(editor.field).to_be_focused()
        editor.press("ControlOrMeta+a")
        editor.notebook.page.keyboard.type("0.75")
        server.update_state("test", DictionaryChange(removals={"scale"}))

        expect(editor.row("scale")).to_have_count(0)
        expect(editor.notices.locator(".nvj-edit-field")).to_have_value("0.75")
        expect(editor.field).to_be_focused()
        editor.press("Enter")
        eventually(lambda: value_of(server, "scale") == 0.75)


def test_the_server_goes_and_comes_back_while_something_is_typed(notebook: OpenNotebook) -> None:
    with NanoverServer() as server:
        port = server.port
        server.update_state("test", DictionaryChange(STATE))
        _page, editor = show(notebook, f"grpc://127.0.0.1:{port}")
        editor.switch_on()
        editor.begin("scale")
        expect(editor.notices).to_contain_text("locked for you")
        editor.press("ControlOrMeta+a")
        editor.notebook.page.keyboard.type("0.75")
    expect(editor.notices).to_contain_text("What you typed is kept", timeout=60_000)
    editor.press("Enter")
    expect(editor.field).to_have_value("0.75")
    editor.screenshot("edit-lost")

    with NanoverServer(port=port) as server:
        server.update_state("test", DictionaryChange(STATE))
        expect(editor.notices).not_to_contain_text("What you typed is kept", timeout=60_000)
        expect(editor.field).to_have_value("0.75")
        editor.field.click()
        editor.press("Enter")
        eventually(lambda: value_of(server, "scale") == 0.75)


def test_two_inspectors_agree_and_a_reload_begins_read_only(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange(STATE))
    page, second = show(notebook, f"127.0.0.1:{server.port}", count=2)
    first = Editor(page)
    first.root = page.page.locator(".nvj-root").first
    first.switch_on()
    second.switch_on()
    first.begin("scale")
    first.enter("0.75")
    expect(second.row("scale")).to_contain_text("0.75")
    expect(second.row("scale")).to_contain_text("seen back")
    second.button("Undo").click()
    expect(first.row("scale")).to_contain_text("0.5")
    expect(first.field).to_have_count(0)
    first.begin("title")
    first.enter("mine")
    expect(second.row("title")).to_contain_text("mine")

    page.reload()
    again = Editor(page)
    expect(again.row("title")).to_contain_text("mine")
    expect(again.root.get_by_role("switch", name="Edit")).not_to_be_checked()
    again.switch_on()
    again.button("Undo").click()
    eventually(lambda: value_of(server, "title") == "demo")


def test_two_clients_who_edit_one_key_never_both_hold_it(
    editor: Editor, server: NanoverServer, notebook: OpenNotebook
) -> None:
    _page, rival = show(notebook, f"127.0.0.1:{server.port}")
    rival.switch_on()
    editor.begin("scale")
    expect(editor.notices).to_contain_text("locked for you")
    rival.begin("scale")
    expect(rival.notices).to_contain_text("locked by someone else")
    rival.enter("2")
    expect(rival.notices).to_contain_text("Refused")
    editor.enter("1")
    eventually(lambda: value_of(server, "scale") == 1.0)
    expect(rival.field).to_have_value("2")
    expect(rival.notices).to_contain_text("It has changed meanwhile, to 1")
    rival.wait_for_lock()
    rival.button("Try again").click()
    eventually(lambda: value_of(server, "scale") == 2.0)


HOSTILE_KEYS = {
    "": 1.0,
    "__proto__": 1.0,
    '<img src=x onerror="window.wasHurt = 1">': 1.0,
    "two\nlines": 1.0,
    "\u202eright to left": 1.0,
    "k" * 10_000: 1.0,
}


def test_hostile_keys_are_edited_and_renamed_like_others(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({**HOSTILE_KEYS, "scale": 1.0}))
    page, editor = show(notebook, f"127.0.0.1:{server.port}")
    editor.switch_on()
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

    editor.row("two⏎lines").locator(".nvj-key").click()
    editor.press("r")
    expect(editor.notices).to_contain_text("Signs that do not show")
    editor.press("End")
    editor.notebook.page.keyboard.type("!")
    editor.press("Enter")
    eventually(lambda: "two\nlines!" in server.copy_state())


def test_a_value_of_megabytes_is_loaded_only_when_asked_for(
    editor: Editor, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"long": "x" * 1_500_000}))
    editor.begin("long", "F2")
    question = editor.root.get_by_role("alertdialog")
    expect(question).to_contain_text("1.5 MB of JSON")
    expect(editor.field).to_have_count(0)

    editor.button("Load it").click()
    expect(editor.field).to_be_focused()
    eventually(lambda: editor.field.input_value() == '"' + "x" * 1_500_000 + '"')
    editor.field.fill('"short"')
    editor.press("ControlOrMeta+Enter")
    eventually(lambda: value_of(server, "long") == "short")


def test_it_works_in_a_narrow_cell(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.update_state("test", DictionaryChange(STATE))
    _page, editor = show(notebook, f"127.0.0.1:{server.port}")
    editor.root.evaluate("root => { root.style.width = '480px'; }")
    editor.root.get_by_role("switch", name="Edit").check()
    editor.begin("scale")
    expect(editor.field).to_be_focused()
    expect(editor.notices).to_contain_text("locked for you")
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
    expect(editor.root.locator("textarea:focus")).to_be_visible()
    editor.screenshot("edit-narrow-add")
