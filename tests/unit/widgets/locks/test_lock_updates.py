"""Messages with watched keys, the history and release requests."""

from __future__ import annotations

from typing import Any

from nanover_jupyter import Connection
from nanover_jupyter.widgets.locks.lock_updates import LockUpdates
from tests.support.eventually import eventually


class Post:
    """Records what was posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[Any, str | None]] = []

    def __call__(self, _: str, body: Any, *, client: str | None = None) -> None:
        self.posted.append((body, client))


def test_nothing_is_sent_at_a_heartbeat_without_changes(connection: Connection) -> None:
    post = Post()
    updates = LockUpdates(connection.client, post)
    connection.client.lock("scene")
    updates.on_heartbeat()
    sent = len(post.posted)
    connection.client.locks.renew(connection.client.leases.leases_on("scene"))

    updates.on_heartbeat()

    assert sent == 1
    assert len(post.posted) == sent
    assert [event["kind"] for event in post.posted[-1][0]["history"]] == ["acquired"]
    updates.close()


def test_a_new_view_gets_its_own_message(connection: Connection) -> None:
    post = Post()
    updates = LockUpdates(connection.client, post)

    updates.send_initial("page-1")

    empty = {"watched": [], "history": [], "requests": [], "by": None}
    assert post.posted == [(empty, "page-1")]
    updates.close()


def test_nothing_is_sent_after_close(connection: Connection) -> None:
    post = Post()
    updates = LockUpdates(connection.client, post)
    updates.close()

    connection.client.locks.watch_keys("scene")
    eventually(lambda: connection.client.locks.watched.all()[0].whose == "free")

    assert post.posted == []
