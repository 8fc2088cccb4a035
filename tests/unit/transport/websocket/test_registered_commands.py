"""Commands that a client registers and runs on request."""

from __future__ import annotations

import threading

import msgpack
import pytest

from nanover_jupyter.errors import ConnectionLost
from nanover_jupyter.transport.websocket import registered_commands as commands_module
from nanover_jupyter.transport.websocket.registered_commands import RegisteredCommands
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.websocket.codec import Request
from tests.support.eventually import eventually

SOON = 10.0


class FakeLink:
    """A fake connection that records what is sent."""

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
def registered(no_thread_stays):
    registered = RegisteredCommands()
    yield registered
    registered.close()


@pytest.fixture
def connection():
    return FakeLink()


def request(name, number=1, **arguments):
    return Request(name, arguments, {"name": name, "arguments": arguments, "id": number})


def test_a_function_is_called_with_its_defaults_and_its_result_is_sent(registered, connection):
    registered.register(CommandInfo("me/x", a=1, b=2), lambda **arguments: {"got": arguments})

    registered.on_request(connection, request("me/x", b=3))

    asked = {"name": "me/x", "arguments": {"b": 3}, "id": 1}
    assert connection.answer() == {"request": asked, "response": {"got": {"a": 1, "b": 3}}}


@pytest.mark.parametrize("result", [None, 7, [1, "x"], b"raw"])
def test_any_valid_result_is_sent(registered, connection, result):
    registered.register(CommandInfo("me/x"), lambda: result)

    registered.on_request(connection, request("me/x"))

    assert connection.answer()["response"] == result


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
def test_a_failed_function_replies_with_its_message_and_the_next_one_runs(
    registered, connection, callback, text
):
    registered.register(CommandInfo("me/bad"), callback)
    registered.register(CommandInfo("me/good"), lambda: "fine")

    registered.on_request(connection, request("me/bad", 1))
    registered.on_request(connection, request("me/good", 2))

    assert text in connection.answer()["exception"]
    assert connection.answer()["response"] == "fine"


def test_a_result_over_the_servers_limit_is_an_error(registered, connection, monkeypatch):
    monkeypatch.setattr(commands_module, "MESSAGE_LIMIT", 1000)
    registered.register(CommandInfo("me/x"), lambda: "x" * 1000)

    registered.on_request(connection, request("me/x"))

    assert "the result is too large" in connection.answer()["exception"]


def test_an_unknown_command_is_rejected(registered, connection):
    registered.on_request(connection, request("me/x"))

    assert connection.answer()["exception"] == "command 'me/x' is not registered here"


def test_functions_run_one_at_a_time_in_order_on_their_own_thread(registered, connection):
    ran = []
    registered.register(
        CommandInfo("me/x"), lambda n: ran.append((n, threading.current_thread().name))
    )

    for number in range(20):
        registered.on_request(connection, request("me/x", number, n=number))

    eventually(lambda: len(connection.sent) == 20)
    assert ran == [(number, "nanover-commands") for number in range(20)]


def test_too_many_calls_are_rejected(registered, connection, monkeypatch):
    monkeypatch.setattr(commands_module, "_PENDING_LIMIT", 2)
    begun, go_on = threading.Event(), threading.Event()

    def wait():
        begun.set()
        go_on.wait(SOON)

    registered.register(CommandInfo("me/x"), wait)
    registered.on_request(connection, request("me/x"))
    begun.wait(SOON)
    for _ in range(3):
        registered.on_request(connection, request("me/x"))

    assert connection.answer()["exception"] == "too many calls are pending"
    go_on.set()


def test_a_reply_that_cannot_be_sent_is_ignored(registered, connection):
    gone = FakeLink()
    gone.broken = True
    registered.register(CommandInfo("me/x"), lambda: 1)

    registered.on_request(gone, request("me/x"))
    registered.on_request(connection, request("me/x"))

    assert connection.answer()["response"] == 1


def test_registering_a_name_again_replaces_the_function(registered, connection):
    registered.register(CommandInfo("me/x"), lambda: "old")
    registered.register(CommandInfo("me/x", n=1), lambda n: f"new {n}")

    registered.on_request(connection, request("me/x"))

    assert connection.answer()["response"] == "new 1"
    assert registered.all() == [CommandInfo("me/x", n=1)]
    assert "me/x" in registered
