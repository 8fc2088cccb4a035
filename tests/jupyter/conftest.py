"""Fixtures of the Jupyter tests: one JupyterLab, one page in one Chromium, one warm kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from nanover_jupyter import NanoverServer
from tests.jupyter.applications import Lab
from tests.jupyter.notebook_page import VIEWPORT, NotebookPage, OpenNotebook, new_context
from tests.support.chromium import launched_chromium
from tests.support.eventually import TIME_SCALE
from tests.support.notebooks import REAL_KERNEL

# A test that hangs ends all of them; one that a busy machine holds up should not.
_SECONDS_FOR_A_TEST = 300 * TIME_SCALE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.jupyter)
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(_SECONDS_FOR_A_TEST))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every test that passed only when it was run again: each is a defect."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.write_line(f"DEFECT: {report.nodeid} failed and was run again", red=True)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab, with a kernel of NanoVer's own server where there is one."""
    kernels = {REAL_KERNEL.name: REAL_KERNEL} if REAL_KERNEL.is_dir() else {}
    server = Lab(tmp_path_factory.mktemp("lab"), kernels=kernels).start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = new_context(browser)
    yield context
    context.close()


@pytest.fixture(scope="session")
def warm_page(lab: Lab, context: BrowserContext) -> Iterator[NotebookPage]:
    """The notebook that most tests use, one after the other."""
    page = NotebookPage(lab, context)
    page.open()
    yield page
    page.close()


@pytest.fixture
def warm_notebook(warm_page: NotebookPage) -> Iterator[NotebookPage]:
    """The warm notebook, empty; its kernel is clean again after the test."""
    warm_page.page.bring_to_front()
    warm_page.page.set_viewport_size(VIEWPORT)
    warm_page.errors.clear()
    yield warm_page
    left = warm_page.clean()
    if left:
        warm_page.restart_kernel()
    assert left == []
    assert warm_page.errors == []


@pytest.fixture
def notebook(warm_notebook: NotebookPage) -> OpenNotebook:
    """Puts cells into the warm notebook and runs them."""

    def open_notebook(cells: list[str]) -> NotebookPage:
        warm_notebook.fill_with(cells)
        return warm_notebook

    return open_notebook


@pytest.fixture
def fresh_notebook(lab: Lab, context: BrowserContext) -> Iterator[OpenNotebook]:
    """Opens a notebook in a page of its own, with a kernel of its own, and runs its cells."""
    pages: list[NotebookPage] = []

    def open_notebook(cells: list[str]) -> NotebookPage:
        page = NotebookPage(lab, context)
        pages.append(page)
        page.open(cells)
        for index in range(len(cells)):
            page.run_cell(index)
        return page

    yield open_notebook
    for page in pages:
        page.close()
    assert [error for page in pages for error in page.errors] == []


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    """A server in this process, so that a test can change what the page should show."""
    with NanoverServer() as running:
        yield running
