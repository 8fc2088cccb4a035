"""Commands that clients offer to each other."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.server.client_commands import ClientCommands, Offerer
from nanover_jupyter.server.commands import CommandRaised, CommandRegistry
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.websocket_codec import Reply, decode_message


class FakeClient:
    """Answers what it is asked by a function, at once, on the asking thread."""

    def __init__(self, answer):
        self.asked = []
        self.there = True
        self._answer = answer
        self.offerer = Offerer(self._take, lambda: self.there)

    def _take(self, message):
        (request,) = decode_message(message).commands
        self.asked.append(request)
        reply = self._answer(request)
        if reply is not None:
            self.offerer.answered(reply)


@pytest.fixture
def registry():
    return CommandRegistry()


@pytest.fixture
def commands(registry):
    return ClientCommands(registry)


def test_a_call_goes_to_the_client_with_the_defaults_merged_in(registry, commands):
    client = FakeClient(lambda request: Reply(request.said["id"], {"ok": True}, None))
    commands.register(CommandInfo("me/x", a=1, b=2), client.offerer)

    assert registry.run("me/x", {"b": 3}) == {"ok": True}
    assert registry.run("me/x", {}) == {"ok": True}
    assert [request.arguments for request in client.asked] == [{"a": 1, "b": 3}, {"a": 1, "b": 2}]
    assert [request.said["id"] for request in client.asked] == [1, 2]


@pytest.mark.parametrize(("result", "told"), [(None, None), ([1], {"result": [1]})])
def test_a_result_is_a_dict_or_none(registry, commands, result, told):
    client = FakeClient(lambda request: Reply(request.said["id"], result, None))
    commands.register(CommandInfo("me/x"), client.offerer)

    assert registry.run("me/x", {}) == told


def test_a_failure_has_the_clients_words(registry, commands):
    client = FakeClient(lambda request: Reply(request.said["id"], None, "it is bent"))
    commands.register(CommandInfo("me/x"), client.offerer)

    with pytest.raises(CommandRaised, match="it is bent"):
        registry.run("me/x", {})


def test_a_client_that_is_gone_fails_its_commands(registry, commands):
    client = FakeClient(lambda _: None)
    commands.register(CommandInfo("me/x"), client.offerer)
    client.there = False

    with pytest.raises(CommandRaised, match="the client that offers 'me/x' is gone"):
        registry.run("me/x", {})


def test_a_client_that_goes_during_a_call_ends_it(registry, commands):
    asked = threading.Event()
    client = FakeClient(lambda _: asked.set())
    commands.register(CommandInfo("me/x"), client.offerer)
    errors = []

    def call():
        with pytest.raises(CommandRaised) as caught:
            registry.run("me/x", {})
        errors.append(caught.value)

    caller = threading.Thread(target=call)
    caller.start()
    asked.wait(5)
    client.there = False
    client.offerer.gone()
    caller.join(5)

    assert "is gone" in str(errors[0])


@pytest.mark.parametrize("number", [99, "x", None, [1]])
def test_replies_that_nobody_waits_for_are_dropped(registry, commands, number):
    def answer(request):
        client.offerer.answered(Reply(number, {"to": "nobody"}, None))
        return Reply(request.said["id"], {"to": "us"}, None)

    client = FakeClient(answer)
    commands.register(CommandInfo("me/x"), client.offerer)

    assert registry.run("me/x", {}) == {"to": "us"}


def test_a_reply_that_comes_too_late_answers_no_later_call(registry, commands):
    def answer(request):
        client.offerer.answered(Reply(request.said["id"] - 1, {"of": "the call before"}, None))
        return Reply(request.said["id"], {"of": "this call"}, None)

    client = FakeClient(answer)
    commands.register(CommandInfo("me/x"), client.offerer)

    assert [registry.run("me/x", {}) for _ in range(2)] == [{"of": "this call"}] * 2


def test_a_name_that_is_taken_changes_hands(registry, commands):
    registry.register("x", lambda: {"by": "server"})
    client = FakeClient(lambda request: Reply(request.said["id"], {"by": "client"}, None))

    commands.register(CommandInfo("x"), client.offerer)

    assert registry.run("x", {}) == {"by": "client"}


def test_labels_are_kept_for_the_list(registry, commands):
    registry.register("plain", dict, {"n": 1})
    offered = CommandInfo.described("me/x", {"m": 2}, label="X", icon="x")
    commands.register(offered, FakeClient(lambda _: None).offerer)

    assert commands.described(registry.defaults) == [CommandInfo("plain", n=1), offered]
