"""Connecting from the first cell, and panels during busy cells and reloads."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.notebook_page import OpenNotebook
from tests.support.panels import Inspector, Palette, Panel


def test_connect_without_a_server_starts_the_demo_world(notebook: OpenNotebook) -> None:
    page = notebook(["%load_ext nanover_jupyter"])

    said = page.run("%nanover connect")

    assert re.search(r"Connected to the demo world at grpc://127\.0\.0\.1:\d+: 15 commands, ", said)
    panel = Panel(page)
    for tab in ("Simulation", "Inspector", "Commands", "Locks"):
        expect(panel.root.get_by_role("tab", name=tab)).to_be_visible()


def test_control_room_shows_the_demo_world(notebook: OpenNotebook) -> None:
    page = notebook(["%load_ext nanover_jupyter", "%nanover connect"])

    inspector = Inspector(page)
    inspector.tab("Inspector")

    inspector.search("simulation.name")
    expect(inspector.row("name")).to_contain_text("nanotube")
    inspector.search("")
    inspector.rows.filter(has_text="Anna").first.click()
    inspector.screenshot("control-room")


def test_click_works_while_a_cell_is_running(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "in between"})
    page = notebook(["%load_ext nanover_jupyter", f"%nanover connect 127.0.0.1:{server.port}"])
    page.run("%nanover palette")
    palette = Palette(page)
    palette.choose("user/say")

    cell = page.hold()
    palette.run()

    expect(palette.result).to_contain_text("in between")
    assert page.is_running(cell)
    page.release(cell)


def test_page_reload_restores_the_live_panel(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.update_state("test", DictionaryChange({"before": 1.0}))
    page = notebook(["%load_ext nanover_jupyter", f"%nanover connect 127.0.0.1:{server.port}"])
    Inspector(page)

    page.reload()

    inspector = Inspector(page)
    inspector.tab("Inspector")
    expect(inspector.row("before")).to_contain_text("1")
    server.update_state("test", DictionaryChange({"after": 2.0}))
    expect(inspector.row("after")).to_contain_text("2")


def test_cell_that_runs_again_replaces_its_connection_and_all_widgets_follow(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"place": "lab"}))
    page = notebook(
        [
            "import nanover_jupyter as nv",
            f"connection = nv.connect('127.0.0.1:{server.port}')\nnv.StateInspector(connection)",
            "widget = nv.StateInspector(connection)\nwidget",
            (
                "import threading\n"
                "readers = [t.name for t in threading.enumerate() if 'nanover-reader' in t.name]\n"
                "print(len(readers), widget.connection is connection)"
            ),
        ]
    )
    expect(Inspector(page).row("place")).to_contain_text("lab")

    for _ in range(3):
        page.run_cell(1)

    assert page.run_cell(3) == "1 True\n"
    first, second = Inspector(page, 0), Inspector(page, 1)
    server.update_state("test", DictionaryChange({"place": "office"}))
    expect(first.row("place")).to_contain_text("office")
    expect(second.row("place")).to_contain_text("office")
