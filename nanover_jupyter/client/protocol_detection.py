"""Opens a client of a server, and detects which protocol the server speaks."""

from __future__ import annotations

import time
from typing import Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import (
    ConnectError,
    ConnectionLost,
    ConnectProblem,
    NanoverJupyterError,
    TimedOut,
)
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.tls import TlsSettings

__all__ = ["make_client", "open_client"]

_PROTOCOLS: Final = {"ws": "WebSocket", "wss": "WebSocket", "grpc": "gRPC", "grpcs": "gRPC"}
# Seconds to spend on finding out which other protocol an address speaks.
_DETECTION_SECONDS: Final = 1.0
_MIN_ATTEMPT_SECONDS: Final = 0.05
_LISTENING: Final = "something listens there, but "
_HINT: Final = " (is it "


def make_client(address: Address, tls: TlsSettings | None = None) -> BaseClient:
    """Return a client of an address with a scheme; connects lazily.

    Raises:
        ConnectError: A certificate file cannot be read.
    """
    match address.scheme:
        case "ws" | "wss":
            return NanoverWebSocketClient.at(address, tls=tls)
        case "grpcs":
            return NanoverClient.secure_channel(address=address.host, port=address.port, tls=tls)
    return NanoverClient.insecure_channel(address=address.host, port=address.port)


def open_client(address: Address, *, timeout: float, tls: TlsSettings | None = None) -> BaseClient:
    """Return a client whose server has answered, and whose commands are known.

    Without a scheme, WebSocket is tried before gRPC (encrypted if `tls` is given). A server
    of the other protocol rejects either at once.

    Raises:
        ConnectError: No NanoVer server answers within `timeout` seconds. The reason names
            what answers instead.
    """
    deadline = time.monotonic() + timeout
    schemes = (address.scheme,) if address.scheme else ("wss", "grpcs") if tls else ("ws", "grpc")
    failures: dict[str, ConnectError] = {}
    for scheme in schemes:
        left = deadline - time.monotonic()
        if failures and left < _MIN_ATTEMPT_SECONDS:
            break
        try:
            return _probe(address.with_scheme(scheme), left, tls, timeout)
        except ConnectError as error:
            failures[scheme] = error
            if isinstance(error.__cause__, TimedOut):
                break
    raise _combined_error(address, failures, tls)


def _probe(address: Address, seconds: float, tls: TlsSettings | None, timeout: float) -> BaseClient:
    """Return a client whose server has answered; `timeout` is shown in errors."""
    client = make_client(address, tls)
    try:
        client.probe(seconds)
    except BaseException as error:
        client.close()
        if isinstance(error, NanoverJupyterError) and not isinstance(error, ConnectError):
            reason = _reason(error, _PROTOCOLS[address.scheme], timeout)
            problem: ConnectProblem = "unreachable" if isinstance(error, TimedOut) else "unknown"
            raise ConnectError(str(address), reason, problem) from error
        raise
    return client


def _reason(error: NanoverJupyterError, protocol: str, timeout: float) -> str:
    if isinstance(error, TimedOut):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ConnectionLost) and protocol == "WebSocket":
        return f"it closed the connection before it answered: {error.reason}"
    if isinstance(error, ConnectionLost):
        return f"{_LISTENING}it is not a {protocol} server ({error.reason})"
    reason = getattr(error, "reason", "") or str(error)
    return f"not a NanoVer {protocol} server ({reason})"


def _combined_error(
    address: Address, failures: dict[str, ConnectError], tls: TlsSettings | None
) -> ConnectError:
    """Return one error for all failures, with the protocol that works if there is one."""
    *_, (_, last) = failures.items()
    # With a known problem, no other protocol can help.
    if all(failure.problem != "unknown" for failure in failures.values()):
        return last
    alternative = _alternative(address, failures, tls)
    if len(failures) == 1 and not alternative:
        return last
    # Drop the hints at other protocols, which were tried as well.
    reasons = "; ".join(
        f"{_PROTOCOLS[scheme]}: {failure.reason.removeprefix(_LISTENING).partition(_HINT)[0]}"
        for scheme, failure in failures.items()
    )
    error = ConnectError(
        str(address), alternative or f"{_LISTENING}it is not a NanoVer server ({reasons})"
    )
    error.__cause__ = last
    return error


def _alternative(
    address: Address, failures: dict[str, ConnectError], tls: TlsSettings | None
) -> str:
    """Describe which other protocol answers at an address; empty if none does."""
    for scheme in ("ws", "grpc", "wss"):
        if scheme in failures:
            continue
        other = address.with_scheme(scheme)
        protocol = _PROTOCOLS[scheme] + (" with encryption" if scheme == "wss" else "")
        try:
            _probe(other, _DETECTION_SECONDS, tls, _DETECTION_SECONDS).close()
        except ConnectError as error:
            if error.problem == "certificate":
                return f"the server requires encryption: use {other}, and {error.reason}"
        else:
            return f"the NanoVer server there speaks {protocol}: use {other}"
    return ""
