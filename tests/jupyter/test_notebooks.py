"""The tutorials in Jupyter applications: live widgets, and no leftovers at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.jupyter.applications import Lab, Notebook7, Voila
from tests.jupyter.conftest import NewPage
from tests.jupyter.notebook_page import NotebookPage
from tests.jupyter.tutorial_clicks import CLICKS
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.notebooks import NOTEBOOKS, ROOT, kernel_for, read

# The placeholder of Jupyter for a missing widget.
BROKEN = re.compile("model not found|error displaying widget|loading widget", re.IGNORECASE)
# The publisher of a displayed panel remains, as it shows that the connection is closed.
OUR_THREADS = """
import json, threading
names = {thread.name for thread in threading.enumerate()} - {"nanover-publisher"}
print(json.dumps([name for name in names if name.startswith("nanover-")]))
"""


@pytest.fixture
def notebook_7(tmp_path: Path) -> Iterator[Notebook7]:
    server = Notebook7(tmp_path / "home").start()
    yield server
    server.close()


@pytest.fixture
def voila(tmp_path: Path) -> Iterator[Voila]:
    server = Voila(tmp_path / "home").start()
    yield server
    server.close()


def shows_widgets(page: NotebookPage, index: int) -> int:
    """Check the widgets of a cell and return their number."""
    shown = page.widgets_under(index)
    for widget in shown:
        expect(widget).to_be_visible()
        for panel in widget.locator("css=:scope.nvj-root, .nvj-root").all():
            is_alive(panel)
    return len(shown)


def is_alive(panel: Locator) -> None:
    """Return whether it has received the connection status."""
    expect(panel.locator(".nvj-name")).not_to_have_text("NanoVer", timeout=30_000 * TIME_SCALE)


@pytest.fixture
def tutorial_page(
    request: pytest.FixtureRequest, lab: Lab, new_page: NewPage
) -> Callable[[Path], NotebookPage]:
    """Open a tutorial in the warm notebook, or in a new one if it needs another kernel."""

    def opened(path: Path) -> NotebookPage:
        kernel = kernel_for(path)
        if kernel != "python3":
            page = new_page(lab)
            page.open_copy(path, kernel=kernel)
            return page
        page = request.getfixturevalue("warm_notebook")
        page.copy_images(path)
        page.fill(read(path))
        return page

    return opened


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_tutorial_runs_in_jupyterlab_with_live_widgets(
    path: Path, tutorial_page: Callable[[Path], NotebookPage]
) -> None:
    page = tutorial_page(path)
    clicks = CLICKS.get(path.stem, {})
    widgets = 0

    for index, cell in enumerate(read(path).cells):
        if cell.cell_type == "code":
            page.run_cell(index, may_fail="raises-exception" in cell.metadata.get("tags", ()))
            widgets += shows_widgets(page, index)
            if cell.id in clicks:
                clicks[cell.id](page)

    expect(page.page.locator("body")).not_to_contain_text(BROKEN)
    assert widgets, "a tutorial shows a widget"
    eventually(lambda: json.loads(page.run(OUR_THREADS)) == [], every=0.2)


@pytest.fixture
def without_its_end(tmp_path: Path) -> Path:
    """Return the first tutorial without the cells that close the widgets."""
    notebook = read(NOTEBOOKS[0])
    while "disconnect" in notebook.cells[-1].source:
        notebook.cells.pop()
    source = tmp_path / NOTEBOOKS[0].name
    nbformat.write(notebook, source)
    (tmp_path / "images").symlink_to(ROOT / "notebooks" / "images")
    return source


def test_tutorial_runs_in_notebook_7(
    notebook_7: Notebook7, without_its_end: Path, new_page: NewPage
) -> None:
    page = new_page(notebook_7)
    page.open_copy(without_its_end)
    widgets = 0

    for index, cell in enumerate(read(without_its_end).cells):
        if cell.cell_type == "code":
            page.run_cell(index)
            widgets += shows_widgets(page, index)

    assert widgets
    expect(page.page.locator("body")).not_to_contain_text(BROKEN)


def test_tutorial_runs_in_voila(
    voila: Voila, without_its_end: Path, context: BrowserContext
) -> None:
    page = NotebookPage(voila, context)

    page.show_copy(without_its_end)

    panels = page.page.locator(".nvj-root")
    expect(panels.first).to_be_visible(timeout=60_000 * TIME_SCALE)
    for panel in panels.all():
        is_alive(panel)
    panels.first.get_by_role("tab", name="Inspector").click()
    expect(panels.first.locator(".nvj-row").first).to_be_visible()
    expect(page.page.locator("body")).not_to_contain_text(BROKEN)
    assert page.errors == []
    page.page.close()
