"""From an address to a client whose server has answered, by whichever protocol it speaks."""

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

__all__ = ["client_at", "reach"]

_PROTOCOLS: Final = {"ws": "WebSocket", "wss": "WebSocket", "grpc": "gRPC", "grpcs": "gRPC"}
# How long may be spent on finding out what else answers at an address.
_LOOK_AROUND_SECONDS: Final = 1.0
_WORTH_A_TRY: Final = 0.05
_SOMETHING: Final = "something listens there, but "
_A_GUESS: Final = " (is it "


def client_at(where: Address, tls: TlsSettings | None = None) -> BaseClient:
    """A client of the server at an address with a scheme; opens lazily.

    Raises:
        ConnectError: A certificate file cannot be read.
    """
    match where.scheme:
        case "ws" | "wss":
            return NanoverWebSocketClient.at(where, tls=tls)
        case "grpcs":
            return NanoverClient.secure_channel(address=where.host, port=where.port, tls=tls)
    return NanoverClient.insecure_channel(address=where.host, port=where.port)


def reach(where: Address, *, timeout: float, tls: TlsSettings | None = None) -> BaseClient:
    """A client whose server has answered, and whose commands are known.

    Without a scheme, WebSocket is tried before gRPC (with encryption where `tls` is
    given): what speaks the other protocol turns either down at once.

    Raises:
        ConnectError: No NanoVer server answers there within `timeout` seconds; the
            reason says what does answer there.
    """
    deadline = time.monotonic() + timeout
    schemes = (where.scheme,) if where.scheme else ("wss", "grpcs") if tls else ("ws", "grpc")
    failures: dict[str, ConnectError] = {}
    for scheme in schemes:
        left = deadline - time.monotonic()
        if failures and left < _WORTH_A_TRY:
            break
        try:
            return _answering(where.with_scheme(scheme), left, tls, timeout)
        except ConnectError as error:
            failures[scheme] = error
            if isinstance(error.__cause__, TimedOut):
                break
    raise _explained(where, failures, tls)


def _answering(
    where: Address, seconds: float, tls: TlsSettings | None, patience: float
) -> BaseClient:
    client = client_at(where, tls)
    try:
        client.probe(seconds)
    except BaseException as error:
        client.close()
        if isinstance(error, NanoverJupyterError) and not isinstance(error, ConnectError):
            reason = _reason(error, _PROTOCOLS[where.scheme], patience)
            problem: ConnectProblem = "unreachable" if isinstance(error, TimedOut) else "unknown"
            raise ConnectError(str(where), reason, problem) from error
        raise
    return client


def _reason(error: NanoverJupyterError, protocol: str, patience: float) -> str:
    if isinstance(error, TimedOut):
        return f"nothing answered within {patience:g} s"
    if isinstance(error, ConnectionLost) and protocol == "WebSocket":
        return f"it ended the connection before it answered: {error.reason}"
    if isinstance(error, ConnectionLost):
        return f"something listens there, but no {protocol} server ({error.reason})"
    said = getattr(error, "reason", "") or str(error)
    return f"it is no NanoVer {protocol} server ({said})"


def _explained(
    where: Address, failures: dict[str, ConnectError], tls: TlsSettings | None
) -> ConnectError:
    """The error to raise for all that failed, which says what else is there."""
    *_, (_, last) = failures.items()
    # With a known problem there is nothing else to find.
    if all(failure.problem != "unknown" for failure in failures.values()):
        return last
    found = _found_instead(where, failures, tls)
    if len(failures) == 1 and not found:
        return last
    # Without what one alone could only guess at.
    what = "; ".join(
        f"{_PROTOCOLS[scheme]}: {failure.reason.removeprefix(_SOMETHING).partition(_A_GUESS)[0]}"
        for scheme, failure in failures.items()
    )
    error = ConnectError(str(where), found or f"{_SOMETHING}no server of NanoVer's ({what})")
    error.__cause__ = last
    return error


def _found_instead(
    where: Address, failures: dict[str, ConnectError], tls: TlsSettings | None
) -> str:
    """What answers at an address in place of what was asked for; empty if nothing does."""
    for scheme in ("ws", "grpc", "wss"):
        if scheme in failures:
            continue
        other = where.with_scheme(scheme)
        encrypted = ", encrypted" if scheme == "wss" else ""
        said = f"a NanoVer server answers there, but by {_PROTOCOLS[scheme]}{encrypted}"
        try:
            _answering(other, _LOOK_AROUND_SECONDS, tls, _LOOK_AROUND_SECONDS).close()
        except ConnectError as error:
            if error.problem == "certificate":
                return f"the server there is encrypted: write {other}, and {error.reason}"
        else:
            return f"{said}: write {other}"
    return ""
