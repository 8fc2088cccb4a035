"""History, plot, pause and time in the state inspector, in a real page."""

from __future__ import annotations

import json
import math
import re
import time

import pytest
from playwright.sync_api import Locator, expect

from nanover_jupyter import DemoWorld, DictionaryChange, NanoverServer
from tests.support.eventually import TIME_SCALE, eventually
from tests.ui.lab import NotebookPage, OpenNotebook
from tests.ui.panels import Inspector

pytestmark = pytest.mark.ui

VALUES = [
    {"name": "Anna", "hands": [{"name": "left", "at": [0.0, 1.0]}], "score": 1.0},
    {"name": "Anna", "hands": [{"name": "left", "at": [0.5, 1.0]}], "score": 2.0},
    {"name": "Anna", "hands": [{"name": "left", "at": [0.5, 2.0]}], "score": 3.0, "tag": "new"},
]

# Seconds within which a test comes to look at what it caused.
_PATIENCE = 30 * TIME_SCALE
_JUMP = """seconds => {
    const Real = Date;
    window.Date = class extends Real {
        constructor(...parts) {
            if (parts.length > 0) super(...parts);
            else super(Real.now() + seconds * 1000);
        }
        static now() { return Real.now() + seconds * 1000; }
    };
}"""
# The labels of the axis, which are the only thing drawn at the left edge.
_BRIGHTEST = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, 40, canvas.height - 60);
    let most = 0;
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 200) most = Math.max(most, data[at]);
    }
    return most;
}"""


@pytest.fixture
def opened(notebook: OpenNotebook, server: NanoverServer) -> tuple[NotebookPage, Inspector]:
    """An inspector of a key that changes twice, once it is shown."""
    server.update_state("test", DictionaryChange({"person": VALUES[0], "still": "here"}))
    page = notebook(
        [
            "from nanover_jupyter import StateInspector, connect",
            f"connection = connect('127.0.0.1:{server.port}', name='lab')",
            "inspector = StateInspector(connection, height=520)\ninspector",
        ]
    )
    inspector = Inspector(page)
    expect(inspector.row("person")).to_be_visible()
    for value in VALUES[1:]:
        server.update_state("test", DictionaryChange({"person": value}))
        expect(inspector.row("person")).to_contain_text(f"{value['score']:g}")
    return page, inspector


def look_at(page: NotebookPage, inspector: Inspector, name: str) -> None:
    """Keeps pictures, wide and narrow, and fails with what is not accessible."""
    inspector.require_accessible()
    inspector.screenshot(name)
    before = page.page.viewport_size
    page.page.set_viewport_size({"width": 848, "height": 1000})
    inspector.require_accessible()
    inspector.screenshot(f"{name}-narrow")
    assert before is not None
    page.page.set_viewport_size(before)


def seconds_in(text: str) -> float:
    """The seconds in a text like "updated 0.3 s ago"; too many of them for anything else."""
    found = re.search(r"([\d.]+) s\b", text)
    return float(found[1]) if found else math.inf


def detail_tab(inspector: Inspector, name: str) -> None:
    inspector.detail.get_by_role("tab", name=name).click()


def open_history(inspector: Inspector) -> Locator:
    """Opens that of the key that has changed twice, and returns its entries."""
    inspector.row("person").click()
    detail_tab(inspector, "History")
    entries = inspector.detail.get_by_role("option")
    expect(entries).to_have_count(3)
    return entries


def test_history_tells_what_was_different_and_compares_any_two(
    opened: tuple[NotebookPage, Inspector],
) -> None:
    page, inspector = opened
    entries = open_history(inspector)
    expect(entries.nth(0)).to_contain_text("hands[left].at[1], score")
    expect(entries.nth(2)).to_contain_text("first remembered")

    entries.nth(0).click()
    differences = inspector.detail.locator(".nvj-diff-line")
    expect(differences).to_have_count(3)
    expect(differences.nth(0)).to_contain_text("hands[left].at[1]")

    entries.nth(2).click()
    inspector.detail.get_by_role("button", name="Compare others with it").click()
    entries.nth(0).click()
    expect(differences).to_have_count(4)
    look_at(page, inspector, "inspector-history")

    page.page.evaluate("navigator.clipboard.writeText('')")
    opened_entry = inspector.detail.locator(".nvj-history-opened")
    opened_entry.get_by_role("button", name="JSON").click()
    # The kernel is asked for the value, so the text comes some time after the click.
    copied = eventually(lambda: page.page.evaluate("navigator.clipboard.readText()"), seconds=10)
    assert json.loads(copied) == VALUES[2]


def test_numbers_are_plotted_by_a_module_that_is_loaded_then(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        page = notebook(
            [
                "from nanover_jupyter import StateInspector, connect",
                f"connection = connect('127.0.0.1:{server.port}', name='lab')",
                "StateInspector(connection, height=520, query='avatar.*')",
            ]
        )
        inspector = Inspector(page)
        # One of those who move all the time; others come and go.
        inspector.rows.filter(has_text="Anna").click()
        assert page.page.locator(".nvj-plot canvas").count() == 0

        detail_tab(inspector, "Plot")

        expect(inspector.detail.locator(".nvj-plot canvas")).to_be_visible()
        boxes = inspector.detail.get_by_role("checkbox")
        expect(inspector.detail.get_by_role("checkbox", checked=True)).to_have_count(3)
        boxes.nth(5).check()
        boxes.nth(0).uncheck()
        expect(inspector.detail.get_by_role("checkbox", checked=True)).to_have_count(3)
        canvas = inspector.detail.locator(".nvj-plot canvas")
        pictures: set[str] = set()

        def moves_on() -> bool:
            pictures.add(canvas.evaluate("(canvas) => canvas.toDataURL()"))
            return len(pictures) > 5

        eventually(moves_on, seconds=20)
        look_at(page, inspector, "inspector-plot")


def test_the_plot_takes_the_colours_of_the_theme_while_its_numbers_rest(
    opened: tuple[NotebookPage, Inspector],
) -> None:
    page, inspector = opened
    page.use_theme("light")
    inspector.row("person").click()
    detail_tab(inspector, "Plot")
    canvas = inspector.detail.locator(".nvj-plot canvas")
    expect(canvas).to_be_visible(timeout=15_000)

    def brightest_label() -> int:
        """Of what is left of the numbers' lines, from the canvas as it is drawn."""
        return int(canvas.evaluate(_BRIGHTEST))

    eventually(lambda: 0 < brightest_label() < 160)
    page.use_theme("dark")
    eventually(lambda: brightest_label() > 160)


def test_a_difference_and_a_plot_can_be_seen_in_a_narrow_cell(
    opened: tuple[NotebookPage, Inspector],
) -> None:
    page, inspector = opened
    page.page.set_viewport_size({"width": 912, "height": 1000})
    page.run("inspector.height = 420")
    inspector.row("person").click()
    detail_tab(inspector, "History")
    inspector.detail.get_by_role("option").first.click()

    expect(inspector.detail.locator(".nvj-diff-line").nth(1)).to_be_in_viewport(ratio=0.9)
    expect(inspector.detail.get_by_role("option").nth(1)).to_be_in_viewport(ratio=0.9)

    detail_tab(inspector, "Plot")
    expect(inspector.detail.locator(".nvj-plot canvas")).to_be_in_viewport(ratio=0.8)
    expect(inspector.row("person")).to_be_in_viewport(ratio=0.9)


def test_pause_keeps_collecting_and_resume_catches_up(
    opened: tuple[NotebookPage, Inspector], server: NanoverServer
) -> None:
    page, inspector = opened
    inspector.root.get_by_role("button", name="Pause").click()
    bar = inspector.root.get_by_role("group", name="Paused")
    expect(bar).to_contain_text("nothing has changed since")

    server.update_state("test", DictionaryChange({"person": VALUES[0], "later": 1.0}))

    expect(bar).to_contain_text("2 changes in 2 keys wait")
    expect(inspector.row("person")).to_contain_text("3")
    expect(inspector.row("later")).to_have_count(0)
    look_at(page, inspector, "inspector-paused")

    bar.get_by_role("button", name="Resume").click()
    expect(bar).to_be_hidden()
    expect(inspector.row("later")).to_be_visible()


def test_the_slider_shows_the_whole_state_as_it_was(
    opened: tuple[NotebookPage, Inspector], server: NanoverServer
) -> None:
    page, inspector = opened
    server.update_state("test", DictionaryChange({"late": 1.0}, {"still"}))
    expect(inspector.row("late")).to_be_visible()
    inspector.row("person").click()
    inspector.press("p")
    slider = inspector.root.get_by_role("slider", name="Time that is shown")
    expect(slider).to_be_visible()
    eventually(lambda: float(slider.get_attribute("min") or 0) > 1e9)

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


@pytest.mark.parametrize("seconds", [90_000, -90_000])
def test_clocks_that_jump_change_no_age_no_rate_and_no_time(
    opened: tuple[NotebookPage, Inspector],
    server: NanoverServer,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
) -> None:
    page, inspector = opened
    entries = open_history(inspector)
    clock = time.time

    # On the server's machine, the kernel's, and the page's.
    monkeypatch.setattr(time, "time", lambda: clock() + seconds)
    page.run(f"import time\nclock = time.time\ntime.time = lambda: clock() + {seconds}")
    page.page.evaluate(_JUMP, seconds)
    server.update_state("test", DictionaryChange({"person": VALUES[0]}))

    expect(entries).to_have_count(4)
    ages = entries.locator(".nvj-history-age").all_inner_texts()
    assert seconds_in(ages[0]) < _PATIENCE
    assert [*map(seconds_in, ages)] == sorted(map(seconds_in, ages))
    assert seconds_in(inspector.row("person").locator(".nvj-cell-age").inner_text()) < _PATIENCE
    assert seconds_in(inspector.header.locator(".nvj-fresh").inner_text()) < _PATIENCE
    page.run("inspector.query = 'rate:>100'")
    expect(inspector.root).to_contain_text("0 of 2")
    page.run("inspector.query = 'changed:<60s'")
    expect(inspector.row("person")).to_be_visible()

    inspector.row("person").click()
    inspector.press("p")
    slider = inspector.root.get_by_role("slider", name="Time that is shown")
    eventually(lambda: float(slider.get_attribute("min") or 0) > 1e9)
    ends = [float(slider.get_attribute(end) or 0) for end in ("min", "max")]
    assert 0 < ends[1] - ends[0] < 10 * _PATIENCE
    slider.focus()
    inspector.press("Home")
    detail_tab(inspector, "Value")
    expect(inspector.detail.locator(".nvj-pretty")).to_contain_text('"left"')
    bar = inspector.root.get_by_role("group", name="Paused")
    assert 0 < seconds_in(bar.inner_text().partition(",")[2]) < 10 * _PATIENCE

    told = page.run(
        "times = [moment.at for moment in inspector.history('person', frame=False)]\n"
        f"print(times == sorted(times), times[-1] - times[0] < {10 * _PATIENCE})"
    )
    assert told.split() == ["True", "True"]


def test_what_is_chosen_is_a_trait_both_ways(opened: tuple[NotebookPage, Inspector]) -> None:
    page, inspector = opened
    inspector.row("person").click()
    eventually(lambda: "person" in page.run("print(inspector.selected)"), seconds=10)

    page.run("inspector.selected = 'still'")

    expect(inspector.root.locator(".nvj-detail-key")).to_have_text("still")


@pytest.mark.parametrize("choice", ["The state", "With its history"])
def test_the_state_is_downloaded(opened: tuple[NotebookPage, Inspector], choice: str) -> None:
    page, inspector = opened
    inspector.root.get_by_role("button", name="Save to a file").click()
    with page.page.expect_download() as download:
        inspector.root.get_by_role("menuitem", name=choice).click()

    document = json.loads(download.value.path().read_text())

    assert document["state"] == {"person": VALUES[2], "still": "here"}
    assert ("history" in document) == (choice != "The state")
    assert download.value.suggested_filename.startswith("lab-")


def test_history_past_and_editing_work_while_a_cell_runs(
    opened: tuple[NotebookPage, Inspector], server: NanoverServer
) -> None:
    page, inspector = opened
    server.update_state("test", DictionaryChange({"number": 1.0}))
    expect(inspector.row("number")).to_be_visible()
    cell = page.hold()

    inspector.row("number").click()
    detail_tab(inspector, "History")
    expect(inspector.detail.get_by_role("option")).to_have_count(1)
    inspector.root.get_by_role("switch", name="Edit").check()
    expect(inspector.root.get_by_role("button", name="Undo")).to_be_visible()
    inspector.row("number").locator(".nvj-key").click()
    inspector.press("Enter")
    expect(inspector.root.locator(".nvj-edit-field")).to_be_focused()
    inspector.press("ControlOrMeta+a")
    page.page.keyboard.type("2.5")
    inspector.press("Enter")
    eventually(lambda: server.copy_state()["number"] == 2.5, seconds=10)
    expect(inspector.detail.get_by_role("option")).to_have_count(2)
    inspector.root.get_by_role("button", name="Pause").click()
    slider = inspector.root.get_by_role("slider", name="Time that is shown")
    eventually(lambda: float(slider.get_attribute("min") or 0) > 1e9)
    slider.focus()
    inspector.press("Home")
    expect(inspector.row("number")).to_have_count(0)

    assert page.is_running(cell)
    page.let_go(cell)
