"""Ids, limits, timeouts, frames and registered commands of the WebSocket transport."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed

from nanover_jupyter.errors import (
    ClosedError,
    CommandFailed,
    ConnectError,
    ConnectionLost,
    InvalidValue,
    ProtocolError,
    TimedOut,
)
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.websocket import connect_options as connect_options_module
from nanover_jupyter.transport.websocket import connection as connection_module
from nanover_jupyter.transport.websocket import send_queue
from nanover_jupyter.transport.websocket import transport as transport_module
from nanover_jupyter.transport.websocket.connect_options import connect_options
from nanover_jupyter.transport.websocket.transport import WebSocketTransport
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads
from tests.support.relay import relay_to
from tests.support.run_listener import FrameRecorder, RunListener
from tests.support.scripted_websocket import (
    ScriptedServer,
    empty_list,
    reply_to,
    scripted_server,
)
from tests.support.tcp_servers import silent_server, web_server

SOON = 10.0
Reach = Callable[[int], WebSocketTransport]


@pytest.fixture
def reach(no_thread_stays: None) -> Iterator[Reach]:
    """Return a function that connects to a local port; closes all transports in the end."""
    made: list[WebSocketTransport] = []

    def make(port: int) -> WebSocketTransport:
        made.append(WebSocketTransport(connect_options(Address("127.0.0.1", port, "ws"))))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def script(no_thread_stays: None) -> Iterator[ScriptedServer]:
    with scripted_server() as script:
        script.answer = empty_list
        yield script


@pytest.fixture
def transport(reach: Reach, script: ScriptedServer) -> WebSocketTransport:
    return reach(script.port)


def state(**updates):
    return msgpack.packb({"state": {"updates": updates, "removals": []}})


# the state ------------------------------------------------------------------------


def test_state_received_before_a_listener_is_its_first_change(transport, script):
    script.initial_messages = [
        state(a=1, gone=2),
        msgpack.packb({"state": {"updates": {"b": None}, "removals": ["gone"]}}),
    ]
    assert transport.list_commands(SOON) == []
    listener = RunListener()

    transport.start(listener, 0)

    eventually(lambda: listener.changes)
    assert listener.changes == [DictionaryChange({"a": 1, "b": None})]
    script.send(state(c=3))
    eventually(lambda: listener.state == {"a": 1, "b": None, "c": 3})
    assert len(script.clients) == 1


def test_a_new_subscription_ends_the_old_one_and_gets_the_full_state(transport, script):
    script.initial_messages = [state(a=1)]
    first, second = RunListener(), RunListener()
    transport.start(first, 0)
    eventually(lambda: first.changes)

    transport.start(second, 0)

    eventually(lambda: second.changes)
    first.end()
    assert second.state == {"a": 1}
    assert len(script.clients) == 2


def test_an_update_returns_true_once_it_is_sent(transport, script):
    assert transport.update_state(DictionaryChange({"a": 1, "n": None}, {"b"}), SOON) is True

    eventually(lambda: script.received)
    assert script.received == [{"state": {"updates": {"a": 1, "n": None}, "removals": ["b"]}}]


def test_an_update_can_be_started_before_the_connection_is_open(transport, script):
    assert transport.start_update(DictionaryChange({"a": 1}), SOON).result(SOON) is True
    eventually(lambda: script.received)


# commands ------------------------------------------------------------------------


def test_replies_are_matched_by_id_in_any_order(transport, script):
    script.answer = lambda _: []
    one = transport.start_command("x", {"n": 1}, SOON)
    other = transport.start_command("x", {"n": 2}, SOON)
    eventually(lambda: len(script.received) == 2)

    for message in reversed(script.received):
        request = message["command"]["request"]
        script.send({"command": {"request": request, "response": request["arguments"]}})

    assert other.result(SOON) == {"n": 2}
    assert one.result(SOON) == {"n": 1}


@pytest.mark.parametrize(
    ("response", "result"),
    [(None, {}), ({"a": 1}, {"a": 1}), ([1], {"result": [1]}), (7, {"result": 7})],
)
def test_a_result_is_always_a_dict(transport, script, response, result):
    script.answer = lambda message: reply_to(message, response=response)

    assert transport.run_command("x", {}, SOON) == result


@pytest.mark.parametrize(
    ("text", "words"),
    [("'x'", "Unknown command: x"), ("'boom'", "boom"), ("bad", "bad"), ("", "")],
)
def test_an_exception_has_the_message_of_the_server(transport, script, text, words):
    script.answer = lambda message: reply_to(message, exception=text)

    with pytest.raises(CommandFailed) as caught:
        transport.run_command("x", {}, SOON)

    assert caught.value.message == words


def test_a_command_that_takes_too_long_times_out_and_its_reply_is_dropped(transport, script):
    script.answer = lambda _: []
    with pytest.raises(TimedOut, match=r"timed out after 0\.05 s while running 'x'"):
        transport.run_command("x", {}, 0.05)
    late = transport.start_command("x", {}, 0.05)

    assert isinstance(late.exception(SOON), TimedOut)
    eventually(lambda: len(script.received) == 2)
    for message in script.received:
        script.send(*reply_to(message, response=None))
    script.answer = empty_list
    assert transport.list_commands(SOON) == []


def test_a_cancelled_call_expects_no_reply(transport, script):
    script.answer = lambda _: []
    call = transport.start_command("x", {}, SOON)
    eventually(lambda: script.received)

    assert call.cancel()

    script.send(*reply_to(script.received[0], response=None))
    script.answer = empty_list
    assert transport.list_commands(SOON) == []


def test_the_commands_are_listed_while_a_slow_one_runs(transport, script):
    script.answer = lambda message: (
        [] if message["command"]["request"]["name"] == "x" else empty_list(message)
    )
    slow = transport.start_command("x", {}, SOON)
    eventually(lambda: script.requests() == ["x"])

    assert transport.list_commands(SOON) == []

    assert len(script.clients) == 2
    script.clients[0].send(reply_to(script.received[0], response={"late": 1})[0])
    assert slow.result(SOON) == {"late": 1}
    eventually(lambda: len([n for n in own_threads() if "reader" in n]) == 1)


def test_pending_calls_fail_when_the_server_is_lost(transport, script):
    script.answer = lambda _: []
    call = transport.start_command("x", {}, SOON)
    eventually(lambda: script.received)

    script.client().close(1011, "out of order")

    error = call.exception(SOON)
    assert isinstance(error, ConnectionLost)
    assert str(error) == (
        f"lost the connection to ws://127.0.0.1:{script.port} while running 'x': "
        "the server closed the connection (out of order)"
    )


def test_calls_after_a_loss_reconnect(transport, script):
    transport.list_commands(SOON)
    script.client().close()

    eventually(lambda: not any("reader" in name for name in own_threads()))
    assert transport.list_commands(SOON) == []
    assert len(script.clients) == 2


# limits ------------------------------------------------------------------------


def test_messages_over_the_servers_limit_are_rejected_before_sending(
    transport, script, monkeypatch
):
    monkeypatch.setattr(transport_module, "MESSAGE_LIMIT", 1000)
    big = "x" * 1000

    for call in (
        lambda: transport.update_state(DictionaryChange({"a": big}), SOON),
        lambda: transport.start_update(DictionaryChange({"a": big}), SOON),
        lambda: transport.run_command("x", {"a": big}, SOON),
        lambda: transport.start_command("x", {"a": big}, SOON),
    ):
        with pytest.raises(InvalidValue, match=r"accepts 1000; send it in parts"):
            call()
    assert script.clients == []


def test_states_of_many_mebibytes_are_received(transport, script):
    script.initial_messages = [state(big="x" * 30_000_000)]
    listener = RunListener()

    transport.start(listener, 0)

    eventually(lambda: listener.changes, seconds=20)
    assert len(listener.state["big"]) == 30_000_000


# bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [
        "text",
        b"",
        b"\xc1",
        b"\x80\x01",
        msgpack.packb(3),
        msgpack.packb([]),
        msgpack.packb({"state": None}),
        msgpack.packb({"state": {"updates": []}}),
        msgpack.packb({"command": {"nonsense": 1}}),
    ],
    ids=repr,
)
def test_an_invalid_message_is_skipped_with_a_warning(transport, script, junk, caplog):
    script.initial_messages = [state(a=1)]
    listener = RunListener()
    transport.start(listener, 0)
    eventually(lambda: listener.changes)

    with caplog.at_level(logging.WARNING, "nanover_jupyter.transport"):
        script.send(junk, state(b=2))
        eventually(lambda: listener.state == {"a": 1, "b": 2})

    (record,) = caplog.records
    assert record.getMessage().startswith(f"! skipped a message from {transport.address}: not a ")


@pytest.mark.parametrize(
    "unknown",
    [
        {},
        {"news": 1},
        {"command": {"request": {"id": 99}, "response": 1}},
        {"command": {"request": {"id": [1]}, "response": 1}},
        {"command": {"request": {}, "exception": "x"}},
        {"state": {"updates": {}, "removals": []}},
    ],
    ids=repr,
)
def test_unknown_messages_are_ignored(transport, script, unknown, caplog):
    script.initial_messages = [state(a=1)]
    listener = RunListener()
    transport.start(listener, 0)
    eventually(lambda: listener.changes)

    script.send(unknown, state(b=2))

    eventually(lambda: listener.state == {"a": 1, "b": 2})
    assert not caplog.records


def test_keys_that_are_not_strings_affect_no_other_key(transport, script):
    listener = RunListener()
    transport.start(listener, 0)
    script.send({"state": {"updates": {"a": {1: 2}, "b": 3}, "removals": []}})

    eventually(lambda: listener.state == {"a": {"1": 2}, "b": 3})


def deep(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "message",
    [
        {"state": {"updates": {"deep": deep(500)}, "removals": []}},
        {"command": {"request": {"id": deep(500)}, "response": deep(500)}},
        {"command": {"request": {"id": 1}, "exception": deep(500)}},
        {"command": {"request": {"name": deep(500), "arguments": deep(500)}}},
        {"command": {"register": {"name": "x", "arguments": {"y": deep(500)}}}},
        b"\x81\xa5state" + b"\x91" * 100_000,
        b"\x81" + b"\x91" * 900 + b"\xc0\xc0",
    ],
    ids=lambda message: str(next(iter(message), ""))[:10],
)
def test_deeply_nested_values_do_not_end_the_reader(transport, script, message):
    listener = RunListener()
    transport.start(listener, 0)
    script.send(message, {"state": {"updates": {"after": 1}, "removals": []}})

    eventually(lambda: listener.state.get("after") == 1)
    assert listener.ends == []


def test_another_websocket_server_is_detected_by_its_messages(transport, script):
    script.initial_messages = ["welcome to the chat"]
    script.answer = lambda _: ["what?"]

    with pytest.raises(ProtocolError, match="received a text message"):
        transport.list_commands(0.1)


def test_a_web_server_is_not_a_websocket_server(reach):
    with (
        web_server() as port,
        pytest.raises(ConnectError, match="is not a WebSocket server"),
    ):
        reach(port).list_commands(SOON)


def test_a_refused_connection_is_a_connect_error(reach, unused_port):
    transport = reach(unused_port)
    listener = RunListener()

    with pytest.raises(ConnectError, match="connection refused"):
        transport.list_commands(SOON)
    transport.start(listener, 0)

    assert isinstance(listener.end(), ConnectError)


def test_a_server_that_never_answers_times_out_and_can_be_closed(reach):
    with silent_server() as port:
        transport = reach(port)
        call = transport.start_command("x", {}, 0.1)
        with pytest.raises(TimedOut):
            transport.list_commands(0.1)
        with pytest.raises(TimedOut):
            transport.update_state(DictionaryChange({"a": 1}), 0.1)

        assert isinstance(call.exception(SOON), TimedOut)
        transport.close()
        eventually(lambda: not own_threads())


# servers that do not listen any more --------------------------------------------------------


def test_a_server_that_does_not_list_its_commands_is_disconnected(transport, script):
    listener = RunListener()
    transport.start(listener, 0)
    transport.list_commands(SOON)
    script.unresponsive.set()

    with pytest.raises(TimedOut):
        transport.list_commands(0.1)

    reason = listener.end()
    assert isinstance(reason, ConnectionLost)
    assert reason.reason == "the server does not reply to requests"


def test_an_unresponsive_server_that_sends_state_is_detected_after_updates(
    transport, script, monkeypatch
):
    monkeypatch.setattr(transport_module, "_CHECK_SECONDS", 0.1)
    listener = RunListener()
    transport.start(listener, 0)
    transport.list_commands(SOON)
    script.unresponsive.set()

    def update():
        with suppress(ConnectionLost, ConnectionClosed):
            transport.update_state(DictionaryChange({"a": 1}), SOON)
            script.clients[0].send(state(other=1))
        return listener.ends

    eventually(update)
    assert isinstance(listener.end(), ConnectionLost)


def test_a_responsive_server_is_checked_only_occasionally(transport, script, monkeypatch):
    monkeypatch.setattr(transport_module, "_CHECK_SECONDS", 0.05)
    transport.list_commands(SOON)

    def update():
        transport.update_state(DictionaryChange({"a": 1}), SOON)
        return script.requests().count("commands/list") > 2

    eventually(update)
    updates = [message for message in script.received if "state" in message]
    assert len(script.requests()) < len(updates)


def test_a_cut_connection_fails_pending_calls(reach, script):
    with relay_to(script.port) as relay:
        transport = reach(relay.port)
        script.answer = lambda _: []
        listener = RunListener()
        transport.start(listener, 0)
        call = transport.start_command("x", {}, SOON)
        eventually(lambda: script.received)

        relay.cut()

        assert isinstance(call.exception(SOON), ConnectionLost)
        assert isinstance(listener.end(), ConnectionLost)


def heard_values(script):
    """Return the updates that the server received, in order, as (key, value)."""
    changes = [message["state"]["updates"] for message in script.received if "state" in message]
    return [pair for updates in changes for pair in updates.items()]


@pytest.fixture
def frozen(reach, script):
    """Return a transport with a frozen peer, and a message larger than all buffers."""
    with relay_to(script.port) as relay:
        transport = reach(relay.port)
        transport.list_commands(SOON)
        relay.freeze()
        stuck = transport.start_update(DictionaryChange({"large": "x" * 20_000_000}), 60)
        yield transport, stuck, relay


def test_a_dead_connection_is_detected_by_missing_pongs(reach, script, monkeypatch):
    often = partial(connect_options_module.connect, ping_interval=0.05)
    monkeypatch.setattr(connect_options_module, "connect", often)
    monkeypatch.setattr(connection_module, "_ALIVE_SECONDS", 0.3)
    monkeypatch.setattr(connect_options_module, "_CLOSE_SECONDS", 0.05)
    with relay_to(script.port) as relay:
        transport = reach(relay.port)
        listener = RunListener()
        transport.start(listener, 0)
        transport.list_commands(SOON)
        assert listener.ends == []

        relay.freeze()

        reason = listener.end()
        assert isinstance(reason, ConnectionLost)
        assert reason.reason == "the server answers no pings"
        relay.thaw()


def test_a_frozen_connection_does_not_block_close(frozen, monkeypatch):
    monkeypatch.setattr(connection_module, "_CLOSE_SECONDS", 0.05)
    monkeypatch.setattr(send_queue, "_JOIN_SECONDS", 0.05)
    transport, stuck, relay = frozen
    call = transport.start_command("x", {}, SOON)

    transport.close()

    assert isinstance(stuck.exception(SOON), ConnectionLost | ClosedError)
    assert call.exception(SOON) is not None
    relay.thaw()


def test_sending_to_a_frozen_peer_times_out(frozen):
    transport, stuck, _ = frozen

    later = transport.start_update(DictionaryChange({"later": 1}), SOON)
    for call in (
        lambda: transport.update_state(DictionaryChange({"a": 1}), 0.05),
        lambda: transport.run_command("x", {}, 0.05),
    ):
        with pytest.raises(TimedOut, match=r"after 0\.05 s"):
            call()

    assert not stuck.done()
    assert not later.done()


def test_a_cancelled_message_is_not_sent_and_the_connection_stays_open(frozen, script):
    transport, stuck, relay = frozen
    with pytest.raises(TimedOut):
        transport.update_state(DictionaryChange({"too late": 1}), 0.05)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with pytest.raises(KeyboardInterrupt):
        transport.update_state(DictionaryChange({"interrupted": 1}), SOON)
    signal.signal(signal.SIGALRM, before)

    relay.thaw()

    transport.update_state(DictionaryChange({"last": 1}), SOON)
    assert stuck.result(SOON)
    eventually(lambda: ("last", 1) in heard_values(script))
    assert [key for key, _ in heard_values(script)] == ["large", "last"]
    assert len(script.clients) == 1


def test_an_update_that_is_queued_too_long_times_out(frozen, script):
    transport, stuck, relay = frozen
    late = transport.start_update(DictionaryChange({"late": 1}), 0)

    relay.thaw()

    assert stuck.result(SOON)
    assert isinstance(late.exception(SOON), TimedOut)


def test_updates_are_sent_in_order(transport, script):
    started = [transport.start_update(DictionaryChange({"n": n}), SOON) for n in range(50)]
    transport.update_state(DictionaryChange({"n": 50}), SOON)

    assert all(call.result(0) for call in started)
    eventually(lambda: ("n", 50) in heard_values(script))
    assert heard_values(script) == [("n", n) for n in range(51)]


def test_started_updates_are_sent_before_closing(transport, script):
    transport.list_commands(SOON)
    for n in range(50):
        transport.start_update(DictionaryChange({"n": n}), SOON)

    transport.close()

    eventually(lambda: script.client().close_code == 1000)
    assert heard_values(script) == [("n", n) for n in range(50)]


def test_closing_performs_the_closing_handshake(transport, script):
    transport.list_commands(SOON)

    transport.close()

    eventually(lambda: script.client().close_code == 1000)


# frames ------------------------------------------------------------------------


def test_frames_are_passed_on_unchanged(transport, script):
    frames = [msgpack.packb({"frame": {"frame.index": n, "p": b"xyz"}}) for n in range(3)]
    heard = FrameRecorder()
    transport.frame_listener = heard
    listener = RunListener()
    transport.start(listener, 0)

    script.send(*frames, state(a=1))

    eventually(lambda: listener.changes)
    assert [message.data for message in heard.messages] == frames


def test_frames_are_not_decoded(transport, script, caplog):
    listener = RunListener()
    transport.start(listener, 0)

    script.send(b"\x81\xa5frame but this is not MessagePack", state(a=1))

    eventually(lambda: listener.changes)
    assert not caplog.records


# commands of ours ------------------------------------------------------------------------


def registered(script):
    return [
        message["command"]["register"]
        for message in script.received
        if "register" in message.get("command", {})
    ]


def test_a_command_is_registered_again_after_every_reconnection(transport, script):
    command = CommandInfo.labeled("me/x", {"n": 1}, label="X")
    transport.register_command(command, dict)
    eventually(lambda: len(registered(script)) == 1)
    script.client().close()
    eventually(lambda: not any("reader" in name for name in own_threads()))

    transport.list_commands(SOON)

    eventually(lambda: len(registered(script)) == 2)
    assert registered(script)[1] == {
        "name": "me/x",
        "arguments": {"n": 1},
        "label": "X",
        "icon": None,
    }


def test_a_registered_command_is_called_over_a_second_connection(transport, script):
    transport.register_command(CommandInfo("me/x"), dict)
    script.answer = lambda message: reply_to(message, response={"by": "server"})

    assert transport.run_command("me/x", {}, SOON) == {"by": "server"}
    # The server's thread for the first may start after the one for the second.
    eventually(lambda: len(script.clients) == 2)
