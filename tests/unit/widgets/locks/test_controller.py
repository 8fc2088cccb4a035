"""Requests of the lock manager's views."""

from __future__ import annotations

from typing import Any

import pytest

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    LockManager,
    NanoverServer,
    UpdateRefused,
    connect,
)
from tests.support.clock import ShiftedClock
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage


def lease(page: FakePage, key: str) -> dict[str, Any]:
    return eventually(
        lambda: next((row for row in page.last("leases")["leases"] if row["key"] == key), None)
    )


def take(page: FakePage, *keys: str, **change: Any) -> dict[str, Any]:
    options = {"seconds": 10, "auto_renew": False, "max_hold": 600, "wait": 0, **change}
    return page.ask("lock", keys=list(keys), **options)


@pytest.fixture
def page(open_page: OpenPage) -> FakePage:
    return open_page(LockManager)


def test_an_acquired_lock_is_shown_and_blocks_others(page: FakePage, server: NanoverServer) -> None:
    assert take(page, "scene", "new")["result"] == {"granted": True, "holder": ""}

    eventually(lambda: lease(page, "scene")["state"] == "held")
    row = lease(page, "scene")
    assert 9 < row["left"] <= 10
    with pytest.raises(UpdateRefused):
        server.update_state("someone", DictionaryChange({"scene": 1}))


def test_a_refused_lock_has_the_reason(page: FakePage, server: NanoverServer) -> None:
    server.update_locks("someone", {"scene": 60})

    assert take(page, "scene")["result"] == {"granted": False, "holder": ""}

    eventually(lambda: lease(page, "scene")["state"] == "refused")
    assert lease(page, "scene")["note"] == "held by another client"


def test_a_refusal_names_a_holder_that_announced_itself(
    page: FakePage, server: NanoverServer, quick_claims: None
) -> None:
    with connect(f"127.0.0.1:{server.port}", name="other") as other:
        other.client.lock_notes.announce("Anna's notebook")
        other.client.lock("scene")
        eventually(lambda: page.panel.connection.client.lock_notes.holder_of("scene"))

        assert take(page, "scene")["result"]["holder"].startswith("Anna's notebook (until ")


def test_waiting_for_a_lock_ends_when_it_is_free(page: FakePage, server: NanoverServer) -> None:
    server.update_locks("someone", {"scene": 60})
    number = page.request(
        "lock", keys=["scene"], seconds=10, auto_renew=False, max_hold=600, wait=60
    )
    eventually(lambda: lease(page, "scene")["note"].endswith("retrying"))

    server.update_locks("someone", release={"scene"})

    assert eventually(lambda: page.reply(number))["result"]["granted"] is True


def test_waiting_can_be_ended(page: FakePage, server: NanoverServer) -> None:
    server.update_locks("someone", {"scene": 60})
    number = page.request(
        "lock", keys=["scene"], seconds=10, auto_renew=True, max_hold=None, wait=60
    )
    eventually(lambda: lease(page, "scene")["note"].endswith("retrying"))

    page.ask("release", keys=["scene"])

    reply = eventually(lambda: page.reply(number))
    assert "released while waiting" in reply["error"]["message"]


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


def test_a_release_request_is_shown_and_dismissed(
    page: FakePage, server: NanoverServer, quick_claims: None
) -> None:
    page.ask("share_name", by="Anna")
    assert page.last("lock_updates")["by"] == "Anna"
    take(page, "scene")
    with connect(f"127.0.0.1:{server.port}", name="other") as other:
        eventually(lambda: other.client.lock_notes.holder_of("scene"))
        other.client.lock_notes.ask("scene", by="Ivan", message="please")
        requests = eventually(lambda: page.last("lock_updates")["requests"])
        assert [(ask["by"], ask["message"], ask["keys"]) for ask in requests] == [
            ("Ivan", "please", ["scene"])
        ]

        page.ask("dismiss", asker=requests[0]["asker"])

        eventually(lambda: page.last("lock_updates")["requests"] == [])
    page.ask("share_name", by="")
    assert page.last("lock_updates")["by"] is None


def test_asking_for_a_key_asks_its_holder(
    page: FakePage, server: NanoverServer, quick_claims: None
) -> None:
    with connect(f"127.0.0.1:{server.port}", name="other") as other:
        other.client.lock_notes.announce("Anna")
        other.client.lock("scene")
        eventually(lambda: page.panel.connection.client.lock_notes.holder_of("scene"))

        assert page.ask("request_release", keys=["scene", "free"], message="")["result"] == {
            "keys": ["scene"]
        }

        eventually(other.client.lock_notes.requests)


def test_two_views_of_one_widget_get_the_same_messages(open_page: OpenPage) -> None:
    page = open_page(LockManager)
    other = FakePage(page.panel, client="page-2")
    other.hello()

    take(page, "scene")

    eventually(lambda: lease(other, "scene")["state"] == "held")
