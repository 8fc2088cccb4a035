"""Edits by views, and the locks of edited keys."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    LockKind,
    NanoverServer,
    StateInspector,
    connect,
)
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage


@pytest.fixture
def page(open_page: OpenPage) -> FakePage:
    return open_page(StateInspector)


@pytest.fixture
def other(server: NanoverServer) -> Iterator[Connection]:
    with connect(f"grpc://127.0.0.1:{server.port}") as other:
        yield other


def write(page: FakePage, key: str, text: str, *path: Any, add: bool = False) -> Any:
    return page.ask("write", key=key, path=list(path), text=text, add=add)


def test_a_write_is_posted_to_every_view_until_it_is_saved(
    page: FakePage, server: NanoverServer
) -> None:
    second = FakePage(page.panel, "page-2")
    second.hello()

    reply = write(page, "scene", "1.5", 0)

    assert reply["result"]["state"] in {"accepted", "seen"}
    eventually(lambda: second.last("edits")["edits"][-1]["state"] == "seen")
    assert server.copy_state()["scene"][0] == 1.5
    assert second.last("edits")["undo"] == "change scene · [0]"


def test_a_new_view_gets_the_edit_history(page: FakePage) -> None:
    write(page, "scene", "1.5", 0)
    late = FakePage(page.panel, "page-2")
    late.hello()

    assert late.last("edits")["edits"][0]["text"] == "change scene · [0]"


@pytest.mark.parametrize(
    ("text", "value"), [("NaN", math.nan), ("-Infinity", -math.inf), ('{"a": [1]}', {"a": [1.0]})]
)
def test_json_of_python_can_be_written(
    page: FakePage, server: NanoverServer, text: str, value: Any
) -> None:
    write(page, "new", text, add=True)

    eventually(lambda: repr(server.copy_state().get("new")) == repr(value))


@pytest.mark.parametrize("text", ["", "{", "nan", "'a'", "[" * 100_000])
def test_invalid_json_is_rejected(page: FakePage, server: NanoverServer, text: str) -> None:
    reply = write(page, "title", text)

    assert reply["error"]["kind"] == "BadRequest"
    assert reply["error"]["message"].startswith("not valid JSON")
    assert server.copy_state()["title"] == "demo"


def test_integers_are_kept_by_websocket_servers(websocket: Connection) -> None:
    page = FakePage(StateInspector(websocket))
    page.hello()
    write(page, "count", "7", add=True)
    write(page, "large", "9007199254740993", add=True)
    write(page, "float", "7.0", add=True)
    eventually(lambda: websocket.client.peek("float") is not None)

    state = websocket.client.copy_state()
    page.panel.close()

    assert [type(state[key]) for key in ("count", "large", "float")] == [int, int, float]
    assert state["large"] == 9007199254740993


def test_an_edited_key_is_locked_and_released(page: FakePage, other: Connection) -> None:
    held = page.ask("acquire_edit_lock", key="title")["result"]
    assert (held["held"], held["locks"]) == (True, "server")
    assert not other.client.attempt_update_state(DictionaryChange({"title": "theirs"}))

    again = page.ask("acquire_edit_lock", key="title")["result"]
    assert again["held"]
    assert write(page, "title", '"mine"')["result"]["state"] in {"accepted", "seen"}
    page.ask("release_edit_lock", key="title")

    assert other.client.attempt_update_state(DictionaryChange({"title": "theirs"}))


def test_a_key_held_by_another_client_cannot_be_locked(page: FakePage, other: Connection) -> None:
    other.client.attempt_update_locks({"title": 30.0})

    held = page.ask("acquire_edit_lock", key="title")["result"]
    edit = write(page, "title", '"mine"')["result"]

    assert (held["held"], held["holder"], held["until"], held["note"]) == (False, "", None, "")
    assert (edit["state"], edit["note"]) == ("refused", "another client holds a lock on it")


def test_the_holder_of_an_edited_key_is_named(
    page: FakePage, other: Connection, quick_claims: None
) -> None:
    other.client.claims.name = "Ben"
    other.client.lock("title")
    eventually(lambda: page.panel.connection.client.claims.holder("title"))

    held = page.ask("acquire_edit_lock", key="title")["result"]

    assert (held["held"], held["holder"]) == (False, "Ben")
    assert held["until"] > time.time()


def test_edited_keys_of_a_websocket_server_are_locked_cooperatively(
    open_page: OpenPage, websocket: Connection
) -> None:
    page = open_page(StateInspector, websocket)
    with connect(websocket.address, name="Ben") as ben:
        held = page.ask("acquire_edit_lock", key="title")["result"]
        assert (held["held"], held["locks"]) == (True, "cooperative")
        eventually(lambda: ben.client.claims.holder("title"))
        assert not ben.client.attempt_update_state(DictionaryChange({"title": "theirs"}))
        assert write(page, "title", '"mine"')["result"]["state"] in {"sent", "seen"}
        page.ask("release_edit_lock", key="title")

        with ben.client.lock("title", wait=True):
            eventually(lambda: websocket.client.claims.holder("title"))
            held = page.ask("acquire_edit_lock", key="title")["result"]
            edit = write(page, "title", '"mine again"')["result"]

    assert (held["held"], held["holder"]) == (False, "Ben")
    assert (edit["state"], edit["note"]) == ("refused", "another client holds a lock on it")


def test_a_server_without_locks_accepts_the_edit(
    open_page: OpenPage, websocket: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    capabilities = replace(websocket.client.capabilities, locks=LockKind.NONE)
    monkeypatch.setattr(type(websocket.client), "capabilities", capabilities)
    page = open_page(StateInspector, websocket)

    held = page.ask("acquire_edit_lock", key="title")["result"]
    edit = write(page, "title", '"mine"')["result"]

    assert (held["held"], held["locks"]) == (False, "none")
    assert edit["state"] in {"sent", "seen"}


def test_closing_the_widget_releases_the_locks_of_edited_keys(
    page: FakePage, other: Connection
) -> None:
    page.ask("acquire_edit_lock", key="title")
    page.panel.close()

    eventually(
        lambda: other.client.attempt_update_state(DictionaryChange({"title": "theirs"})), seconds=5
    )


def test_a_branch_is_removed_only_with_the_expected_number_of_keys(
    page: FakePage, server: NanoverServer
) -> None:
    server.update_state(
        None, DictionaryChange({"box": 0.0, "box.a": 1.0, "box/b": 2.0, "boxes": 3.0})
    )
    eventually(lambda: "boxes" in page.model.values)

    wrong = page.ask("remove", key="box", branch=True, count=2)
    assert wrong["error"]["message"] == (
        "the branch has 3 keys, not 2; check again before removing it"
    )

    right = page.ask("remove", key="box", branch=True, count=3)["result"]
    assert (right["text"], right["count"]) == ("remove 3 keys", 3)
    eventually(lambda: server.copy_state().keys() == {"scene", "title", "boxes"})


def test_renaming_and_removing_keys_can_be_undone(page: FakePage, server: NanoverServer) -> None:
    page.ask("rename", key="title", name="heading")
    page.ask("remove", key="scene", branch=False, count=1)
    eventually(lambda: server.copy_state().keys() == {"heading"})

    page.ask("undo", force=False)
    page.ask("undo", force=False)

    eventually(lambda: server.copy_state().keys() == {"scene", "title"})
    reply = page.ask("undo", force=False)
    assert reply["error"]["message"] == "nothing to undo"
