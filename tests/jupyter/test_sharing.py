"""Shared values and controls in two pages."""

from __future__ import annotations

import re
from inspect import cleandoc

from playwright.sync_api import Locator, expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.eventually import eventually

KEY = "suggested.interaction.scale"


def open_slider(open_notebook: OpenNotebook, port: int) -> NotebookPage:
    cell = f"""
        import ipywidgets
        from nanover_jupyter import connect, shared
        connection = connect("127.0.0.1:{port}")
        scale = shared(connection, "{KEY}", default=1.0)
        slider = ipywidgets.FloatSlider(max=100, step=1, description="Scale")
        ipywidgets.link((scale, "value"), (slider, "value"))
        slider
    """
    return open_notebook([cleandoc(cell)])


def handle(page: NotebookPage) -> Locator:
    """The handle of the last slider."""
    return page.page.locator(".noUi-handle").last


def readout(page: NotebookPage) -> Locator:
    return page.page.locator(".widget-readout").last


def drag(page: NotebookPage, part: float) -> None:
    """Drag the handle of the slider to a fraction of its length, in many small steps."""
    handle(page).hover()  # as soon as it stands still
    rail = page.page.locator(".noUi-base").last.bounding_box()
    assert rail is not None
    mouse = page.page.mouse
    mouse.down()
    mouse.move(rail["x"] + rail["width"] * part, rail["y"], steps=40)
    mouse.up()


def agreed(here: NotebookPage, there: NotebookPage, server: NanoverServer) -> str:
    """Wait until both pages show the value of the server, and return it."""

    def found() -> str | None:
        shown = {readout(page).inner_text() for page in (here, there)}
        return shown.pop() if shown == {f"{server.copy_state()[KEY]:.2f}"} else None

    return eventually(found)


def test_a_slider_moved_in_one_page_updates_another(
    notebook: OpenNotebook, fresh_notebook: OpenNotebook, server: NanoverServer
) -> None:
    here = open_slider(notebook, server.port)
    there = open_slider(fresh_notebook, server.port)
    expect(readout(there)).to_have_text("1.00")

    handle(here).press("ArrowRight")
    expect(readout(there)).to_have_text("2.00")

    drag(here, 0.7)
    expect(readout(here)).to_have_text(re.compile(r"^(6[5-9]|7[0-5])\.00$"))
    moved_to = agreed(here, there, server)
    assert server.copy_state() == {KEY: float(moved_to)}

    handle(there).press("ArrowLeft")
    expect(readout(here)).to_have_text(f"{float(moved_to) - 1:.2f}")
    expect(readout(there)).to_have_text(f"{float(moved_to) - 1:.2f}")


def test_a_slider_is_updated_while_a_cell_runs(
    notebook: OpenNotebook, fresh_notebook: OpenNotebook, server: NanoverServer
) -> None:
    here = open_slider(fresh_notebook, server.port)
    there = open_slider(notebook, server.port)
    expect(readout(there)).to_have_text("1.00")
    cell = there.hold()

    for wanted in ("2.00", "3.00"):
        handle(here).press("ArrowRight")
        expect(readout(there)).to_have_text(wanted)
    drag(here, 0.5)
    expect(readout(here)).to_have_text(re.compile(r"^(4[5-9]|5[0-5])\.00$"))
    agreed(here, there, server)

    assert there.is_running(cell)
    here.screenshot("shared-slider", here.page.locator(".jp-OutputArea").first)


def test_a_slider_of_a_key_locked_by_another_client_is_rolled_back(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("a test", DictionaryChange({KEY: 5.0}))
    page = open_slider(notebook, server.port)
    expect(readout(page)).to_have_text("5.00")
    server.update_locks("a test", {KEY: 600.0})

    handle(page).press("ArrowRight")

    eventually(lambda: "another client holds a lock" in page.run("print(scale.error)"))
    expect(readout(page)).to_have_text("5.00")


def open_controls(notebook: OpenNotebook, port: int) -> NotebookPage:
    cell = f"""
        from nanover_jupyter import connect, interactive_controls
        connection = connect("127.0.0.1:{port}", name="lab")
        controls = interactive_controls(connection)
        controls
    """
    return notebook([cleandoc(cell)])


def test_controls_set_and_show_suggestions(notebook: OpenNotebook, server: NanoverServer) -> None:
    hostile = "suggested.<img src=x onerror=alert(1)>"
    server.update_state(
        None,
        DictionaryChange({KEY: 100.0, "suggested.box.locked": True, hostile: "<b>bold</b>"}),
    )
    page = open_controls(notebook, server.port)
    root = page.page.locator(".jp-OutputArea-output").last

    expect(root.get_by_text("Suggested parameters for all clients of lab")).to_be_visible()
    expect(root.get_by_text("No suggestion.").first).to_be_visible()
    page.screenshot("controls", root)

    root.get_by_label("Force").select_option("Gaussian")
    eventually(lambda: server.copy_state().get("suggested.interaction.type") == "gaussian")
    root.get_by_label("Locked").uncheck()
    eventually(lambda: server.copy_state()["suggested.box.locked"] is False)
    server.update_state(None, DictionaryChange({"suggested.box.hidden": True}))
    expect(root.get_by_label("Hidden")).to_be_checked()
    server.update_state(None, DictionaryChange({"suggested.speed": 3.0}))
    expect(root.get_by_label("speed")).to_have_value("3")
    server.update_state(None, DictionaryChange({KEY: 5000.0}))
    expect(root.get_by_text("Current value: 5000 (out of range).")).to_be_visible()
    assert server.copy_state()[KEY] == 5000.0


def test_controls_work_while_a_cell_runs(notebook: OpenNotebook, server: NanoverServer) -> None:
    page = open_controls(notebook, server.port)
    root = page.page.locator(".jp-OutputArea-output").last
    expect(root.get_by_label("Hidden")).to_be_visible()
    cell = page.hold()

    root.get_by_label("Hidden").check()
    eventually(lambda: server.copy_state().get("suggested.box.hidden") is True)
    root.get_by_title("Clear the suggestion: Hidden").click()
    eventually(lambda: "suggested.box.hidden" not in server.copy_state())
    expect(root.get_by_label("Hidden")).not_to_be_checked()

    assert page.is_running(cell)
