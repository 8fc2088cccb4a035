"""An inspector of a server, shown in the page, for all tests of this folder that want one."""

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
    """Show an inspector with these options; returns the widget, and what is seen of it."""
    widget = StateInspector(connect_to(server), **options)
    page.show(widget)
    return widget, Inspector(page)


def set_state(server: NanoverServer, state: dict[str, Any]) -> None:
    """Set these keys, whatever text they are."""
    server.update_state("test", DictionaryChange(state))


def top_row(inspector: Inspector) -> Locator:
    """The row at the top: rows are in the page in whatever order they were drawn."""
    return inspector.root.locator('.nvj-row[aria-rowindex="1"]')
