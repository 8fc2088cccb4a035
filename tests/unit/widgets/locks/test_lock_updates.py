"""What is told of locks beside the leases."""

from __future__ import annotations

from typing import Any

from nanover_jupyter import Connection
from nanover_jupyter.widgets.locks.lock_updates import LockUpdates
from tests.support.eventually import eventually


class Post:
    """Keeps what was posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[Any, str | None]] = []

    def __call__(self, _: str, body: Any, *, client: str | None = None) -> None:
        self.posted.append((body, client))


def test_nothing_is_told_at_a_beat_while_nothing_changes(connection: Connection) -> None:
    post = Post()
    news = LockUpdates(connection.client, post)
    connection.client.lock("scene")
    news.beat()
    told = len(post.posted)
    connection.client.locks.renew(connection.client.locks.leases_of("scene"))

    news.beat()

    assert told == 1
    assert len(post.posted) == told
    assert [event["news"] for event in post.posted[-1][0]["history"]] == ["taken"]
    news.close()


def test_a_view_is_greeted_alone(connection: Connection) -> None:
    post = Post()
    news = LockUpdates(connection.client, post)

    news.greet("page-1")

    empty = {"watched": [], "history": [], "requests": [], "by": None}
    assert post.posted == [(empty, "page-1")]
    news.close()


def test_after_close_nothing_is_told(connection: Connection) -> None:
    post = Post()
    news = LockUpdates(connection.client, post)
    news.close()

    connection.client.locks.watch_keys("scene")
    eventually(lambda: connection.client.locks.watch.watched()[0].whose == "free")

    assert post.posted == []
