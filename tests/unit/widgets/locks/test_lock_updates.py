"""Messages with watched keys, the history and release requests."""

from __future__ import annotations

from typing import Any

from nanover_jupyter import Connection, NanoverServer, ReleaseRequest
from nanover_jupyter.widgets.locks.lock_updates import LockUpdates
from tests.support.eventually import eventually
from tests.unit.widgets.locks.conftest import UNTIL, FakeClaims, claim


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

    empty = {"watched": [], "history": [], "requests": [], "name": "lab"}
    assert post.posted == [(empty, "page-1")]
    updates.close()


def test_nothing_is_sent_after_close(connection: Connection) -> None:
    post = Post()
    updates = LockUpdates(connection.client, post)
    updates.close()

    connection.client.locks.watch_keys("scene")
    eventually(lambda: connection.client.locks.watched.all()[0].whose == "free")

    assert post.posted == []


def request(name: str, **change: Any) -> ReleaseRequest:
    options = {"message": "please", "keys": ("scene",), "since": UNTIL}
    return ReleaseRequest(client_id=f"id-{name}", name=name, **(options | change))


def test_requests_come_and_go_with_the_claims_of_others(
    connection: Connection, claims: FakeClaims
) -> None:
    post = Post()
    updates = LockUpdates(connection.client, post)
    claims.asked = [request("Ben"), request("", keys=("a", "b"))]

    claims.notify()

    ben, unnamed = post.posted[-1][0]["requests"]
    assert ben == {
        "client": "id-Ben",
        "name": "Ben",
        "message": "please",
        "keys": ["scene"],
        "since": UNTIL,
    }
    assert (unnamed["name"], unnamed["keys"]) == ("another client", ["a", "b"])
    claims.asked = []
    claims.notify()
    assert post.posted[-1][0]["requests"] == []
    count = len(post.posted)
    claims.notify()
    assert len(post.posted) == count
    updates.close()


def test_a_dismissed_request_is_hidden_until_it_changes_or_is_made_again(
    connection: Connection, claims: FakeClaims
) -> None:
    post = Post()
    updates = LockUpdates(connection.client, post)
    claims.asked = [request("Ben")]

    def shown() -> list[str]:
        claims.notify()
        return [each["message"] for each in post.posted[-1][0]["requests"]]

    assert shown() == ["please"]
    updates.dismiss("id-Ben")
    updates.dismiss("id-nobody")
    assert shown() == []
    claims.asked = [request("Ben", message="now")]
    assert shown() == ["now"]
    updates.dismiss("id-Ben")
    claims.asked = []
    assert shown() == []
    claims.asked = [request("Ben", message="now")]
    assert shown() == ["now"]
    updates.close()


def test_many_requests_for_many_keys_are_limited(
    connection: Connection, claims: FakeClaims
) -> None:
    post = Post()
    updates = LockUpdates(connection.client, post)
    keys = tuple(f"key-{number}" for number in range(1000))
    claims.asked = [request(f"{number}", keys=keys) for number in range(1000)]

    claims.notify()

    requests = post.posted[-1][0]["requests"]
    assert (len(requests), len(requests[0]["keys"])) == (20, 20)
    updates.close()


def test_watched_keys_have_their_holder_and_the_number_of_waiting_clients(
    connection: Connection, claims: FakeClaims, server: NanoverServer, quick_looks: None
) -> None:
    server.update_locks("someone", {"theirs": 60})
    claims.held = {key: claim(key, "Ben") for key in ("theirs", "free")}
    claims.waits["theirs"] = [claim("theirs", "Ada", state="waiting")]
    post = Post()
    updates = LockUpdates(connection.client, post)

    connection.client.locks.watch_keys(["theirs", "free"])

    def watched() -> list[tuple[str, str, float | None, int]]:
        return [
            (row["whose"], row["holder"], row["until"], row["waiting"])
            for row in post.posted[-1][0]["watched"]
        ]

    eventually(lambda: watched() == [("someone else's", "Ben", UNTIL, 1), ("free", "", None, 0)])
    connection.client.locks.watched.remove(["theirs", "free"])
    updates.close()
