"""Requests of the lock manager's views."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    LockManager,
    LockRefused,
    NanoverServer,
    UpdateRefused,
    connect,
)
from tests.support.clock import ShiftedClock
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage

OPTIONS = {"seconds": 10, "auto_renew": False, "max_hold": 600, "wait": 0, "note": ""}


def lease(page: FakePage, key: str) -> dict[str, Any]:
    return eventually(
        lambda: next((row for row in page.last("leases")["leases"] if row["key"] == key), None)
    )


def take(page: FakePage, *keys: str, **change: Any) -> dict[str, Any]:
    return page.ask("lock", keys=list(keys), **(OPTIONS | change))


@pytest.fixture
def page(open_page: OpenPage) -> FakePage:
    return open_page(LockManager)


@pytest.fixture
def other(server: NanoverServer) -> Iterator[Connection]:
    """A connection of another client."""
    with connect(f"127.0.0.1:{server.port}", name="other") as connection:
        yield connection


def test_an_acquired_lock_is_shown_and_blocks_others(page: FakePage, server: NanoverServer) -> None:
    assert take(page, "scene", "new")["result"] == {"granted": True, "holder": "", "until": None}

    eventually(lambda: lease(page, "scene")["state"] == "held")
    row = lease(page, "scene")
    assert 9 < row["left"] <= 10
    with pytest.raises(UpdateRefused):
        server.update_state("someone", DictionaryChange({"scene": 1}))


def test_a_refused_lock_has_the_reason(page: FakePage, server: NanoverServer) -> None:
    server.update_locks("someone", {"scene": 60})

    assert take(page, "scene")["result"] == {"granted": False, "holder": "", "until": None}

    eventually(lambda: lease(page, "scene")["state"] == "refused")
    assert lease(page, "scene")["note"] == "held by another client"


def test_a_refusal_names_the_holder(
    page: FakePage, server: NanoverServer, other: Connection, quick_claims: None
) -> None:
    other.client.claims.name = "Ben"
    other.client.lock("scene")
    eventually(lambda: page.panel.connection.client.claims.holder("scene"))

    result = take(page, "scene")["result"]

    assert (result["granted"], result["holder"]) == (False, "Ben")
    assert time.time() < result["until"] < time.time() + 700
    row = eventually(lambda: lease(page, "scene"))
    assert (row["holder"], row["until"]) == ("Ben", result["until"])


def wait_for(page: FakePage, **change: Any) -> int:
    """Request a lock on "scene", and wait until it is being waited for."""
    number = page.request("lock", keys=["scene"], **(OPTIONS | {"wait": None} | change))
    eventually(lambda: lease(page, "scene")["note"].startswith("held by"))
    assert lease(page, "scene")["state"] == "pending"
    return number


@pytest.mark.parametrize("wait", [60, None])
def test_waiting_for_a_lock_ends_when_it_is_free(
    page: FakePage, server: NanoverServer, wait: float | None
) -> None:
    server.update_locks("someone", {"scene": 60})
    number = wait_for(page, wait=wait)

    server.update_locks("someone", release={"scene"})

    assert eventually(lambda: page.reply(number))["result"]["granted"] is True


def test_waiting_can_be_ended(page: FakePage, server: NanoverServer) -> None:
    server.update_locks("someone", {"scene": 60})
    number = wait_for(page)

    page.ask("release", keys=["scene"])

    reply = eventually(lambda: page.reply(number))
    assert "released while waiting" in reply["error"]["message"]


def test_many_waits_keep_no_other_request_from_running(
    page: FakePage, server: NanoverServer
) -> None:
    keys = [f"key-{number}" for number in range(40)]
    server.update_locks("someone", dict.fromkeys(keys, 60))
    numbers = [page.request("lock", keys=[key], **(OPTIONS | {"wait": None})) for key in keys]
    eventually(lambda: len(page.last("leases")["leases"]) == len(keys))

    assert page.ask("release", keys=keys)["ok"]

    replies = [eventually(lambda number=number: page.reply(number)) for number in numbers]
    assert not any(reply["ok"] for reply in replies)


@pytest.mark.parametrize("change", [{"wait": -1}, {"wait": "long"}, {"note": 5}])
def test_an_invalid_wait_is_refused(page: FakePage, change: dict[str, Any]) -> None:
    assert take(page, "scene", **change)["error"]["kind"] == "BadRequest"


def test_the_time_to_wait_is_required(page: FakePage) -> None:
    options = {name: value for name, value in OPTIONS.items() if name != "wait"}

    assert page.ask("lock", keys=["scene"], **options)["error"]["kind"] == "BadRequest"


def pass_seconds(page: FakePage, lease_time: ShiftedClock, seconds: float) -> None:
    """Let time pass for the client, and run its renewal thread."""
    lease_time.pass_seconds(seconds)
    page.panel.connection.client.locks.renewer.wake()


def test_a_lock_is_renewed_and_released(
    lease_time: ShiftedClock, page: FakePage, server: NanoverServer
) -> None:
    take(page, "scene", seconds=60)
    pass_seconds(page, lease_time, 57.5)
    eventually(lambda: lease(page, "scene")["state"] == "expiring")

    page.ask("renew", key="scene")
    eventually(lambda: lease(page, "scene")["state"] == "held")
    page.ask("release", keys=["scene"])

    eventually(lambda: lease(page, "scene")["state"] == "released")
    server.update_locks("someone", {"scene": 1})


def test_all_keys_are_released_at_once(page: FakePage, server: NanoverServer) -> None:
    take(page, "a", "b", auto_renew=True)

    assert page.ask("release_all")["ok"]

    server.update_locks("someone", {"a": 1, "b": 1})


def test_keys_acquired_together_are_released_one_by_one(
    page: FakePage, server: NanoverServer
) -> None:
    take(page, "a", "b", auto_renew=True)

    page.ask("release", keys=["a"])

    server.update_locks("someone", {"a": 1})
    with pytest.raises(UpdateRefused):
        server.update_locks("someone", {"b": 1})


def test_automatic_renewal_is_switched_on_and_off(lease_time: ShiftedClock, page: FakePage) -> None:
    take(page, "scene", seconds=60)

    page.ask("auto_renew", key="scene", auto_renew=True)
    eventually(lambda: lease(page, "scene")["auto_renew"])
    client = page.panel.connection.client
    for _ in range(3):
        pass_seconds(page, lease_time, 30)
        eventually(lambda: client.leases.get("scene").left(lease_time()) > 50)
    page.ask("auto_renew", key="scene", auto_renew=False)
    pass_seconds(page, lease_time, 60)

    eventually(lambda: lease(page, "scene")["state"] == "lost")


def test_a_lock_acquired_in_a_cell_is_shown_and_can_be_renewed(
    page: FakePage, connection: Connection, server: NanoverServer
) -> None:
    connection.client.attempt_update_locks({"title": 5})
    eventually(lambda: lease(page, "title")["state"] == "held")

    page.ask("auto_renew", key="title", auto_renew=True)
    eventually(lambda: lease(page, "title")["auto_renew"])
    page.ask("release", keys=["title"])

    server.update_locks("someone", {"title": 1})


def test_the_maximum_hold_time_is_shown_and_can_be_changed(page: FakePage) -> None:
    take(page, "scene", auto_renew=True, max_hold=60)
    eventually(lambda: lease(page, "scene")["max_hold"] == pytest.approx(60, abs=0.1))

    assert page.ask("max_hold", key="scene", seconds=660)["ok"]

    eventually(lambda: lease(page, "scene")["max_hold"] == pytest.approx(660, abs=0.1))
    assert "already" in page.ask("max_hold", key="scene", seconds=0.001)["error"]["message"]


def test_an_expired_lock_is_shown_without_a_message_of_the_server(page: FakePage) -> None:
    take(page, "scene", seconds=0.2)

    eventually(lambda: lease(page, "scene")["state"] == "lost")

    assert lease(page, "scene")["note"] == "expired"
    page.ask("dismiss_lease", key="scene")
    eventually(lambda: page.last("leases") == {"leases": [], "more": 0, "held": 0})


@pytest.mark.parametrize("seconds", [0, -1, "10", None, True, {"$nvj": "nan"}, {"$nvj": "cut"}])
def test_an_invalid_duration_is_refused(page: FakePage, seconds: Any) -> None:
    assert take(page, "scene", seconds=seconds)["error"]["kind"] == "BadRequest"


def test_an_endless_lock_is_shown(page: FakePage, connection: Connection) -> None:
    connection.client.attempt_update_locks({"scene": float("inf")})

    eventually(lambda: lease(page, "scene")["state"] == "held")
    row = lease(page, "scene")
    assert (row["left"], row["endless"], row["seconds"]) == (None, True, None)


@pytest.mark.parametrize("op", ["renew", "auto_renew", "max_hold"])
def test_a_key_that_is_not_held_cannot_be_changed(page: FakePage, op: str) -> None:
    more = {"auto_renew": {"auto_renew": True}, "max_hold": {"seconds": 60}}.get(op, {})

    reply = page.ask(op, key="scene", **more)

    assert "it is not held" in reply["error"]["message"]


def test_blocking_keys_are_found(page: FakePage, server: NanoverServer) -> None:
    server.update_locks("someone", {"b": 60})

    assert page.ask("blocking_keys", keys=["a", "b", "c"])["result"] == {"keys": ["b"]}


def test_watched_keys_and_the_history_are_sent(page: FakePage, server: NanoverServer) -> None:
    server.update_locks("someone", {"theirs": 60})
    take(page, "scene")
    page.ask("watch", keys=["scene", "theirs", "free"])

    def watched() -> dict[str, str]:
        return {row["key"]: row["whose"] for row in page.last("lock_updates")["watched"]}

    eventually(lambda: watched() == {"scene": "mine", "theirs": "someone else's", "free": "free"})
    page.ask("unwatch", keys=["free"])
    eventually(lambda: "free" not in watched())
    eventually(
        lambda: (
            [(e["key"], e["kind"]) for e in page.last("lock_updates")["history"]]
            == [("scene", "acquired")]
        )
    )


def test_a_waiting_client_is_shown_and_gets_the_key(
    page: FakePage, other: Connection, quick_claims: None
) -> None:
    take(page, "scene")
    page.panel.connection.client.subscribe_all_state_updates()
    other.client.claims.name = "Ivan"
    eventually(lambda: other.client.claims.holder("scene"))

    with ThreadPoolExecutor(1) as pool:
        lock = pool.submit(other.client.lock, "scene", wait=True, note="please")
        (request,) = eventually(lambda: page.last("lock_updates")["requests"])
        assert (request["name"], request["message"], request["keys"]) == (
            "Ivan",
            "please",
            ["scene"],
        )
        (waiting,) = eventually(lambda: lease(page, "scene")["waiting"])
        assert (waiting["name"], waiting["note"]) == ("Ivan", "please")

        page.ask("dismiss", client=request["client"])
        eventually(lambda: page.last("lock_updates")["requests"] == [])
        assert lease(page, "scene")["waiting"]  # only the message is hidden
        page.ask("hand_over", key="scene", client=waiting["client"])

        assert lock.result(20).state == "held"
    eventually(lambda: lease(page, "scene")["state"] == "released")


def test_asking_for_a_key_asks_its_holder(
    page: FakePage, other: Connection, quick_claims: None
) -> None:
    client = page.panel.connection.client
    other.client.subscribe_all_state_updates()
    other.client.lock("scene")
    eventually(lambda: client.claims.holder("scene"))
    assert page.ask("set_name", name=" Anna ")["ok"]

    asked = page.ask("request_release", keys=["scene", "free"], message="please")["result"]

    assert asked == {"keys": ["scene"]}
    (request,) = eventually(other.client.claims.requests)
    assert (request.name, request.message) == ("Anna", "please")


def test_our_name_is_sent_and_changed(page: FakePage) -> None:
    assert page.last("lock_updates")["name"] == "lab"

    assert page.ask("set_name", name="Anna")["ok"]

    assert page.last("lock_updates")["name"] == "Anna"
    assert page.ask("set_name", name="  ")["error"]["kind"] == "BadRequest"


def test_locks_of_a_websocket_server_are_cooperative(
    open_page: OpenPage, websocket: Connection
) -> None:
    page = open_page(LockManager, websocket)
    address = websocket.address

    assert take(page, "scene")["result"]["granted"]
    with connect(address, name="Ben") as other:
        eventually(lambda: other.client.claims.holder("scene"))
        assert not other.client.attempt_update_state(DictionaryChange({"scene": 1.0}))
        page.ask("watch", keys=["scene"])
        with pytest.raises(LockRefused, match="lab"):
            other.client.lock("scene")
        page.ask("release", keys=["scene"])
        with other.client.lock("scene", wait=True):
            assert take(page, "scene")["result"]["holder"] == "Ben"


def test_two_views_of_one_widget_get_the_same_messages(open_page: OpenPage) -> None:
    page = open_page(LockManager)
    other = FakePage(page.panel, client="page-2")
    other.hello()

    take(page, "scene")

    eventually(lambda: lease(other, "scene")["state"] == "held")
