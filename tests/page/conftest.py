"""Fixtures of the page tests: one Chromium and one page; the widgets are in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from nanover_jupyter import Connection, NanoverServer, connect
from nanover_jupyter.client.state import subscription as stream_module
from tests.page.bridge import Bridge
from tests.page.widget_page import WidgetPage
from tests.support.chromium import VIEWPORT, launched_chromium, new_context
from tests.support.own_threads import require_no_own_threads
from tests.support.timeouts import limit_seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    limit_seconds(items, Path(__file__).parent, 120)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def bridge() -> Iterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = new_context(browser)
    yield context
    context.close()


@pytest.fixture(scope="session")
def only_page(bridge: Bridge, context: BrowserContext) -> WidgetPage:
    return WidgetPage(bridge, context)


@pytest.fixture
def page(
    only_page: WidgetPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WidgetPage]:
    """The empty page; logged errors and leftovers fail the test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    only_page.errors.clear()
    only_page.page.set_viewport_size(VIEWPORT)
    only_page.page.emulate_media(reduced_motion="no-preference")
    only_page.open()
    yield only_page
    for tab in only_page.context.pages:
        if tab is not only_page.page:
            tab.close()
    errors = [*only_page.errors]
    bridge = only_page.bridge
    bridge.reset()
    # The page has left, and its messages are handled, before the next test.
    only_page.page.goto("about:blank")
    bridge.wait_for_pages(0)
    bridge.reset()
    assert errors == []


@pytest.fixture(scope="session", autouse=True)
def short_wait_for_an_empty_state() -> Iterator[None]:
    """Shorten the time that `connect` waits for a state, as gRPC servers do not send empty ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_module, "_FIRST_MARKER_DELAY", 0.05)
        yield


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    """Fail if a thread of the package is left after a test."""
    yield
    require_no_own_threads()


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    """A server whose state a test can change."""
    with NanoverServer() as running:
        yield running


Connect = Callable[..., Connection]


@pytest.fixture
def connect_to(page: WidgetPage) -> Iterator[Connect]:
    """Connect to an address or server; closed after the page is cleared."""
    connections: list[Connection] = []

    def connected(target: str | NanoverServer, *, name: str = "lab") -> Connection:
        if isinstance(target, NanoverServer):
            target = f"grpc://127.0.0.1:{target.port}"
        connections.append(connect(target, name=name))
        return connections[-1]

    yield connected
    for connection in connections:
        connection.close()
