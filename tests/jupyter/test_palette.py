"""The command palette in JupyterLab: beside busy cells, other cells, and Lab's own keys."""

from __future__ import annotations

from playwright.sync_api import expect

from nanover_jupyter import NanoverServer
from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.eventually import eventually
from tests.support.panels import Palette


def open_palette(notebook: OpenNotebook, port: int) -> tuple[NotebookPage, Palette]:
    page = notebook(["%load_ext nanover_jupyter", f"%nanover connect 127.0.0.1:{port} -o client"])
    page.run("%nanover palette")
    return page, Palette(page)


def test_results_are_assigned_to_a_notebook_variable(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    page, palette = open_palette(notebook, server.port)
    palette.root.get_by_label("Save result as").fill("answer")
    palette.press("Enter")
    palette.choose("user/say")
    palette.run()
    palette.ended()

    assert page.run("answer") == "{'result': 'hello'}"


def test_insert_cell_adds_equivalent_python_code(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    page, palette = open_palette(notebook, server.port)
    page.run("'a cell further down'")
    palette.choose("user/say")
    palette.argument("text").fill('quoted "text"')
    before = page.sources()

    palette.root.locator(".nvj-form").get_by_role("button", name="Insert cell").click()

    line = 'client.run_command("user/say", text="quoted \\"text\\"")'
    after = eventually(lambda: page.sources() if page.sources() != before else None)
    place = before.index("%nanover palette") + 1
    assert after == [*before[:place], line, *before[place:]]
    assert "quoted" in page.run_cell(place)


def test_keys_go_to_the_focused_widget_and_shortcuts_to_jupyterlab(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "by key"})
    page, palette = open_palette(notebook, server.port)
    palette.choose("user/say")

    palette.press("Control+Enter")

    expect(palette.result).to_contain_text("by key")
    assert not page.is_saved()
    palette.press("Control+s")
    eventually(page.is_saved)


def test_a_command_button_runs_a_command(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    page = notebook(
        [
            (
                f"from nanover_jupyter import command_button, connect\n"
                f"connection = connect('127.0.0.1:{server.port}')"
            ),
            "say = command_button(connection, 'user/say', text='from a button')\nsay",
        ]
    )
    page.page.get_by_role("button", name="say", exact=True).click()

    eventually(lambda: "from a button" in page.run("say.last_run and say.last_run.result"))
