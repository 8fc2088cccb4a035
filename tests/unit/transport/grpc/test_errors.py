"""Translation of gRPC errors: every status, and the messages of real failures."""

from __future__ import annotations

import grpc
import pytest

from nanover_jupyter.errors import (
    CallCancelled,
    CommandFailed,
    ConnectError,
    ConnectionLost,
    InvalidValue,
    NanoverJupyterError,
    ProtocolError,
    ServerFailed,
    TimedOut,
)
from nanover_jupyter.transport.grpc.errors import translate

Code = grpc.StatusCode
WHERE = "grpc://host:1"
FAILED_TO_CONNECT = "failed to connect to all addresses; last error: "


class Failure(grpc.RpcError):
    """An error in the form that gRPC raises."""

    def __init__(self, code, details):
        super().__init__()
        self._code, self._details = code, details

    def code(self):
        return self._code

    def details(self):
        return self._details


def ours(code, details, *, command=None, doing="changing locks", timeout=2.0):
    return translate(
        Failure(code, details), address=WHERE, doing=doing, timeout=timeout, command=command
    )


@pytest.mark.parametrize("command", [None, "playback/load"])
@pytest.mark.parametrize("details", ["some words", "", None])
@pytest.mark.parametrize("code", list(Code))
def test_every_status_is_translated_to_an_error_that_is_also_a_grpc_error(code, details, command):
    error = ours(code, details, command=command)

    assert isinstance(error, NanoverJupyterError)
    assert isinstance(error, grpc.RpcError)
    assert error.code() is code
    assert error.details() == (details or "")
    assert str(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.OK, ServerFailed),
        (Code.CANCELLED, CallCancelled),
        (Code.UNKNOWN, ServerFailed),
        (Code.INVALID_ARGUMENT, ServerFailed),
        (Code.DEADLINE_EXCEEDED, TimedOut),
        (Code.NOT_FOUND, ServerFailed),
        (Code.ALREADY_EXISTS, ServerFailed),
        (Code.PERMISSION_DENIED, ConnectError),
        (Code.UNAUTHENTICATED, ConnectError),
        (Code.RESOURCE_EXHAUSTED, ServerFailed),
        (Code.FAILED_PRECONDITION, ServerFailed),
        (Code.ABORTED, ServerFailed),
        (Code.UNIMPLEMENTED, ProtocolError),
        (Code.INTERNAL, ServerFailed),
        (Code.UNAVAILABLE, ConnectionLost),
        (Code.DATA_LOSS, ServerFailed),
        (Code.OUT_OF_RANGE, ServerFailed),
    ],
)
def test_a_status_determines_the_kind_of_error(code, kind):
    assert type(ours(code, "words")).__mro__[1] is kind


def test_the_table_contains_every_status():
    (mark,) = test_a_status_determines_the_kind_of_error.pytestmark

    assert {code for code, _ in mark.args[1]} == set(Code)


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        (
            FAILED_TO_CONNECT + "UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to remote host: "
            "Connection refused",
            "connection refused (is the server running, and is the port correct?)",
        ),
        (
            (
                "errors resolving nohost.invalid:38801: [field:hostname lookup error:address "
                "lookup failed for nohost.invalid:38801: Domain name not found]"
            ),
            "host name not found",
        ),
        (
            (
                "DNS resolution failed for nohost:1: C-ares status is not ARES_SUCCESS qtype=A "
                "name=nohost is_balancer=0: Domain name not found"
            ),
            "host name not found",
        ),
        (
            (
                "DNS resolution failed for host:1: C-ares status is not ARES_SUCCESS qtype=A "
                "name=host is_balancer=0: Could not contact DNS servers"
            ),
            "the host name lookup failed (is the network up?)",
        ),
        (
            (
                "errors resolving host:1: [field:hostname lookup error:address lookup failed for "
                "host:1: Timeout while contacting DNS servers]"
            ),
            "the host name lookup failed (is the network up?)",
        ),
        (
            FAILED_TO_CONNECT + "UNKNOWN: ipv4:10.1.1.1:1: Failed to connect to remote host: "
            "No route to host",
            "no route to host",
        ),
        (
            FAILED_TO_CONNECT + "UNKNOWN: ipv4:10.1.1.1:1: Network is unreachable",
            "no route to host",
        ),
        (
            FAILED_TO_CONNECT + "UNKNOWN: ipv4:127.0.0.1:1: connection attempt timed out before "
            "receiving SETTINGS frame",
            "no response",
        ),
        (
            FAILED_TO_CONNECT + "INTERNAL: ipv4:127.0.0.1:1: Failed parsing HTTP/2 (Expected "
            "SETTINGS frame as the first frame, got frame type 80) (Trying to connect an http1.x "
            "server (HTTP status 400)",
            "something listens there, but it is not a gRPC server",
        ),
        (
            FAILED_TO_CONNECT + "UNAVAILABLE: ipv4:127.0.0.1:1: Socket closed",
            (
                "something listens there, but it closed the connection "
                "(is it a TLS or WebSocket port?)"
            ),
        ),
        (FAILED_TO_CONNECT + "a new kind of trouble", "failed to connect to all addresses"),
    ],
)
def test_a_failed_connection_has_a_reason(details, reason):
    error = ours(Code.UNAVAILABLE, details)

    assert isinstance(error, ConnectError)
    assert str(error) == f"could not connect to {WHERE}: {reason}"


@pytest.mark.parametrize(
    ("details", "problem"),
    [
        ("Connection refused", "unreachable"),
        ("CERTIFICATE_VERIFY_FAILED", "certificate"),
        ("Failed parsing HTTP/2", "unknown"),
        ("nothing of a certificate", "unknown"),
    ],
)
def test_a_failed_connection_has_a_kind_of_problem(details, problem):
    error = ours(Code.UNAVAILABLE, FAILED_TO_CONNECT + details)

    assert isinstance(error, ConnectError)
    assert error.problem == problem


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ("Socket closed", "Socket closed"),
        ("recvmsg:Connection reset by peer", "recvmsg:Connection reset by peer"),
        ("Too many pings; debug data follows", "Too many pings"),
        ("", "server closed it"),
    ],
)
def test_a_lost_connection_names_what_was_being_done(details, reason):
    error = ours(Code.UNAVAILABLE, details)

    assert isinstance(error, ConnectionLost)
    assert str(error) == f"lost the connection to {WHERE} while changing locks: {reason}"


@pytest.mark.parametrize(
    ("code", "details", "message"),
    [
        (Code.INVALID_ARGUMENT, "'Unknown command: nope'", "Unknown command: nope"),
        (Code.INVALID_ARGUMENT, '"it isn\'t there"', "it isn't there"),
        (Code.UNKNOWN, "Exception calling application: no such molecule", "no such molecule"),
        (Code.UNKNOWN, "Exception calling application: ", ""),
        (
            Code.INVALID_ARGUMENT,
            "Command (x) generated results that cannot be serialised: {1}",
            "Command (x) generated results that cannot be serialised: {1}",
        ),
        (Code.UNKNOWN, "'a' and 'b", "'a' and 'b"),
        (Code.UNKNOWN, "'", "'"),
    ],
)
def test_a_failed_command_has_the_message_of_the_server(code, details, message):
    error = ours(code, details, command="x")

    assert isinstance(error, CommandFailed)
    assert (error.name, error.message) == ("x", message)
    assert error.details() == details


def test_a_failed_call_has_the_message_of_the_server():
    error = ours(
        Code.UNKNOWN, "Exception calling application: Lock duration must be a real number."
    )

    assert isinstance(error, ServerFailed)
    assert not isinstance(error, CommandFailed)
    assert str(error) == (
        "the server failed while changing locks: Lock duration must be a real number."
    )


def test_a_command_that_cannot_reach_the_server_is_not_a_failed_command():
    error = ours(Code.UNAVAILABLE, "Socket closed", command="x", doing="running 'x'")

    assert isinstance(error, ConnectionLost)
    assert error.doing == "running 'x'"


def test_a_timeout_names_its_duration():
    error = ours(Code.DEADLINE_EXCEEDED, "Deadline Exceeded", timeout=0.25)

    assert isinstance(error, TimedOut)
    assert isinstance(error, TimeoutError)
    assert error.seconds == 0.25


def test_a_request_over_the_servers_limit_is_an_invalid_value():
    error = ours(
        Code.RESOURCE_EXHAUSTED, "SERVER: Received message larger than max (8000000 vs. 4194304)"
    )

    assert isinstance(error, InvalidValue)
    assert "the message has 8000000 bytes" in str(error)
    assert "accepts 4194304" in str(error)


def test_a_reply_over_the_limit_of_the_channel_is_a_protocol_error():
    error = ours(
        Code.RESOURCE_EXHAUSTED, "CLIENT: Received message larger than max (8000000 vs. 4194304)"
    )

    assert isinstance(error, ProtocolError)
    assert "this channel accepts 4194304" in str(error)


def test_denied_access_is_a_connect_error():
    error = ours(Code.PERMISSION_DENIED, "")

    assert str(error) == f"could not connect to {WHERE}: access denied: permission_denied"


def test_a_grpc_error_without_a_status_is_translated():
    error = translate(grpc.RpcError("odd"), address=WHERE, doing="x", timeout=None)

    assert isinstance(error, ServerFailed)
    assert error.code() is Code.UNKNOWN
    assert error.message == "odd"


def test_errors_of_one_kind_have_one_class_with_our_name():
    first, second = (ours(Code.UNKNOWN, words, command="x") for words in "ab")

    assert type(first) is type(second)
    assert type(first).__name__ == "CommandFailed"
    assert type(first).__module__ == CommandFailed.__module__
