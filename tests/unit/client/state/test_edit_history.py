"""What people write by hand: what becomes of it, and how it is undone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from nanover_jupyter import DictionaryChange
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.state.edit_history import Edit, EditHistory
from nanover_jupyter.client.state.paths import Named
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport

STATE: dict[str, Any] = {
    "scale": 0.5,
    "name": "demo",
    "people": [{"name": "Anna", "at": [0.0, 1.0]}, {"name": "Ivan", "at": [2.0, 3.0]}],
    "box.a": 1.0,
    "box.b": 2.0,
}


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport(STATE)


@pytest.fixture
def client(transport: FakeTransport) -> Iterator[BaseClient]:
    with BaseClient(transport) as client:
        client.subscribe_all_state_updates()
        eventually(lambda: len(client.keys()) == len(STATE))
        yield client


@pytest.fixture
def history(client: BaseClient) -> EditHistory:
    return EditHistory.of(client)


def last(history: EditHistory) -> Edit:
    return history.edits()[-1]


def test_an_edit_is_seen_back_from_the_server(history: EditHistory, client: BaseClient) -> None:
    states: list[str] = []
    history.subscribe(lambda: states.append(last(history).state))

    history.set("scale", (), 0.75)

    eventually(lambda: last(history).state == "seen")
    assert client.peek("scale") == 0.75
    assert states[0] == "sent"
    assert "accepted" in states or states[-1] == "seen"
    assert last(history).text == "change scale"


def test_a_part_is_changed_and_the_rest_stays(history: EditHistory, client: BaseClient) -> None:
    history.set("people", (Named("name", "Ivan"), "at", 0), 9)

    eventually(lambda: client.peek("people")[1]["at"] == [9.0, 3.0])
    assert client.peek("people")[0] == STATE["people"][0]
    assert last(history).text == "change people · [Ivan].at[0]"


def test_an_edit_of_a_locked_key_is_refused(
    history: EditHistory, client: BaseClient, transport: FakeTransport
) -> None:
    transport.held_elsewhere = {"scale"}

    edit = history.set("scale", (), 0.75)

    assert (edit.state, edit.note) == ("refused", "another client holds a lock on it")
    assert client.peek("scale") == 0.5
    assert history.undoable is None


def test_an_edit_fails_if_the_connection_is_lost(
    history: EditHistory, transport: FakeTransport
) -> None:
    transport.die("the cable is out")

    edit = history.set("scale", (), 0.75)

    assert edit.state == "failed"
    assert "the cable is out" in edit.note


def test_a_value_that_cannot_be_sent_is_refused_before(
    history: EditHistory, client: BaseClient
) -> None:
    edit = history.set("name", (), "\ud800")

    assert edit.state == "refused"
    assert "surrogates" in edit.note
    assert client.peek("name") == "demo"


@pytest.mark.parametrize(
    ("do", "why"),
    [
        (lambda history: history.set("nothing", (), 1), "the key was removed"),
        (lambda history: history.set("people", (5,), 1), "the value no longer has [5]"),
        (lambda history: history.add("name", 1), "the key already exists"),
        (lambda history: history.rename("nothing", "x"), "the key was removed"),
        (lambda history: history.rename("scale", "name"), "the key 'name' already exists"),
        (lambda history: history.remove(["nothing"]), "already removed"),
        (
            lambda history: history.set("name", (), None),
            "the server does not support null; remove the key",
        ),
    ],
)
def test_an_impossible_edit_is_refused_with_the_reason(
    history: EditHistory, client: BaseClient, do: Any, why: str
) -> None:
    edit = do(history)

    assert edit.state == "refused"
    assert edit.note.startswith(why)
    assert client.snapshot() == STATE


def test_keys_are_added_renamed_and_removed(history: EditHistory, client: BaseClient) -> None:
    history.add("new", {"a": math.inf})
    eventually(lambda: client.peek("new") == {"a": math.inf})

    history.rename("new", "newer")
    eventually(lambda: {"new", "newer"} & client.snapshot().keys() == {"newer"})

    history.remove(["newer", "box.a", "box.b", "gone before"])
    eventually(lambda: sorted(client.keys()) == ["name", "people", "scale"])
    assert [edit.text for edit in history.edits()] == [
        "add new",
        "rename new to newer",
        "remove 4 keys",
    ]


def test_edits_are_undone_one_by_one(history: EditHistory, client: BaseClient) -> None:
    history.set("scale", (), 1.5)
    history.add("new", 1.0)
    history.rename("name", "title")
    history.remove(["box.a", "box.b"])

    undone = []
    while (text := history.undoable) is not None:
        edit = history.undo()
        assert edit is not None
        undone.append(text)

    eventually(lambda: client.snapshot() == STATE)
    assert undone == ["remove 2 keys", "rename name to title", "add new", "change scale"]
    assert history.undo() is None


def test_values_that_changed_since_are_not_restored_unless_forced(
    history: EditHistory, client: BaseClient, transport: FakeTransport
) -> None:
    history.set("scale", (), 0.75)
    transport.change({"scale": 3.0})

    refused = history.undo()
    assert refused is not None
    assert (refused.state, refused.note) == ("refused", "scale has changed since")
    assert history.undoable == "change scale"

    history.undo(force=True)
    eventually(lambda: client.peek("scale") == 0.5)
    assert history.undoable is None


def test_an_integer_written_over_a_float_becomes_a_float(history: EditHistory) -> None:
    sent: list[DictionaryChange] = []
    client = history._client
    before = client.attempt_update_state

    def note(change: DictionaryChange) -> bool:
        sent.append(change)
        return before(change)

    client.attempt_update_state = note  # type: ignore[method-assign]
    history.set("scale", (), 2)
    history.set("people", (0, "at"), [1, 2, 3])

    updates = [change.updates for change in sent if change.updates]
    assert type(updates[0]["scale"]) is float
    assert [type(number) for number in updates[1]["people"][0]["at"]] == [float] * 3


def test_an_edit_that_is_overwritten_at_once_stays_accepted(
    history: EditHistory, client: BaseClient, transport: FakeTransport
) -> None:
    edit = history.set("scale", (), math.nan)
    eventually(lambda: last(history).state == "seen")
    assert math.isnan(client.peek("scale"))
    assert edit.number == 1


def test_the_history_is_collected_with_its_client(client: BaseClient, history: EditHistory) -> None:
    assert EditHistory.of(client) is history
    client.close()

    assert history.set("scale", (), 1.0).state == "failed"


def test_only_the_last_edits_are_kept(history: EditHistory) -> None:
    for number in range(60):
        history.set("scale", (), float(number))

    assert [edit.number for edit in history.edits()] == list(range(11, 61))


def test_a_number_beyond_a_double_is_refused(history: EditHistory) -> None:
    assert history.set("scale", (), 10**400).state == "refused"
