"""Functions that a server may ask us to call."""

from __future__ import annotations

import threading

import msgpack
import pytest

from nanover_jupyter.errors import ConnectionLost
from nanover_jupyter.transport.websocket import commands as websocket_commands
from nanover_jupyter.transport.websocket.commands import OfferedCommands
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.websocket.codec import Request
from tests.support.eventually import eventually

SOON = 10.0


class FakeLink:
    """Writes down what is sent over it."""

    def __init__(self):
        self.sent = []
        self.broken = False

    def send(self, message, *, doing, timeout):
        if self.broken:
            raise ConnectionLost("ws://x", doing, "cut")
        self.sent.append(msgpack.unpackb(message)["command"])

    def post(self, message, *, doing):
        self.send(message, doing=doing, timeout=None)

    def answer(self):
        eventually(lambda: self.sent)
        return self.sent.pop(0)


@pytest.fixture
def offered(no_thread_stays):
    offered = OfferedCommands()
    yield offered
    offered.close()


@pytest.fixture
def link():
    return FakeLink()


def request(name, number=1, **arguments):
    return Request(name, arguments, {"name": name, "arguments": arguments, "id": number})


def test_a_function_is_called_with_its_defaults_and_answers_with_its_result(offered, link):
    offered.offer(CommandInfo("me/x", a=1, b=2), lambda **arguments: {"got": arguments})

    offered.asked(link, request("me/x", b=3))

    asked = {"name": "me/x", "arguments": {"b": 3}, "id": 1}
    assert link.answer() == {"request": asked, "response": {"got": {"a": 1, "b": 3}}}


@pytest.mark.parametrize("result", [None, 7, [1, "x"], b"raw"])
def test_any_result_that_can_be_sent_is(offered, link, result):
    offered.offer(CommandInfo("me/x"), lambda: result)

    offered.asked(link, request("me/x"))

    assert link.answer()["response"] == result


def fail():
    raise ValueError("it is bent")


def leave():
    raise SystemExit


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


def mute():
    raise Unspeakable


@pytest.mark.parametrize(
    ("callback", "text"),
    [
        (fail, "it is bent"),
        (leave, "SystemExit"),
        (mute, "Unspeakable"),
        (lambda: {1}, "cannot send result: a set is not a JSON-like value"),
        (lambda: {"a": {1: 2}}, "the key 1 is an int, not a string"),
        (lambda needed: needed, "missing 1 required positional argument"),
    ],
)
def test_a_function_that_fails_answers_with_its_words_and_the_next_is_served(
    offered, link, callback, text
):
    offered.offer(CommandInfo("me/bad"), callback)
    offered.offer(CommandInfo("me/good"), lambda: "fine")

    offered.asked(link, request("me/bad", 1))
    offered.asked(link, request("me/good", 2))

    assert text in link.answer()["exception"]
    assert link.answer()["response"] == "fine"


def test_a_result_beyond_the_servers_limit_is_told_to_be_so(offered, link, monkeypatch):
    monkeypatch.setattr(websocket_commands, "MESSAGE_LIMIT", 1000)
    offered.offer(CommandInfo("me/x"), lambda: "x" * 1000)

    offered.asked(link, request("me/x"))

    assert "the result is too large" in link.answer()["exception"]


def test_what_is_not_offered_is_refused(offered, link):
    offered.asked(link, request("me/x"))

    assert link.answer()["exception"] == "no 'me/x' is offered here"


def test_functions_run_one_at_a_time_in_order_on_a_thread_of_their_own(offered, link):
    ran = []
    offered.offer(CommandInfo("me/x"), lambda n: ran.append((n, threading.current_thread().name)))

    for number in range(20):
        offered.asked(link, request("me/x", number, n=number))

    eventually(lambda: len(link.sent) == 20)
    assert ran == [(number, "nanover-commands") for number in range(20)]


def test_too_many_calls_are_refused(offered, link, monkeypatch):
    monkeypatch.setattr(websocket_commands, "_WAITING_LIMIT", 2)
    begun, go_on = threading.Event(), threading.Event()

    def wait():
        begun.set()
        go_on.wait(SOON)

    offered.offer(CommandInfo("me/x"), wait)
    offered.asked(link, request("me/x"))
    begun.wait(SOON)
    for _ in range(3):
        offered.asked(link, request("me/x"))

    assert link.answer()["exception"] == "too many calls are waiting already"
    go_on.set()


def test_an_answer_that_reaches_nobody_does_no_harm(offered, link):
    gone = FakeLink()
    gone.broken = True
    offered.offer(CommandInfo("me/x"), lambda: 1)

    offered.asked(gone, request("me/x"))
    offered.asked(link, request("me/x"))

    assert link.answer()["response"] == 1


def test_a_name_again_replaces_the_function(offered, link):
    offered.offer(CommandInfo("me/x"), lambda: "old")
    offered.offer(CommandInfo("me/x", n=1), lambda n: f"new {n}")

    offered.asked(link, request("me/x"))

    assert link.answer()["response"] == "new 1"
    assert offered.all() == [CommandInfo("me/x", n=1)]
    assert "me/x" in offered
