"""The tutorials in real Jupyter applications: their widgets are alive, their ends are clean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, expect

from tests.support.eventually import TIME_SCALE, eventually
from tests.support.notebooks import NOTEBOOKS, REAL_KERNELS, ROOT, kernels_for, read
from tests.ui.lab import Application, Lab, Notebook7, NotebookPage, Voila
from tests.ui.tutorial_clicks import CLICKS

pytestmark = pytest.mark.ui

# What Jupyter puts where a widget should be and is not.
BROKEN = re.compile("model not found|error displaying widget|loading widget", re.IGNORECASE)
# Of a panel that is on show the publisher stays: it says that the connection is closed.
OUR_THREADS = """
import threading
names = {thread.name for thread in threading.enumerate()} - {"nanover-publisher"}
print([name for name in names if name.startswith("nanover-")])
"""

OpenCopy = Callable[[Application, Path], NotebookPage]


@pytest.fixture(scope="module")
def real_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab whose kernel has NanoVer's own server."""
    server = Lab(tmp_path_factory.mktemp("real-lab"), kernels=REAL_KERNELS).start()
    yield server
    server.close()


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


@pytest.fixture
def open_copy(browser: Browser) -> Iterator[OpenCopy]:
    """Opens a copy of a notebook; what the page logs as an error fails the test."""
    pages: list[NotebookPage] = []

    def open_in(application: Application, source: Path) -> NotebookPage:
        page = NotebookPage(application, browser)
        pages.append(page)
        page.open_copy(source)
        return page

    yield open_in
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.close()
    assert not errors


def shows_widgets(page: NotebookPage, index: int) -> int:
    """Checks the widgets under a cell and counts them."""
    shown = page.widgets_under(index)
    for widget in shown:
        expect(widget).to_be_visible()
        for panel in widget.locator("css=:scope.nvj-root, .nvj-root").all():
            is_alive(panel)
    return len(shown)


def is_alive(panel: Locator) -> None:
    """It has heard from the kernel which connection it shows."""
    expect(panel.locator(".nvj-name")).not_to_have_text("NanoVer", timeout=30_000 * TIME_SCALE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_tutorial_runs_in_jupyterlab_with_live_widgets(
    path: Path, request: pytest.FixtureRequest, open_copy: OpenCopy
) -> None:
    wants_real_server = kernels_for(path) is not None
    lab = request.getfixturevalue("real_lab" if wants_real_server else "lab")
    page = open_copy(lab, path)
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
    eventually(lambda: page.run(OUR_THREADS).strip() == "[]", every=0.2)


def test_cells_that_are_clicked_on_are_there() -> None:
    cells = {path.stem: {cell.id for cell in read(path).cells} for path in NOTEBOOKS}

    assert [stem for stem, clicks in CLICKS.items() if not set(clicks) <= cells[stem]] == []


@pytest.fixture
def without_its_end(tmp_path: Path) -> Path:
    """The first tutorial without the cells that close what is on show."""
    notebook = read(NOTEBOOKS[0])
    while "disconnect" in notebook.cells[-1].source:
        notebook.cells.pop()
    source = tmp_path / NOTEBOOKS[0].name
    nbformat.write(notebook, source)
    (tmp_path / "images").symlink_to(ROOT / "notebooks" / "images")
    return source


def test_tutorial_runs_in_notebook_7(
    notebook_7: Notebook7, without_its_end: Path, open_copy: OpenCopy
) -> None:
    page = open_copy(notebook_7, without_its_end)
    widgets = 0

    for index, cell in enumerate(read(without_its_end).cells):
        if cell.cell_type == "code":
            page.run_cell(index)
            widgets += shows_widgets(page, index)

    assert widgets
    expect(page.page.locator("body")).not_to_contain_text(BROKEN)


def test_tutorial_runs_in_voila(voila: Voila, without_its_end: Path, browser: Browser) -> None:
    page = NotebookPage(voila, browser)

    page.show_copy(without_its_end)

    panels = page.page.locator(".nvj-root")
    expect(panels.first).to_be_visible(timeout=60_000 * TIME_SCALE)
    for panel in panels.all():
        is_alive(panel)
    expect(panels.first.locator(".nvj-row").first).to_be_visible()
    expect(page.page.locator("body")).not_to_contain_text(BROKEN)
    assert page.errors == []
    page.context.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_tutorial_as_html_shows_a_picture_of_each_widget(
    path: Path, browser: Browser, tmp_path: Path
) -> None:
    html = tmp_path / "tutorial.html"
    html.write_text(HTMLExporter(template_name="lab").from_filename(str(path))[0])
    ours = [
        output
        for cell in read(path).cells
        for output in cell.get("outputs", ())
        if "nvj-picture" in "".join(output.get("data", {}).get("text/html", ""))
    ]
    context = browser.new_context(offline=True)
    page = context.new_page()

    page.goto(html.as_uri())

    pictures = page.locator(".nvj-picture")
    expect(pictures).to_have_count(len(ours))
    for picture in pictures.all():
        expect(picture).to_be_visible()
    assert ours, "a tutorial shows a widget of ours"
    context.close()
