"""Views are told of the locks that went through a client."""

from __future__ import annotations

from typing import Any

import pytest

from nanover_jupyter import Connection, ControlRoom, StateInspector
from nanover_jupyter.widgets.locks.lease_updates import LeaseUpdates
from tests.support.eventually import eventually
from tests.unit.widgets.test_panel import OpenPage


class Post:
    """Keeps what was posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any, str | None]] = []

    def __call__(self, op: str, body: Any, *, client: str | None = None) -> None:
        self.posted.append((op, body, client))


def test_a_view_is_greeted_alone_and_news_go_to_all(connection: Connection) -> None:
    post = Post()
    news = LeaseUpdates(connection.client, post)

    news.greet("page-1")
    connection.client.attempt_update_locks({"scene": 10})

    assert post.posted[0] == ("leases", {"leases": [], "more": 0, "held": 0}, "page-1")

    def told() -> list[tuple[str, str]]:
        op, body, client = post.posted[-1]
        assert (op, client in (None, "page-1")) == ("leases", True)
        return [(lease["key"], lease["state"]) for lease in body["leases"]]

    eventually(lambda: told() == [("scene", "held")])
    assert post.posted[-1][2] is None

    news.close()
    count = len(post.posted)
    connection.client.attempt_update_locks({"scene": None})
    assert len(post.posted) == count


def test_a_lease_that_ran_out_is_told_at_the_next_beat(connection: Connection) -> None:
    post = Post()
    news = LeaseUpdates(connection.client, post)
    connection.client.attempt_update_locks({"scene": 0.05})

    def told() -> bool:
        news.beat()
        body = post.posted[-1][1]
        return [lease["state"] for lease in body["leases"]] == ["lost"]

    eventually(told)
    count = len(post.posted)
    news.beat()
    assert len(post.posted) == count
    news.close()


def test_an_inspector_alone_tells_of_locks_and_one_in_a_room_leaves_it_to_the_others(
    open_page: OpenPage,
) -> None:
    for kind in (StateInspector, ControlRoom):
        page = open_page(kind)
        assert page.last("leases") == {"leases": [], "more": 0, "held": 0}
        assert len(page.all("leases")) == 1


def test_many_locks_are_told_in_few_messages_of_bounded_size(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.widgets.locks.lease_updates._MOST_ROWS", 50)
    post = Post()
    news = LeaseUpdates(connection.client, post)
    for number in range(200):
        connection.client.attempt_update_locks({f"key-{number}": 60})

    eventually(lambda: post.posted[-1][1]["held"] == 200)

    assert len(post.posted) < 100
    assert post.posted[-1][1]["more"] == 150
    assert len(post.posted[-1][1]["leases"]) == 50
    news.close()
