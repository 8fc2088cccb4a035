"""Messages of all errors."""

from __future__ import annotations

import inspect
import pickle

import pytest

from nanover_jupyter import errors
from nanover_jupyter.errors import (
    AddressError,
    CallCancelled,
    CaptureFailed,
    ClosedError,
    CommandFailed,
    ConnectError,
    ConnectionLost,
    ExportFailed,
    InvalidArgument,
    InvalidValue,
    LeaseLost,
    LockRefused,
    NanoverJupyterError,
    NotProvided,
    NotSupported,
    ProtocolError,
    ResourceLockedError,
    ServerFailed,
    TimedOut,
    UpdateRefused,
    WaitTimedOut,
)

MESSAGES = [
    (
        ConnectError("grpc://host:1", "connection refused"),
        "could not connect to grpc://host:1: connection refused",
    ),
    (
        AddressError("http://x", "http:// is not supported"),
        (
            "'http://x' is not a server address: http:// is not supported "
            "(write HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT)"
        ),
    ),
    (
        ConnectionLost("grpc://host:1", "running 'x'", "socket closed"),
        "lost the connection to grpc://host:1 while running 'x': socket closed",
    ),
    (
        TimedOut("changing locks", 2.5),
        "timed out after 2.5 s while changing locks; the server may still complete the request",
    ),
    (
        ExportFailed("/full/state.json", "no space left on device"),
        "could not write /full/state.json: no space left on device",
    ),
    (
        CaptureFailed("no page shows this view; scroll it into sight and try again"),
        "could not draw the picture: no page shows this view; scroll it into sight and try again",
    ),
    (WaitTimedOut("'x'", 2.5), "timed out after 2.5 s while waiting for 'x'"),
    (
        WaitTimedOut("'x'", 2.5, "socket closed"),
        "timed out after 2.5 s while waiting for 'x'; the connection is lost: socket closed",
    ),
    (
        CallCancelled("grpc://host:1", "changing the shared state"),
        (
            "grpc://host:1 cancelled a call while changing the shared state; "
            "the server may be overloaded, try again"
        ),
    ),
    (ClosedError("this server"), "this server is closed; connect again"),
    (
        UpdateRefused(["scene"]),
        "the server refused to change 'scene': another client holds a lock",
    ),
    (
        UpdateRefused(["a", "b", "c", "d", "e"]),
        "the server refused to change 'a', 'b', 'c' and 2 more: another client holds a lock",
    ),
    (
        ResourceLockedError(["scene"]),
        "the server refused to change 'scene': another client holds a lock",
    ),
    (LockRefused(["scene"]), "could not lock 'scene': another client holds it"),
    (
        LockRefused(["scene"], 2.04, "Anna (until 12:03)"),
        "could not lock 'scene': Anna (until 12:03) holds it (tried for 2.0 s)",
    ),
    (
        LockRefused(["a", "b"]),
        "could not lock 'a', 'b': another client holds at least one of them",
    ),
    (
        LeaseLost(["a", "b", "c", "d"], "its time ran out"),
        "lost the lock on 'a', 'b', 'c' and 1 more: its time ran out",
    ),
    (ServerFailed("changing locks", "no"), "the server failed while changing locks: no"),
    (
        ServerFailed("changing locks", ""),
        "the server failed while changing locks: no reason given",
    ),
    (
        CommandFailed("playback/load", "list index out of range"),
        "command 'playback/load' failed: list index out of range",
    ),
    (
        CommandFailed("playback/step", ""),
        "command 'playback/step' failed: no reason given",
    ),
    (
        InvalidValue(("a", *[0] * 40, "b"), "too deep"),
        "cannot send a[0][0][0][0]…[0][0][0]['b']: too deep",
    ),
    (InvalidValue((), "too big"), "cannot send this value: too big"),
    (InvalidValue(("scene",), "too big"), "cannot send scene: too big"),
    (
        InvalidValue(("a", 0, "b c"), "a set is not a JSON-like value"),
        "cannot send a[0]['b c']: a set is not a JSON-like value",
    ),
    (
        InvalidArgument("duration", "it must be more than 0 seconds, not 0"),
        "invalid duration: it must be more than 0 seconds, not 0",
    ),
    (ProtocolError("it ends early"), "not a valid NanoVer message: it ends early"),
    (NotSupported("locks", "websocket"), "this server (websocket) does not support locks"),
    (NotProvided("x", "use y"), "this package has no NanoverImdClient.x: use y"),
]


@pytest.mark.parametrize(("error", "message"), MESSAGES, ids=lambda part: type(part).__name__)
def test_an_error_has_a_message(error, message):
    assert str(error) == message


def test_every_error_is_in_the_table():
    kinds = {kind for _, kind in inspect.getmembers(errors, inspect.isclass)}
    named = {kind for kind in kinds if issubclass(kind, NanoverJupyterError)}

    assert {type(error) for error, _ in MESSAGES} == named - {NanoverJupyterError}
    assert {kind.__name__ for kind in named} == set(errors.__all__)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (AddressError, ValueError),
        (TimedOut, TimeoutError),
        (InvalidArgument, ValueError),
        (InvalidValue, TypeError),
    ],
)
def test_some_errors_are_also_builtin_errors(kind, builtin):
    assert issubclass(kind, builtin)


@pytest.mark.parametrize("error", [error for error, _ in MESSAGES], ids=str)
def test_an_error_can_be_pickled(error):
    copied = pickle.loads(pickle.dumps(error))

    assert type(copied) is type(error)
    assert vars(copied) == vars(error)
    assert str(copied) == str(error)


def test_a_path_is_built_from_the_inside_out():
    error = InvalidValue((), "no").within(3).within("list").within("key")

    assert error.path == ("key", "list", 3)
    assert error.reason == "no"


def test_a_refusal_remembers_all_keys_in_order():
    assert UpdateRefused(key for key in "edcba").keys == tuple("edcba")


def test_no_error_shows_the_password_in_an_address() -> None:
    url = "ws://anna:hunter2@host:1"
    for error in (
        ConnectError(url, f"{url} is not there"),
        AddressError(url, f"{url} is not there"),
        ConnectionLost(url, "asking", f"{url} is not there"),
    ):
        assert "hunter2" not in f"{error} {error!r} {vars(error)}"
        assert error.address == "ws://***@host:1"
