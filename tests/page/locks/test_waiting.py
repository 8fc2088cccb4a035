"""Two clients that want the same key, on both kinds of servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from nanover_jupyter import (
    Connection,
    ControlRoom,
    DictionaryChange,
    LockManager,
    NanoverServer,
)
from tests.page.conftest import Connect
from tests.page.locks.conftest import LONG, show_manager
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Locks

TIME = r"(\d{4}-\d\d-\d\d )?\d\d:\d\d"
HELD_BY_BEN = re.compile(f"^Held by Ben until {TIME} since {TIME}$")


@pytest.fixture(params=["grpc", "websocket"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server with locks, or of one without."""
    with NanoverServer(websocket_port=0) as server:
        server.update_state(None, DictionaryChange({"title": "demo"}))
        is_grpc = request.param == "grpc"
        port = server.port if is_grpc else server.websocket_port
        yield f"{'grpc' if is_grpc else 'ws'}://127.0.0.1:{port}"


@pytest.fixture
def ada(connect_to: Connect, address: str) -> Connection:
    """Our connection."""
    return connect_to(address, name="Ada")


@pytest.fixture
def ben(connect_to: Connect, address: str) -> Connection:
    """The connection of another client."""
    connection = connect_to(address, name="Ben")
    connection.client.subscribe_all_state_updates()
    return connection


@pytest.fixture
def locks(page: WidgetPage, ada: Connection) -> Locks:
    """The lock manager of our connection."""
    return show_manager(page, LockManager(ada, height=460))


def test_refused_key_is_acquired_when_it_is_free(
    locks: Locks, ada: Connection, ben: Connection
) -> None:
    lease = ben.client.lock("scene", duration=LONG)
    eventually(lambda: ada.client.claims.holder("scene"))
    locks.take("scene", LONG)
    expect(locks.problem).to_have_text(
        re.compile(r"^Refused: scene is held by Ben until .*\d\d:\d\d\.")
    )
    expect(locks.state("scene")).to_have_text("Refused")
    expect(locks.owner("scene")).to_have_text(HELD_BY_BEN)

    locks.button("Acquire when free: scene").click()

    expect(locks.state("scene")).to_have_text("Waiting")
    expect(locks.owner("scene")).to_have_text(HELD_BY_BEN)
    expect(locks.row("scene")).to_contain_text(re.compile(r"asked \d+ s ago"))
    (request,) = eventually(ben.client.claims.requests)
    assert (request.name, request.keys) == ("Ada", ("scene",))
    locks.screenshot("locks-wait-until-free")
    locks.require_accessible()
    lease.release()
    expect(locks.state("scene")).to_have_text("Held")
    expect(locks.owner("scene")).to_have_text("You")


def test_holder_is_asked_to_release_a_key(locks: Locks, ada: Connection, ben: Connection) -> None:
    lease = ben.client.lock("scene", duration=LONG)
    eventually(lambda: ada.client.claims.holder("scene"))
    locks.take("scene", LONG)
    name = locks.root.get_by_label("Your name for other clients")
    expect(name).to_have_value("Ada")
    name.fill("Ada's laptop")
    name.press("Enter")
    expect(locks.announcement).to_have_text("Your name for other clients is Ada's laptop.")

    locks.button("Request release of scene").click()
    locks.page.keyboard.type("for a minute")
    locks.screenshot("locks-request-message")
    locks.require_accessible()
    locks.press("Enter")

    expect(locks.notice).to_have_text("Requested release of scene.")
    expect(locks.notice).to_have_attribute("data-tone", "neutral")
    (request,) = eventually(ben.client.claims.requests)
    assert (request.name, request.message) == ("Ada's laptop", "for a minute")
    lease.release()


def test_waiting_client_is_shown_and_gets_the_key(
    locks: Locks, ada: Connection, ben: Connection
) -> None:
    locks.take("scene", LONG)
    expect(locks.state("scene")).to_have_text("Held")
    eventually(lambda: ben.client.claims.holder("scene"))

    with ThreadPoolExecutor(1) as pool:
        lock = pool.submit(ben.client.lock, "scene", wait=True, note="I need it for a minute")
        expect(locks.requests).to_contain_text("Ben is waiting for scene: I need it for a minute")
        expect(locks.requests).to_have_role("status")
        expect(locks.owner("scene")).to_contain_text("Ben is waiting")
        locks.screenshot("locks-asked")
        locks.require_accessible()

        locks.button("Dismiss").click()
        expect(locks.requests).to_be_hidden()
        locks.button("Hand over scene to Ben").click()

        lease = lock.result()
    expect(locks.state("scene")).to_have_text("Released")
    assert lease.state == "held"
    lease.release()


def test_request_clears_itself_when_the_other_client_stops_waiting(
    locks: Locks, ada: Connection, ben: Connection
) -> None:
    locks.take("scene", LONG)
    eventually(lambda: ben.client.claims.holder("scene"))
    with ThreadPoolExecutor(1) as pool:
        lock = pool.submit(ben.client.lock, "scene", wait=True)
        expect(locks.requests).to_contain_text("Ben is waiting for scene")

        ben.client.locks.release_all()

        expect(locks.requests).to_be_hidden()
        assert lock.exception() is not None
    expect(locks.owner("scene")).to_have_text("You")


def test_request_is_read_out_while_another_tool_is_visible(
    page: WidgetPage, ada: Connection, ben: Connection
) -> None:
    page.show(ControlRoom(ada, tool="inspector"))
    panel = Locks(page)
    ada.client.lock("scene", duration=LONG)
    eventually(lambda: ben.client.claims.holder("scene"))

    ben.client.claims.request_release("scene", "please")

    expect(panel.announcement).to_have_text("Ben is waiting for scene: please")
    panel.tab("Locks")
    expect(panel.requests).to_contain_text("Ben is waiting for scene: please")
