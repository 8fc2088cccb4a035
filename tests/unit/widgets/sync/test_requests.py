"""Every request gets exactly one reply."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.errors import CommandFailed
from nanover_jupyter.widgets.sync.requests import (
    BadRequest,
    Reply,
    error_body,
    get_field,
    get_string_list,
    handle_request,
)
from tests.support.eventually import eventually


class Replies(list[Any]):
    """Collects replies."""

    def create(self, slots: int = 4) -> Reply:
        return Reply(self.append, BoundedExecutor(slots))


def broken(*_: Any) -> None:
    raise ZeroDivisionError("oh")


HANDLERS = {
    "good": lambda _client, body, reply: reply.ok(body),
    "broken": broken,
    "refusing": lambda _client, _body, reply: reply.fail(CommandFailed("x", "no")),
    "double": lambda _client, _body, reply: (reply.ok(1), reply.ok(2), reply.fail(OSError())),
}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"v": 1, "op": "good", "body": {"a": 1}}, None),
        ({"v": 1, "op": "double", "body": {}}, None),
        ({"v": 1, "op": "refusing", "body": {}}, "CommandFailed"),
        ({"v": 1, "op": "broken", "body": {}}, "Fault"),
        ({"v": 1, "op": "unknown", "body": {}}, "BadRequest"),
        ({"v": 1, "op": ["good"], "body": {}}, "BadRequest"),
        ({"v": 1, "op": "good", "body": [1]}, "BadRequest"),
        ({"v": 1, "op": "good"}, "BadRequest"),
        ({"v": 2, "op": "good", "body": {}}, "BadRequest"),
        ({}, "BadRequest"),
    ],
)
def test_any_request_gets_one_reply(content: dict[str, Any], kind: str | None) -> None:
    replies = Replies()

    handle_request(HANDLERS, content, "page", replies.create())

    (reply,) = replies
    assert reply["ok"] == (kind is None)
    if kind is not None:
        assert reply["error"]["kind"] == kind
        assert reply["error"]["message"]


def test_slow_work_runs_on_a_background_thread() -> None:
    replies = Replies()
    replies.create().later(lambda: threading.current_thread().name)

    assert eventually(lambda: list(replies)) == [{"ok": True, "result": "nanover-call"}]


def test_too_many_calls_are_rejected() -> None:
    replies = Replies()
    gate = threading.Event()
    slots = BoundedExecutor(1)
    Reply(replies.append, slots).later(gate.wait)
    Reply(replies.append, slots).later(gate.wait)

    assert "too many calls" in replies[0]["error"]["message"]
    gate.set()
    eventually(lambda: len(replies) == 2)


def test_fields_are_checked() -> None:
    assert get_field({"n": 1}, "n", int) == 1
    assert get_string_list({"keys": ["a", ""]}, "keys") == ["a", ""]
    for wrong in ({}, {"n": "1"}, {"n": True}):
        with pytest.raises(BadRequest):
            get_field(wrong, "n", int)
    for keys in ([], [1], "abc", None):
        with pytest.raises(BadRequest):
            get_string_list({"keys": keys}, "keys")


def test_unexpected_errors_are_marked_as_internal() -> None:
    assert error_body(CommandFailed("x", "no"))["kind"] == "CommandFailed"
    assert error_body(BadRequest("what?")) == {"kind": "BadRequest", "message": "what?"}
    assert error_body(ZeroDivisionError("oh")) == {
        "kind": "Fault",
        "message": "internal error: ZeroDivisionError: oh",
    }
