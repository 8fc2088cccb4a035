"""The history of a key, also during clock jumps."""

from __future__ import annotations

import json
import math
import re
import time
from typing import Final

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.page.conftest import Connect
from tests.page.inspector.changing_person import (
    VALUES,
    look_at,
    open_history,
    pause,
    show_person,
)
from tests.page.widget_page import WidgetPage
from tests.support.clipboard import copied_text
from tests.support.eventually import TIME_SCALE, eventually

# Seconds within which a test checks the effects of its actions.
_MAX_AGE: Final = 30 * TIME_SCALE
# Effective until the page is reloaded by the next test.
_JUMP: Final = """seconds => {
    const Real = Date;
    window.Date = class extends Real {
        constructor(...parts) {
            if (parts.length > 0) super(...parts);
            else super(Real.now() + seconds * 1000);
        }
        static now() { return Real.now() + seconds * 1000; }
    };
}"""


def seconds_in(text: str) -> float:
    """The seconds in a text like "updated 0.3 s ago"; infinite if its unit is another one."""
    found = re.search(r"([\d.]+) s\b", text)
    return float(found[1]) if found else math.inf


def test_history_shows_changes_and_compares_any_two_entries(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    _, inspector = show_person(page, connect_to, server)
    entries = open_history(inspector)
    expect(entries.nth(0)).to_contain_text("hands[left].at[1], score")
    expect(entries.nth(2)).to_contain_text("first recorded")

    entries.nth(0).click()
    differences = inspector.detail.locator(".nvj-diff-line")
    expect(differences).to_have_count(3)
    expect(differences.nth(0)).to_contain_text("hands[left].at[1]")

    entries.nth(2).click()
    inspector.detail.get_by_role("button", name="Select for compare").click()
    entries.nth(0).click()
    expect(differences).to_have_count(4)
    look_at(page, inspector, "inspector-history")

    opened = inspector.detail.locator(".nvj-history-opened")
    copied = copied_text(page.page, opened.get_by_role("button", name="JSON").click)
    assert json.loads(copied) == VALUES[2]


@pytest.mark.parametrize("seconds", [90_000, -90_000])
def test_clock_jumps_do_not_affect_ages_rates_and_times(
    page: WidgetPage,
    connect_to: Connect,
    server: NanoverServer,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
) -> None:
    widget, inspector = show_person(page, connect_to, server)
    entries = open_history(inspector)
    clock = time.time

    # Of the server and the kernel, which are this process, and of the page.
    monkeypatch.setattr(time, "time", lambda: clock() + seconds)
    page.page.evaluate(_JUMP, seconds)
    server.update_state("test", DictionaryChange({"person": VALUES[1]}))
    expect(inspector.row("person")).to_contain_text("score: 2")
    # A history is up to date when it is opened, and within a second afterwards.
    inspector.detail_tab("Value")
    inspector.detail_tab("History")

    eventually(lambda: entries.count() == 4)
    ages = entries.locator(".nvj-history-age").all_inner_texts()
    assert seconds_in(ages[0]) < _MAX_AGE
    assert [*map(seconds_in, ages)] == sorted(map(seconds_in, ages))
    assert seconds_in(inspector.row("person").locator(".nvj-cell-age").inner_text()) < _MAX_AGE
    assert seconds_in(inspector.header.locator(".nvj-freshness").inner_text()) < _MAX_AGE
    widget.query = "rate:>100"
    expect(inspector.root).to_contain_text("0 of 2")
    widget.query = "changed:<60s"
    expect(inspector.row("person")).to_be_visible()

    inspector.row("person").click()
    slider = pause(inspector)
    start, end = (float(slider.get_attribute(name) or 0) for name in ("min", "max"))
    assert 0 < end - start < 10 * _MAX_AGE
    slider.focus()
    inspector.press("Home")
    inspector.detail_tab("Value")
    expect(inspector.detail.locator(".nvj-pretty")).to_contain_text('"score": 1')
    bar = inspector.root.get_by_role("group", name="Paused")
    assert 0 < seconds_in(bar.inner_text().partition(",")[2]) < 10 * _MAX_AGE

    times = [moment.at for moment in widget.history("person", frame=False)]
    assert times == sorted(times)
    assert times[-1] - times[0] < 10 * _MAX_AGE
