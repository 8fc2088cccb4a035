"""The inspector's tree: descriptions, keyboard navigation and saved settings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DemoWorld, NanoverServer
from tests.page.conftest import Connect
from tests.page.inspector.faster_time import use_faster_time
from tests.page.inspector.shown_inspector import set_state, show_inspector, top_row
from tests.page.widget_page import WidgetPage
from tests.support.clipboard import copied_text
from tests.support.eventually import eventually
from tests.support.panels import Inspector

# The width that JupyterLab leaves in a window of 700 px, with the page's margins of 10 px.
NARROW = {"width": 288, "height": 1000}


@pytest.fixture
def demo(page: WidgetPage, connect_to: Connect, server: NanoverServer) -> Iterator[Inspector]:
    with DemoWorld(server):
        _, inspector = show_inspector(page, connect_to, server)
        expect(inspector.row("scene")).to_contain_text("°")
        headsets = inspector.rows.filter(has_text="headset")
        expect(headsets.first).to_be_visible()
        headsets.last.locator(".nvj-key").click()
        yield inspector


def test_demo_world_has_readable_descriptions(page: WidgetPage, demo: Inspector) -> None:
    demo.screenshot("inspector-demo")

    page.page.set_viewport_size(NARROW)
    demo.screenshot("inspector-demo-narrow")


def test_demo_world_is_accessible(demo: Inspector) -> None:
    demo.require_accessible()


def test_help_and_menu_are_accessible(demo: Inspector) -> None:
    demo.root.get_by_label("Help").first.click()
    demo.root.get_by_label("Sort").first.click()

    demo.require_accessible()


def test_query_pins_and_order_outlive_a_reload(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    keys = {f"particle.{number:03}": float(number) for number in range(60)}
    set_state(server, {**keys, "zeta": "kept on top", "scene": [0.0]})
    widget, inspector = show_inspector(page, connect_to, server)
    inspector.row("zeta").hover()
    inspector.row("zeta").get_by_label("Pin", exact=True).click()
    expect(top_row(inspector)).to_contain_text("zeta")
    inspector.root.get_by_label("Sort").first.click()
    inspector.root.get_by_role("menuitemradio", name="Last changed").click()
    inspector.search("-particle")
    expect(inspector.rows).to_have_count(2)
    kept = ("-particle", ["zeta"], "changed")
    eventually(lambda: (widget.query, widget.pins, widget.sort) == kept)

    page.reload()

    expect(inspector.root.get_by_label("Filter keys and values")).to_have_value("-particle")
    expect(inspector.rows).to_have_count(2)
    expect(top_row(inspector)).to_contain_text("zeta")
    expect(inspector.root.get_by_label("Sort").first).to_contain_text("Last changed")
    assert (widget.query, widget.pins, widget.sort) == kept


def test_query_and_pins_can_be_set_from_python(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, {f"particle.{number:03}": float(number) for number in range(60)})
    widget, inspector = show_inspector(page, connect_to, server)

    widget.query = "particle.00*"
    widget.pins = ["particle.003"]

    expect(inspector.rows).to_have_count(11)
    expect(top_row(inspector)).to_contain_text("particle.003")


def test_muting_outlives_a_reload(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, {"rests": 1.0})
    widget, inspector = show_inspector(page, connect_to, server)
    menu = inspector.root.get_by_role("button", name="Mute fast-changing branches")
    menu.click()
    inspector.root.get_by_role("menuitemradio", name="Above 5/s").click()
    eventually(lambda: widget.mute == 5)

    page.reload()

    menu.click()
    item = inspector.root.get_by_role("menuitemradio", name="Above 5/s")
    expect(item).to_have_attribute("aria-checked", "true")


def test_last_queries_are_picked_from_a_menu(
    page: WidgetPage,
    connect_to: Connect,
    server: NanoverServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A query is stored after two seconds.
    use_faster_time(page, monkeypatch)
    set_state(server, {"one.a": 1.0, "two.b": "text"})
    widget, inspector = show_inspector(page, connect_to, server)
    inspector.search("type:number")
    expect(inspector.rows).to_have_count(1)
    eventually(lambda: widget.recent_queries == ["type:number"])
    inspector.search("")

    inspector.root.get_by_label("Recent searches").first.click()
    inspector.root.get_by_role("menuitem", name="type:number").click()

    expect(inspector.rows).to_have_count(1)


def test_tree_is_navigated_with_the_keyboard(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    keys = {f"many.{number:03}": float(number) for number in range(60)}
    set_state(server, {**keys, "alone": [1.0, math.inf]})
    _, inspector = show_inspector(page, connect_to, server)
    search_box = inspector.root.get_by_label("Filter keys and values")
    focused = page.page.locator(":focus")
    expect(inspector.row("alone")).to_be_visible()
    search_box.click()

    for key in ("ArrowDown", "Enter", "ArrowRight"):
        inspector.press(key)
    expect(focused).to_have_attribute("aria-level", "2")
    expect(focused).to_contain_text("1")
    inspector.press("ArrowLeft")
    expect(focused).to_contain_text("alone")
    assert copied_text(page.page, lambda: inspector.press("y")) == '[1, float("inf")]'
    inspector.press("t")
    expect(top_row(inspector).locator(".nvj-pin")).to_be_visible()
    inspector.press("End")
    expect(focused).to_contain_text("many")

    inspector.press("/")
    expect(search_box).to_be_focused()
    page.page.keyboard.type("many.05*")
    expect(inspector.rows).to_have_count(11)
    inspector.press("ArrowDown")
    for _ in range(2):
        inspector.press("Escape")
    expect(search_box).to_have_value("")


def test_letters_in_the_tree_stay_in_the_widget(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    set_state(server, {"alone": 1.0})
    _, inspector = show_inspector(page, connect_to, server)
    page.page.evaluate("""() => {
        window.heard = [];
        document.addEventListener("keydown", ({ key }) => window.heard.push(key));
    }""")
    inspector.row("alone").click()

    # In a notebook's command mode these add, cut, paste and delete cells; Ctrl+S saves it.
    for key in ["a", "b", "x", "v", "d", "d", "Control+s"]:
        inspector.press(key)

    assert page.page.evaluate("window.heard.filter(key => key !== 'Control')") == ["s"]
    expect(inspector.rows).to_have_count(1)


def test_empty_state_has_instructions(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    _, inspector = show_inspector(page, connect_to, server)

    expect(inspector.root).to_contain_text("No keys yet")
    inspector.screenshot("inspector-empty")
    inspector.require_accessible()
