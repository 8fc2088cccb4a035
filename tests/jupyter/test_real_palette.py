"""Every built-in command of NanoVer's own server, run from the palette in JupyterLab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.eventually import eventually
from tests.support.panels import Palette
from tests.upstream.conftest import NAMES, RealServer, home, server, simulations
from tests.upstream.test_real_server import BUILT_IN

# Fixtures: here the server is NanoVer's own.
__all__ = ["home", "server", "simulations"]


def open_palette(notebook: OpenNotebook, port: int) -> tuple[NotebookPage, Palette]:
    page = notebook(
        [
            "from nanover_jupyter import CommandPalette, connect",
            f"connection = connect('ws://127.0.0.1:{port}')\nclient = connection.client",
            "CommandPalette(connection)",
        ]
    )
    return page, Palette(page)


def run(palette: Palette, name: str) -> None:
    """Find a command, fill in its required arguments, and wait for its result."""
    before = palette.runs.count()
    palette.choose(name)
    if name == "playback/load":
        index = palette.argument("index")
        expect(index.locator("option")).to_have_count(1 + len(NAMES))
        index.select_option(label=f"1 · {NAMES[1]}")
    palette.run()
    if name == "playback/reset":
        palette.confirmation.get_by_role("button", name="Run").click()
    expect(palette.runs).to_have_count(before + 1)
    palette.ended()


@pytest.mark.timeout(300)
def test_every_built_in_command_is_run_from_the_palette(
    notebook: OpenNotebook, server: RealServer
) -> None:
    _page, palette = open_palette(notebook, server.port)
    expect(palette.root.locator(".nvj-footer")).to_contain_text(f"{len(BUILT_IN)} commands")

    for name in BUILT_IN:
        run(palette, name)

    expect(palette.runs).to_have_count(len(BUILT_IN))
    expect(palette.root.locator(".nvj-run .nvj-chip", has_text="done")).to_have_count(len(BUILT_IN))
    palette.screenshot("palette-real-server")
    palette.require_accessible()


def test_the_selected_simulation_is_loaded_and_its_python_code_is_equivalent(
    notebook: OpenNotebook, server: RealServer
) -> None:
    page, palette = open_palette(notebook, server.port)
    name = "client.peek('simulation.name')"
    palette.choose("playback/load")
    palette.argument("index").select_option(label=f"1 · {NAMES[1]}")
    palette.run()
    palette.ended()
    eventually(lambda: NAMES[1] in page.run(name))

    page.run('client.run_command("playback/load", index=0)')

    eventually(lambda: NAMES[0] in page.run(name))


def test_the_error_of_the_server_leads_to_the_missing_argument(
    notebook: OpenNotebook, server: RealServer
) -> None:
    _page, palette = open_palette(notebook, server.port)
    palette.choose("playback/list")
    palette.button("Add argument").click()
    palette.root.get_by_label("Argument name").fill("speed")
    palette.root.get_by_label("Argument value").fill("2")
    palette.run()

    palette.ended("Failed")
    expect(palette.result).to_contain_text("Unexpected argument: speed")
