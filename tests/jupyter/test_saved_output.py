"""The static HTML of widgets in notebooks without a kernel."""

from __future__ import annotations

import json

import nbformat
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.panels import Inspector

_WATCH = """() => {
    window.lost = 0;
    const isView = node => node.matches?.('.nvj-root') || node.querySelector?.('.nvj-root');
    new MutationObserver(records => {
        for (const {removedNodes} of records) {
            window.lost += [...removedNodes].filter(isView).length;
        }
    }).observe(document.body, {childList: true, subtree: true});
}"""
_LEAVE_OR_RETURN = """() => {
    const value = document.visibilityState === 'hidden' ? 'visible' : 'hidden';
    Object.defineProperty(document, 'visibilityState', {value, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def saved(page: NotebookPage) -> nbformat.NotebookNode:
    return nbformat.reads(
        json.dumps(
            page.page.evaluate("() => jupyterapp.shell.currentWidget.context.model.toJSON()")
        ),
        as_version=4,
    )


def open_widget(notebook: OpenNotebook, server: NanoverServer) -> NotebookPage:
    server.update_state("test", DictionaryChange({"temperature": 300.0, "<b>": "<script>"}))
    return notebook(
        [
            "from nanover_jupyter import StateInspector, connect",
            f"connection = connect('127.0.0.1:{server.port}', name='lab')",
            "StateInspector(connection)",
        ]
    )


def test_the_notebook_stores_the_last_state_without_changing_the_view(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    page = open_widget(notebook, server)
    inspector = Inspector(page)
    expect(inspector.row("temperature")).to_contain_text("300")
    expect(page.page.locator(".nvj-picture")).to_be_hidden()
    page.page.evaluate(_WATCH)
    server.update_state("test", DictionaryChange({"temperature": 12.25}))
    expect(inspector.row("temperature")).to_contain_text("12.25")

    def is_kept_when_people_come_and_go() -> bool:
        page.page.evaluate(_LEAVE_OR_RETURN)
        return "12.25" in str(saved(page).cells[-1].outputs)

    eventually(is_kept_when_people_come_and_go, seconds=30, every=1)
    assert page.page.evaluate("window.lost") == 0
    expect(page.page.locator(".nvj-picture")).to_be_hidden()


def test_without_its_kernel_the_notebook_shows_static_html(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    page = open_widget(notebook, server)
    expect(Inspector(page).row("temperature")).to_be_visible()
    page.page.evaluate("jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    page.page.evaluate("jupyterapp.commands.execute('docmanager:save')")

    page.page.reload()

    picture = page.page.locator(".nvj-picture")
    expect(picture).to_be_visible(timeout=60_000 * TIME_SCALE)
    expect(picture).to_contain_text("temperature")
    expect(picture.locator("script")).to_have_count(0)
    page.screenshot("saved-picture", page.page.locator(".jp-OutputArea", has=picture))
    page.errors.clear()  # of widgets without models, which are not ours
