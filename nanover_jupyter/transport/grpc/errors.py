"""The one place where gRPC's errors become ours."""

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

# gRPC wraps the words of a server's exception in this.
_APPLICATION = "Exception calling application: "
# What gRPC says of calls on a channel that its owner closed.
_CHANNEL_CLOSED = "channel closed"
_CONNECT = re.compile(
    r"failed to connect to all addresses|resolving|name resolution|dns|connection refused",
    re.IGNORECASE,
)
# What gRPC says of a connection that did not come about, what people should read instead,
# and what programs are told; the first that fits counts. gRPC gives nothing but text.
_UNREACHABLE: tuple[tuple[str, str, ConnectProblem], ...] = (
    (
        "certificate_verify_failed|certificate verify failed",
        (
            "its certificate is not one that we trust (for a self-signed server, give that "
            "certificate: tls=TlsSettings(root_certificates=...))"
        ),
        "certificate",
    ),
    (
        "hostname verification|peer name .* is not in",
        "its certificate is for another host name",
        "certificate",
    ),
    (
        "handshake",
        "the encrypted connection could not be set up (does the server speak TLS?)",
        "unknown",
    ),
    (
        r"refused",
        "nothing listens there (is the server running, is the port right?)",
        "unreachable",
    ),
    (
        r"contact(ing)? dns|temporary failure",
        "names cannot be looked up (is the network up?)",
        "unreachable",
    ),
    (r"resolving|name resolution|dns|not known", "there is no host of that name", "unreachable"),
    (r"unreachable|no route", "there is no route to that host", "unreachable"),
    (r"timed out", "nothing answered in time", "unreachable"),
    (r"parsing http|http1", "something listens there, but no gRPC server", "unknown"),
    (
        r"socket closed|reset",
        "something listens there, but it hung up (is it encrypted, or a WebSocket server's port?)",
        "unknown",
    ),
)
_TOO_LARGE = re.compile(r"Received message larger than max \((\d+) vs\. (\d+)\)")


class _FromRpc(grpc.RpcError):
    """Lets `except grpc.RpcError` go on catching what an RPC raised."""

    rpc: grpc.RpcError

    def code(self) -> grpc.StatusCode:
        """The gRPC status of the failed call."""
        return _code(self.rpc)

    def details(self) -> str:
        """GRPC's own words."""
        return _details(self.rpc)


def translate(
    error: grpc.RpcError,
    *,
    address: str,
    doing: str,
    timeout: float | None,
    command: str | None = None,
) -> NanoverJupyterError:
    """Our error for a failed call.

    Args:
        error: What gRPC raised.
        address: The server, for the message.
        doing: What was being done, as in "while ...".
        timeout: The deadline of the call in seconds.
        command: The command's name, if the call ran one.
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
            return ProtocolError(f"{address} speaks gRPC but knows no NanoVer service ({details})")
        case grpc.StatusCode.UNAUTHENTICATED | grpc.StatusCode.PERMISSION_DENIED:
            return ConnectError(address, f"it refuses us: {details or code.name.lower()}")
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return _exhausted(address, doing, details)
    words = details.removeprefix(_APPLICATION)
    if command is not None:
        return CommandFailed(command, _unquoted(words))
    return ServerFailed(doing, words or code.name.lower())


def _unavailable(address: str, doing: str, details: str) -> NanoverJupyterError:
    if _CONNECT.search(details):
        return ConnectError(address, *_why_unreachable(details))
    return ConnectionLost(address, doing, _first_sentence(details) or "it went away")


def _why_unreachable(details: str) -> tuple[str, ConnectProblem]:
    for mark, reason, problem in _UNREACHABLE:
        if re.search(mark, details, re.IGNORECASE):
            return reason, problem
    return _first_sentence(details), "unknown"


def _exhausted(address: str, doing: str, details: str) -> NanoverJupyterError:
    sizes = _TOO_LARGE.search(details)
    if sizes is None:
        return ServerFailed(doing, details)
    size, limit = (int(number) for number in sizes.groups())
    if details.startswith("SERVER:"):
        return InvalidValue(
            (), f"{size} bytes in one message; {address} takes at most {limit}: send it in parts"
        )
    return ProtocolError(f"{address} sent {size} bytes at once, and this channel takes {limit}")


def _first_sentence(details: str) -> str:
    return details.split(";", maxsplit=1)[0].split("\n", maxsplit=1)[0].strip()


def _unquoted(words: str) -> str:
    """Upstream answers with the text of a KeyError, which is its message in quotes."""
    if len(words) > 1 and words[0] == words[-1] and words[0] in "'\"":
        return words[1:-1]
    return words


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    code = error.code() if hasattr(error, "code") else None
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _details(error: grpc.RpcError) -> str:
    return (error.details() if hasattr(error, "details") else str(error)) or ""


@cache
def _mixed(kind: Any) -> Any:
    members = {"__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind, _FromRpc), members)
