"""Fixtures of the Jupyter tests: one JupyterLab, one page in one Chromium, one warm kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from nanover_jupyter import NanoverServer
from tests.jupyter.applications import Application, Lab
from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.chromium import VIEWPORT, launched_chromium, new_context
from tests.support.notebooks import REAL_KERNEL
from tests.support.timeouts import limit_seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    limit_seconds(items, Path(__file__).parent, 300)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List tests that passed only when repeated: each is a defect."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.write_line(f"DEFECT: {report.nodeid} failed and was run again", red=True)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab, with a kernel for NanoVer's own server if it is installed."""
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
    """The empty warm notebook; its kernel is cleaned after the test."""
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
    """Put cells into the warm notebook and run them."""

    def open_notebook(cells: list[str]) -> NotebookPage:
        warm_notebook.fill_with(cells)
        return warm_notebook

    return open_notebook


NewPage = Callable[[Application], NotebookPage]


@pytest.fixture
def new_page(context: BrowserContext) -> Iterator[NewPage]:
    """Create further pages with their own kernels; logged errors fail the test."""
    pages: list[NotebookPage] = []

    def make(application: Application) -> NotebookPage:
        pages.append(NotebookPage(application, context))
        return pages[-1]

    yield make
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.close()
    assert errors == []


@pytest.fixture
def fresh_notebook(lab: Lab, new_page: NewPage) -> OpenNotebook:
    """Open a notebook in a new page with a new kernel, and run its cells."""

    def open_notebook(cells: list[str]) -> NotebookPage:
        page = new_page(lab)
        page.open(cells)
        for index in range(len(cells)):
            page.run_cell(index)
        return page

    return open_notebook


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    """A server in this process whose state a test can change."""
    with NanoverServer() as running:
        yield running
