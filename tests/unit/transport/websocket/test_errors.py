"""Translation of errors of `websockets` and sockets."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
from websockets import exceptions
from websockets.datastructures import Headers
from websockets.frames import Close
from websockets.http11 import Response

from nanover_jupyter.errors import ConnectError, ConnectionLost, NanoverJupyterError, ProtocolError
from nanover_jupyter.transport.websocket.errors import FOREIGN, lost, not_reached

ADDRESS = "ws://host:1"
HTTP_404 = Response(404, "Not Found", Headers())

MADE_WITH = {
    "ConnectionClosed": (None, None),
    "ConnectionClosedOK": (Close(1000, ""), Close(1000, ""), True),
    "ConnectionClosedError": (None, None),
    "InvalidURI": ("x", "bad"),
    "InvalidProxy": ("x", "bad"),
    "InvalidProxyStatus": (HTTP_404,),
    "InvalidStatus": (HTTP_404,),
    "InvalidHeader": ("Upgrade", "x"),
    "InvalidHeaderFormat": ("Upgrade", "bad", "x", 0),
    "InvalidHeaderValue": ("Upgrade", "x"),
    "InvalidOrigin": ("x",),
    "InvalidUpgrade": ("Upgrade", "x"),
    "InvalidParameterValue": ("n", "v"),
    "PayloadTooBig": (2, 1),
    "TooManyFragments": (2,),
}


def made(name):
    return getattr(exceptions, name)(*MADE_WITH.get(name, ("words",)))


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_error_of_the_library_is_translated(name):
    error = made(name)

    assert isinstance(error, FOREIGN)
    for ours in (not_reached(error, address=ADDRESS), lost(error, address=ADDRESS, doing="x")):
        assert isinstance(ours, NanoverJupyterError)
        assert str(ours)


def verification(words, code):
    error = ssl.SSLCertVerificationError(1, words)
    error.verify_message, error.verify_code = words, code
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(), "connection refused"),
        (socket.gaierror(socket.EAI_NONAME, "no"), "host name not found"),
        (socket.gaierror(socket.EAI_AGAIN, "no"), "the host name lookup failed"),
        (TimeoutError(), "no response"),
        (OSError(errno.ENETUNREACH, "no"), "no route to host"),
        (OSError(errno.EHOSTUNREACH, "no"), "no route to host"),
        (ConnectionResetError(), "it closed the connection"),
        (EOFError(), "it closed the connection"),
        (verification("self-signed certificate", 18), "for a self-signed server, pass it"),
        (
            verification("Hostname mismatch, for 'x'", 62),
            "the certificate is for another host name",
        ),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "does the server use TLS?"),
        (made("InvalidStatus"), "HTTP status 404"),
        (made("InvalidMessage"), "but it is not a WebSocket server (is it a gRPC server's port?)"),
        (made("InvalidUpgrade"), "it is not a NanoVer server"),
        (made("InvalidProxyStatus"), "the proxy refused the connection"),
        (OSError("odd"), "odd"),
    ],
    ids=repr,
)
def test_a_failed_connection_has_a_reason(error, reason):
    ours = not_reached(error, address=ADDRESS)

    assert isinstance(ours, ConnectError)
    assert ours.address == ADDRESS
    assert reason in ours.reason


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ConnectionRefusedError(), "unreachable"),
        (socket.gaierror(socket.EAI_AGAIN, "no"), "unreachable"),
        (TimeoutError(), "unreachable"),
        (OSError(errno.EHOSTUNREACH, "no"), "unreachable"),
        (verification("in other words", 64), "certificate"),
        (ConnectionResetError("nothing of a certificate"), "unknown"),
        (OSError("nothing of a certificate"), "unknown"),
        (made("InvalidMessage"), "unknown"),
    ],
    ids=repr,
)
def test_a_failed_connection_has_a_kind_of_problem(error, problem):
    assert not_reached(error, address=ADDRESS).problem == problem


def closed(received=None, sent=None, cause=None):
    error = exceptions.ConnectionClosedError(
        received, sent, None if not (received and sent) else True
    )
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (closed(Close(1001, ""), Close(1001, "")), "the server closed the connection"),
        (closed(Close(1011, "oops"), Close(1011, "")), "closed the connection (oops)"),
        (closed(Close(1012, ""), Close(1012, "")), "closed the connection (1012)"),
        (
            closed(Close(1009, "frame exceeds"), Close(1009, "")),
            "the server does not accept a message of that size",
        ),
        (closed(sent=Close(1009, "frame exceeds")), "the server sent a message that is too large"),
        (
            closed(Close(1011, "keepalive ping timeout"), Close(1011, "")),
            "the server got no pong in time (slow network?)",
        ),
        (closed(cause=TimeoutError()), "the server accepts no messages"),
        (closed(), "the server closed the connection"),
        (BrokenPipeError("pipe"), "the connection broke (pipe)"),
    ],
    ids=repr,
)
def test_a_lost_connection_has_a_reason(error, reason):
    ours = lost(error, address=ADDRESS, doing="reading")

    assert isinstance(ours, ConnectionLost)
    assert (ours.address, ours.doing) == (ADDRESS, "reading")
    assert reason in ours.reason


def test_other_errors_are_protocol_errors():
    assert isinstance(lost(made("ConcurrencyError"), address=ADDRESS, doing="x"), ProtocolError)
