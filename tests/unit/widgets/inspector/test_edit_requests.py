"""What views ask to be written, and the locks that their fields hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from nanover_jupyter import Connection, DictionaryChange, NanoverServer, StateInspector, connect
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


@pytest.fixture
def websocket() -> Iterator[Connection]:
    """A server that speaks both protocols, by the one without locks."""
    with NanoverServer(websocket_port=0) as server:
        server.update_state(None, DictionaryChange({"title": "demo"}))
        with connect(f"ws://127.0.0.1:{server.websocket_port}") as connection:
            yield connection


def write(page: FakePage, key: str, text: str, *path: Any, add: bool = False) -> Any:
    return page.ask("write", key=key, path=list(path), text=text, add=add)


def test_a_write_is_told_to_every_view_until_it_is_seen_back(
    page: FakePage, server: NanoverServer
) -> None:
    second = FakePage(page.panel, "page-2")
    second.hello()

    reply = write(page, "scene", "1.5", 0)

    assert reply["result"]["state"] in {"accepted", "seen"}
    eventually(lambda: second.last("edits")["edits"][-1]["state"] == "seen")
    assert server.copy_state()["scene"][0] == 1.5
    assert second.last("edits")["undo"] == "change scene · [0]"


def test_a_view_that_comes_later_is_told_the_edits(page: FakePage) -> None:
    write(page, "scene", "1.5", 0)
    late = FakePage(page.panel, "page-2")
    late.hello()

    assert late.last("edits")["edits"][0]["text"] == "change scene · [0]"


@pytest.mark.parametrize(
    ("text", "value"), [("NaN", math.nan), ("-Infinity", -math.inf), ('{"a": [1]}', {"a": [1.0]})]
)
def test_what_python_writes_as_json_can_be_written(
    page: FakePage, server: NanoverServer, text: str, value: Any
) -> None:
    write(page, "new", text, add=True)

    eventually(lambda: repr(server.copy_state().get("new")) == repr(value))


@pytest.mark.parametrize("text", ["", "{", "nan", "'a'", "[" * 100_000])
def test_a_text_that_is_not_json_is_refused_and_writes_nothing(
    page: FakePage, server: NanoverServer, text: str
) -> None:
    reply = write(page, "title", text)

    assert reply["error"]["kind"] == "BadRequest"
    assert reply["error"]["message"].startswith("this is not JSON")
    assert server.copy_state()["title"] == "demo"


def test_integers_stay_integers_where_the_wire_has_them(websocket: Connection) -> None:
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


def test_a_field_holds_its_keys_lock_and_gives_it_back(page: FakePage, other: Connection) -> None:
    held = page.ask("hold", key="title")["result"]
    assert (held["held"], held["able"]) == (True, True)
    assert not other.client.attempt_update_state(DictionaryChange({"title": "theirs"}))

    again = page.ask("hold", key="title")["result"]
    assert again["held"]
    assert write(page, "title", '"mine"')["result"]["state"] in {"accepted", "seen"}
    page.ask("let_go", key="title")

    assert other.client.attempt_update_state(DictionaryChange({"title": "theirs"}))


def test_a_key_that_someone_else_holds_says_so(page: FakePage, other: Connection) -> None:
    other.client.attempt_update_locks({"title": 30.0})

    held = page.ask("hold", key="title")["result"]
    edit = write(page, "title", '"mine"')["result"]

    assert (held["held"], held["note"]) == (False, "someone else holds it")
    assert (edit["state"], edit["note"]) == ("refused", "another client holds a lock on it")


def test_a_server_without_locks_says_so_and_takes_the_edit(websocket: Connection) -> None:
    page = FakePage(StateInspector(websocket))
    page.hello()

    held = page.ask("hold", key="title")["result"]
    edit = write(page, "title", '"mine"')["result"]
    page.panel.close()

    assert (held["held"], held["able"]) == (False, False)
    assert edit["state"] in {"sent", "seen"}


def test_a_widget_that_is_closed_gives_the_locks_of_its_fields_back(
    page: FakePage, other: Connection
) -> None:
    page.ask("hold", key="title")
    page.panel.close()

    eventually(
        lambda: other.client.attempt_update_state(DictionaryChange({"title": "theirs"})), seconds=5
    )


def test_a_branch_is_removed_with_the_number_of_keys_that_was_shown(
    page: FakePage, server: NanoverServer
) -> None:
    server.update_state(
        None, DictionaryChange({"box": 0.0, "box.a": 1.0, "box/b": 2.0, "boxes": 3.0})
    )
    eventually(lambda: "boxes" in page.model.values)

    wrong = page.ask("remove", key="box", branch=True, count=2)
    assert wrong["error"]["message"] == (
        "there are 3 keys now, not 2: look again before removing them"
    )

    right = page.ask("remove", key="box", branch=True, count=3)["result"]
    assert (right["text"], right["count"]) == ("remove 3 keys", 3)
    eventually(lambda: server.copy_state().keys() == {"scene", "title", "boxes"})


def test_keys_are_renamed_and_removed_and_all_is_undone(
    page: FakePage, server: NanoverServer
) -> None:
    page.ask("rename", key="title", name="heading")
    page.ask("remove", key="scene", branch=False, count=1)
    eventually(lambda: server.copy_state().keys() == {"heading"})

    page.ask("undo", force=False)
    page.ask("undo", force=False)

    eventually(lambda: server.copy_state().keys() == {"scene", "title"})
    reply = page.ask("undo", force=False)
    assert reply["error"]["message"] == "there is nothing to undo"
