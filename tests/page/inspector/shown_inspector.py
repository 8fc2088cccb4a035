"""Helpers for tests that show an inspector of a server."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from tests.page.conftest import Connect
from tests.page.widget_page import WidgetPage
from tests.support.panels import Inspector

__all__ = ["set_state", "show_inspector", "top_row"]


def show_inspector(
    page: WidgetPage, connect_to: Connect, server: NanoverServer, **options: Any
) -> tuple[StateInspector, Inspector]:
    """Show an inspector with these options, and return the widget and its page object."""
    widget = StateInspector(connect_to(server), **options)
    page.show(widget)
    return widget, Inspector(page)


def set_state(server: NanoverServer, state: dict[str, Any]) -> None:
    """Set keys of any text."""
    server.update_state("test", DictionaryChange(state))


def top_row(inspector: Inspector) -> Locator:
    """Return the row at the top; rows are in any order in the page."""
    return inspector.root.locator('.nvj-row[aria-rowindex="1"]')
