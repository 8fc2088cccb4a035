"""The kernel half of the lock manager."""

from __future__ import annotations

from typing import Any

import pytest

from nanover_jupyter import Connection, DictionaryChange, LockManager, NanoverServer, UpdateRefused
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.widgets.test_panel import OpenPage


def lease(page: FakePage, key: str) -> dict[str, Any]:
    return next(row for row in page.last("leases")["leases"] if row["key"] == key)


def test_a_lock_is_taken_shown_and_holds_others_off(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(LockManager)

    assert page.ask("lock", keys=["scene", "new"], seconds=10)["result"] == {"granted": True}

    row = lease(page, "scene")
    assert row["state"] == "held"
    assert 9 < row["left"] <= 10
    with pytest.raises(UpdateRefused):
        server.update_state("someone", DictionaryChange({"scene": 1}))


def test_a_refused_lock_says_why(open_page: OpenPage, server: NanoverServer) -> None:
    server.update_locks("someone", {"scene": 60})
    page = open_page(LockManager)

    assert page.ask("lock", keys=["scene"], seconds=10)["result"] == {"granted": False}

    assert lease(page, "scene")["state"] == "refused"
    assert lease(page, "scene")["note"] == "someone else holds it"


def test_a_lock_is_renewed_and_given_back(open_page: OpenPage, server: NanoverServer) -> None:
    page = open_page(LockManager)
    page.ask("lock", keys=["scene"], seconds=5)
    first = lease(page, "scene")["left"]

    page.ask("renew", key="scene")
    assert lease(page, "scene")["left"] >= first - 0.5
    page.ask("release", keys=["scene"])

    assert lease(page, "scene")["state"] == "released"
    server.update_locks("someone", {"scene": 1})


def test_a_lock_that_runs_out_is_told_without_a_word_from_the_server(open_page: OpenPage) -> None:
    page = open_page(LockManager)
    page.ask("lock", keys=["scene"], seconds=0.2)

    eventually(lambda: lease(page, "scene")["state"] == "lost")

    assert lease(page, "scene")["note"] == "its time ran out"
    page.ask("forget", key="scene")
    assert page.last("leases") == {"leases": []}


@pytest.mark.parametrize("seconds", [0, -1, "10", None, True, {"$nvj": "nan"}, {"$nvj": "cut"}])
def test_a_duration_that_makes_no_sense_is_refused(open_page: OpenPage, seconds: Any) -> None:
    reply = open_page(LockManager).ask("lock", keys=["scene"], seconds=seconds)

    assert reply["error"]["kind"] == "BadRequest"


def test_a_lock_without_end_says_so(open_page: OpenPage) -> None:
    page = open_page(LockManager)
    page.ask("lock", keys=["scene"], seconds={"$nvj": "inf"})

    row = lease(page, "scene")
    assert (row["left"], row["endless"], row["seconds"]) == (None, True, None)


def test_a_lock_taken_in_a_cell_is_shown_too(open_page: OpenPage, connection: Connection) -> None:
    page = open_page(LockManager)

    connection.client.attempt_update_locks({"title": 5})

    eventually(lambda: lease(page, "title")["state"] == "held")


def test_renewing_what_was_never_locked_is_refused(open_page: OpenPage) -> None:
    reply = open_page(LockManager).ask("renew", key="scene")

    assert "no lock was ever taken on 'scene'" in reply["error"]["message"]
