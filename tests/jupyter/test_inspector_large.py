"""The inspector in two tabs of JupyterLab at once."""

from __future__ import annotations

from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.notebook_page import OpenNotebook
from tests.support.eventually import eventually
from tests.support.panels import Inspector


def test_two_tabs_show_the_same_state_independently(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"counts": 0.0, "goes": "soon"}))
    page = notebook(
        [
            f"import nanover_jupyter as nj\nc = nj.connect('127.0.0.1:{server.port}')",
            "nj.StateInspector(c)",
        ]
    )
    inspector = Inspector(page)
    expect(inspector.row("counts")).to_be_visible()
    other = page.another_tab()
    expect(other.page.locator(".nvj-row", has_text="counts")).to_be_visible()

    for count in range(1, 60):
        server.update_state("test", DictionaryChange({"counts": float(count)}))
    server.update_state("test", DictionaryChange({"new": "here"}, {"goes"}))

    wanted = ['"here"', "59"]
    there = Inspector(other)
    eventually(lambda: there.previews() == wanted)
    eventually(lambda: inspector.previews() == wanted)
    # A tab that is closed without notice must not block the other one.
    page.close_tabs()
    server.update_state("test", DictionaryChange({"counts": 60.0}))
    expect(inspector.row("counts")).to_contain_text("60")
