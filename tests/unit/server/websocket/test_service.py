"""The WebSocket protocol of the embedded server."""

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
from nanover_jupyter.server.websocket import client_session as session_module
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.interrupts import is_inside
from tests.support.own_threads import own_threads
from tests.support.relay import relay_to

TIMEOUT = 5.0


@pytest.fixture
def server(no_thread_stays):
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        yield server


class RawClient:
    """A minimal client that sends and receives raw messages."""

    def __init__(self, websocket):
        self.websocket = websocket

    def send(self, message):
        self.websocket.send(msgpack.packb(message))

    def receive(self, kind):
        """Return the field `kind` of the next message that has it."""
        while True:
            message = msgpack.unpackb(self.websocket.recv(TIMEOUT), strict_map_key=False)
            if kind in message:
                return message[kind]

    def run(self, name, **arguments):
        self.send({"command": {"request": {"name": name, "arguments": arguments, "id": 7}}})
        return self.receive("command")


def register_waiting(server):
    """Register the command "wait"; return the event that it sets and the one it waits for."""
    started, resume = threading.Event(), threading.Event()

    def wait():
        started.set()
        resume.wait(30)

    server.register_command("wait", wait)
    return started, resume


@contextmanager
def open_client(server):
    with connect(f"ws://127.0.0.1:{server.websocket_port}") as websocket:
        yield RawClient(websocket)


@pytest.fixture
def wire(server):
    with open_client(server) as wire:
        yield wire


# the state ------------------------------------------------------------------------


def test_the_first_message_is_the_full_state_and_changes_follow(server):
    server.update_state("server", DictionaryChange({"a": 1}))
    with open_client(server) as wire:
        assert wire.receive("state") == {"updates": {"a": 1}, "removals": []}
        server.update_state("server", DictionaryChange({"b": 2}, {"a"}))
        assert wire.receive("state") == {"updates": {"b": 2}, "removals": ["a"]}


def test_a_client_receives_its_own_changes_unaltered(wire, server):
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
    with open_client(server) as later:
        assert later.receive("state")["updates"] == {"a": None, "b": 2}


def test_a_lock_of_a_grpc_client_blocks_websocket_clients(wire, server):
    server.update_locks("someone", {"held": 60})

    wire.send({"state": {"updates": {"held": 1}}})
    wire.send({"state": {"updates": {"free": 1}}})

    assert wire.receive("state")["updates"] == {"free": 1}


def test_a_users_keys_are_removed_when_it_disconnects(server):
    with open_client(server) as wire:
        wire.send({"state": {"updates": {"avatar.me": {}, "x.me": 1, "stays": 1}}})
        wire.receive("state")

    eventually(lambda: server.copy_state() == {"stays": 1})


def test_a_client_that_does_not_read_delays_no_other_and_catches_up(wire, server):
    padding = "x" * 900_000  # clients reject messages larger than 1 MiB
    with open_client(server) as slow:
        for number in range(40):  # exceeds the buffers of the sockets and the library
            server.update_state(None, DictionaryChange({"big": [number, padding]}))
            assert wire.receive("state")["updates"]["big"][0] == number

        received = [slow.receive("state")["updates"]["big"][0]]
        while received[-1] < 39:
            received.append(slow.receive("state")["updates"]["big"][0])
    assert received == sorted(set(received))
    assert len(received) < 40


# commands ------------------------------------------------------------------------


def test_a_reply_contains_the_unaltered_request(wire, server):
    server.register_command("echo", lambda **arguments: arguments, {"a": 1})
    request = {"name": "echo", "arguments": {"b": None}, "id": "any", "more": [1]}

    wire.send({"command": {"request": request}})

    assert wire.receive("command") == {"request": request, "response": {"a": 1, "b": None}}


@pytest.mark.parametrize(
    "result", [None, [1, [2]], "text", 3, 2**64 - 1, 1.5, True, b"raw", {"a": [None]}]
)
def test_a_result_may_have_any_type_of_the_protocol(wire, server, result):
    server.register_command("any", lambda: result)

    assert wire.run("any")["response"] == result


def test_a_command_may_return_a_future(wire, server):
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


def test_failures_have_the_messages_of_nanovers_server(wire, server):
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


def test_the_old_request_list_is_supported(wire, server):
    server.register_command("x", dict)

    wire.send({"command": [{"request": {"name": "x", "id": n}} for n in (1, 2)]})

    assert [wire.receive("command")["request"]["id"] for _ in range(2)] == [1, 2]


def test_a_client_registers_a_command_for_another(wire, server):
    wire.send({"command": {"register": {"name": "me/x", "arguments": {"a": 1}, "label": "X"}}})
    eventually(lambda: "me/x" in server.commands)
    with open_client(server) as other:
        other.send({"command": {"request": {"name": "me/x", "arguments": {"b": 2}, "id": 9}}})
        asked = wire.receive("command")["request"]
        assert (asked["name"], asked["arguments"]) == ("me/x", {"a": 1, "b": 2})
        wire.send({"command": {"request": asked, "response": {"done": True}}})
        answer = other.receive("command")
        assert answer["request"]["id"] == 9
        assert answer["response"] == {"done": True}
        listed = other.run("commands/list")["response"]["commands"]
        assert listed == [{"name": "me/x", "arguments": {"a": 1}, "label": "X"}]


# commands registered by clients --------------------------------------------------


def register(server, wire, name):
    wire.send({"command": {"register": {"name": name}}})
    eventually(lambda: name in server.commands)


def ask(wire, name, number, **arguments):
    wire.send({"command": {"request": {"name": name, "arguments": arguments, "id": number}}})


def answer(wire, request, **outcome):
    wire.send({"command": {"request": request, **outcome}})


def test_two_clients_call_each_other_concurrently(server, wire):
    with open_client(server) as other:
        register(server, wire, "one/x")
        register(server, other, "two/x")
        ask(wire, "two/x", 1)
        ask(other, "one/x", 2)
        # Send both before any reply: a reply may overtake a request.
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
    with open_client(server) as caller:
        register(server, wire, "slow")
        ask(caller, "slow", 1)
        asked = wire.receive("command")["request"]
        caller.send({"state": {"updates": {"later": 1}}})

        assert caller.receive("state")["updates"] == {"later": 1}
        answer(wire, asked, exception="enough")
        assert caller.receive("command")["exception"] == "enough"


def test_a_client_with_a_slow_call_still_replies_and_updates(server, wire):
    started, resume = register_waiting(server)
    with open_client(server) as caller:
        register(server, wire, "quick")
        ask(wire, "wait", 1)
        assert started.wait(TIMEOUT)
        ask(caller, "quick", 2)
        answer(wire, wire.receive("command")["request"], response=[2])
        assert caller.receive("command")["response"] == [2]
        wire.send({"state": {"updates": {"later": 1}}})
        assert caller.receive("state")["updates"] == {"later": 1}
        resume.set()
        assert wire.receive("command")["request"]["id"] == 1


def test_replies_in_any_order_reach_their_calls(server, wire):
    register(server, wire, "me/x")
    with open_client(server) as caller:
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
        for number in range(3000):  # exceeds the request queue
            ask(wire, "note", number, n=number)

    # On a thread, because the server stops reading from a client that reads nothing.
    asking = threading.Thread(target=ask_all)
    asking.start()
    replies = [wire.receive("command")["request"]["id"] for _ in range(3000)]
    asking.join(TIMEOUT)
    assert replies == ran == list(range(3000))


def test_disconnecting_during_a_call_fails_it(server, wire):
    with open_client(server) as provider:
        register(server, provider, "me/x")
        ask(wire, "me/x", 1)
        provider.receive("command")

    reason = "the client that registered 'me/x' has disconnected"
    assert wire.receive("command")["exception"] == reason
    assert wire.run("me/x")["exception"] == reason


def test_a_disconnected_caller_delays_no_other(server, wire):
    register(server, wire, "me/x")
    with open_client(server) as caller:
        ask(caller, "me/x", 1)
        asked = wire.receive("command")["request"]

    answer(wire, asked, response=1)
    assert "response" in wire.run("commands/list")


def test_cancelled_grpc_calls_release_their_threads(server, wire, client):
    register(server, wire, "me/x")
    for _ in range(20):  # exceeds the number of concurrent calls
        call = client.start_command("me/x")
        wire.receive("command")
        call.cancel()

    call = client.start_command("me/x")
    answer(wire, wire.receive("command")["request"], response={"at": "last"})
    assert grpc_codec.decode_command_reply(call.result(TIMEOUT)) == {"at": "last"}


# handshakes ----------------------------------------------------------------------


@contextmanager
def handshake(server, *, host="127.0.0.1", origin=None):
    """Connect with these handshake headers."""
    port = server.websocket_port
    with (
        socket.create_connection(("127.0.0.1", port), TIMEOUT) as raw,
        connect(f"ws://{host}:{port}", sock=raw, origin=origin) as websocket,
    ):
        yield RawClient(websocket)


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
def test_a_web_page_is_rejected_and_runs_nothing(server, host, origin):
    ran = []
    server.register_command("run", lambda: ran.append(1))

    with pytest.raises(InvalidStatus) as caught, handshake(server, host=host, origin=origin):
        pass

    response = caught.value.response
    assert response.status_code == 403
    assert response.headers["Content-Type"].startswith("text/plain")
    assert b"evil.example" in response.body or b"origins=" in response.body
    assert ran == []


def test_a_web_page_of_an_allowed_origin_is_accepted():
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


def test_a_network_server_accepts_any_host_but_no_page():
    with NanoverServer(address="0.0.0.0", websocket_port=0) as server:
        with handshake(server, host="lab.example") as wire:
            assert "response" in wire.run("commands/list")
        with pytest.raises(InvalidStatus), handshake(server, origin="https://evil.example"):
            pass


def test_invalid_origins_leave_no_port_open():
    with pytest.raises(ValueError, match="is not an origin"):
        NanoverServer(websocket_port=0, origins=["lab.example"])


# invalid input and closing ------------------------------------------------------------------------


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
def test_an_invalid_message_disconnects_the_client_with_the_reason(wire, server, junk):
    wire.websocket.send(junk)

    with pytest.raises(ConnectionClosed) as caught:
        wire.websocket.recv(TIMEOUT)

    assert caught.value.rcvd.code == 1007
    assert caught.value.rcvd.reason.startswith("not a valid NanoVer message")
    with open_client(server) as next_one:
        assert next_one.run("commands/list")["response"]["commands"] == []


def test_unknown_replies_and_keys_are_ignored(wire):
    wire.send({"command": {"request": {"id": 99}, "response": 1}, "news": 1})
    wire.send({"frame": {"frame.index": 1}})

    assert wire.run("commands/list")["response"]["commands"] == []


def test_closing_the_server_closes_connections_properly(wire, server):
    server.close()

    with pytest.raises(ConnectionClosed) as caught:
        wire.websocket.recv(TIMEOUT)
    assert caught.value.rcvd.code == 1001


@contextmanager
def client_that_does_not_read(server):
    """Yield the socket of a WebSocket client after its handshake."""
    with socket.create_connection(("127.0.0.1", server.websocket_port)) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n" % server.websocket_port
        )
        yield client


def test_a_client_that_does_not_read_is_disconnected_and_its_keys_are_removed(server, monkeypatch):
    """Regression: pings were delayed while there was something to send."""
    monkeypatch.setattr(session_module, "_SEND_SECONDS", 0.1)
    monkeypatch.setattr(session_module, "_MIN_BYTES_PER_SECOND", 1e9)
    with client_that_does_not_read(server) as client:
        message = msgpack.packb({"state": {"updates": {"avatar.me": 1}, "removals": []}})
        # Client messages must be masked; this mask is zero.
        client.sendall(bytes([0x82, 0x80 | len(message), 0, 0, 0, 0]) + message)
        eventually(lambda: "avatar.me" in server.copy_state())

        server.update_state(None, DictionaryChange({"big": "x" * 32_000_000}))

        eventually(lambda: "avatar.me" not in server.copy_state())


def test_both_ends_may_send_large_messages_at_the_same_time(server):
    """Regression: each end waited for the other to receive."""
    text = "x" * 24_000_000  # exceeds all buffers
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
            keys |= msgpack.unpackb(client.recv(TIMEOUT))["state"]["updates"].keys()
        uploading.join()


def test_closing_ends_the_threads_of_a_client_that_does_not_read(server):
    with client_that_does_not_read(server):
        # Exceeds the buffers of both sockets.
        server.update_state(None, DictionaryChange({"big": "x" * 32_000_000}))
        eventually(lambda: is_inside("nanover-server-ws-state", "_send"))

        server.close()

        eventually(lambda: own_threads() == [])


def test_a_command_that_never_ends_does_not_delay_closing(server, impatient_servers):
    started, resume = register_waiting(server)
    with open_client(server) as wire:
        wire.send({"command": {"request": {"name": "wait", "id": 1}}})
        assert started.wait(TIMEOUT)
        closing = threading.Thread(target=server.close)
        closing.start()
        closing.join(TIMEOUT)
        assert not closing.is_alive()
        resume.set()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_the_any_address_accepts_ipv4_and_ipv6():
    with NanoverServer(address="[::]", websocket_port=0) as server, open_client(server) as wire:
        assert "response" in wire.run("commands/list")


def test_the_websocket_port_is_optional():
    with NanoverServer() as server:
        assert server.websocket_port is None


def test_a_port_in_use_is_an_error_and_leaves_no_port_open(server):
    with pytest.raises(ConnectError, match="already in use"):
        NanoverServer(websocket_port=server.websocket_port)


def test_unsupported_values_do_not_affect_other_keys(server):
    server.register_command("big", lambda n: {"n": n}, {"n": 2**70, "m": 1})
    server.update_state(None, DictionaryChange({"big": 2**70, "small": 1}))
    with open_client(server) as wire:
        assert wire.receive("state") == {"updates": {"small": 1}, "removals": []}
        server.update_state(None, DictionaryChange({"big": 2**71, "small": 2}))
        assert wire.receive("state") == {"updates": {"small": 2}, "removals": ["big"]}
        listed = wire.run("commands/list")["response"]["list"]
        assert listed == {"big": {"m": 1}}


def test_a_locked_key_of_a_disconnected_user_keeps_no_other_key(server):
    with open_client(server) as wire:
        wire.send({"state": {"updates": {"avatar.me": {}, "x.me": 1}}})
        wire.receive("state")
        server.update_locks("someone", {"x.me": 60})

    eventually(lambda: server.copy_state() == {"x.me": 1})


def test_an_empty_user_id_removes_no_keys(server):
    server.update_state(None, DictionaryChange({"scene.box": 1}))
    with open_client(server) as wire:
        wire.send({"state": {"updates": {"avatar.": {}, "avatar.me": {}}}})
        eventually(lambda: "avatar.me" in server.copy_state())

    eventually(lambda: "avatar.me" not in server.copy_state())
    assert server.copy_state() == {"avatar.": {}, "scene.box": 1}
