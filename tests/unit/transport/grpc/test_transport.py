"""Channel, thread and limits of the gRPC transport. See test_contract for common behavior."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest

from nanover_jupyter.errors import (
    ClosedError,
    ConnectError,
    ConnectionLost,
    InvalidValue,
    ProtocolError,
    ServerFailed,
    TimedOut,
)
from nanover_jupyter.server.grpc_service import SUBSCRIPTIONS_LIMIT
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.grpc.transport import GrpcTransport, open_channel
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.own_threads import own_threads
from tests.support.run_listener import RunListener
from tests.support.tcp_servers import silent_server, slow_relay, web_server

MANY_BYTES = 8_000_000


@pytest.fixture
def reach() -> Iterator[object]:
    """Return a function that connects to a local port; closes all transports in the end."""
    made: list[tuple[GrpcTransport, grpc.Channel]] = []

    def make(port: int, *, host: str = "127.0.0.1", token: str = "me") -> GrpcTransport:
        address = Address(host, port)
        channel = open_channel(address)
        made.append((GrpcTransport(channel, access_token=token, address=str(address)), channel))
        return made[-1][0]

    yield make
    for transport, channel in made:
        transport.close()
        channel.close()


@contextmanager
def raw_state_server(subscribe):
    """A gRPC server with one method that returns given bytes."""
    _, service, method = grpc_codec.SUBSCRIBE_STATE_UPDATES.split("/")
    handlers = {method: grpc.unary_stream_rpc_method_handler(subscribe)}
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(0).wait()


# channels ------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_channel_connects_to_its_address(server, reach, host):
    assert reach(server.port, host=host).list_commands(10) == []


@pytest.mark.parametrize("host", ["dns", "unix", "ipv4", "vsock", "xds", "nohost.invalid"])
def test_a_host_name_may_be_a_word_that_grpc_interprets(reach, host):
    with pytest.raises(ConnectError) as caught:
        reach(1, host=host).list_commands(10)

    assert caught.value.address == f"grpc://{host}:1"
    # The second if this machine cannot look up host names.
    assert caught.value.reason in (
        "host name not found",
        "the host name lookup failed (is the network up?)",
    )


def test_a_slow_network_works(server, reach):
    with slow_relay(server.port, 0.1) as port:
        assert reach(port).list_commands(10) == []


def test_states_far_above_four_mebibytes_are_received(server, reach):
    server.update_state("server", DictionaryChange({"big": "x" * MANY_BYTES}))
    listener = RunListener()
    reach(server.port).start(listener, 0)

    eventually(lambda: listener.changes)
    assert listener.changes[0].updates["big"] == "x" * MANY_BYTES


def test_results_far_above_four_mebibytes_are_received(server, reach):
    server.register_command("big", lambda: {"big": "x" * MANY_BYTES})

    assert reach(server.port).run_command("big", {}, 10) == {"big": "x" * MANY_BYTES}


def test_a_message_over_the_servers_limit_is_an_invalid_value(reach):
    server = grpc.server(ThreadPoolExecutor(1))  # as upstream's: with gRPC's own limits
    _, service, method = grpc_codec.UPDATE_STATE.split("/")
    handlers = {method: grpc.unary_unary_rpc_method_handler(lambda *_: b"")}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(InvalidValue, match=r"accepts 4194304; send it in parts"):
            reach(port).update_state(DictionaryChange({"big": "x" * MANY_BYTES}), 10)
    finally:
        server.stop(0).wait()


# other servers ----------------------------------------------------------------


def test_a_refused_connection_is_a_connect_error(reach, unused_port):
    with pytest.raises(ConnectError, match="connection refused"):
        reach(unused_port).list_commands(10)


def test_a_web_server_is_not_a_grpc_server(reach):
    with web_server() as port, pytest.raises(ConnectError, match="but it is not a gRPC server"):
        reach(port).list_commands(10)


def test_a_server_that_never_answers_causes_a_timeout(reach):
    with silent_server() as port, pytest.raises(TimedOut) as caught:
        reach(port).list_commands(0.1)

    assert caught.value.seconds == 0.1
    assert caught.value.doing == "listing the commands"


def test_another_grpc_server_is_not_a_nanover_server(reach):
    with (
        raw_state_server(lambda *_: iter(())) as port,
        pytest.raises(ProtocolError, match="is a gRPC server but not a NanoVer server"),
    ):
        reach(port).list_commands(10)


# commands ------------------------------------------------------------------------


def test_commands_and_arguments_are_sorted_by_name(server, reach):
    letters = "qwertyuiopasdfghjkl"
    for letter in letters:
        server.register_command(letter, dict, dict.fromkeys(letters))

    listed = reach(server.port).list_commands(10)

    assert [info.name for info in listed] == sorted(letters)
    assert all(list(info.arguments) == sorted(letters) for info in listed)


# calls ------------------------------------------------------------------------


def test_a_command_that_takes_too_long_times_out(server, reach):
    go_on = threading.Event()
    server.register_command("wait", lambda: go_on.wait(10 * TIME_SCALE) and None)

    with pytest.raises(TimedOut) as caught:
        reach(server.port).run_command("wait", {}, 0.1)

    go_on.set()
    assert isinstance(caught.value, grpc.RpcError)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert isinstance(caught.value.__cause__, grpc.RpcError)


def test_two_tokens_are_two_clients(server, reach):
    one, other = reach(server.port, token="one"), reach(server.port, token="other")

    assert one.update_state(DictionaryChange({"a": 1}), 10)
    server.update_locks("one", {"a": 60})

    assert other.update_state(DictionaryChange({"a": 2}), 10) is False
    assert one.update_state(DictionaryChange({"a": 3}), 10) is True


def test_calls_over_a_closed_channel_raise_closed_error(server):
    channel = open_channel(Address("127.0.0.1", server.port))
    transport = GrpcTransport(channel, access_token="me", address="grpc://somewhere")
    channel.close()

    with pytest.raises(ClosedError, match="grpc://somewhere is closed"):
        transport.list_commands(10)
    with pytest.raises(ClosedError, match="grpc://somewhere is closed"):
        transport.start(RunListener(), 0)
    assert own_threads_of_clients() == []


# the reader ------------------------------------------------------------------------


def own_threads_of_clients():
    return [name for name in own_threads() if not name.startswith("nanover-server")]


def test_the_reader_is_a_daemon_named_for_its_server(server, reach):
    transport = reach(server.port)
    transport.start(RunListener(), 0)

    assert own_threads_of_clients() == [f"nanover-reader-grpc://127.0.0.1:{server.port}"]
    assert all(t.daemon for t in threading.enumerate() if t.name.startswith("nanover-reader"))


def test_the_interval_is_sent_to_the_server(reach):
    intervals = []

    def subscribe(request, _context):
        intervals.append(grpc_codec.decode_subscribe_request(request))
        yield from ()

    with raw_state_server(subscribe) as port:
        listener = RunListener()
        reach(port).start(listener, 0.25)
        listener.end()

    assert intervals == [0.25]


def test_invalid_updates_are_skipped_and_logged(reach, caplog):
    good = [grpc_codec.encode_state_update(DictionaryChange({"a": n})) for n in range(2)]
    stream = [good[0], b"\xff\xff", good[1]]

    with raw_state_server(lambda *_: iter(stream)) as port:
        listener = RunListener()
        with caplog.at_level(logging.WARNING, "nanover_jupyter.transport"):
            reach(port).start(listener, 0)
            reason = listener.end()

    assert [change.updates["a"] for change in listener.changes] == [0.0, 1.0]
    assert [record.message.split(" from ")[0] for record in caplog.records] == [
        "! skipped an update"
    ]
    # An orderly end is also a lost connection, as over WebSocket.
    assert isinstance(reason, ConnectionLost)
    assert (reason.doing, reason.reason) == ("following the state", "the server ended the stream")


def test_an_error_of_the_server_ends_the_subscription_with_its_message(reach):
    def subscribe(_request, context):
        yield grpc_codec.encode_state_update(DictionaryChange({"a": 1}))
        context.abort(grpc.StatusCode.INTERNAL, "out of order")

    with raw_state_server(subscribe) as port:
        listener = RunListener()
        reach(port).start(listener, 0)
        reason = listener.end()

    assert listener.state == {"a": 1.0}
    assert isinstance(reason, ServerFailed)
    assert (reason.doing, reason.message) == ("following the state", "out of order")
    assert isinstance(reason.__cause__, grpc.RpcError)


def test_a_listener_that_fails_ends_the_subscription_and_the_stream(server, reach, caplog):
    class Failing(RunListener):
        def on_change(self, change):
            raise RuntimeError(f"no more of {change}")

    server.update_state("server", DictionaryChange({"a": 1}))
    listener = Failing()
    with caplog.at_level(logging.ERROR, "nanover_jupyter.transport"):
        reach(server.port).start(listener, 0)
        reason = listener.end()

    assert "no more" in str(reason)
    assert caplog.records
    # The server accepts the maximum number again, so the ended one was released.
    others = [RunListener() for _ in range(SUBSCRIPTIONS_LIMIT - 1)]
    for other in others:
        reach(server.port).start(other, 0)
    eventually(lambda: all(other.changes for other in others))
    eventually(lambda: hears_something(reach(server.port)))


def hears_something(transport):
    listener = RunListener()
    transport.start(listener, 0)
    eventually(lambda: listener.changes or listener.ends)
    return bool(listener.changes)


def test_a_rejected_subscription_ends_with_the_message_of_the_server(server, reach):
    server.update_state("server", DictionaryChange({"a": 1}))
    taken = [RunListener() for _ in range(SUBSCRIPTIONS_LIMIT)]
    for listener in taken:
        reach(server.port).start(listener, 0)
    eventually(lambda: all(listener.changes for listener in taken))

    late = RunListener()
    reach(server.port).start(late, 0)

    assert "limit of" in str(late.end())
