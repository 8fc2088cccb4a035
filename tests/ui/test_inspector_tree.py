"""The inspector's tree in a real page: what it says, finds and survives."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from nanover_jupyter import DemoWorld, DictionaryChange, NanoverServer
from tests.support.eventually import TIME_SCALE, eventually
from tests.ui.lab import NotebookPage, OpenNotebook
from tests.ui.panels import Inspector

pytestmark = pytest.mark.ui

UUID = "6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2"


def scaled(seconds: float) -> float:
    """Milliseconds for the browser to wait, longer on a slow machine."""
    return seconds * 1000 * TIME_SCALE


def open_inspector(
    notebook: OpenNotebook, port: int, options: str = ""
) -> tuple[NotebookPage, Inspector]:
    page = notebook(["import nanover_jupyter as nj", f"c = nj.connect('127.0.0.1:{port}')"])
    page.run(f"w = nj.StateInspector(c{options})\nw")
    return page, Inspector(page)


@contextmanager
def moving(server: NanoverServer, *, per_second: float = 30) -> Iterator[None]:
    """Changes the key `moves` so often."""
    stop = threading.Event()

    def run() -> None:
        beat = 0
        while not stop.wait(1 / per_second):
            beat += 1
            server.update_state("test", DictionaryChange({"moves": float(beat)}))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def number_in(inspector: Inspector, name: str) -> float:
    text = inspector.row(name).locator(".nvj-preview").inner_text()
    return float(text)


def top_row(inspector: Inspector) -> Locator:
    """The row at the top: rows stand in the page in whatever order they were drawn."""
    return inspector.root.locator('.nvj-row[aria-rowindex="1"]')


def test_demo_world_reads_like_what_it_is_and_is_accessible(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        page, inspector = open_inspector(notebook, server.port)
        expect(inspector.row("scene")).to_contain_text("°")
        expect(inspector.rows.filter(has_text="headset").first).to_be_visible()

        inspector.rows.filter(has_text="headset").last.locator(".nvj-key").click()
        inspector.screenshot("inspector-demo")
        inspector.require_accessible()
        inspector.root.get_by_label("How to search, and all keys").first.click()
        inspector.root.get_by_label("Sort the tree").first.click()
        inspector.require_accessible()

        page.page.set_viewport_size({"width": 700, "height": 1000})
        inspector.screenshot("inspector-demo-narrow")


def test_query_pins_order_and_muting_outlive_a_reload(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    keys = {f"particle.{number:03}": float(number) for number in range(60)}
    server.update_state("test", DictionaryChange({**keys, "zeta": "kept on top", "scene": [0.0]}))
    page, inspector = open_inspector(notebook, server.port)
    inspector.row("zeta").hover()
    inspector.row("zeta").get_by_label("Keep on top").click()
    expect(top_row(inspector)).to_contain_text("zeta")
    inspector.root.get_by_label("Sort the tree").first.click()
    inspector.root.get_by_role("menuitemradio", name="Last change").click()
    inspector.search("-particle")
    expect(inspector.rows).to_have_count(2)
    kept = "-particle ['zeta'] changed"
    eventually(lambda: page.run("print(w.query, w.pins, w.sort)").strip() == kept)

    page.reload()
    again = Inspector(page)

    expect(again.root.get_by_label("Filter keys and values")).to_have_value("-particle")
    expect(again.rows).to_have_count(2)
    expect(top_row(again)).to_contain_text("zeta")
    expect(again.root.get_by_label("Sort the tree").first).to_contain_text("Last change")
    assert page.run("print(w.pins, w.sort)").strip() == "['zeta'] changed"

    page.run("w.query = 'particle.00*'; w.pins = ['particle.003']")
    expect(again.rows).to_have_count(11)
    expect(top_row(again)).to_contain_text("particle.003")


def test_last_queries_are_picked_from_a_menu(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.update_state("test", DictionaryChange({"one.a": 1.0, "two.b": "text"}))
    page, inspector = open_inspector(notebook, server.port)
    inspector.search("type:number")
    expect(inspector.rows).to_have_count(1)
    eventually(lambda: "type:number" in page.run("print(w.recent_queries)"))
    inspector.search("")

    inspector.root.get_by_label("Last queries").first.click()
    inspector.root.get_by_role("menuitem", name="type:number").click()

    expect(inspector.rows).to_have_count(1)


def test_keys_walk_the_tree_and_leave_jupyterlabs_alone(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    keys = {f"many.{number:03}": float(number) for number in range(60)}
    server.update_state("test", DictionaryChange({**keys, "alone": [1.0, math.inf]}))
    page, inspector = open_inspector(notebook, server.port)
    cells = len(page.sources())
    expect(inspector.row("alone")).to_be_visible()
    inspector.root.get_by_label("Filter keys and values").click()

    for keys_pressed in ("ArrowDown", "Enter", "ArrowRight"):
        inspector.press(keys_pressed)
    focused = page.page.locator(":focus")
    expect(focused).to_have_attribute("aria-level", "2")
    expect(focused).to_contain_text("1")
    inspector.press("ArrowLeft")
    expect(focused).to_contain_text("alone")
    page.page.evaluate("navigator.clipboard.writeText('')")
    inspector.press("y")
    page.page.wait_for_function("async () => (await navigator.clipboard.readText()) !== ''")
    assert page.page.evaluate("navigator.clipboard.readText()") == '[1, float("inf")]'
    inspector.press("t")
    expect(top_row(inspector).locator(".nvj-pin")).to_be_visible()
    inspector.press("End")
    expect(focused).to_contain_text("many")
    # In a notebook's command mode these add, cut, paste and delete cells.
    for key in "abxvdd":
        inspector.press(key)
    inspector.press("/")
    expect(inspector.root.get_by_label("Filter keys and values")).to_be_focused()
    page.page.keyboard.type("many.05*")
    expect(inspector.rows).to_have_count(11)
    inspector.press("ArrowDown")
    for _ in range(2):
        inspector.press("Escape")
    expect(inspector.root.get_by_label("Filter keys and values")).to_have_value("")
    assert len(page.sources()) == cells


def test_tree_moves_and_is_searched_while_a_cell_runs(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"moves": 0.0, "rests": 1.0}))
    page, inspector = open_inspector(notebook, server.port)
    with moving(server):
        expect(inspector.row("rests")).to_be_visible()
        cell = page.hold()
        first = number_in(inspector, "moves")

        eventually(lambda: number_in(inspector, "moves") > first + 10)
        inspector.search("rest")
        expect(inspector.rows).to_have_count(1)
        inspector.row("rests").click()
        expect(inspector.root.locator(".nvj-detail-key")).to_have_text("rests")

        assert page.is_running(cell)


def test_lost_server_is_said_and_all_is_right_again_when_it_is_back(
    notebook: OpenNotebook,
) -> None:
    with NanoverServer() as first:
        port = first.port
        first.update_state("test", DictionaryChange({"before": 1.0, "stays": 1.0}))
        _page, inspector = open_inspector(notebook, port)
        expect(inspector.row("before")).to_be_visible()
    expect(inspector.header).to_contain_text("stale for", timeout=scaled(30))
    inspector.screenshot("inspector-lost")

    with NanoverServer(port=port) as second:
        second.update_state("test", DictionaryChange({"after": 2.0, "stays": 2.0}))
        expect(inspector.row("after")).to_be_visible(timeout=scaled(60))
        expect(inspector.row("stays")).to_contain_text("2")
        expect(inspector.row("before")).to_have_count(0)
        expect(inspector.header).to_contain_text("updated")


def test_nothing_flashes_where_less_motion_is_wished(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"moves": 0.0}))
    page, inspector = open_inspector(notebook, server.port)
    animation = "element => getComputedStyle(element).animationName"
    flashing = inspector.row("moves").locator("[data-flash]")
    with moving(server):
        eventually(lambda: flashing.evaluate(animation).startswith("nvj-flash"))
        page.page.emulate_media(reduced_motion="reduce")
        seen = number_in(inspector, "moves")
        eventually(lambda: number_in(inspector, "moves") > seen + 10)
        assert flashing.evaluate(animation) == "none"


def test_two_inspectors_agree(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.update_state("test", DictionaryChange({"moves": 0.0}))
    page, _ = open_inspector(notebook, server.port)
    page.run("nj.StateInspector(c, query='mo')")
    other = Inspector(page)
    with moving(server):
        eventually(lambda: number_in(other, "moves") > 20)

    def agree() -> bool:
        first = page.page.locator(".nvj-root").nth(0).locator(".nvj-preview:visible").first
        second = page.page.locator(".nvj-root").nth(1).locator(".nvj-preview:visible").first
        return first.inner_text() == second.inner_text()

    eventually(agree)


def test_hidden_inspector_costs_next_to_nothing(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    values = {f"key.{number}": float(number) for number in range(500)}
    server.update_state("test", DictionaryChange(values))
    page, inspector = open_inspector(notebook, server.port)
    received: list[int] = []

    def note(data: str | bytes) -> None:
        received.append(len(data))

    page.page.on("websocket", lambda socket: socket.on("framereceived", note))
    page.reload()
    inspector = Inspector(page)
    stop = threading.Event()
    beats: list[float] = []

    def run() -> None:
        while not stop.wait(1 / 30):
            beats.append(len(beats) + 1.0)
            changed = {key: value + beats[-1] for key, value in values.items()}
            server.update_state("test", DictionaryChange(changed))

    thread = threading.Thread(target=run)
    thread.start()
    try:

        def cost() -> int:
            """Bytes that arrive during thirty changes."""
            received.clear()
            end = len(beats) + 30
            # The page's events come to us while we ask it something.
            eventually(lambda: page.page.evaluate("true") and len(beats) >= end, seconds=60)
            return sum(received)

        expect(inspector.row("key")).to_be_visible()
        seen = cost()
        page.page.evaluate("() => { document.querySelector('.nvj-root').style.display = 'none'; }")
        eventually(lambda: cost() < min(seen / 20, 2000), seconds=60)
        page.page.evaluate("() => { document.querySelector('.nvj-root').style.display = ''; }")
        expect(inspector.row("key")).to_be_visible()
        eventually(lambda: cost() > seen / 10, seconds=60)
    finally:
        stop.set()
        thread.join()


def deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = {"down": value} if level % 2 else [value]
    return value


def test_hostile_keys_and_values_of_every_kind(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    state: dict[str, Any] = {
        "": "the empty key",
        "x" * 10_000: 1.0,
        "a.b/c.d": "signs",
        "quotes \"'`": "quotes",
        "line\nbreak": "two\nlines",
        "<b>bold</b>": "<i>no</i>",
        "__proto__": {"polluted": True},
        "\u202egnp.exe": "right \u202eto left",
        "deep": deep(30),
        "numbers": [math.nan, math.inf, -math.inf, -0.0],
        "megabyte": "m" * 2_000_000,
        "long": [float(number) for number in range(50_000)],
        f"avatar.{UUID}": {"name": "<img src=x>", "components": "none", "color": ["red"]},
        "scene": ["not", "a", "scene"],
    }
    server.update_state("test", DictionaryChange(state))
    page, inspector = open_inspector(notebook, server.port)
    expect(inspector.row("megabyte")).to_be_visible()

    inspector.search("numbers")
    expect(inspector.row("numbers")).to_contain_text("[NaN, Infinity, -Infinity, -0]")
    inspector.search("down")
    expect(inspector.row("deep")).to_be_visible()
    inspector.search("/(a+)+$/")
    expect(inspector.rows.first).to_be_visible()
    inspector.search("")

    inspector.row("long").locator(".nvj-twisty").click()
    more = inspector.root.locator(".nvj-row[data-kind=more]:visible")

    def end_shows(text: str) -> bool:
        """Whether it comes into sight at the end, where nothing is before it has been drawn."""
        inspector.root.locator(".nvj-tree").hover()
        page.page.mouse.wheel(0, 1_000_000)
        return any(text in said for said in more.all_inner_texts())

    for shown in (100, 200, 300):
        left = f"{50_000 - shown:,} more".replace(",", "\u202f")
        eventually(lambda left=left: end_shows(left), every=0.1)
        more.click()
    inspector.screenshot("inspector-hostile-tree")
    inspector.require_accessible()
    assert inspector.root.locator("img, b, i").count() == 0
    assert page.page.evaluate("({}).polluted") is None


def test_thousand_updates_a_second_neither_freeze_nor_queue(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"moves": 0.0, "rests": 1.0}))
    page, inspector = open_inspector(notebook, server.port)
    with moving(server, per_second=1000):
        eventually(lambda: number_in(inspector, "moves") > 1000, seconds=60)
        inspector.search("rests")
        expect(inspector.rows).to_have_count(1)
        inspector.search("")
        waiting = page.run("print(len(w._publisher._queue) + len(w._binding.feed._dirty))")
        assert int(waiting) < 50


def test_twenty_thousand_keys_are_walked_searched_and_pictured(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    state = {
        f"particle.{number // 1000}.{number}": {"mass": 12.0, "position": [number / 7, 0.5, 1.0]}
        for number in range(20_000)
    }
    server.update_state("test", DictionaryChange(state))
    _page, inspector = open_inspector(notebook, server.port)
    expect(inspector.row("particle")).to_contain_text("20", timeout=scaled(60))

    inspector.search("particle.7.*99")
    expect(inspector.row("7999")).to_be_visible()
    inspector.search("")
    inspector.row("particle").click()
    inspector.row("7").click()
    inspector.screenshot("inspector-20000")
    assert inspector.root.locator(".nvj-row").count() < 100


def test_empty_state_teaches(notebook: OpenNotebook, server: NanoverServer) -> None:
    _page, inspector = open_inspector(notebook, server.port)

    expect(inspector.root).to_contain_text("There are no keys yet")
    inspector.screenshot("inspector-empty")
    inspector.require_accessible()
