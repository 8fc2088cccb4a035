"""Views of the lock manager agree with each other, with other tools, and with odd contents."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import ViewportSize, expect

from nanover_jupyter import (
    Connection,
    ControlRoom,
    DemoWorld,
    DictionaryChange,
    InvalidArgument,
    LockManager,
    NanoverServer,
)
from tests.page.locks.conftest import LONG, STRANGER, lets_write, show_manager
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Locks, Palette

# Leaves 480 pixels for a widget.
NARROW: ViewportSize = {"width": 500, "height": 1200}


def test_two_outputs_and_two_tabs_agree(
    page: WidgetPage, manager: LockManager, locks: Locks
) -> None:
    page.show(manager)
    here, below = locks, Locks(page, 1)
    there = Locks(page.another_tab(), 0)
    views = (here, below, there)

    here.take("scene", LONG)
    for view in views:
        expect(view.state("scene")).to_have_text("Held")
    there.keep("scene").uncheck()
    for view in views:
        expect(view.keep("scene")).not_to_be_checked()
    page.page.bring_to_front()  # a tab in the background is slow to click
    below.button("Extend by 10 min: scene").click()
    for view in views:
        expect(view.row("scene")).to_contain_text("of 20 min at most")
    there.release("scene")
    for view in views:
        expect(view.state("scene")).to_have_text("Released")


def test_inspector_and_palette_know_the_same_locks(
    page: WidgetPage, connection: Connection, server: NanoverServer
) -> None:
    with DemoWorld(server):
        page.show(ControlRoom(connection, tool="locks"))
        locks, palette = Locks(page), Palette(page)
        locks.take("scene", LONG)
        expect(locks.state("scene")).to_have_text("Held")

        locks.tab("Inspector")
        row = locks.root.locator(".nvj-row[data-kind=node]", has_text="scene").first
        expect(row.locator(".nvj-lock-badge")).to_have_text(re.compile(r"^Held \d"))
        locks.screenshot("locks-in-inspector")

        locks.tab("Commands")
        palette.choose("playback/next")
        palette.run()
        expect(palette.confirmation).to_contain_text("locks are cleared")
        palette.root.get_by_role("alertdialog").get_by_role("button", name="Run").click()
        palette.ended()
        locks.tab("Locks")
        expect(locks.state("scene")).to_have_text("Held")
        expect(locks.row("scene")).to_contain_text(
            "acquired again: playback/next switched the simulation"
        )
        assert not lets_write(server, "scene")

        connection.client.lock("title", duration=LONG)
        expect(locks.state("title")).to_have_text("Held")


HOSTILE = ["<img src=x onerror=alert(1)>", "\u202egnihton\u202c שלום", "k" * 10_000, "__proto__"]


def fits(locks: Locks) -> bool:
    """Whether nothing has to be scrolled sideways."""
    scroller = locks.root.locator(".nvj-scroll")
    return bool(scroller.evaluate("node => node.scrollWidth <= node.clientWidth"))


@pytest.fixture
def hostile_locks(connection: Connection, server: NanoverServer, locks: Locks) -> Locks:
    """A lock manager with a refused and three held locks, a watched key and a history."""
    client = connection.client
    server.update_locks(STRANGER, {HOSTILE[0]: LONG})
    now = time.time()
    claim = {"state": "held", "ttl": LONG, "since": now, "until": now + LONG, "enforced": True}
    claims = {"name": "<b>Eve</b>", "beat": 1, "claims": {HOSTILE[0]: claim}}
    server.update_state("eve", DictionaryChange({"lock.eve": claims}))
    client.catch_up()
    for key in HOSTILE[1:]:
        client.lock(key, duration=LONG)
    locks.take(HOSTILE[0], 10)
    expect(locks.problem).to_contain_text("is held by <b>Eve</b> until ")
    locks.button("Watch").click()
    expect(locks.watched("<img")).to_contain_text("<b>Eve</b>")
    locks.button("History").click()
    expect(locks.rows).to_have_count(4)
    return locks


def test_hostile_keys_and_names_are_shown_as_text(hostile_locks: Locks) -> None:
    assert hostile_locks.root.locator("img, b").count() == 0
    eventually(lambda: fits(hostile_locks))
    hostile_locks.screenshot("locks-hostile")
    hostile_locks.require_accessible()


def test_long_keys_and_names_fit_into_a_narrow_view(hostile_locks: Locks) -> None:
    hostile_locks.page.set_viewport_size(NARROW)

    eventually(lambda: fits(hostile_locks))
    hostile_locks.screenshot("locks-hostile-narrow")
    hostile_locks.require_accessible()


def test_locks_can_be_taken_and_released_in_a_narrow_view(locks: Locks) -> None:
    locks.page.set_viewport_size(NARROW)
    locks.take("title", LONG)
    expect(locks.state("title")).to_have_text("Held")
    locks.button("Release all").click()
    expect(locks.root).to_contain_text("No locks held")

    locks.take("scene", LONG)

    expect(locks.state("scene")).to_have_text("Held")
    eventually(lambda: fits(locks))
    locks.screenshot("locks-narrow")
    locks.require_accessible()


def test_a_thousand_locks_are_counted_and_released_and_those_in_view_count_down(
    page: WidgetPage, connection: Connection, manager: LockManager
) -> None:
    # Less than a minute, so that what is left is shown in tenths of seconds.
    connection.client.lock([f"box.{number}" for number in range(1000)], duration=50)
    with pytest.raises(InvalidArgument, match="at most 50 keys can be watched"):
        manager.watch(*(f"key.{number}" for number in range(10_000)))
    manager.watch(*(f"key.{number}" for number in range(50)))

    locks = show_manager(page, manager)

    expect(locks.root).to_contain_text(re.compile(r"1\s000 locks held"))
    expect(locks.root).to_contain_text("… 500 more")
    expect(locks.watched("key.49")).to_contain_text("Free")
    left = locks.rows.first.locator(".nvj-time-left > span")
    expect(left).not_to_have_text(left.inner_text())
    locks.screenshot("locks-huge")
    locks.button("Release all").click()
    expect(locks.root).to_contain_text("No locks held")
