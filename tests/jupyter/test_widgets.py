"""Widgets in JupyterLab: themes and kernel restarts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DemoWorld, NanoverServer
from tests.jupyter.notebook_page import OpenNotebook
from tests.support.panels import Inspector, Panel


def cells_with(widget: str, port: int) -> list[str]:
    connect = f"connection = connect('127.0.0.1:{port}', name='lab')"
    return [f"from nanover_jupyter import connect, {widget}\n{connect}", f"{widget}(connection)"]


@pytest.mark.parametrize(
    "widget",
    ["ControlRoom", "SimulationPanel", "StateInspector", "CommandPalette", "LockManager"],
)
def test_each_widget_follows_the_themes_of_jupyterlab(
    notebook: OpenNotebook, server: NanoverServer, widget: str
) -> None:
    with DemoWorld(server):
        panel = Panel(notebook(cells_with(widget, server.port)))
        expect(panel.header).to_contain_text("lab")
        panel.screenshot(f"lab-{widget}")
        panel.require_accessible()


def test_a_kernel_restart_is_shown_and_running_the_cells_restores_the_widget(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        cells = cells_with("StateInspector", server.port)
        page = notebook(cells)
        expect(Inspector(page).row("scene")).to_be_visible()

        page.restart_kernel()

        expect(Panel(page).root.locator(".nvj-banner")).to_contain_text("Run the cell again")
        for index in range(len(cells)):
            page.run_cell(index)
        inspector = Inspector(page)
        expect(inspector.row("scene")).to_be_visible()
        expect(inspector.root.locator(".nvj-banner")).to_be_hidden()
