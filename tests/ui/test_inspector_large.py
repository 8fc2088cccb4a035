"""The inspector in two pages at once, and with values and states too large to send whole."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.support.eventually import TIME_SCALE, eventually
from tests.ui.lab import NotebookPage, OpenNotebook
from tests.ui.panels import Inspector

pytestmark = pytest.mark.ui

FIELDS = 730
# All but the first two parts of the state wait for a word.
_HOLD_UP = """
import threading
from nanover_jupyter.widgets._state_feed import StateFeed
go_on, next_part = threading.Event(), StateFeed.next_part
def held_up(feed, cursor):
    if cursor.part > 1:
        go_on.wait(60)
    return next_part(feed, cursor)
StateFeed.next_part = held_up
"""


def open_inspector(notebook: OpenNotebook, port: int) -> tuple[NotebookPage, Inspector]:
    page = notebook(
        [
            f"import nanover_jupyter as nj\nc = nj.connect('127.0.0.1:{port}')",
            "w = nj.StateInspector(c)\nw",
        ]
    )
    return page, Inspector(page)


def previews(page: Page) -> list[str]:
    """What is shown of all values, in whatever order the rows were drawn."""
    rows = page.locator(".nvj-row[data-kind=node]:visible .nvj-preview")
    return sorted(text.strip() for text in rows.all_inner_texts())


def test_two_tabs_show_the_same_and_neither_waits_for_the_other(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"counts": 0.0, "goes": "soon"}))
    page, inspector = open_inspector(notebook, server.port)
    expect(inspector.row("counts")).to_be_visible()
    page.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    other = page.context.new_page()
    other.goto(page.page.url.partition("?")[0])
    expect(other.locator(".nvj-row", has_text="counts")).to_be_visible(timeout=60_000 * TIME_SCALE)

    for count in range(1, 60):
        server.update_state("test", DictionaryChange({"counts": float(count)}))
        other.wait_for_timeout(20)
    server.update_state("test", DictionaryChange({"new": "here"}, {"goes"}))

    wanted = ['"here"', "59"]
    eventually(lambda: previews(other) == wanted)
    eventually(lambda: previews(page.page) == wanted)
    # One that is closed without a word must not hold up the one that stays.
    other.close()
    server.update_state("test", DictionaryChange({"counts": 60.0}))
    expect(inspector.row("counts")).to_contain_text("60")


def test_an_inspector_that_scrolled_out_of_sight_is_sent_next_to_nothing(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"counts": 0.0}))
    received: list[int] = []
    page, inspector = open_inspector(notebook, server.port)
    page.page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda data: received.append(len(data))),
    )
    page.reload()
    inspector = Inspector(page)
    expect(inspector.row("counts")).to_be_visible()

    def bytes_while_it_counts(first: int) -> int:
        received.clear()
        for count in range(first, first + 60):
            change = {"counts": float(count), "text": f"{count}" * 1_000}
            server.update_state("test", DictionaryChange(change))
            page.page.wait_for_timeout(33)
        return sum(received)

    seen = bytes_while_it_counts(0)
    page.page.evaluate(
        "() => { document.querySelector('.nvj-root').style.marginTop = '5000px';"
        " document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0; }"
    )
    # It is said to the kernel some time after the last glimpse of it.
    eventually(lambda: bytes_while_it_counts(1_000) < seen / 20, seconds=30)
    inspector.root.scroll_into_view_if_needed()

    expect(inspector.row("counts")).to_contain_text("1059")


def test_the_footer_says_how_many_keys_have_come_and_the_tree_can_be_used_meanwhile(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    keys = {f"part.{number:05}": "x" * 100 for number in range(20_000)}
    server.update_state("test", DictionaryChange({"first": 1.0, **keys}))
    page = notebook(
        [
            f"import nanover_jupyter as nj\nc = nj.connect('127.0.0.1:{server.port}')",
            _HOLD_UP,
            "w = nj.StateInspector(c)\nw",
        ]
    )
    inspector = Inspector(page)
    footer = inspector.root.locator(".nvj-footer")
    expect(footer).to_contain_text(re.compile(r"loading \d\s?\d+ of 20\s001 keys"))
    inspector.search("first")
    inspector.row("first").click()
    expect(inspector.root.locator(".nvj-detail-key")).to_have_text("first")
    inspector.screenshot("inspector-loading")
    inspector.search("part.19999")
    expect(inspector.rows).to_have_count(0)

    page.run("go_on.set()")

    expect(footer).to_contain_text(re.compile(r"^20\s001 keys · .*live$"))
    expect(inspector.rows.last).to_contain_text("19999")


def test_a_large_object_opens_to_its_last_field(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    fields = {f"field {number:03}": float(number) for number in range(FIELDS)}
    server.update_state("test", DictionaryChange({"world": {**fields, "text": "x" * 20_000}}))
    _page, inspector = open_inspector(notebook, server.port)
    inspector.row("world").locator(".nvj-twisty").click()
    rows = inspector.root.locator(".nvj-row:visible")
    tree = inspector.root.locator(".nvj-tree")

    def end_shows(text: str) -> bool:
        tree.focus()
        inspector.press("End")
        return text in " ".join(rows.all_inner_texts())

    # The fields and the text, of which a hundred are shown, and a hundred more each time.
    for left in range(FIELDS + 1 - 100, 0, -100):
        eventually(lambda left=left: end_shows(f"… {left} more"), every=0.1)
        if left > FIELDS - 100:
            inspector.screenshot("inspector-large-object")
        rows.filter(has_text=f"… {left} more").click()
    eventually(lambda: end_shows("text"), every=0.1)

    fields["field 729"] = -1.5
    server.update_state("test", DictionaryChange({"world": {**fields, "text": "x" * 20_000}}))
    expect(rows.filter(has_text="field 729")).to_contain_text("-1.5")
