"""Every request is answered exactly once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.errors import CommandFailed
from nanover_jupyter.widgets.sync.requests import (
    Answer,
    BadRequest,
    answer_request,
    error_body,
    field_of,
    text_list,
)
from tests.support.eventually import eventually


class Replies(list[Any]):
    """Collects what would go to the page."""

    def answer(self, slots: int = 4) -> Answer:
        return Answer(self.append, BoundedExecutor(slots))


def broken(*_: Any) -> None:
    raise ZeroDivisionError("oh")


HANDLERS = {
    "good": lambda _client, body, answer: answer.ok(body),
    "broken": broken,
    "refusing": lambda _client, _body, answer: answer.fail(CommandFailed("x", "no")),
    "double": lambda _client, _body, answer: (answer.ok(1), answer.ok(2), answer.fail(OSError())),
}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"v": 1, "op": "good", "body": {"a": 1}}, None),
        ({"v": 1, "op": "double", "body": {}}, None),
        ({"v": 1, "op": "refusing", "body": {}}, "CommandFailed"),
        ({"v": 1, "op": "broken", "body": {}}, "Fault"),
        ({"v": 1, "op": "unheard of", "body": {}}, "BadRequest"),
        ({"v": 1, "op": ["good"], "body": {}}, "BadRequest"),
        ({"v": 1, "op": "good", "body": [1]}, "BadRequest"),
        ({"v": 1, "op": "good"}, "BadRequest"),
        ({"v": 2, "op": "good", "body": {}}, "BadRequest"),
        ({}, "BadRequest"),
    ],
)
def test_any_request_gets_one_reply(content: dict[str, Any], kind: str | None) -> None:
    replies = Replies()

    answer_request(HANDLERS, content, "page", replies.answer())

    (reply,) = replies
    assert reply["ok"] == (kind is None)
    if kind is not None:
        assert reply["error"]["kind"] == kind
        assert reply["error"]["message"]


def test_slow_work_is_done_elsewhere() -> None:
    replies = Replies()
    replies.answer().later(lambda: threading.current_thread().name)

    assert eventually(lambda: list(replies)) == [{"ok": True, "result": "nanover-call"}]


def test_too_much_slow_work_is_refused_with_a_word() -> None:
    replies = Replies()
    gate = threading.Event()
    slots = BoundedExecutor(1)
    Answer(replies.append, slots).later(gate.wait)
    Answer(replies.append, slots).later(gate.wait)

    assert "too many calls" in replies[0]["error"]["message"]
    gate.set()
    eventually(lambda: len(replies) == 2)


def test_fields_are_checked() -> None:
    assert field_of({"n": 1}, "n", int) == 1
    assert text_list({"keys": ["a", ""]}, "keys") == ["a", ""]
    for wrong in ({}, {"n": "1"}, {"n": True}):
        with pytest.raises(BadRequest):
            field_of(wrong, "n", int)
    for keys in ([], [1], "abc", None):
        with pytest.raises(BadRequest):
            text_list({"keys": keys}, "keys")


def test_errors_keep_their_words_and_faults_say_that_they_are_ours() -> None:
    assert error_body(CommandFailed("x", "no"))["kind"] == "CommandFailed"
    assert error_body(BadRequest("what?")) == {"kind": "BadRequest", "message": "what?"}
    assert error_body(ZeroDivisionError("oh")) == {
        "kind": "Fault",
        "message": "this is a fault of ours: ZeroDivisionError: oh",
    }
