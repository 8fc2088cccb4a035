"""The gRPC protocol of the server: bytes, status codes and streams as NanoVer's own server."""

from __future__ import annotations

import socket
import struct
import threading

import grpc
import pytest

from nanover_jupyter.server.grpc_service import SUBSCRIPTIONS_LIMIT
from nanover_jupyter.server.state import change_log
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.golden import golden_bytes, golden_json, needs_golden


def refused(call, *args) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call(*args)
    return caught.value.code(), caught.value.details()


def next_change(stream) -> DictionaryChange:
    return grpc_codec.decode_state_update(next(stream))


def canonical(value) -> str:
    """Return a comparable string, because NaN equals nothing and the order of keys may vary."""
    if isinstance(value, dict):
        return repr(sorted((key, canonical(item)) for key, item in value.items()))
    if isinstance(value, list):
        return repr([canonical(item) for item in value])
    return repr(value)


# captured bytes -----------------------------------------------------------------

GOLDEN_COMMANDS = (
    "commands/list",
    "multiuser/radially-orient-origins",
    "playback/load",
    "playback/next",
    "playback/list",
    "playback/reset",
    "playback/pause",
    "playback/play",
    "playback/step",
)


@pytest.fixture
def omni(server):
    """A server with the commands of the recorded server."""
    for name in GOLDEN_COMMANDS:
        server.register_command(name, lambda: None)
    recorded = grpc_codec.decode_command_reply(golden_bytes("live_run_playback_list_reply"))
    server.unregister_command("playback/list")
    server.register_command("playback/list", lambda: recorded)
    server.unregister_command("commands/list")
    server.register_command(
        "commands/list",
        lambda: {"list": {name: found.arguments for name, found in server.commands.items()}},
    )
    return server


@needs_golden
@pytest.mark.usefixtures("omni")
def test_commands_are_listed_as_recorded(client):
    reply = client.call(grpc_codec.GET_COMMANDS, b"")

    assert grpc_codec.decode_commands(reply) == {
        command["name"]: command["arguments"] for command in golden_json("live_get_commands_reply")
    }
    assert grpc_codec.decode_commands(reply) == grpc_codec.decode_commands(
        golden_bytes("live_get_commands_reply")
    )
    # Every command has arguments, possibly empty, so both have the same length.
    assert len(reply) == len(golden_bytes("live_get_commands_reply"))


@needs_golden
@pytest.mark.parametrize("name", ["playback_list", "commands_list", "playback_play"])
@pytest.mark.usefixtures("omni")
def test_recorded_commands_get_the_recorded_reply(client, name):
    reply = client.call(grpc_codec.RUN_COMMAND, golden_bytes(f"live_run_{name}_request"))
    recorded = golden_bytes(f"live_run_{name}_reply")

    assert len(reply) == len(recorded)
    assert grpc_codec.decode_command_reply(reply) == grpc_codec.decode_command_reply(recorded)


@needs_golden
def test_an_empty_result_differs_from_none_on_the_wire(server, client):
    server.register_command("empty", dict)
    server.register_command("none", lambda: None)

    assert client.call(
        grpc_codec.RUN_COMMAND, grpc_codec.encode_command("empty", {})
    ) == golden_bytes("command_reply_empty_dict")
    assert client.call(grpc_codec.RUN_COMMAND, grpc_codec.encode_command("none", {})) == b""


@needs_golden
def test_recorded_arguments_come_back_from_an_echo(server, client):
    request = golden_bytes("echo_request")
    name, arguments = grpc_codec.decode_command(request)
    server.register_command(name, lambda **given: given)

    reply = client.call(grpc_codec.RUN_COMMAND, request)

    assert canonical(grpc_codec.decode_command_reply(reply)) == canonical(arguments)


@needs_golden
def test_the_first_message_is_the_recorded_one(server, client):
    server.update_state("server", DictionaryChange({"imd.velocity_reset_available": False}))
    stream = client.stream(
        grpc_codec.SUBSCRIBE_STATE_UPDATES, golden_bytes("subscribe_request_default")
    )

    assert next(stream) == golden_bytes("live_state_first")
    stream.cancel()


@needs_golden
def test_recorded_updates_get_the_recorded_answers(server, client):
    server.update_state("server", DictionaryChange({"gone": 1}))
    stream = client.stream(
        grpc_codec.SUBSCRIBE_STATE_UPDATES, golden_bytes("subscribe_request_zero")
    )
    next(stream)
    request = golden_bytes("update_state_request")
    token, change = grpc_codec.decode_update_request(request)

    assert client.call(grpc_codec.UPDATE_STATE, request) == golden_bytes(
        "update_state_response_true"
    )
    assert next_change(stream) == change
    server.update_locks("another", {"a": 10})
    assert client.call(grpc_codec.UPDATE_STATE, request) == golden_bytes(
        "update_state_response_false"
    )
    client.token = token
    assert not client.lock({"a": 1.0})
    stream.cancel()


@needs_golden
@pytest.mark.parametrize(
    "name",
    [
        "value_empties",
        "value_scalars",
        "value_floats_nonfinite",
        "value_integers_as_doubles",
        "value_unicode",
        "value_nested_lists_20",
        "value_nested_dicts_15",
        "value_long_string_64k",
        "value_many_keys_1000",
        "value_selection_100k",
        "value_strings_5k",
        "update_and_removals",
    ],
)
def test_recorded_values_pass_through_unchanged(server, client, name):
    change = grpc_codec.decode_state_update(golden_bytes(name))
    server.update_state("t", DictionaryChange({"before": 1}))
    stream = client.subscribe()
    next(stream)  # from now on it also receives removals of absent keys
    request = protocol.UpdateStateRequest(access_token="t")
    request.update.MergeFromString(golden_bytes(name))

    answer = client.call(grpc_codec.UPDATE_STATE, request.SerializeToString())

    assert grpc_codec.decode_success(answer)
    received = next_change(stream)
    assert received.removals == change.removals
    assert canonical(received.updates) == canonical(change.updates)
    stream.cancel()


# errors -----------------------------------------------------------------------------


def test_an_unknown_command_is_an_invalid_argument(client):
    assert refused(client.run, "nope") == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "'Unknown command: nope'",
    )


def test_a_failed_command_returns_the_reason(server, client):
    def fail(error):
        raise {"key": KeyError("boom"), "value": ValueError("no"), "empty": OSError()}[error]

    server.register_command("fail", fail)
    server.register_command("bad", lambda: {"a": b"x"})

    assert refused(client.run, "fail", {"error": "key"}) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "'boom'",
    )
    assert refused(client.run, "fail", {"error": "value"}) == (
        grpc.StatusCode.UNKNOWN,
        "Exception calling application: no",
    )
    assert refused(client.run, "fail", {"error": "empty"}) == (
        grpc.StatusCode.UNKNOWN,
        "Exception calling application: ",
    )
    code, details = refused(client.run, "fail", {"foo": 1})
    assert code is grpc.StatusCode.UNKNOWN
    assert details.endswith("fail() got an unexpected keyword argument 'foo'")
    assert refused(client.run, "bad") == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "Command (bad) generated results that cannot be serialised: {'a': b'x'}",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ä€😀\n%", "ä€😀\n%"),
        ("lone \ud800", "lone ?"),
        ("x" * 100_000, "x" * 5000),
        ("😀" * 100_000, "😀" * 400),
    ],
)
def test_unusual_and_long_error_messages_arrive(server, client, text, expected):
    def fail():
        raise ValueError(text)

    server.register_command("fail", fail)

    code, details = refused(client.run, "fail")

    assert code is grpc.StatusCode.UNKNOWN
    assert details.startswith(f"Exception calling application: {expected}")


@pytest.mark.parametrize(
    "path", [grpc_codec.RUN_COMMAND, grpc_codec.UPDATE_STATE, grpc_codec.UPDATE_LOCKS]
)
@pytest.mark.parametrize("request_bytes", [b"\xff\xff\xff", b"\x0a\x02\xc3\x28"])
def test_malformed_requests_are_internal_errors(client, path, request_bytes):
    assert refused(client.call, path, request_bytes) == (
        grpc.StatusCode.INTERNAL,
        "Exception deserializing request!",
    )


def test_a_malformed_subscription_is_an_internal_error(client):
    stream = client.stream(grpc_codec.SUBSCRIBE_STATE_UPDATES, b"\x0d\x00")

    assert refused(next, stream) == (
        grpc.StatusCode.INTERNAL,
        "Exception deserializing request!",
    )


def test_unset_values_are_refused_and_nothing_is_applied(server, client):
    update = protocol.UpdateStateRequest(access_token="t")
    update.update.changed_keys.fields["fine"].number_value = 1
    update.update.changed_keys.fields["unset"].SetInParent()
    locks = protocol.UpdateLocksRequest(access_token="t")
    locks.lock_keys.fields["unset"].SetInParent()
    command = protocol.CommandMessage(name="any")
    command.arguments.fields["unset"].SetInParent()

    for path, message in (
        (grpc_codec.UPDATE_STATE, update),
        (grpc_codec.UPDATE_LOCKS, locks),
        (grpc_codec.RUN_COMMAND, command),
    ):
        assert refused(client.call, path, message.SerializeToString()) == (
            grpc.StatusCode.UNKNOWN,
            "Exception calling application: Value not set",
        )
    assert server.copy_state() == {}


def test_other_methods_are_not_found(client):
    code, _ = refused(client.call, f"/{grpc_codec.TRAJECTORY_SERVICE}/SubscribeNothing", b"")

    assert code is grpc.StatusCode.UNIMPLEMENTED


# state and locks --------------------------------------------------------------------


def test_absent_fields_are_empty(client):
    assert client.call(grpc_codec.UPDATE_STATE, b"") == grpc_codec.encode_success(success=True)
    assert client.call(grpc_codec.UPDATE_LOCKS, b"") == grpc_codec.encode_success(success=True)


def test_a_lock_blocks_other_clients_and_outlives_its_owner(server, connect):
    anna, ivan = connect(), connect()
    assert anna.lock({"a": 60.0})
    anna.close()

    assert not ivan.update({"a": 1})
    assert not ivan.lock({"a": 1.0})
    server.clear_locks()
    assert ivan.update({"a": 1})


@pytest.mark.parametrize("held", [True, float("inf"), float("nan")])
def test_lock_durations_may_be_true_infinite_or_nan(connect, held):
    anna, ivan = connect(), connect()
    request = protocol.UpdateLocksRequest(access_token=anna.token)
    if held is True:
        request.lock_keys.fields["a"].bool_value = True
    else:
        request.lock_keys.fields["a"].number_value = held

    assert anna.call(grpc_codec.UPDATE_LOCKS, request.SerializeToString()) == (
        grpc_codec.encode_success(success=True)
    )
    assert not ivan.update({"a": 1})
    assert anna.lock({"a": None})
    assert ivan.update({"a": 1})


def test_a_duration_that_is_not_a_number_is_rejected(server, client):
    request = protocol.UpdateLocksRequest(access_token="t")
    request.lock_keys.fields["a"].string_value = "5"
    request.lock_keys.fields["b"].number_value = 5

    assert refused(client.call, grpc_codec.UPDATE_LOCKS, request.SerializeToString()) == (
        grpc.StatusCode.UNKNOWN,
        "Exception calling application: Lock duration must be a real number.",
    )
    server.update_locks("another", {"b": 5})


def test_only_one_of_two_racing_clients_acquires_a_lock(connect):
    clients = connect(), connect()
    granted: list[tuple[str, int]] = []
    barrier = threading.Barrier(2)

    def race(client):
        for number in range(50):
            barrier.wait(10)
            if client.lock({f"key-{number}": 60.0}):
                granted.append((client.token, number))

    racers = [threading.Thread(target=race, args=(client,)) for client in clients]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(30)

    assert sorted(number for _, number in granted) == list(range(50))


def test_large_requests_and_states_are_accepted(client):
    text = "x" * 6_000_000  # gRPC's own limit is 4 MiB

    assert client.update({"big": text})
    stream = client.subscribe()
    assert next_change(stream).updates["big"] == text
    stream.cancel()


# streams ----------------------------------------------------------------------------


def test_a_subscriber_receives_its_own_updates(client):
    stream = client.subscribe()
    client.update({"a": 1})
    assert next_change(stream) == DictionaryChange({"a": 1.0})
    client.update({}, ("a", "never"))
    assert next_change(stream) == DictionaryChange(removals={"a", "never"})
    stream.cancel()


def test_changes_between_messages_are_merged(server, client):
    server.update_state("t", DictionaryChange({"first": True}))
    stream = client.subscribe(0.2)
    assert next_change(stream) == DictionaryChange({"first": True})

    for number in range(20):
        server.update_state("t", DictionaryChange({"n": number, f"only-{number}": 1}))
    server.update_state("t", DictionaryChange(removals={"only-3"}))
    change = next_change(stream)

    assert change.updates["n"] == 19
    assert change.removals == {"only-3"}
    assert len(change.updates) == 20
    stream.cancel()


@pytest.mark.parametrize("interval", [0.0, 1 / 30, 1e9, float("nan"), float("inf")])
def test_cancelling_frees_the_thread_at_once(server, client, interval):
    server.update_state("t", DictionaryChange({"a": 1}))
    stream = client.subscribe(interval)
    next(stream)
    assert server._state.log.subscribers == 1

    stream.cancel()

    eventually(lambda: server._state.log.subscribers == 0)
    eventually(lambda: server._threads._idle == len(server._threads._threads), seconds=1)


def test_a_vanished_client_frees_its_thread(server, connect):
    server.update_state("t", DictionaryChange({"a": 1}))
    client = connect()
    next(client.subscribe(1e9))

    client.close()

    eventually(lambda: server._state.log.subscribers == 0)


def test_a_client_that_does_not_read_delays_no_other(server, client):
    stream = client.subscribe()
    for number in range(40):  # exceeds gRPC's buffers
        server.update_state("t", DictionaryChange({"big": str(number) * 1_000_000}))

    last = ""
    while not last.startswith("39"):
        last = next_change(stream).updates["big"]
    stream.cancel()


def test_streams_beyond_the_limit_are_rejected_and_calls_still_served(server, client):
    server.update_state("t", DictionaryChange({"a": 1}))
    streams = [client.subscribe(1e9) for _ in range(SUBSCRIPTIONS_LIMIT)]
    for stream in streams:
        next(stream)

    code, details = refused(next, client.subscribe())
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert str(SUBSCRIPTIONS_LIMIT) in details
    assert client.update({"b": 2})

    streams.pop().cancel()
    eventually(lambda: server._state.log.subscribers == SUBSCRIPTIONS_LIMIT - 1)
    again = eventually(lambda: _subscribed(client))
    for stream in [*streams, again]:
        stream.cancel()


def _subscribed(client):
    stream = client.subscribe()
    try:
        next(stream)
    except grpc.RpcError:
        return None
    return stream


def test_a_subscriber_that_lags_too_far_receives_an_error(server, client, monkeypatch):
    monkeypatch.setattr(change_log, "PENDING_REMOVALS_LIMIT", 3)
    server.update_state("t", DictionaryChange({"a": 1}))
    stream = client.subscribe(1e9)
    next(stream)
    for start in (0, 100):
        keys = set(map(str, range(start, start + 100)))
        server.update_state("t", DictionaryChange(removals=keys))

    code, details = refused(next, stream)

    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "too far behind" in details


def test_intervals_are_single_precision_on_the_wire(server, client):
    server.update_state("t", DictionaryChange({"a": 1}))
    stream = client.stream(grpc_codec.SUBSCRIBE_STATE_UPDATES, b"\x0d" + struct.pack("<f", 3.4e38))

    assert next_change(stream) == DictionaryChange({"a": 1.0})
    stream.cancel()


# What a web page can send: the browser always begins with its own request line.
HTTP_1_POST = (
    b"POST /nanover.protocol.command.Command/RunCommand HTTP/1.1\r\n"
    b"Host: localhost\r\nContent-Type: application/grpc\r\nContent-Length: 4096\r\n\r\n"
)
HTTP_2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
# Headers: POST, http, :path, :authority, content-type, te; literals where required.
HTTP_2_CALL = (
    b"\x83\x86\x04\x2c/nanover.protocol.command.Command/RunCommand\x01\x09localhost"
    b"\x0f\x10\x10application/grpc\x00\x02te\x08trailers"
)


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


@pytest.mark.parametrize("before", [b"", HTTP_1_POST], ids=["native", "page"])
def test_a_web_page_cannot_speak_the_protocol_of_the_port(server, before):
    ran = threading.Event()
    server.register_command("run", ran.set)
    request = grpc_codec.encode_command("run", {})
    call = frame(1, 4, 1, HTTP_2_CALL) + frame(
        0, 1, 1, b"\0" + struct.pack(">I", len(request)) + request
    )

    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(before + HTTP_2_PREFACE + call)
        if before:  # the server disconnects if the HTTP/2 preface is missing
            while raw.recv(4096):
                pass
        else:  # the same bytes alone run the command
            assert ran.wait(5)
    assert ran.is_set() == (not before)
