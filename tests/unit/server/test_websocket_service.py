"""The embedded server by WebSocket, as a client on the wire sees it."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.interrupts import is_inside
from tests.support.own_threads import own_threads

SOON = 5.0


@pytest.fixture
def server(no_thread_stays):
    with NanoverServer(websocket_port=0) as server:
        yield server


class Wire:
    """The protocol by hand."""

    def __init__(self, websocket):
        self.websocket = websocket

    def send(self, message):
        self.websocket.send(msgpack.packb(message))

    def receive(self, kind):
        """The next message that has `kind` in it."""
        while True:
            message = msgpack.unpackb(self.websocket.recv(SOON), strict_map_key=False)
            if kind in message:
                return message[kind]

    def run(self, name, **arguments):
        self.send({"command": {"request": {"name": name, "arguments": arguments, "id": 7}}})
        return self.receive("command")


@contextmanager
def wire_to(server):
    with connect(f"ws://127.0.0.1:{server.websocket_port}") as websocket:
        yield Wire(websocket)


@pytest.fixture
def wire(server):
    with wire_to(server) as wire:
        yield wire


# the state ------------------------------------------------------------------------


def test_the_first_message_is_the_whole_state_and_then_come_the_changes(server):
    server.update_state("server", DictionaryChange({"a": 1}))
    with wire_to(server) as wire:
        assert wire.receive("state") == {"updates": {"a": 1}, "removals": []}
        server.update_state("server", DictionaryChange({"b": 2}, {"a"}))
        assert wire.receive("state") == {"updates": {"b": 2}, "removals": ["a"]}


def test_what_a_client_changes_comes_back_to_it_as_it_was(wire, server):
    updates = {"n": 2**64 - 1, "none": None, "raw": b"x", "deep": {"list": [1.5, None]}}

    wire.send({"state": {"updates": updates}})

    assert wire.receive("state") == {"updates": updates, "removals": []}
    assert server.copy_state() == updates


def test_both_protocols_share_one_state(wire, server):
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        client.subscribe_all_state_updates()
        wire.send({"state": {"updates": {"raw": b"not for gRPC", "n": 3}}})
        eventually(lambda: client.copy_state() == {"n": 3.0})
        wire.receive("state")
        client.attempt_update_state(DictionaryChange({"m": 4}, {"n"}))
        assert wire.receive("state") == {"updates": {"m": 4.0}, "removals": ["n"]}


def test_a_value_that_grpc_cannot_carry_removes_the_key_for_grpc_clients(wire, server):
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        client.subscribe_all_state_updates()
        wire.send({"state": {"updates": {"n": 1, "other": 1}}})
        eventually(lambda: client.copy_state() == {"n": 1.0, "other": 1.0})

        wire.send({"state": {"updates": {"n": b"not for gRPC"}}})
        eventually(lambda: client.copy_state() == {"other": 1.0})

        wire.send({"state": {"updates": {"n": 2}}})
        eventually(lambda: client.copy_state() == {"n": 2.0, "other": 1.0})


def test_a_lock_of_a_grpc_client_holds_for_all(wire, server):
    server.update_locks("someone", {"held": 60})

    wire.send({"state": {"updates": {"held": 1}}})
    wire.send({"state": {"updates": {"free": 1}}})

    assert wire.receive("state")["updates"] == {"free": 1}


def test_a_users_keys_go_with_it(server):
    with wire_to(server) as wire:
        wire.send({"state": {"updates": {"avatar.me": {}, "x.me": 1, "stays": 1}}})
        wire.receive("state")

    eventually(lambda: server.copy_state() == {"stays": 1})


def test_a_client_that_does_not_read_delays_no_other_and_catches_up_at_once(wire, server):
    padding = "x" * 900_000  # clients accept no message of more than 1 MiB
    with wire_to(server) as slow:
        for number in range(40):  # far more than the buffers of sockets and library hold
            server.update_state(None, DictionaryChange({"big": [number, padding]}))
            assert wire.receive("state")["updates"]["big"][0] == number

        received = [slow.receive("state")["updates"]["big"][0]]
        while received[-1] < 39:
            received.append(slow.receive("state")["updates"]["big"][0])
    assert received == sorted(set(received))
    assert len(received) < 40


# commands ------------------------------------------------------------------------


def test_a_command_answers_with_the_request_as_it_came(wire, server):
    server.register_command("echo", lambda **arguments: arguments, {"a": 1})
    request = {"name": "echo", "arguments": {"b": None}, "id": "any", "more": [1]}

    wire.send({"command": {"request": request}})

    assert wire.receive("command") == {"request": request, "response": {"a": 1, "b": None}}


def test_failures_have_the_words_of_nanovers_server(wire, server):
    def boom():
        raise KeyError("boom")

    server.register_command("boom", boom)
    server.register_command("bad", lambda: {1})

    assert wire.run("nope")["exception"] == "'nope'"
    assert wire.run("boom")["exception"] == "'boom'"
    assert "unexpected keyword argument 'foo'" in wire.run("boom", foo=1)["exception"]
    assert "cannot be serialised" in wire.run("bad")["exception"]


def test_the_list_of_commands_has_both_forms(wire, server):
    server.register_command("x", dict, {"a": 1})

    assert wire.run("commands/list")["response"] == {
        "list": {"x": {"a": 1}},
        "commands": [{"name": "x", "arguments": {"a": 1}}],
    }


def test_the_old_list_of_requests_is_understood(wire, server):
    server.register_command("x", dict)

    wire.send({"command": [{"request": {"name": "x", "id": n}} for n in (1, 2)]})

    assert [wire.receive("command")["request"]["id"] for _ in range(2)] == [1, 2]


def test_a_client_offers_a_command_to_another(wire, server):
    wire.send({"command": {"register": {"name": "me/x", "arguments": {"a": 1}, "label": "X"}}})
    eventually(lambda: "me/x" in server.commands)
    with wire_to(server) as other:
        other.send({"command": {"request": {"name": "me/x", "arguments": {"b": 2}, "id": 9}}})
        asked = wire.receive("command")["request"]
        assert (asked["name"], asked["arguments"]) == ("me/x", {"a": 1, "b": 2})
        wire.send({"command": {"request": asked, "response": {"done": True}}})
        answer = other.receive("command")
        assert answer["request"]["id"] == 9
        assert answer["response"] == {"done": True}
        listed = other.run("commands/list")["response"]["commands"]
        assert listed == [{"name": "me/x", "arguments": {"a": 1}, "label": "X"}]


# bad input and ends ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [
        "text",
        b"",
        b"\xc1",
        msgpack.packb({"state": None}),
        msgpack.packb(3),
        msgpack.packb({"state": {"updates": {"a": msgpack.unpackb(b"\x91" * 200 + b"\xc0")}}}),
        b"\x91" * 5000,
    ],
    ids=lambda junk: repr(junk)[:20],
)
def test_who_talks_nonsense_is_turned_away_with_the_reason(wire, server, junk):
    wire.websocket.send(junk)

    with pytest.raises(ConnectionClosed) as caught:
        wire.websocket.recv(SOON)

    assert caught.value.rcvd.code == 1007
    assert caught.value.rcvd.reason.startswith("not a NanoVer message")
    with wire_to(server) as next_one:
        assert next_one.run("commands/list")["response"]["commands"] == []


def test_unknown_replies_and_keys_are_passed_over(wire):
    wire.send({"command": {"request": {"id": 99}, "response": 1}, "news": 1})
    wire.send({"frame": {"frame.index": 1}})

    assert wire.run("commands/list")["response"]["commands"] == []


def test_a_server_says_goodbye_when_it_closes(wire, server):
    server.close()

    with pytest.raises(ConnectionClosed) as caught:
        wire.websocket.recv(SOON)
    assert caught.value.rcvd.code == 1001


def test_closing_ends_the_threads_of_a_client_that_does_not_read(server):
    with socket.create_connection(("127.0.0.1", server.websocket_port)) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n" % server.websocket_port
        )
        # More than the buffers of both sockets hold.
        server.update_state(None, DictionaryChange({"big": "x" * 32_000_000}))
        eventually(lambda: is_inside("nanover-server-ws-state", "_send"))

        server.close()

        eventually(lambda: own_threads() == [])


def test_a_command_that_never_ends_does_not_keep_the_server(server, impatient_servers):
    begun, go_on = threading.Event(), threading.Event()

    def wait():
        begun.set()
        go_on.wait(30)

    server.register_command("wait", wait)
    with wire_to(server) as wire:
        wire.send({"command": {"request": {"name": "wait", "id": 1}}})
        begun.wait(SOON)
        closing = threading.Thread(target=server.close)
        closing.start()
        closing.join(SOON)
        assert not closing.is_alive()
        go_on.set()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_address_for_everybody_is_reached_by_both_kinds_of_ip():
    with NanoverServer(address="[::]", websocket_port=0) as server, wire_to(server) as wire:
        assert "response" in wire.run("commands/list")


def test_it_is_there_on_request_only():
    with NanoverServer() as server:
        assert server.websocket_port is None


def test_a_busy_port_is_refused_and_nothing_is_left_open(server):
    with pytest.raises(ConnectError, match="already in use"):
        NanoverServer(websocket_port=server.websocket_port)


def test_what_this_wire_cannot_carry_costs_nothing_else(server):
    server.register_command("big", lambda n: {"n": n}, {"n": 2**70, "m": 1})
    server.update_state(None, DictionaryChange({"big": 2**70, "small": 1}))
    with wire_to(server) as wire:
        assert wire.receive("state") == {"updates": {"small": 1}, "removals": []}
        server.update_state(None, DictionaryChange({"big": 2**71, "small": 2}))
        assert wire.receive("state") == {"updates": {"small": 2}, "removals": ["big"]}
        listed = wire.run("commands/list")["response"]["list"]
        assert listed == {"big": {"m": 1}}


def test_a_lock_on_one_key_of_a_user_who_left_keeps_no_other(server):
    with wire_to(server) as wire:
        wire.send({"state": {"updates": {"avatar.me": {}, "x.me": 1}}})
        wire.receive("state")
        server.update_locks("someone", {"x.me": 60})

    eventually(lambda: server.copy_state() == {"x.me": 1})


def test_a_user_without_a_name_takes_nothing_along(server):
    server.update_state(None, DictionaryChange({"scene.box": 1}))
    with wire_to(server) as wire:
        wire.send({"state": {"updates": {"avatar.": {}, "avatar.me": {}}}})
        eventually(lambda: "avatar.me" in server.copy_state())

    eventually(lambda: "avatar.me" not in server.copy_state())
    assert server.copy_state() == {"avatar.": {}, "scene.box": 1}
