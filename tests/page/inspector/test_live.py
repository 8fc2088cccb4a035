"""The inspector of a frequently changing state, in one and several pages."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.client import reconnector
from nanover_jupyter.client.backoff import Backoff
from tests.page.bridge import Direction
from tests.page.conftest import Connect
from tests.page.inspector.faster_time import use_faster_time
from tests.page.inspector.shown_inspector import set_state, show_inspector
from tests.page.widget_page import WidgetPage
from tests.support.counting import counting_up
from tests.support.eventually import eventually
from tests.support.panels import Inspector

ANIMATION = "element => getComputedStyle(element).animationName"


# frequent changes ---------------------------------------------------------------------


def test_thousand_changes_a_second_neither_freeze_nor_queue(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, {"counts": 0.0, "rests": 1.0})
    widget, inspector = show_inspector(page, connect_to, server)
    with counting_up(server, "counts", per_second=1000):
        eventually(lambda: inspector.number("counts") > 300)
        inspector.search("rests")
        expect(inspector.rows).to_have_count(1)
        inspector.search("")
        feed = widget._binding.feed
        assert feed is not None
        assert len(widget._publisher._queue) + len(feed._dirty) < 50

    last = f"{server.copy_state()['counts']:g}"
    expect(inspector.preview("counts")).to_have_text(last)


def test_nothing_flashes_with_reduced_motion(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, {"counts": 0.0})
    _, inspector = show_inspector(page, connect_to, server)
    flashing = inspector.row("counts").locator("[data-flash]")
    with counting_up(server, "counts", per_second=1000):
        eventually(lambda: flashing.evaluate(ANIMATION).startswith("nvj-flash"))
        page.page.emulate_media(reduced_motion="reduce")
        seen = inspector.number("counts")
        eventually(lambda: inspector.number("counts") > seen + 100)
        assert flashing.evaluate(ANIMATION) == "none"


def test_lost_server_is_shown_and_the_state_recovers_after_a_reconnect(
    page: WidgetPage, connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnector, "_BACKOFF", Backoff(first=0.2, longest=0.1))
    with NanoverServer() as first:
        set_state(first, {"before": 1.0, "stays": 1.0})
        _, inspector = show_inspector(page, connect_to, first)
        expect(inspector.row("before")).to_be_visible()
    expect(inspector.header).to_contain_text("Stale for")
    inspector.screenshot("inspector-lost")

    with NanoverServer(port=first.port) as second:
        set_state(second, {"after": 2.0, "stays": 2.0})
        expect(inspector.row("after")).to_be_visible()
        expect(inspector.preview("stays")).to_have_text("2")
        expect(inspector.row("before")).to_have_count(0)
        expect(inspector.header).to_contain_text("Updated")


# several views ------------------------------------------------------------------------


def test_two_inspectors_agree(page: WidgetPage, connect_to: Connect, server: NanoverServer) -> None:
    set_state(server, {"counts": 0.0})
    connection = connect_to(server)
    for query in ("", "co"):
        page.show(StateInspector(connection, query=query))
    with counting_up(server, "counts", per_second=1000):
        for place in range(2):
            inspector = Inspector(page, place)
            eventually(lambda inspector=inspector: inspector.number("counts") > 20)

    last = f"{server.copy_state()['counts']:g}"
    for place in range(2):
        expect(Inspector(page, place).preview("counts")).to_have_text(last)


def test_two_tabs_show_the_same_state_independently(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, {"counts": 0.0, "goes": "soon"})
    _, inspector = show_inspector(page, connect_to, server)
    expect(inspector.row("counts")).to_be_visible()
    other = page.another_tab()
    for count in range(1, 60):
        set_state(server, {"counts": float(count)})
    server.update_state("test", DictionaryChange({"new": "here"}, {"goes"}))

    wanted = ['"here"', "59"]
    there = Inspector(other)
    eventually(lambda: there.previews() == wanted)
    eventually(lambda: inspector.previews() == wanted)
    # A tab that is closed without notice must not block the other one.
    other.page.close()
    page.bridge.wait_for_pages(1)
    assert "bye" not in page.bridge.to_kernel.passed
    set_state(server, {"counts": 60.0})
    expect(inspector.preview("counts")).to_have_text("60")


# hidden views -------------------------------------------------------------------------


class Way(NamedTuple):
    """How the widget is hidden and shown again."""

    leave: str
    come_back: str


WAYS = {
    "hidden": Way(
        "root => { root.style.display = 'none'; }", "root => { root.style.display = ''; }"
    ),
    "scrolled away": Way(
        "root => { root.style.marginTop = '5000px'; }", "root => root.scrollIntoView()"
    ),
}


def wait_until_delivered(direction: Direction, kind: str) -> None:
    eventually(lambda: kind in direction.passed)
    # It is counted first; what holds messages back waits for the one that is being delivered.
    with direction.held():
        pass


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_hidden_inspector_gets_no_messages(
    page: WidgetPage,
    connect_to: Connect,
    server: NanoverServer,
    monkeypatch: pytest.MonkeyPatch,
    way: Way,
) -> None:
    # It counts as hidden after more than half a second.
    use_faster_time(page, monkeypatch)
    keys = [f"key{number:03}" for number in range(500)]
    set_state(server, dict.fromkeys(keys, 0.0))
    widget, inspector = show_inspector(page, connect_to, server)
    shown = inspector.preview("key000")
    expect(shown).to_have_text("0")
    to_page = page.bridge.to_page

    def cost_of_changes(start: int) -> int:
        """Return the bytes that are sent while all values change five times."""
        before = to_page.bytes
        for value in range(start, start + 5):
            set_state(server, dict.fromkeys(keys, float(value)))
            eventually(lambda value=value: widget.connection.client.peek("key000", 0) == value)
        return to_page.bytes - before

    in_sight = cost_of_changes(1)
    expect(shown).to_have_text("5")
    assert in_sight > 10_000

    inspector.root.evaluate(way.leave)
    wait_until_delivered(page.bridge.to_kernel, "hide")
    messages = len(to_page.passed)
    assert cost_of_changes(6) == 0

    inspector.root.evaluate(way.come_back)
    expect(shown).to_have_text("10")
    # All missed changes come at once, and again if the page repeats its `hello`.
    assert to_page.passed[messages:].count("delta") < 3
    assert cost_of_changes(11) > in_sight / 10
