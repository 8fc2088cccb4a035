"""Fixtures of the browser tests: one JupyterLab and one Chromium, a page for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from nanover_jupyter import NanoverServer
from tests.support.eventually import TIME_SCALE
from tests.ui.lab import CHROMIUM_OPTIONS, Lab, NotebookPage, OpenNotebook

# A test that hangs ends all of them; one that a busy machine holds up should not.
_SECONDS_FOR_A_TEST = 300 * TIME_SCALE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_SECONDS_FOR_A_TEST))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("lab")).start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.fail("no Chromium: run scripts/browser, or set CHROMIUM to the program")
    # How long to wait for something that does not come; what comes is seen at once.
    expect.set_options(timeout=15_000 * TIME_SCALE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def notebook(lab: Lab, browser: Browser) -> Iterator[OpenNotebook]:
    """Opens a notebook and runs its cells; what the page logs as an error fails the test."""
    pages: list[NotebookPage] = []

    def open_notebook(cells: list[str]) -> NotebookPage:
        page = NotebookPage(lab, browser)
        pages.append(page)
        page.open(cells)
        for index in range(len(cells)):
            page.run_cell(index)
        return page

    yield open_notebook
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.close()
    assert not errors


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    """A server in this process, so that a test can change what the page should show."""
    with NanoverServer() as running:
        yield running
