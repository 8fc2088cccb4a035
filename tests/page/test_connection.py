"""Widgets of %nanover connections: lost servers, disconnects and other servers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import ipywidgets
import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from tests.page.conftest import Connect
from tests.page.widget_page import WidgetPage
from tests.support.ipython_shell import WIDGET_VIEW, Shell, loaded_shell
from tests.support.panels import Inspector
from tests.support.relay import relay_to

LOADING = re.compile(r"Loading the state \(\d.* received\)\. Showing the last known state\.")


@pytest.fixture
def shell(page: WidgetPage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell in this process, which closes its connections before the page is cleared."""
    del page
    with loaded_shell(monkeypatch) as shell:
        yield shell


def show_output(page: WidgetPage, shell: Shell, line: str) -> Inspector:
    """Run a line that shows a widget, and show that widget in the page."""
    (output,) = shell.run(line).widgets
    widgets: dict[str, ipywidgets.Widget] = ipywidgets.widgets.widget._instances
    page.show(widgets[output[WIDGET_VIEW]["model_id"]])
    inspector = Inspector(page)
    if inspector.has_tabs:
        inspector.tab("Inspector")
    return inspector


def test_lost_server_is_shown_and_its_state_stays(
    page: WidgetPage, shell: Shell, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"last.words": "still here"}))
    inspector = show_output(page, shell, f"%nanover connect 127.0.0.1:{server.port}")
    expect(inspector.row("last.words")).to_be_visible()

    server.close()

    expect(inspector.header).to_contain_text("Disconnected")
    expect(inspector.row("last.words")).to_contain_text("still here")
    assert shell.run("6 * 7").value == 42


def test_disconnect_is_shown(page: WidgetPage, shell: Shell, server: NanoverServer) -> None:
    server.update_state("test", DictionaryChange({"place": "lab"}))
    panel = show_output(page, shell, f"%nanover connect 127.0.0.1:{server.port}")
    expect(panel.row("place")).to_be_visible()

    shell.run("%nanover disconnect")

    expect(panel.header).to_contain_text("Closed")


def test_widgets_follow_their_connection_to_another_server(
    page: WidgetPage, shell: Shell, server: NanoverServer
) -> None:
    server.update_state(None, DictionaryChange({"scene": [0.0, 1.0], "place": "lab"}))
    shell.run(f"%nanover connect 127.0.0.1:{server.port} --name lab --quiet")
    inspector = show_output(page, shell, "%nanover inspector")
    expect(inspector.row("place")).to_contain_text("lab")
    with NanoverServer() as office:
        office.update_state(None, DictionaryChange({"place": "office", "desk": 1.0}))
        shell.run("%nanover disconnect")
        expect(inspector.header).to_contain_text("Closed")

        shell.run(f"%nanover connect 127.0.0.1:{office.port} --name lab --quiet")

        expect(inspector.row("place")).to_contain_text("office")
        expect(inspector.row("desk")).to_be_visible()
        expect(inspector.row("scene")).to_have_count(0)
        expect(inspector.header).not_to_contain_text("Closed")
        expect(inspector.header).to_contain_text(str(office.port))
        office.update_state(None, DictionaryChange({"place": "at home"}))
        expect(inspector.row("place")).to_contain_text("at home")


def test_reloading_state_shows_progress_and_keeps_the_last_known_one(
    page: WidgetPage, connect_to: Connect
) -> None:
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        server.update_state(None, DictionaryChange({"name": "before", "large": "x" * 1_000_000}))
        assert server.websocket_port is not None
        with relay_to(server.websocket_port) as relay:
            connection = connect_to(f"ws://127.0.0.1:{relay.port}")
            page.show(StateInspector(connection))
            inspector = Inspector(page)
            expect(inspector.row("name")).to_contain_text("before")

            relay.cut()
            expect(inspector.header).to_contain_text("Disconnected")
            server.update_state(None, DictionaryChange({"name": "after"}))
            relay.limit(100_000)
            relay.mend()

            expect(inspector.header).to_contain_text("Loading")
            expect(page.page.locator(".nvj-banner")).to_have_text(LOADING)
            expect(inspector.row("name")).to_contain_text("before")
            inspector.screenshot("inspector-loading-again")
            relay.limit(math.inf)
            expect(inspector.row("name")).to_contain_text("after")
            expect(inspector.header).not_to_contain_text("Loading")
