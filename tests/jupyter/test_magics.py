"""%nanover in a notebook: outputs, completion and widgets."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.panels import Inspector

HOSTILE = "<img src=x onerror=\"document.title='broken'\">"


@pytest.fixture
def laboratory(server: NanoverServer) -> NanoverServer:
    state = {"scene": [0.0, 1.0], "avatar.anna": {"name": "Anna"}, "avatar.ben": 2.0}
    server.update_state(None, DictionaryChange({**state, HOSTILE: HOSTILE, "place": "lab"}))
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    server.register_command("playback/load", dict, {"index": 0.0})
    return server


def connected(notebook: OpenNotebook, server: NanoverServer, name: str = "lab") -> NotebookPage:
    address = f"127.0.0.1:{server.port}"
    return notebook(
        ["%load_ext nanover_jupyter", f"%nanover connect {address} --name {name} --quiet"]
    )


def test_a_widget_changes_its_connection_while_a_cell_runs(
    notebook: OpenNotebook, laboratory: NanoverServer
) -> None:
    page = connected(notebook, laboratory)
    page.run("%nanover inspector")
    inspector = Inspector(page)
    with NanoverServer() as office:
        office.update_state(None, DictionaryChange({"place": "office"}))

        cell = page.hold(f"%nanover connect 127.0.0.1:{office.port} --name lab --quiet")

        expect(inspector.row("place")).to_contain_text("office")
        assert page.is_running(cell)


def test_a_reconnect_keeps_the_widget_and_its_locks(
    notebook: OpenNotebook, laboratory: NanoverServer
) -> None:
    page = connected(notebook, laboratory)
    page.run("%nanover lock scene")
    page.run("%nanover inspector")
    inspector = Inspector(page)
    expect(inspector.row("place")).to_be_visible()

    assert "1 lock held" in page.run("%nanover reconnect")

    laboratory.update_state(None, DictionaryChange({"after": 1.0}))
    expect(inspector.row("after")).to_be_visible()


def test_tab_completes_names(notebook: OpenNotebook, laboratory: NanoverServer) -> None:
    page = connected(notebook, laboratory)
    # JupyterLab puts words of the cell behind what the kernel offers.
    offered = page.page.locator(".jp-Completer-item .jp-Completer-match")
    for written, wanted in (
        ("%nanover reco", "reconnect"),
        ("%nanover run ", "playback/load"),
        ("%nanover run user/say ", "text="),
        ("%nanover get s", "scene"),
        ("%nanover use ", "lab"),
        ("%nanover state av", "avatar.*"),
    ):
        page.write(written)
        page.page.keyboard.press("Tab")
        expect(offered.first).to_have_text(wanted)
        page.page.keyboard.press("Escape")


def test_a_selected_completion_is_inserted(
    notebook: OpenNotebook, laboratory: NanoverServer
) -> None:
    page = connected(notebook, laboratory)
    editor = page.write("%nanover get 'avatar.b")
    page.page.keyboard.press("Tab")
    expect(page.page.locator(".jp-Completer-item").first).to_contain_text("avatar.ben")

    page.page.keyboard.press("Enter")

    expect(editor).to_have_text("%nanover get avatar.ben")


def test_outputs_are_readable_in_both_themes(
    notebook: OpenNotebook, laboratory: NanoverServer
) -> None:
    page = connected(notebook, laboratory)
    for line in ("help", "help run", "list", "commands", "state", "status", "get avatar.anna"):
        page.run(f"%nanover {line}")
    page.run("%nanover get scen")

    shown = page.page.locator(".jp-Notebook")
    expect(shown.get_by_role("cell", name="reconnect [CONNECTION]")).to_be_visible()
    assert page.page.title() != "broken"
    assert not page.page.locator(".jp-OutputArea img").count()
    page.screenshot("magics", shown)
