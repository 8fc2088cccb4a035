"""History, past states and editing in the inspector while the kernel is busy."""

from __future__ import annotations

from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.notebook_page import OpenNotebook
from tests.support.eventually import eventually
from tests.support.panels import Inspector


def test_history_and_editing_work_while_a_cell_runs(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"still": "here"}))
    page = notebook(
        [
            "from nanover_jupyter import StateInspector, connect",
            f"connection = connect('127.0.0.1:{server.port}', name='lab')",
            "StateInspector(connection, height=520)",
        ]
    )
    inspector = Inspector(page)
    expect(inspector.row("still")).to_be_visible()
    server.update_state("test", DictionaryChange({"number": 1.0}))
    expect(inspector.row("number")).to_be_visible()
    cell = page.hold()

    inspector.row("number").click()
    inspector.detail_tab("History")
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
    slider = inspector.root.get_by_role("slider", name="Displayed time")
    eventually(lambda: float(slider.get_attribute("min") or 0) > 1e9)
    slider.focus()
    inspector.press("Home")
    expect(inspector.row("number")).to_have_count(0)

    assert page.is_running(cell)
    page.release(cell)
