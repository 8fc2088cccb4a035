"""Translation of errors of `websockets` and sockets to errors of this package."""

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

# All errors that `websockets` raises because of the network or the peer.
FOREIGN = (WebSocketException, OSError, EOFError)

_TOO_BIG = 1009
# The close reason of servers based on `websockets`, such as NanoVer's.
_PING_TIMEOUT = "keepalive ping timeout"
_ORDERLY = frozenset((1000, 1001))
_UNREACHABLE = frozenset((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL))

# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL.
_NAME_MISMATCHES = frozenset((62, 64))

_SELF_SIGNED = (
    "the certificate is not trusted (for a self-signed server, pass it as "
    "tls=TlsSettings(root_certificates=...))"
)
_OTHER_NAME = (
    "the certificate is for another host name (pass it as tls=TlsSettings(server_name=...))"
)

_NO_SERVER = "something listens there, but it is not a WebSocket server"

# Errors without a server. The first match counts.
_UNREACHABLE_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "host name not found"),
    (
        ConnectionRefusedError,
        "connection refused (is the server running, and is the port correct?)",
    ),
    (TimeoutError, "no response"),
)
# Other errors of a failed connection. The first match counts.
_OTHER_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLError, "the TLS handshake failed (does the server use TLS?)"),
    (ProxyError, "the proxy refused the connection ({})"),
    (InvalidMessage, _NO_SERVER + " (is it a gRPC server's port?)"),
    (InvalidHandshake, "something listens there, but it is not a NanoVer server ({})"),
    (InvalidURI, "not a valid address ({})"),
    (ConnectionClosed, "something listens there, but it closed the connection"),
    (ConnectionError, "something listens there, but it closed the connection"),
    (EOFError, "something listens there, but it closed the connection"),
)


def not_reached(error: Exception, *, address: str) -> ConnectError:
    """Return the error for a connection that could not be opened."""
    reason, problem = _why_not_reached(error)
    return ConnectError(address, reason, problem)


def lost(error: Exception, *, address: str, doing: str) -> NanoverJupyterError:
    """Return the error for a connection that broke, or that the server closed."""
    if isinstance(error, ConnectionClosed):
        return ConnectionLost(address, doing, _why_closed(error))
    if isinstance(error, OSError | EOFError):
        return ConnectionLost(address, doing, f"the connection broke ({_message(error)})")
    return ProtocolError(_message(error))


def _why_not_reached(error: Exception) -> tuple[str, ConnectProblem]:
    if isinstance(error, ssl.SSLCertVerificationError):
        is_other_name = error.verify_code in _NAME_MISMATCHES
        return _OTHER_NAME if is_other_name else _SELF_SIGNED, "certificate"
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return "the host name lookup failed (is the network up?)", "unreachable"
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return "no route to host", "unreachable"
    for kind, phrase in _UNREACHABLE_ERRORS:
        if isinstance(error, kind):
            return phrase, "unreachable"
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return f"{_NO_SERVER} (HTTP status {status})", "unknown"
    for kind, phrase in _OTHER_ERRORS:
        if isinstance(error, kind):
            return phrase.format(_message(error)), "unknown"
    return _message(error), "unknown"


def _why_closed(error: ConnectionClosed) -> str:
    received, sent = error.rcvd, error.sent
    if received is not None:
        if received.code == _TOO_BIG:
            return f"the server does not accept a message of that size ({received.reason})"
        if received.code in _ORDERLY:
            return "the server closed the connection"
        if _PING_TIMEOUT in received.reason:
            return "the server got no pong in time (slow network?)"
        return f"the server closed the connection ({received.reason or received.code})"
    if sent is not None and sent.code == _TOO_BIG:
        return f"the server sent a message that is too large ({sent.reason})"
    if isinstance(error.__cause__, TimeoutError):
        return "the server accepts no messages"
    return "the server closed the connection"


def _message(error: Exception) -> str:
    return str(error) or type(error).__name__
