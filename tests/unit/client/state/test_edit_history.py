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
def book(client: BaseClient) -> EditHistory:
    return EditHistory.of(client)


def last(book: EditHistory) -> Edit:
    return book.edits()[-1]


def test_an_edit_is_seen_back_from_the_server(book: EditHistory, client: BaseClient) -> None:
    states: list[str] = []
    book.subscribe(lambda: states.append(last(book).state))

    book.set("scale", (), 0.75)

    eventually(lambda: last(book).state == "seen")
    assert client.peek("scale") == 0.75
    assert states[0] == "sent"
    assert "accepted" in states or states[-1] == "seen"
    assert last(book).text == "change scale"


def test_a_part_is_changed_and_the_rest_stays(book: EditHistory, client: BaseClient) -> None:
    book.set("people", (Named("name", "Ivan"), "at", 0), 9)

    eventually(lambda: client.peek("people")[1]["at"] == [9.0, 3.0])
    assert client.peek("people")[0] == STATE["people"][0]
    assert last(book).text == "change people · [Ivan].at[0]"


def test_what_someone_else_locked_is_refused_and_stays(
    book: EditHistory, client: BaseClient, transport: FakeTransport
) -> None:
    transport.held_elsewhere = {"scale"}

    edit = book.set("scale", (), 0.75)

    assert (edit.state, edit.note) == ("refused", "someone else holds a lock on it")
    assert client.peek("scale") == 0.5
    assert book.undoable is None


def test_a_lost_server_is_told_as_a_failure(book: EditHistory, transport: FakeTransport) -> None:
    transport.die("the cable is out")

    edit = book.set("scale", (), 0.75)

    assert edit.state == "failed"
    assert "the cable is out" in edit.note


def test_a_value_that_cannot_be_sent_is_refused_before(
    book: EditHistory, client: BaseClient
) -> None:
    edit = book.set("name", (), "\ud800")

    assert edit.state == "refused"
    assert "surrogates" in edit.note
    assert client.peek("name") == "demo"


@pytest.mark.parametrize(
    ("do", "why"),
    [
        (lambda book: book.set("nothing", (), 1), "the key is gone"),
        (lambda book: book.set("people", (5,), 1), "the value has no [5] any more"),
        (lambda book: book.add("name", 1), "there is such a key already"),
        (lambda book: book.rename("nothing", "x"), "the key is gone"),
        (lambda book: book.rename("scale", "name"), "there is a key 'name' already"),
        (lambda book: book.remove(["nothing"]), "nothing of it is left"),
        (lambda book: book.set("name", (), None), "this server has no null: remove the key"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    book: EditHistory, client: BaseClient, do: Any, why: str
) -> None:
    edit = do(book)

    assert edit.state == "refused"
    assert edit.note.startswith(why)
    assert client.snapshot() == STATE


def test_keys_are_added_renamed_and_removed(book: EditHistory, client: BaseClient) -> None:
    book.add("new", {"a": math.inf})
    eventually(lambda: client.peek("new") == {"a": math.inf})

    book.rename("new", "newer")
    eventually(lambda: {"new", "newer"} & client.snapshot().keys() == {"newer"})

    book.remove(["newer", "box.a", "box.b", "gone before"])
    eventually(lambda: sorted(client.keys()) == ["name", "people", "scale"])
    assert [edit.text for edit in book.edits()] == [
        "add new",
        "rename new to newer",
        "remove 4 keys",
    ]


def test_everything_is_undone_in_turn(book: EditHistory, client: BaseClient) -> None:
    book.set("scale", (), 1.5)
    book.add("new", 1.0)
    book.rename("name", "title")
    book.remove(["box.a", "box.b"])

    undone = []
    while (text := book.undoable) is not None:
        edit = book.undo()
        assert edit is not None
        undone.append(text)

    eventually(lambda: client.snapshot() == STATE)
    assert undone == ["remove 2 keys", "rename name to title", "add new", "change scale"]
    assert book.undo() is None


def test_what_was_changed_since_is_not_undone_unless_forced(
    book: EditHistory, client: BaseClient, transport: FakeTransport
) -> None:
    book.set("scale", (), 0.75)
    transport.change({"scale": 3.0})

    refused = book.undo()
    assert refused is not None
    assert (refused.state, refused.note) == ("refused", "scale has changed since")
    assert book.undoable == "change scale"

    book.undo(force=True)
    eventually(lambda: client.peek("scale") == 0.5)
    assert book.undoable is None


def test_a_whole_number_typed_for_a_float_stays_a_float(book: EditHistory) -> None:
    sent: list[DictionaryChange] = []
    client = book._client
    before = client.attempt_update_state

    def note(change: DictionaryChange) -> bool:
        sent.append(change)
        return before(change)

    client.attempt_update_state = note  # type: ignore[method-assign]
    book.set("scale", (), 2)
    book.set("people", (0, "at"), [1, 2, 3])

    updates = [change.updates for change in sent if change.updates]
    assert type(updates[0]["scale"]) is float
    assert [type(number) for number in updates[1]["people"][0]["at"]] == [float] * 3


def test_an_edit_that_others_write_over_at_once_ends_as_accepted(
    book: EditHistory, client: BaseClient, transport: FakeTransport
) -> None:
    edit = book.set("scale", (), math.nan)
    eventually(lambda: last(book).state == "seen")
    assert math.isnan(client.peek("scale"))
    assert edit.number == 1


def test_the_book_ends_with_its_client(client: BaseClient, book: EditHistory) -> None:
    assert EditHistory.of(client) is book
    client.close()

    assert book.set("scale", (), 1.0).state == "failed"


def test_only_the_last_edits_are_remembered(book: EditHistory) -> None:
    for number in range(60):
        book.set("scale", (), float(number))

    assert [edit.number for edit in book.edits()] == list(range(11, 61))


def test_a_number_beyond_a_double_is_refused(book: EditHistory) -> None:
    assert book.set("scale", (), 10**400).state == "refused"
