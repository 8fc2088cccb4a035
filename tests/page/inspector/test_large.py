"""The inspector with hostile values, and with values and states too large to send in full."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from nanover_jupyter import NanoverServer
from nanover_jupyter.widgets.sync.state_feed import SnapshotCursor, StateFeed, StateMessage
from tests.page.conftest import Connect
from tests.page.inspector.faster_time import use_faster_time
from tests.page.inspector.shown_inspector import set_state, show_inspector
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Inspector

FIELDS = 330
ITEMS = 50_000
UUID = "6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2"


def deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = {"down": value} if level % 2 else [value]
    return value


HOSTILE: dict[str, Any] = {
    "": "the empty key",
    "x" * 10_000: 1.0,
    "a.b/c.d": "signs",
    "quotes \"'`": "quotes",
    "line\nbreak": "two\nlines",
    "<b>bold</b>": "<i>no</i>",
    "__proto__": {"polluted": True},
    "\u202egnp.exe": "right \u202eto left",
    "deep": deep(30),
    "numbers": [math.nan, math.inf, -math.inf, -0.0],
    "megabyte": "m" * 2_000_000,
    "long": [float(number) for number in range(ITEMS)],
    f"avatar.{UUID}": {"name": "<img src=x>", "components": "none", "color": ["red"]},
    "scene": ["not", "a", "scene"],
}


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def go_to_end(inspector: Inspector, text: str) -> Locator:
    """Press End until a row with this text is visible, and return that row.

    Rows that are not loaded yet appear after the current end.
    """
    inspector.root.locator(".nvj-tree").focus()
    row = inspector.root.locator(".nvj-row:visible").filter(has_text=text)

    def is_there() -> bool:
        inspector.press("End")
        return row.count() == 1

    eventually(is_there)
    return row


def test_hostile_keys_and_values_are_found(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, HOSTILE)
    _, inspector = show_inspector(page, connect_to, server)
    expect(inspector.row("megabyte")).to_be_visible()

    inspector.search("numbers")
    expect(inspector.preview("numbers")).to_have_text("[NaN, Infinity, -Infinity, -0]")
    inspector.search("down")
    expect(inspector.row("deep")).to_be_visible()
    inspector.search("/(a+)+$/")
    expect(inspector.rows.first).to_be_visible()
    assert page.page.evaluate("({}).polluted") is None


def test_long_list_in_a_hostile_tree_is_opened_step_by_step(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, HOSTILE)
    _, inspector = show_inspector(page, connect_to, server)
    inspector.row("long").locator(".nvj-twisty").click()
    more = inspector.root.locator(".nvj-row[data-kind=more]:visible")
    tree = inspector.root.locator(".nvj-tree")

    for shown in (100, 200, 300):
        tree.evaluate("tree => tree.scrollTo(0, 1_000_000)")
        row = more.filter(has_text=f"{thousands(ITEMS - shown)} more")
        row.click()
    tree.evaluate("tree => tree.scrollTo(0, 1_000_000)")
    expect(more.filter(has_text=f"{thousands(ITEMS - 400)} more")).to_be_visible()

    inspector.screenshot("inspector-hostile-tree")
    assert inspector.root.locator("img, b, i").count() == 0


def test_hostile_tree_is_accessible(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, HOSTILE)
    _, inspector = show_inspector(page, connect_to, server)
    inspector.row("long").locator(".nvj-twisty").click()
    expect(inspector.root.locator(".nvj-row[data-kind=value]:visible").first).to_be_visible()

    inspector.require_accessible()


def test_large_object_opens_to_its_last_field(
    page: WidgetPage,
    connect_to: Connect,
    server: NanoverServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Fields of a value that has changed are fetched again after a second.
    use_faster_time(page, monkeypatch)
    fields = {f"field {number:03}": float(number) for number in range(FIELDS)}
    set_state(server, {"world": {**fields, "text": "x" * 20_000}})
    _, inspector = show_inspector(page, connect_to, server)
    inspector.row("world").locator(".nvj-twisty").click()
    rows = inspector.root.locator(".nvj-row:visible")

    # The fields and the text, of which a hundred are shown, and a hundred more each time.
    for left in range(FIELDS + 1 - 100, 0, -100):
        row = go_to_end(inspector, f"… {left} more")
        if left > FIELDS - 100:
            inspector.screenshot("inspector-large-object")
        row.click()
    go_to_end(inspector, 'text"xxx')

    fields["field 329"] = -1.5
    set_state(server, {"world": {**fields, "text": "x" * 20_000}})
    expect(rows.filter(has_text="field 329")).to_contain_text("-1.5")


def test_twenty_thousand_keys_are_navigated_and_searched(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    value = {"mass": 12.0, "position": [0.5, 1.0]}
    set_state(server, {f"particle.{number // 1000}.{number}": value for number in range(20_000)})
    _, inspector = show_inspector(page, connect_to, server)
    expect(inspector.row("particle")).to_contain_text(thousands(20_000))

    inspector.search("particle.7.*99")
    expect(inspector.row("7999")).to_be_visible()
    inspector.search("")
    inspector.row("particle").click()
    inspector.row("7").click()
    expect(inspector.row("7000")).to_be_visible()
    inspector.screenshot("inspector-20000")
    assert inspector.root.locator(".nvj-row").count() < 100


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Block the parts of a state after the first two until the test continues."""
    event, next_part = threading.Event(), StateFeed.next_part

    def held_up(feed: StateFeed, cursor: SnapshotCursor) -> StateMessage:
        if cursor.part > 1:
            event.wait()
        return next_part(feed, cursor)

    monkeypatch.setattr(StateFeed, "next_part", held_up)
    yield event
    event.set()


def test_tree_can_be_used_while_the_footer_shows_loading_progress(
    page: WidgetPage,
    connect_to: Connect,
    server: NanoverServer,
    go_on: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The footer is updated after a second.
    use_faster_time(page, monkeypatch)
    set_state(server, {"first": 1.0, **{f"part.{n:05}": "x" * 100 for n in range(20_000)}})
    _, inspector = show_inspector(page, connect_to, server)
    footer = inspector.root.locator(".nvj-footer")
    expect(footer).to_contain_text(re.compile(r"Loading \d\s?\d+ of 20\s001 keys"))
    inspector.search("first")
    inspector.row("first").click()
    expect(inspector.root.locator(".nvj-detail-key")).to_have_text("first")
    inspector.screenshot("inspector-loading")
    inspector.search("part.19999")
    expect(inspector.rows).to_have_count(0)

    go_on.set()

    expect(footer).to_contain_text(re.compile(r"^20\s001 keys · .*live$"))
    expect(inspector.rows.last).to_contain_text("19999")
