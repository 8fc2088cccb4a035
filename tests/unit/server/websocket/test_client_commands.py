"""Commands that clients register for each other."""

from __future__ import annotations

import pytest

from nanover_jupyter.server.command_registry import CommandRaised, CommandRegistry
from nanover_jupyter.server.websocket.client_commands import (
    CommandProvider,
    register_client_command,
)
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.websocket.codec import Reply, decode_message


class FakeClient:
    """Replies to each request with the result of a function, on the calling thread."""

    def __init__(self, answer=lambda _: None):
        self.asked = []
        self.takes_messages = True
        self._answer = answer
        self.provider = CommandProvider(self._post)

    def _post(self, message):
        if not self.takes_messages:
            return False
        (request,) = decode_message(message).commands
        self.asked.append(request)
        reply = self._answer(request)
        if reply is not None:
            self.provider.handle_reply(reply)
        return True


@pytest.fixture
def registry():
    return CommandRegistry()


def message_of(call):
    error = call.exception(0)
    assert isinstance(error, CommandRaised)
    return error.message


def test_a_call_goes_to_the_client_with_the_defaults_merged_in(registry):
    client = FakeClient(lambda request: Reply(request.raw["id"], {"ok": True}, None))
    register_client_command(registry, CommandInfo("me/x", a=1, b=2), client.provider)

    assert registry.run("me/x", {"b": 3}) == {"ok": True}
    assert registry.run("me/x", {}) == {"ok": True}
    assert [request.arguments for request in client.asked] == [{"a": 1, "b": 3}, {"a": 1, "b": 2}]
    assert [request.raw["id"] for request in client.asked] == [1, 2]


@pytest.mark.parametrize("result", [None, [1], "text", 3, b"raw", {"a": 1}])
def test_a_result_is_forwarded_unaltered(registry, result):
    client = FakeClient(lambda request: Reply(request.raw["id"], result, None))
    register_client_command(registry, CommandInfo("me/x"), client.provider)

    assert registry.run("me/x", {}) == result


def test_a_failure_has_the_clients_message(registry):
    client = FakeClient(lambda request: Reply(request.raw["id"], None, "it is bent"))
    register_client_command(registry, CommandInfo("me/x"), client.provider)

    with pytest.raises(CommandRaised, match="it is bent"):
        registry.run("me/x", {})


def test_a_client_that_has_disconnected_fails_its_commands(registry):
    client = FakeClient()
    register_client_command(registry, CommandInfo("me/x"), client.provider)
    pending = registry.start("me/x", {})
    assert not pending.done()

    client.provider.disconnect()

    reason = "the client that registered 'me/x' has disconnected"
    assert message_of(pending) == reason
    assert message_of(registry.start("me/x", {})) == reason
    assert len(client.asked) == 1


def test_a_full_queue_fails_the_clients_commands(registry):
    client = FakeClient()
    client.takes_messages = False
    register_client_command(registry, CommandInfo("me/x"), client.provider)

    assert "is too slow" in message_of(registry.start("me/x", {}))


def test_calls_beyond_the_limit_are_rejected_until_some_are_answered(registry):
    client = FakeClient()
    register_client_command(registry, CommandInfo("me/x"), client.provider)
    calls = [registry.start("me/x", {}) for _ in range(1000)]

    assert "too many pending calls" in message_of(registry.start("me/x", {}))
    calls[0].cancel()
    client.provider.handle_reply(Reply(2, "second", None))
    assert calls[1].result(0) == "second"
    more = [registry.start("me/x", {}) for _ in range(2)]
    assert not any(call.done() for call in more)


def test_a_reply_to_a_cancelled_call_is_dropped(registry):
    client = FakeClient()
    register_client_command(registry, CommandInfo("me/x"), client.provider)
    call = registry.start("me/x", {})
    call.cancel()

    client.provider.handle_reply(Reply(1, "too late", None))

    assert call.cancelled()


@pytest.mark.parametrize("number", [99, "x", None, [1]])
def test_replies_to_unknown_calls_are_dropped(registry, number):
    def answer(request):
        client.provider.handle_reply(Reply(number, {"to": "nobody"}, None))
        return Reply(request.raw["id"], {"to": "us"}, None)

    client = FakeClient(answer)
    register_client_command(registry, CommandInfo("me/x"), client.provider)

    assert registry.run("me/x", {}) == {"to": "us"}


def test_a_late_reply_does_not_complete_a_later_call(registry):
    def answer(request):
        client.provider.handle_reply(Reply(request.raw["id"] - 1, {"of": "the call before"}, None))
        return Reply(request.raw["id"], {"of": "this call"}, None)

    client = FakeClient(answer)
    register_client_command(registry, CommandInfo("me/x"), client.provider)

    assert [registry.run("me/x", {}) for _ in range(2)] == [{"of": "this call"}] * 2


def test_a_later_registration_replaces_one_of_the_same_name(registry):
    registry.register("x", lambda: {"by": "server"})
    client = FakeClient(lambda request: Reply(request.raw["id"], {"by": "client"}, None))

    register_client_command(registry, CommandInfo("x"), client.provider)

    assert registry.run("x", {}) == {"by": "client"}


def test_labels_are_kept_for_the_list(registry):
    info = CommandInfo.labeled("me/x", {"m": 2}, label="X", icon="x")
    register_client_command(registry, info, FakeClient().provider)

    registration = registry.registrations["me/x"]
    assert (registration.label, registration.icon) == ("X", "x")
    assert registration.arguments == {"m": 2}
