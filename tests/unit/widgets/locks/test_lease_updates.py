"""Messages with the lease table of a client."""

from __future__ import annotations

from typing import Any

import pytest

from nanover_jupyter import Connection, ControlRoom, StateInspector
from nanover_jupyter.widgets.locks.lease_updates import LeaseUpdates
from tests.support.eventually import eventually
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
