"""The WebSocket client: NanoVer's API where its protocol has it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import (
    AddressError,
    ClosedError,
    CommandFailed,
    InvalidArgument,
    InvalidValue,
)
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually


@pytest.fixture
def both(no_thread_stays):
    """A server of both protocols."""
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        yield server


@pytest.fixture
def client(both):
    with NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{both.websocket_port}") as client:
        yield client


@pytest.mark.parametrize("url", ["localhost", "grpc://localhost:1", "http://x", "ws://x/path"])
def test_a_url_is_that_of_a_websocket(url):
    with pytest.raises(AddressError) as caught:
        NanoverWebSocketClient.from_url(url)

    assert caught.value.address == url


def test_nothing_is_opened_before_it_is_needed():
    client = NanoverWebSocketClient.from_url("ws://nohost.invalid")

    assert client.address == "ws://nohost.invalid:38801"
    assert repr(client) == "<NanoverWebSocketClient of ws://nohost.invalid:38801: connecting>"
    client.close()


def test_it_supports_its_capabilities(client, both):
    assert client.capabilities.locks == "cooperative"
    client.subscribe_all_state_updates()

    assert client.attempt_update_state(DictionaryChange({"n": 2**60, "none": None})) is True

    eventually(lambda: client.copy_state() == {"n": 2**60, "none": None})
    assert type(client.peek("n")) is int
    assert both.copy_state() == {"n": 2**60, "none": None}


def test_a_function_is_offered_with_its_label(client, both):
    client.register_command("me/greet", lambda name: f"Hi {name}", label="Greet", name="you")

    eventually(lambda: "me/greet" in both.commands)
    assert client.update_available_commands()["me/greet"].label == "Greet"
    assert client.run_command("me/greet", name="Ann") == {"result": "Hi Ann"}


def test_defaults_may_be_given_as_nanovers_client_takes_them(client, both):
    client.register_command("me/x", lambda **given: given, "X", "★", {"a": 1, "label": 2})
    client.register_command("me/y", lambda **given: given, default_arguments={"a": 1, "b": 2}, b=3)

    eventually(lambda: both.commands.keys() >= {"me/x", "me/y"})
    listed = client.update_available_commands()
    assert listed["me/x"] == CommandInfo.labeled("me/x", {"a": 1, "label": 2}, label="X", icon="★")
    assert listed["me/y"].arguments == {"a": 1, "b": 3}
    assert client.run_command("me/x") == {"a": 1, "label": 2}


def test_a_simulation_behind_a_client_has_the_playback_commands(client, both):
    played = []
    client.register_command("playback/play", lambda: played.append(1))

    eventually(lambda: "playback/play" in both.commands)
    client.run_command("playback/play")
    assert played == [1]


@pytest.mark.parametrize(
    ("name", "callback", "defaults", "reason"),
    [
        ("multiuser/radially-orient-origins", dict, {}, "choose another name"),
        ("commands/list", dict, {}, "choose another name"),
        ("", dict, {}, "invalid name: it is empty"),
        ("me/x", 3, {}, "3 is not callable"),
        ("me/x", dict, {"a": {1}}, "cannot send a: a set is not"),
        ("me/x", dict, {"default_arguments": {"a": {1}}}, "cannot send a: a set is not"),
        ("me/x", dict, {"default_arguments": 3}, "3 is not a mapping"),
    ],
)
def test_an_invalid_command_is_refused(client, name, callback, defaults, reason):
    with pytest.raises((InvalidArgument, InvalidValue), match=reason):
        client.register_command(name, callback, **defaults)

    assert client.update_available_commands() == {}


def test_two_clients_run_each_others_commands_at_once(client, both):
    url = f"ws://127.0.0.1:{both.websocket_port}"
    with NanoverWebSocketClient.from_url(url) as other:
        begun = threading.Barrier(2)

        def work():
            begun.wait(10)  # until the other one runs, too
            return {"done": True}

        client.register_command("one/x", work)
        other.register_command("two/x", work)
        eventually(lambda: both.commands.keys() >= {"one/x", "two/x"})

        calls = [client.run_command_async("two/x"), other.run_command_async("one/x")]

        assert [call.result(10) for call in calls] == [{"done": True}] * 2
        assert client.run_command_async("commands/list").result(10)


def test_a_closed_client_keeps_its_state_and_does_nothing_more(client):
    client.subscribe_all_state_updates()
    client.attempt_update_state(DictionaryChange({"a": 1}))
    eventually(lambda: client.copy_state() == {"a": 1})

    client.close()
    client.close()

    assert client.copy_state() == {"a": 1}
    for call in (client.update_available_commands, lambda: client.register_command("me/x", dict)):
        with pytest.raises(ClosedError):
            call()


def test_a_user_takes_its_keys_along_when_it_closes(client, both):
    both.update_state("server", DictionaryChange({"stays": 1}))
    client.attempt_update_state(DictionaryChange({"avatar.me": {}, "thing.me": 1}))
    eventually(lambda: "thing.me" in both.copy_state())

    client.close()

    eventually(lambda: both.copy_state() == {"stays": 1})


def test_it_can_be_kept_alive_like_any_other(both):
    both.update_state("server", DictionaryChange({"a": 1}))
    client = NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{both.websocket_port}")

    with client, Connection.of(client) as connection:
        eventually(lambda: connection.status.state == "connected")
        assert client.copy_state() == {"a": 1}


def test_a_connection_survives_its_server(both):
    with connect(f"ws://127.0.0.1:{both.websocket_port}") as connection:
        connection.client.register_command("me/x", lambda: {"still": "here"})
        both.close()
        eventually(lambda: connection.status.state == "lost")

        with NanoverServer(websocket_port=both.websocket_port, application_defaults=False) as back:
            back.update_state("server", DictionaryChange({"new": 1}))
            eventually(lambda: connection.client.copy_state() == {"new": 1}, seconds=20)
            assert connection.client.run_command("me/x") == {"still": "here"}


class Shifting(Mapping):
    """A dict that somebody changes while it is read."""

    def __getitem__(self, key):
        raise KeyError(key)

    def __len__(self):
        return 1

    def __iter__(self):
        raise RuntimeError("dictionary changed size during iteration")


def test_a_result_that_cannot_be_read_costs_only_its_own_call():
    with NanoverServer(websocket_port=0) as server:
        url = f"ws://127.0.0.1:{server.websocket_port}"
        server.register_command("served/live", Shifting)
        with (
            NanoverWebSocketClient.from_url(url) as offering,
            NanoverWebSocketClient.from_url(url) as calling,
        ):
            offering.register_command("me/live", Shifting)
            offering.register_command("me/fine", lambda: {"a": 1})
            eventually(lambda: "me/fine" in calling.update_available_commands())
            for name in ("me/live", "served/live"):
                with pytest.raises(CommandFailed, match="changed size"):
                    calling.run_command(name)
            assert calling.run_command("me/fine") == {"a": 1}
