"""Translation of gRPC errors to errors of this package."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import grpc

from nanover_jupyter.errors import (
    CallCancelled,
    ClosedError,
    CommandFailed,
    ConnectError,
    ConnectionLost,
    ConnectProblem,
    InvalidValue,
    NanoverJupyterError,
    ProtocolError,
    ServerFailed,
    TimedOut,
)

__all__ = ["translate"]

# gRPC puts this before the message of a server's exception.
_APPLICATION = "Exception calling application: "
# The message of gRPC for calls on a closed channel.
_CHANNEL_CLOSED = "channel closed"
_CONNECT = re.compile(
    r"failed to connect to all addresses|resolving|name resolution|dns|connection refused",
    re.IGNORECASE,
)
# Patterns for messages of gRPC on failed connections, with our message and the kind of
# problem. The first match counts. gRPC provides no other information.
_UNREACHABLE: tuple[tuple[str, str, ConnectProblem], ...] = (
    (
        "certificate_verify_failed|certificate verify failed",
        (
            "the certificate is not trusted (for a self-signed server, pass it as "
            "tls=TlsSettings(root_certificates=...))"
        ),
        "certificate",
    ),
    (
        "hostname verification|peer name .* is not in",
        "the certificate is for another host name",
        "certificate",
    ),
    (
        "handshake",
        "the TLS handshake failed (does the server use TLS?)",
        "unknown",
    ),
    (
        r"refused",
        "connection refused (is the server running, and is the port correct?)",
        "unreachable",
    ),
    (
        r"contact(ing)? dns|temporary failure",
        "the host name lookup failed (is the network up?)",
        "unreachable",
    ),
    (r"resolving|name resolution|dns|not known", "host name not found", "unreachable"),
    (r"unreachable|no route", "no route to host", "unreachable"),
    (r"timed out", "no response", "unreachable"),
    (r"parsing http|http1", "something listens there, but it is not a gRPC server", "unknown"),
    (
        r"socket closed|reset",
        "something listens there, but it closed the connection (is it a TLS or WebSocket port?)",
        "unknown",
    ),
)
_TOO_LARGE = re.compile(r"Received message larger than max \((\d+) vs\. (\d+)\)")


class _FromRpc(grpc.RpcError):
    """Base class that keeps `except grpc.RpcError` working."""

    rpc: grpc.RpcError

    def code(self) -> grpc.StatusCode:
        """The gRPC status of the failed call."""
        return _code(self.rpc)

    def details(self) -> str:
        """The message of gRPC."""
        return _details(self.rpc)


def translate(
    error: grpc.RpcError,
    *,
    address: str,
    doing: str,
    timeout: float | None,
    command: str | None = None,
) -> NanoverJupyterError:
    """Return the error of this package for a failed call.

    Args:
        error: The error of gRPC.
        address: The address of the server, for the message.
        doing: What was being done, as in "while ...".
        timeout: The timeout of the call in seconds.
        command: The name of the command that the call ran, if any.
    """
    mapped = _map(error, address=address, doing=doing, timeout=timeout, command=command)
    kind: Any = type(mapped)
    mixed = _mixed(kind)(*mapped.args)
    mixed.rpc = error
    return mixed  # type: ignore[no-any-return]


def _map(
    error: grpc.RpcError, *, address: str, doing: str, timeout: float | None, command: str | None
) -> NanoverJupyterError:
    code, details = _code(error), _details(error)
    match code:
        case grpc.StatusCode.UNAVAILABLE:
            return _unavailable(address, doing, details)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return TimedOut(doing, timeout or 0.0)
        case grpc.StatusCode.CANCELLED:
            if _CHANNEL_CLOSED in details.lower():
                return ClosedError(f"the connection to {address}")
            return CallCancelled(address, doing)
        case grpc.StatusCode.UNIMPLEMENTED:
            return ProtocolError(f"{address} is a gRPC server but not a NanoVer server ({details})")
        case grpc.StatusCode.UNAUTHENTICATED | grpc.StatusCode.PERMISSION_DENIED:
            return ConnectError(address, f"access denied: {details or code.name.lower()}")
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return _exhausted(address, doing, details)
    message = details.removeprefix(_APPLICATION)
    if command is not None:
        return CommandFailed(command, _unquoted(message))
    return ServerFailed(doing, message or code.name.lower())


def _unavailable(address: str, doing: str, details: str) -> NanoverJupyterError:
    if _CONNECT.search(details):
        return ConnectError(address, *_why_unreachable(details))
    return ConnectionLost(address, doing, _first_sentence(details) or "server closed it")


def _why_unreachable(details: str) -> tuple[str, ConnectProblem]:
    for pattern, reason, problem in _UNREACHABLE:
        if re.search(pattern, details, re.IGNORECASE):
            return reason, problem
    return _first_sentence(details), "unknown"


def _exhausted(address: str, doing: str, details: str) -> NanoverJupyterError:
    sizes = _TOO_LARGE.search(details)
    if sizes is None:
        return ServerFailed(doing, details)
    size, limit = (int(number) for number in sizes.groups())
    if details.startswith("SERVER:"):
        return InvalidValue(
            (), f"the message has {size} bytes; {address} accepts {limit}; send it in parts"
        )
    return ProtocolError(f"{address} sent a message of {size} bytes; this channel accepts {limit}")


def _first_sentence(details: str) -> str:
    return details.split(";", maxsplit=1)[0].split("\n", maxsplit=1)[0].strip()


def _unquoted(message: str) -> str:
    """Remove the quotes that a KeyError has around its message."""
    if len(message) > 1 and message[0] == message[-1] and message[0] in "'\"":
        return message[1:-1]
    return message


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    code = error.code() if hasattr(error, "code") else None
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _details(error: grpc.RpcError) -> str:
    return (error.details() if hasattr(error, "details") else str(error)) or ""


@cache
def _mixed(kind: Any) -> Any:
    members = {"__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind, _FromRpc), members)
