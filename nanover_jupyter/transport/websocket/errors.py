"""The one place where the errors of `websockets`, and of sockets, become ours."""

from __future__ import annotations

import errno
import socket
import ssl

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    WebSocketException,
)

from nanover_jupyter.errors import (
    ConnectError,
    ConnectionLost,
    ConnectProblem,
    NanoverJupyterError,
    ProtocolError,
)

__all__ = ["FOREIGN", "lost", "not_reached"]

# All that a call into `websockets` raises on account of the network or the peer.
FOREIGN = (WebSocketException, OSError, EOFError)

_TOO_BIG = 1009
# What `websockets` says, of which NanoVer's server is made, when it closes for that.
_UNANSWERED = "keepalive ping timeout"
_ORDERLY = frozenset((1000, 1001))
_UNREACHABLE = frozenset((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL))

# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL.
_NAME_MISMATCHES = frozenset((62, 64))

_SELF_SIGNED = (
    "its certificate is not one that we trust (for a self-signed server, give that certificate: "
    "tls=TlsSettings(root_certificates=...))"
)
_OTHER_NAME = (
    "its certificate is for another host name (give that name: tls=TlsSettings(server_name=...))"
)

_NO_SERVER = "something listens there, but no WebSocket server"

# Those that leave no doubt; the first that fits counts.
_NOBODY: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "there is no host of that name"),
    (
        ConnectionRefusedError,
        "nothing listens there (is the server running, is the port right?)",
    ),
    (TimeoutError, "nothing answered in time"),
)
# The first that fits counts.
_UNREACHED: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLError, "the encrypted connection could not be set up (does the server speak TLS?)"),
    (ProxyError, "the proxy did not let us through ({})"),
    (InvalidMessage, _NO_SERVER + " (is it a gRPC server's port?)"),
    (InvalidHandshake, _NO_SERVER + " of NanoVer's ({})"),
    (InvalidURI, "that is no address ({})"),
    (ConnectionClosed, "something listens there, but it hung up"),
    (ConnectionError, "something listens there, but it hung up"),
    (EOFError, "something listens there, but it hung up"),
)


def not_reached(error: Exception, *, address: str) -> ConnectError:
    """Our error for a connection that did not come about."""
    reason, problem = _why_not_reached(error)
    return ConnectError(address, reason, problem)


def lost(error: Exception, *, address: str, doing: str) -> NanoverJupyterError:
    """Our error for a connection that broke during `doing`, or was closed by the server."""
    if isinstance(error, ConnectionClosed):
        return ConnectionLost(address, doing, _why_closed(error))
    if isinstance(error, OSError | EOFError):
        return ConnectionLost(address, doing, f"the connection broke ({_words(error)})")
    return ProtocolError(_words(error))


def _why_not_reached(error: Exception) -> tuple[str, ConnectProblem]:
    if isinstance(error, ssl.SSLCertVerificationError):
        is_other_name = error.verify_code in _NAME_MISMATCHES
        return _OTHER_NAME if is_other_name else _SELF_SIGNED, "certificate"
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return "names cannot be looked up (is the network up?)", "unreachable"
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return "there is no route to that host", "unreachable"
    for kind, phrase in _NOBODY:
        if isinstance(error, kind):
            return phrase, "unreachable"
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return f"{_NO_SERVER} (it speaks HTTP, and answers {status})", "unknown"
    for kind, phrase in _UNREACHED:
        if isinstance(error, kind):
            return phrase.format(_words(error)), "unknown"
    return _words(error), "unknown"


def _why_closed(error: ConnectionClosed) -> str:
    received, sent = error.rcvd, error.sent
    if received is not None:
        if received.code == _TOO_BIG:
            return f"it takes no message of that size ({received.reason})"
        if received.code in _ORDERLY:
            return "the server closed the connection"
        if _UNANSWERED in received.reason:
            return "the server waited too long for the answer to a ping, as on a slow network"
        return f"the server closed the connection ({received.reason or received.code})"
    if sent is not None and sent.code == _TOO_BIG:
        return f"it sent more at once than this client takes ({sent.reason})"
    if isinstance(error.__cause__, TimeoutError):
        return "it takes no message any more"
    return "it hung up"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
