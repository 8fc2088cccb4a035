"""The server's Python API, and how it closes."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import grpc
import pytest

from nanover_jupyter.errors import (
    AddressError,
    ClosedError,
    ConnectError,
    InvalidValue,
    ResourceLockedError,
    UpdateRefused,
)
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.own_threads import own_threads

AT_ONCE = 10 * TIME_SCALE  # on a busy machine
ROOT = Path(__file__).resolve().parents[3]


def test_address_and_ports_are_reported(server):
    assert server.address == "127.0.0.1"
    assert 0 < server.port < 65536
    assert repr(server) == f"<NanoverServer 127.0.0.1 port {server.port}>"
    server.close()
    assert repr(server) == f"<NanoverServer 127.0.0.1 port {server.port} closed>"


def test_a_port_in_use_is_named_in_the_error(server):
    with pytest.raises(ConnectError, match=f"port {server.port} is already in use"):
        NanoverServer(port=server.port)


def test_a_closed_server_releases_its_port():
    with NanoverServer() as first:
        port = first.port
    with NanoverServer(port=port) as second:
        assert second.port == port


def test_an_invalid_port_is_an_address_error():
    with pytest.raises(AddressError):
        NanoverServer(port=70000)


def test_a_port_bound_after_the_check_is_a_connect_error(server, monkeypatch):
    monkeypatch.setattr("nanover_jupyter.server.bind_address._bind_error", lambda *_: 0)

    with pytest.raises(ConnectError, match="could not listen on"):
        NanoverServer(port=server.port)


def test_serving_on_the_network_is_logged(caplog):
    with NanoverServer() as server:
        assert not caplog.records
    with caplog.at_level(logging.WARNING), NanoverServer(address="0.0.0.0") as server:
        assert server.port
    (record,) = caplog.records
    assert record.name == "nanover_jupyter.server"
    assert "any client on the network" in record.getMessage()


def test_updates_from_this_process_obey_locks(server, client):
    client.lock({"a": 60.0})

    with pytest.raises(UpdateRefused) as caught:
        server.update_state(None, DictionaryChange({"a": 1, "b": 2}))
    assert caught.value.keys == ("a",)
    with pytest.raises(UpdateRefused) as caught:
        server.update_locks(None, {"a": 5, "b": 5})
    assert caught.value.keys == ("a",)
    assert client.update({"a": 3})
    assert server.copy_state() == {"a": 3.0}


def test_locks_from_this_process_bind_clients(server, client):
    server.update_locks(server, {"a": float("inf")})
    assert not client.update({"a": 1})
    server.update_locks(server, release=["a", "never locked"])
    assert client.update({"a": 1})

    with pytest.raises(InvalidValue, match="number of seconds"):
        server.update_locks(server, {"a": "5"})


def test_values_that_cannot_be_sent_never_reach_a_stream(server, client):
    stream = client.subscribe()
    for bad in ({1, 2}, object(), "\ud800", 10**400):
        with pytest.raises(InvalidValue):
            server.update_state("t", DictionaryChange({"a": bad}))
    server.update_state("t", DictionaryChange({"a": "good"}))

    assert grpc_codec.decode_state_update(next(stream)).updates == {"a": "good"}
    stream.cancel()


def test_clients_wait_while_the_state_is_locked(server, client):
    with server.lock_state() as state:
        request = grpc_codec.encode_update_request("t", DictionaryChange({"a": 1}))
        call = client.start(grpc_codec.UPDATE_STATE, request)
        with pytest.raises(grpc.FutureTimeoutError):
            call.result(0.1)
        assert state == {}
    assert grpc_codec.decode_success(call.result(5))


def test_cancelling_works_while_the_state_is_locked(server, connect):
    server.update_state("t", DictionaryChange({"a": 1}))
    leaving, staying = connect(), connect()
    stream = leaving.subscribe(1e9)
    next(stream)

    with server.lock_state():
        stream.cancel()
        # gRPC handles cancellation on its only serving thread, which must not wait for the lock.
        assert staying.call(grpc_codec.GET_COMMANDS, b"") == b""
    eventually(lambda: server._state.log.subscribers == 0)


def test_commands_are_listed_with_a_copy_of_their_defaults(server, client):
    server.register_command("greet", lambda name: {"result": f"Hi {name}"}, {"name": "you"})

    server.commands["greet"].arguments["name"] = "spoiled"
    assert server.commands["greet"].arguments == {"name": "you"}
    assert client.run("greet") == {"result": "Hi you"}
    assert client.run("greet", {"name": "Anna"}) == {"result": "Hi Anna"}
    server.unregister_command("greet")
    assert server.commands == {}


def test_a_command_may_update_the_state(server, client):
    server.register_command(
        "count", lambda: server.update_state("t", DictionaryChange({"count": 1}))
    )
    client.run("count")

    assert server.copy_state() == {"count": 1}


# closing ----------------------------------------------------------------------------


DEFAULT_PENDING_LIMIT = 3000  # gRPC cancels further calls


def start_updates(client, count) -> list[grpc.Future]:
    changes = [DictionaryChange({str(number): number}) for number in range(count)]
    requests = [grpc_codec.encode_update_request(client.token, change) for change in changes]
    return [client.start(grpc_codec.UPDATE_STATE, request) for request in requests]


def test_a_websocket_port_in_use_leaves_the_grpc_port_free():
    with NanoverServer() as former:
        port = former.port
    with NanoverServer(websocket_port=0) as other:
        with pytest.raises(ConnectError):
            NanoverServer(port=port, websocket_port=other.websocket_port)

        NanoverServer(port=port).close()


def test_a_burst_of_calls_is_served_when_accepting_is_delayed(server, client, monkeypatch):
    may_accept = threading.Event()
    submit = server._threads.submit

    def submit_when_allowed(*work):
        may_accept.wait(60)
        return submit(*work)

    monkeypatch.setattr(server._threads, "submit", submit_when_allowed)
    calls = start_updates(client, DEFAULT_PENDING_LIMIT + 200)
    may_accept.set()

    assert all(grpc_codec.decode_success(call.result(60)) for call in calls)
    assert len(server.copy_state()) == len(calls)


def test_a_burst_of_calls_is_served_when_all_wait_for_the_state(server, client):
    with server.lock_state():
        calls = start_updates(client, 1500)

    assert all(grpc_codec.decode_success(call.result(60)) for call in calls)
    assert len(server.copy_state()) == len(calls)


def seconds_to_close(server) -> float:
    start = time.monotonic()
    server.close()
    return time.monotonic() - start


def test_closing_twice_does_nothing(server):
    server.close()
    server.close()

    with pytest.raises(ClosedError):
        server.update_state("t", DictionaryChange({"a": 1}))


@pytest.mark.parametrize("interval", [0.0, 1e9])
def test_closing_completes_open_streams(server, client, interval):
    server.update_state("t", DictionaryChange({"a": 1}))
    streams = [client.subscribe(interval) for _ in range(5)]
    for stream in streams:
        next(stream)
    server.update_state("t", DictionaryChange({"last": 2}))

    assert seconds_to_close(server) < AT_ONCE

    for stream in streams:
        rest = [grpc_codec.decode_state_update(message) for message in stream]
        assert rest == [DictionaryChange({"last": 2.0})]
        assert stream.code() is grpc.StatusCode.OK
    assert own_threads() == []


def test_closing_does_not_wait_for_a_client_that_does_not_read(server, client):
    stream = client.subscribe()
    for number in range(20):
        server.update_state("t", DictionaryChange({"big": str(number) * 1_000_000}))

    assert seconds_to_close(server) < AT_ONCE

    stream.cancel()
    eventually(lambda: not own_threads())


def test_closing_does_not_wait_for_a_running_command(server, client, impatient_servers):
    started, go_on = threading.Event(), threading.Event()

    def work():
        started.set()
        go_on.wait(60)

    server.register_command("work", work)
    call = client.start_command("work")
    assert started.wait(5)

    assert seconds_to_close(server) < AT_ONCE

    assert call.exception(5).code() in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
    go_on.set()
    eventually(lambda: not own_threads())


def test_a_command_in_progress_may_finish_while_the_server_closes(server, client):
    started = threading.Event()

    def work():
        started.set()
        eventually(lambda: server._state.frozen)
        return {"done": True}

    server.register_command("work", work)
    call = client.start_command("work")
    assert started.wait(5)
    server.close()

    assert grpc_codec.decode_command_reply(call.result(5)) == {"done": True}


def test_a_command_may_close_its_own_server(server, client):
    server.register_command("leave", server.close)
    client.start_command("leave").exception(5)

    eventually(lambda: not own_threads())


def test_several_threads_may_close_at_once(server):
    closers = [threading.Thread(target=server.close) for _ in range(4)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join(5)

    assert own_threads() == []


@pytest.mark.parametrize("interval", ["0", "1e9"])
def test_interpreter_exit_does_not_wait_for_the_server(interval):
    program = textwrap.dedent(
        f"""
        import threading
        import grpc
        from nanover_jupyter.server import DemoWorld, NanoverServer
        from nanover_jupyter.wire.grpc import codec as grpc_codec

        server = NanoverServer()
        world = DemoWorld(server)
        started = threading.Event()

        def hang():
            started.set()
            threading.Event().wait()

        server.register_command("hang", hang)
        channel = grpc.insecure_channel(f"127.0.0.1:{{server.port}}")
        stream = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)(
            grpc_codec.encode_subscribe_request({interval})
        )
        next(stream)
        request = grpc_codec.encode_command("hang", {{}})
        call = channel.unary_unary(grpc_codec.RUN_COMMAND).future(request)
        assert started.wait(10)
        print("leaving", flush=True)
        """
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")


# compatibility with NanoVer's own server ------------------------------------------------------


def test_a_locked_key_raises_the_error_of_nanovers_servers(server):
    server.update_locks("someone", {"a": 60})

    with pytest.raises(ResourceLockedError) as caught:
        server.update_state("me", DictionaryChange({"a": 1}))
    assert type(caught.value).__name__ == "ResourceLockedError"
    assert isinstance(caught.value, UpdateRefused)
    assert caught.value.keys == ("a",)
    with pytest.raises(ResourceLockedError):
        server.update_locks("me", {"a": 1})


def test_locks_without_a_token_belong_to_none(server):
    server.update_locks(acquire={"a": 60})

    server.update_state(None, DictionaryChange({"a": 1}))
    with pytest.raises(ResourceLockedError):
        server.update_state("me", DictionaryChange({"a": 2}))
    server.update_locks(release=["a"])
    server.update_state("me", DictionaryChange({"a": 2}))
