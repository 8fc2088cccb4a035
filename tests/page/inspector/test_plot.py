"""Plots of numbers over time."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, expect

from nanover_jupyter import DemoWorld, NanoverServer, StateInspector
from tests.page.conftest import Connect
from tests.page.inspector.changing_person import look_at, show_person
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Inspector

# The labels of the axis, which are the only thing drawn at the left edge.
_BRIGHTEST: Final = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, 40, canvas.height - 60);
    let most = 0;
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 200) most = Math.max(most, data[at]);
    }
    return most;
}"""


def open_plot(inspector: Inspector) -> Locator:
    """Open the plot of the selected key, and return its canvas once there is one."""
    inspector.detail_tab("Plot")
    canvas = inspector.detail.locator(".nvj-plot canvas")
    expect(canvas).to_be_visible()
    return canvas


def plot_label(inspector: Inspector, chosen: list[int]) -> re.Pattern[str]:
    """Return the label of a plot of exactly these numbers."""
    names = inspector.detail.locator(".nvj-plot-name")
    titles = [names.nth(index).get_attribute("title") or "" for index in chosen]
    numbers = ", ".join(rf"{re.escape(title)}: -?[\d.e-]+" for title in titles)
    return re.compile(rf"^Numbers over time\. {numbers}$")


def image_of(canvas: Locator) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def test_numbers_are_plotted_by_a_lazily_loaded_module(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    with DemoWorld(server) as world:
        page.show(StateInspector(connect_to(server), height=520, query="avatar.*"))
        inspector = Inspector(page)
        # An avatar that moves all the time; others join and leave.
        inspector.rows.filter(has_text="Anna").click()
        assert page.page.locator(".nvj-plot canvas").count() == 0

        canvas = open_plot(inspector)

        boxes = inspector.detail.get_by_role("checkbox")
        expect(inspector.detail.get_by_role("checkbox", checked=True)).to_have_count(3)
        boxes.nth(5).check()
        boxes.nth(0).uncheck()
        expect(inspector.detail.get_by_role("checkbox", checked=True)).to_have_count(3)
        expect(inspector.detail.locator(".nvj-plot")).to_have_attribute(
            "aria-label", plot_label(inspector, [1, 2, 5])
        )
        # From here on, only new values change the plot.
        before = image_of(canvas)
        eventually(lambda: image_of(canvas) != before, every=0.05)
        world.pause()
        look_at(page, inspector, "inspector-plot")


def test_the_plot_follows_the_theme_without_new_values(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    page.use_theme("light")
    _, inspector = show_person(page, connect_to, server)
    inspector.row("person").click()
    canvas = open_plot(inspector)

    def brightest_label() -> int:
        """Return the brightest pixel to the left of the lines."""
        return int(canvas.evaluate(_BRIGHTEST))

    eventually(lambda: 0 < brightest_label() < 160)
    page.use_theme("dark")
    eventually(lambda: brightest_label() > 160)


def test_a_difference_and_a_plot_can_be_seen_in_a_narrow_cell(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    page.page.set_viewport_size({"width": 500, "height": 1000})
    _, inspector = show_person(page, connect_to, server, height=420)
    inspector.row("person").click()
    inspector.detail_tab("History")
    inspector.detail.get_by_role("option").first.click()

    expect(inspector.detail.locator(".nvj-diff-line").nth(1)).to_be_in_viewport(ratio=0.9)
    expect(inspector.detail.get_by_role("option").nth(1)).to_be_in_viewport(ratio=0.9)

    canvas = open_plot(inspector)
    expect(canvas).to_be_in_viewport(ratio=0.8)
    expect(inspector.row("person")).to_be_in_viewport(ratio=0.9)
