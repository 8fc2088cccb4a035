"""Pausing, past states and export of the state."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.page.conftest import Connect
from tests.page.inspector.changing_person import VALUES, look_at, pause, show_person
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually


def test_pause_keeps_collecting_and_resume_catches_up(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    _, inspector = show_person(page, connect_to, server)
    inspector.root.get_by_role("button", name="Pause").click()
    bar = inspector.root.get_by_role("group", name="Paused")
    expect(bar).to_contain_text("No changes since")

    server.update_state("test", DictionaryChange({"person": VALUES[0], "later": 1.0}))

    # The bar is updated twice a second.
    eventually(lambda: "2 changes in 2 keys since" in bar.inner_text())
    expect(inspector.row("person")).to_contain_text("score: 3")
    expect(inspector.row("later")).to_have_count(0)
    look_at(page, inspector, "inspector-paused")

    bar.get_by_role("button", name="Resume").click()
    expect(bar).to_be_hidden()
    expect(inspector.row("later")).to_be_visible()


def test_the_slider_shows_the_full_past_state(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    _, inspector = show_person(page, connect_to, server)
    server.update_state("test", DictionaryChange({"late": 1.0}, {"still"}))
    expect(inspector.row("late")).to_be_visible()
    inspector.row("person").click()
    slider = pause(inspector)

    slider.focus()
    inspector.press("Home")

    expect(inspector.row("still")).to_be_visible()
    expect(inspector.row("late")).to_have_count(0)
    expect(inspector.detail.locator(".nvj-pretty")).to_contain_text('"score": 1')
    look_at(page, inspector, "inspector-time-travel")

    inspector.press("Escape")
    inspector.press("Escape")
    expect(inspector.row("late")).to_be_visible()
    expect(inspector.row("still")).to_have_count(0)


@pytest.mark.parametrize("choice", ["State", "State with history"])
def test_the_state_is_downloaded(
    page: WidgetPage, connect_to: Connect, server: NanoverServer, choice: str
) -> None:
    _, inspector = show_person(page, connect_to, server)
    inspector.root.get_by_role("button", name="Export").click()
    with page.page.expect_download() as download:
        inspector.root.get_by_role("menuitem", name=re.compile(rf"^{choice}\s*JSON$")).click()

    document = json.loads(download.value.path().read_text())

    assert document["state"] == {"person": VALUES[2], "still": "here"}
    assert ("history" in document) == (choice != "State")
    assert download.value.suggested_filename.startswith("lab-")
