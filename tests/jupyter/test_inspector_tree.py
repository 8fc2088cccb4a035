"""The inspector's tree beside JupyterLab's own keys, and while a cell keeps the kernel busy."""

from __future__ import annotations

from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.counting import counting_up
from tests.support.eventually import eventually
from tests.support.panels import Inspector


def open_inspector(notebook: OpenNotebook, port: int) -> tuple[NotebookPage, Inspector]:
    page = notebook(["import nanover_jupyter as nj", f"c = nj.connect('127.0.0.1:{port}')"])
    page.run("nj.StateInspector(c)")
    return page, Inspector(page)


def test_navigation_keys_do_not_reach_jupyterlab(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"alone": [1.0, 2.0]}))
    page, inspector = open_inspector(notebook, server.port)
    cells = len(page.sources())
    expect(inspector.row("alone")).to_be_visible()
    inspector.root.get_by_label("Filter keys and values").click()

    for key in ("ArrowDown", "Enter", "ArrowRight"):
        inspector.press(key)
    expect(page.page.locator(":focus")).to_have_attribute("aria-level", "2")
    # In a notebook's command mode these add, cut, paste and delete cells.
    for key in "abxvdd":
        inspector.press(key)
    inspector.press("/")

    expect(inspector.root.get_by_label("Filter keys and values")).to_be_focused()
    assert len(page.sources()) == cells


def test_tree_updates_and_is_searched_while_a_cell_runs(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"moves": 0.0, "rests": 1.0}))
    page, inspector = open_inspector(notebook, server.port)
    with counting_up(server, "moves", per_second=30):
        expect(inspector.row("rests")).to_be_visible()
        cell = page.hold()
        first = inspector.number("moves")

        eventually(lambda: inspector.number("moves") > first + 10)
        inspector.search("rest")
        expect(inspector.rows).to_have_count(1)
        inspector.row("rests").click()
        expect(inspector.root.locator(".nvj-detail-key")).to_have_text("rests")

        assert page.is_running(cell)
