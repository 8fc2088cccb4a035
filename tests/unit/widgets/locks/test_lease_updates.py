"""Messages with the lease table of a client."""

from __future__ import annotations

from typing import Any

import pytest

from nanover_jupyter import (
    Connection,
    ControlRoom,
    DictionaryChange,
    NanoverServer,
    StateInspector,
    connect,
)
from nanover_jupyter.widgets.locks.lease_updates import LeaseUpdates
from tests.support.eventually import eventually
from tests.unit.widgets.locks.conftest import UNTIL, FakeClaims, claim
from tests.unit.widgets.test_panel import OpenPage


class Post:
    """Records what was posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any, str | None]] = []

    def __call__(self, op: str, body: Any, *, client: str | None = None) -> None:
        self.posted.append((op, body, client))


def test_a_new_view_gets_its_own_message_and_changes_go_to_all(connection: Connection) -> None:
    post = Post()
    updates = LeaseUpdates(connection.client, post)

    updates.send_initial("page-1")
    connection.client.attempt_update_locks({"scene": 10})

    assert post.posted[0] == ("leases", {"leases": [], "more": 0, "held": 0}, "page-1")

    def sent() -> list[tuple[str, str]]:
        op, body, client = post.posted[-1]
        assert (op, client in (None, "page-1")) == ("leases", True)
        return [(lease["key"], lease["state"]) for lease in body["leases"]]

    eventually(lambda: sent() == [("scene", "held")])
    assert post.posted[-1][2] is None

    updates.close()
    count = len(post.posted)
    connection.client.attempt_update_locks({"scene": None})
    assert len(post.posted) == count


def test_an_expired_lease_is_sent_at_the_next_heartbeat(connection: Connection) -> None:
    post = Post()
    updates = LeaseUpdates(connection.client, post)
    connection.client.attempt_update_locks({"scene": 0.05})

    def sent() -> bool:
        updates.on_heartbeat()
        body = post.posted[-1][1]
        return [lease["state"] for lease in body["leases"]] == ["lost"]

    eventually(sent)
    count = len(post.posted)
    updates.on_heartbeat()
    assert len(post.posted) == count
    updates.close()


def test_leases_are_sent_once_with_or_without_a_lock_manager(
    open_page: OpenPage,
) -> None:
    for kind in (StateInspector, ControlRoom):
        page = open_page(kind)
        assert page.last("leases") == {"leases": [], "more": 0, "held": 0}
        assert len(page.all("leases")) == 1


def test_many_locks_are_sent_in_few_messages_of_limited_size(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.widgets.locks.lease_updates._MAX_ROWS", 50)
    post = Post()
    updates = LeaseUpdates(connection.client, post)
    for number in range(200):
        connection.client.attempt_update_locks({f"key-{number}": 60})

    eventually(lambda: post.posted[-1][1]["held"] == 200)

    assert len(post.posted) < 100
    assert post.posted[-1][1]["more"] == 150
    assert len(post.posted[-1][1]["leases"]) == 50
    updates.close()


class LastLease:
    """The last row of a key that was posted."""

    def __init__(self, post: Post, key: str) -> None:
        self._post = post
        self._key = key

    def __call__(self) -> dict[str, Any]:
        body = self._post.posted[-1][1]
        return next(lease for lease in body["leases"] if lease["key"] == self._key)


@pytest.fixture
def refused(connection: Connection, server: NanoverServer) -> None:
    """A refused lock on "scene"."""
    server.update_locks("someone", {"scene": 60})
    connection.client.attempt_update_locks({"scene": 10})


def test_the_holder_of_a_refused_key_is_sent_when_it_is_known_and_when_it_is_gone(
    connection: Connection, claims: FakeClaims, refused: None
) -> None:
    post = Post()
    updates = LeaseUpdates(connection.client, post)
    updates.send_initial("page-1")
    row = LastLease(post, "scene")
    assert (row()["holder"], row()["until"]) == ("", None)

    claims.held["scene"] = claim("scene", "Ben")
    claims.notify()
    eventually(lambda: (row()["holder"], row()["until"]) == ("Ben", UNTIL))
    assert row()["since"] == UNTIL - 60
    count = len(post.posted)
    claims.notify()  # as when another client renews its claim
    updates.on_heartbeat()
    assert len(post.posted) == count

    claims.held["scene"] = claim("scene", "", until=None)
    claims.notify()
    eventually(lambda: (row()["holder"], row()["until"]) == ("another client", None))
    del claims.held["scene"]  # it died, of which nothing notifies
    updates.on_heartbeat()
    assert row()["holder"] == ""
    updates.close()


def test_clients_that_wait_for_a_held_key_are_sent(
    connection: Connection, claims: FakeClaims
) -> None:
    post = Post()
    updates = LeaseUpdates(connection.client, post)
    connection.client.attempt_update_locks({"scene": 10})
    claims.waits["scene"] = [
        claim("scene", "Ben", state="waiting", note="please"),
        *(claim("scene", f"{number}", state="waiting") for number in range(100)),
    ]
    claims.held["scene"] = claim("scene", "Eve")  # it is ours, whatever others claim

    claims.notify()

    row = LastLease(post, "scene")
    first = {"client": "id-Ben", "name": "Ben", "note": "please", "since": UNTIL - 60}
    eventually(lambda: row()["waiting"][:1] == [first])
    assert len(row()["waiting"]) == 20
    assert row()["holder"] == ""
    updates.close()


def test_nothing_is_looked_up_for_rows_that_are_not_sent(
    connection: Connection, claims: FakeClaims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.widgets.locks.lease_updates._MAX_ROWS", 1)
    connection.client.attempt_update_locks({"a": 10, "b": 10})
    looked_up: list[str] = []
    monkeypatch.setattr(claims, "waiting", lambda key: looked_up.append(key) or [])
    updates = LeaseUpdates(connection.client, Post())

    updates.send_initial("page-1")

    assert looked_up == ["a"]
    updates.close()


def test_writes_by_others_are_counted(
    websocket: Connection, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()
    updates = LeaseUpdates(websocket.client, post)
    lease = websocket.client.lock("title")
    rude = connect(websocket.address, name="headset")
    monkeypatch.setattr(rude.client, "_may_write", lambda _: True)
    with rude:
        rude.client.attempt_update_state(DictionaryChange({"title": "theirs"}))
        eventually(lambda: LastLease(post, "title")()["overwrites"] == 1)

    events = [event.kind for event in websocket.client.leases.history()]
    assert events == ["acquired", "overwritten"]
    lease.release()
    updates.close()
