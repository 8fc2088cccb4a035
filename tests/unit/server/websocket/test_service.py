"""The embedded server by WebSocket, as a client on the wire sees it."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from contextlib import contextmanager

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.server.websocket import service as websocket_service
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.interrupts import is_inside
from tests.support.own_threads import own_threads
from tests.support.relay import relay_to

SOON = 5.0


@pytest.fixture
def server(no_thread_stays):
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
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


def register_waiting(server):
    """Register the command "wait"; return the events that it sets and waits for."""
    begun, go_on = threading.Event(), threading.Event()

    def wait():
        begun.set()
        go_on.wait(30)

    server.register_command("wait", wait)
    return begun, go_on


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


def test_none_of_the_server_is_a_value_here_and_a_removal_by_grpc(wire, server):
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        client.subscribe_all_state_updates()
        server.update_state("server", DictionaryChange({"a": 1, "b": 2}))
        eventually(lambda: client.copy_state() == {"a": 1, "b": 2})
        server.update_state("server", DictionaryChange({"a": None}))
        eventually(lambda: client.copy_state() == {"b": 2})
    received = {}
    while received.get("a", 0) is not None:
        received |= wire.receive("state")["updates"]
    with wire_to(server) as later:
        assert later.receive("state")["updates"] == {"a": None, "b": 2}


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


@pytest.mark.parametrize(
    "result", [None, [1, [2]], "text", 3, 2**64 - 1, 1.5, True, b"raw", {"a": [None]}]
)
def test_a_result_may_be_anything_that_the_wire_carries(wire, server, result):
    server.register_command("any", lambda: result)

    assert wire.run("any")["response"] == result


def test_a_command_may_answer_later(wire, server):
    later = Future()
    server.register_command("later", lambda: later)
    server.register_command("now", lambda: "now")
    wire.send({"command": {"request": {"name": "later", "id": 1}}})

    assert wire.run("now")["response"] == "now"
    later.set_result("at last")
    assert wire.receive("command")["response"] == "at last"


def test_labels_and_icons_are_listed(wire, server):
    server.register_command("x", dict, label="An X", icon="★")

    assert wire.run("commands/list")["response"]["commands"] == [
        {"name": "x", "arguments": {}, "label": "An X", "icon": "★"}
    ]


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


# commands of clients: nobody waits for them but their callers ---------------------


def register(server, wire, name):
    wire.send({"command": {"register": {"name": name}}})
    eventually(lambda: name in server.commands)


def ask(wire, name, number, **arguments):
    wire.send({"command": {"request": {"name": name, "arguments": arguments, "id": number}}})


def answer(wire, request, **outcome):
    wire.send({"command": {"request": request, **outcome}})


def test_two_clients_call_each_other_at_once(server, wire):
    with wire_to(server) as other:
        register(server, wire, "one/x")
        register(server, other, "two/x")
        ask(wire, "two/x", 1)
        ask(other, "one/x", 2)
        # Both before any answer: a reply may overtake a request.
        requests = [asked.receive("command")["request"] for asked in (wire, other)]
        for asked, request in zip((wire, other), requests, strict=True):
            answer(asked, request, response={"by": "a client"})
        for caller, number in ((wire, 1), (other, 2)):
            reply = caller.receive("command")
            assert (reply["request"]["id"], reply["response"]) == (number, {"by": "a client"})


def test_a_client_calls_its_own_command_and_the_servers_while_it_runs(server, wire):
    server.register_command("plain", lambda: {"by": "the server"})
    register(server, wire, "me/x")
    ask(wire, "me/x", 1)
    asked = wire.receive("command")["request"]

    assert wire.run("plain")["response"] == {"by": "the server"}
    ask(wire, "me/x", 2)
    inner = wire.receive("command")["request"]
    answer(wire, inner, response="inner")
    assert wire.receive("command")["response"] == "inner"
    answer(wire, asked, response="outer")
    assert wire.receive("command") == {
        "request": {"name": "me/x", "arguments": {}, "id": 1},
        "response": "outer",
    }


def test_a_slow_command_of_a_client_delays_no_update_of_its_caller(server, wire):
    with wire_to(server) as caller:
        register(server, wire, "slow")
        ask(caller, "slow", 1)
        asked = wire.receive("command")["request"]
        caller.send({"state": {"updates": {"later": 1}}})

        assert caller.receive("state")["updates"] == {"later": 1}
        answer(wire, asked, exception="enough")
        assert caller.receive("command")["exception"] == "enough"


def test_a_client_whose_own_call_is_slow_still_answers_and_updates(server, wire):
    begun, go_on = register_waiting(server)
    with wire_to(server) as caller:
        register(server, wire, "quick")
        ask(wire, "wait", 1)
        assert begun.wait(SOON)
        ask(caller, "quick", 2)
        answer(wire, wire.receive("command")["request"], response=[2])
        assert caller.receive("command")["response"] == [2]
        wire.send({"state": {"updates": {"later": 1}}})
        assert caller.receive("state")["updates"] == {"later": 1}
        go_on.set()
        assert wire.receive("command")["request"]["id"] == 1


def test_replies_in_any_order_reach_the_calls_that_they_answer(server, wire):
    register(server, wire, "me/x")
    with wire_to(server) as caller:
        for number in range(3):
            ask(caller, "me/x", number, n=number)
        requests = [wire.receive("command")["request"] for _ in range(3)]
        for request in reversed(requests):
            answer(wire, request, response=request["arguments"]["n"])
        replies = [caller.receive("command") for _ in range(3)]

    assert [(reply["request"]["id"], reply["response"]) for reply in replies] == [
        (2, 2),
        (1, 1),
        (0, 0),
    ]


def test_the_servers_commands_run_in_the_order_of_their_calls(server, wire):
    ran = []

    def note(n):
        ran.append(n)

    server.register_command("note", note)

    def ask_all():
        for number in range(3000):  # more than wait for their turn at once
            ask(wire, "note", number, n=number)

    # On a thread: a server does not read on for ever from a client that reads nothing.
    asking = threading.Thread(target=ask_all)
    asking.start()
    replies = [wire.receive("command")["request"]["id"] for _ in range(3000)]
    asking.join(SOON)
    assert replies == ran == list(range(3000))


def test_a_client_that_leaves_during_a_call_ends_it(server, wire):
    with wire_to(server) as provider:
        register(server, provider, "me/x")
        ask(wire, "me/x", 1)
        provider.receive("command")

    reason = "the client that registered 'me/x' has disconnected"
    assert wire.receive("command")["exception"] == reason
    assert wire.run("me/x")["exception"] == reason


def test_a_caller_that_leaves_is_waited_for_by_nobody(server, wire):
    register(server, wire, "me/x")
    with wire_to(server) as caller:
        ask(caller, "me/x", 1)
        asked = wire.receive("command")["request"]

    answer(wire, asked, response=1)
    assert "response" in wire.run("commands/list")


def test_grpc_callers_that_give_up_hold_no_thread_of_the_server(server, wire, client):
    register(server, wire, "me/x")
    for _ in range(20):  # more than calls are served at once
        call = client.start_command("me/x")
        wire.receive("command")
        call.cancel()

    call = client.start_command("me/x")
    answer(wire, wire.receive("command")["request"], response={"at": "last"})
    assert grpc_codec.decode_command_reply(call.result(SOON)) == {"at": "last"}


# handshakes ----------------------------------------------------------------------


@contextmanager
def handshake(server, *, host="127.0.0.1", origin=None):
    """A connection whose handshake says these, whatever the address."""
    port = server.websocket_port
    with (
        socket.create_connection(("127.0.0.1", port), SOON) as raw,
        connect(f"ws://{host}:{port}", sock=raw, origin=origin) as websocket,
    ):
        yield Wire(websocket)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "https://evil.example"),
        ("localhost", "null"),
        ("localhost", "http://localhost:8888"),
        ("evil.example", None),
        ("evil.example", "http://evil.example"),
    ],
)
def test_a_web_page_is_refused_and_runs_nothing(server, host, origin):
    ran = []
    server.register_command("run", lambda: ran.append(1))

    with pytest.raises(InvalidStatus) as caught, handshake(server, host=host, origin=origin):
        pass

    response = caught.value.response
    assert response.status_code == 403
    assert response.headers["Content-Type"].startswith("text/plain")
    assert b"evil.example" in response.body or b"origins=" in response.body
    assert ran == []


def test_a_web_page_that_the_user_named_is_accepted():
    origin = "https://lab.example"
    with (
        NanoverServer(websocket_port=0, origins=[origin]) as server,
        handshake(server, origin=origin) as wire,
    ):
        assert "response" in wire.run("commands/list")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_native_client_is_accepted_by_either_name_of_this_machine(server, host):
    with handshake(server, host=host) as wire:
        assert "response" in wire.run("commands/list")


def test_a_server_on_the_network_is_reached_by_any_name_but_by_no_page():
    with NanoverServer(address="0.0.0.0", websocket_port=0) as server:
        with handshake(server, host="lab.example") as wire:
            assert "response" in wire.run("commands/list")
        with pytest.raises(InvalidStatus), handshake(server, origin="https://evil.example"):
            pass


def test_origins_that_are_none_leave_nothing_open():
    with pytest.raises(ValueError, match="is not an origin"):
        NanoverServer(websocket_port=0, origins=["lab.example"])


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


@contextmanager
def client_that_does_not_read(server):
    """The socket of a WebSocket client, whose handshake was sent."""
    with socket.create_connection(("127.0.0.1", server.websocket_port)) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n" % server.websocket_port
        )
        yield client


def test_a_client_that_does_not_read_is_disconnected_and_its_keys_go(server, monkeypatch):
    """It used to stay for as long as there was something to send, which kept pings back."""
    monkeypatch.setattr(websocket_service, "_SEND_SECONDS", 0.1)
    monkeypatch.setattr(websocket_service, "_SLOWEST_BYTES_PER_SECOND", 1e9)
    with client_that_does_not_read(server) as client:
        message = msgpack.packb({"state": {"updates": {"avatar.me": 1}, "removals": []}})
        # Masked, as a client's have to be, with zeros.
        client.sendall(bytes([0x82, 0x80 | len(message), 0, 0, 0, 0]) + message)
        eventually(lambda: "avatar.me" in server.copy_state())

        server.update_state(None, DictionaryChange({"big": "x" * 32_000_000}))

        eventually(lambda: "avatar.me" not in server.copy_state())


def test_both_ends_may_send_much_at_the_same_time(server):
    """Each used to wait for the other to receive, for ever."""
    text = "x" * 24_000_000  # more than all buffers on the way
    message = msgpack.packb({"state": {"updates": {"from.client": text}, "removals": []}})
    with (
        relay_to(server.websocket_port) as relay,
        connect(f"ws://127.0.0.1:{relay.port}", max_size=None) as client,
    ):
        relay.freeze()
        uploading = threading.Thread(target=client.send, args=(message,), name="uploading")
        uploading.start()
        server.update_state(None, DictionaryChange({"from.server": text}))
        eventually(lambda: is_inside("uploading", "send_data"))
        eventually(lambda: is_inside("nanover-server-ws-state", "_send"))
        relay.thaw()

        keys = set()
        while keys != {"from.client", "from.server"}:
            keys |= msgpack.unpackb(client.recv(SOON))["state"]["updates"].keys()
        uploading.join()


def test_closing_ends_the_threads_of_a_client_that_does_not_read(server):
    with client_that_does_not_read(server):
        # More than the buffers of both sockets hold.
        server.update_state(None, DictionaryChange({"big": "x" * 32_000_000}))
        eventually(lambda: is_inside("nanover-server-ws-state", "_send"))

        server.close()

        eventually(lambda: own_threads() == [])


def test_a_command_that_never_ends_does_not_keep_the_server(server, impatient_servers):
    begun, go_on = register_waiting(server)
    with wire_to(server) as wire:
        wire.send({"command": {"request": {"name": "wait", "id": 1}}})
        assert begun.wait(SOON)
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
