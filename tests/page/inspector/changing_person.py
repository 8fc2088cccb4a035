"""An inspector of a changed key, for history tests."""

from __future__ import annotations

from typing import Any, Final

from playwright.sync_api import Locator, expect

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from tests.page.conftest import Connect
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Inspector

__all__ = ["NARROW", "VALUES", "look_at", "open_history", "pause", "show_person"]

VALUES: Final[list[dict[str, Any]]] = [
    {"name": "Anna", "hands": [{"name": "left", "at": [0.0, 1.0]}], "score": 1.0},
    {"name": "Anna", "hands": [{"name": "left", "at": [0.5, 1.0]}], "score": 2.0},
    {"name": "Anna", "hands": [{"name": "left", "at": [0.5, 2.0]}], "score": 3.0, "tag": "new"},
]
# The page has 10 px on either side of a widget.
NARROW: Final = {"width": 436, "height": 1000}


def show_person(
    page: WidgetPage, connect_to: Connect, server: NanoverServer, *, height: int = 520
) -> tuple[StateInspector, Inspector]:
    """Show an inspector, and change the key `person` twice once it is shown."""
    server.update_state("test", DictionaryChange({"person": VALUES[0], "still": "here"}))
    widget = StateInspector(connect_to(server), height=height)
    page.show(widget)
    inspector = Inspector(page)
    for number, value in enumerate(VALUES):
        if number > 0:
            server.update_state("test", DictionaryChange({"person": value}))
        # Changes in quick succession are recorded as one.
        expect(inspector.row("person")).to_contain_text(f"score: {value['score']:g}")
    return widget, inspector


def open_history(inspector: Inspector) -> Locator:
    """Open the history of `person`, and return its three entries."""
    inspector.row("person").click()
    inspector.detail_tab("History")
    entries = inspector.detail.get_by_role("option")
    expect(entries).to_have_count(3)
    return entries


def pause(inspector: Inspector) -> Locator:
    """Pause with the keyboard, and return the slider once it has its range."""
    inspector.press("p")
    slider = inspector.root.get_by_role("slider", name="Displayed time")
    eventually(lambda: float(slider.get_attribute("min") or 0) > 1e9)
    return slider


def look_at(page: WidgetPage, inspector: Inspector, name: str) -> None:
    """Save wide and narrow screenshots, and check accessibility."""
    inspector.require_accessible()
    inspector.screenshot(name)
    before = page.page.viewport_size
    page.page.set_viewport_size(NARROW)
    inspector.require_accessible()
    inspector.screenshot(f"{name}-narrow")
    assert before is not None
    page.page.set_viewport_size(before)
