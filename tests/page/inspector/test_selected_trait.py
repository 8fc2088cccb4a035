"""The selected key is a trait of the widget."""

from __future__ import annotations

from playwright.sync_api import expect

from nanover_jupyter import NanoverServer
from tests.page.conftest import Connect
from tests.page.inspector.changing_person import show_person
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually


def test_the_selected_key_is_a_trait_both_ways(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    widget, inspector = show_person(page, connect_to, server)
    inspector.row("person").click()
    eventually(lambda: widget.selected == "person")

    widget.selected = "still"

    expect(inspector.root.locator(".nvj-detail-key")).to_have_text("still")
