"""A named connection that outlives its server: what widgets and magics hold on to."""

from __future__ import annotations

import random
import threading
from typing import Self

from nanover_jupyter.client.calls import CallSlots
from nanover_jupyter.client.core import ClientCore
from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import (
    ClosedError,
    ConnectError,
    ConnectionLost,
    NanoverJupyterError,
    TimedOut,
)
from nanover_jupyter.transport.address import parse_address
from nanover_jupyter.transport.tls import TlsSettings

__all__ = ["Connection", "connect"]

_FIRST_STATE_GRACE = 0.5
_PROBE_SECONDS = 5.0
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 5.0
_JOIN_SECONDS = 2.0


class Connection:
    """A client that is kept alive, under a name.

    When the server goes away the connection tries again, with growing pauses, for as
    long as it is open; the client, its access token, its widgets and its subscribers
    stay. One thread of its own, `nanover-keeper`, does that.

    Made by `connect` or, for a client that already exists, by `Connection.of`.

    Args:
        client: The client to keep alive.
        name: What people call it.
        owns_client: Whether `close` closes the client too.
    """

    def __init__(self, client: ClientCore, *, name: str, owns_client: bool) -> None:
        self.client = client
        self.name = name
        self.calls = CallSlots()
        self._owns_client = owns_client
        self._wake = threading.Event()
        self._closed = threading.Event()
        client.keeper = self
        self._unsubscribe = client.on_status(self._on_status)
        self._keeper = threading.Thread(target=self._keep, name="nanover-keeper", daemon=True)
        self._keeper.start()

    @classmethod
    def of(cls, source: Connection | ClientCore) -> Connection:
        """The connection that keeps `source`: itself, or one made for a client once.

        A connection made here leaves the client open when it is closed, and follows
        the shared state if the client did not yet.

        Raises:
            TypeError: It is neither.
            ClosedError: The client was closed.
        """
        if isinstance(source, Connection):
            return source
        if not isinstance(source, ClientCore):
            raise TypeError(
                f"a NanoverClient or a Connection is needed, not {type(source).__name__}"
            )
        with _making:
            known = source.keeper
            if not isinstance(known, Connection) or known.is_closed:
                source.subscribe_all_state_updates()
                known = cls(source, name=source.address, owns_client=False)
            return known

    @property
    def is_closed(self) -> bool:
        """Whether it gave up keeping its client."""
        return self._closed.is_set()

    @property
    def address(self) -> str:
        """Where the server is."""
        return self.client.address

    @property
    def status(self) -> Status:
        """Where the connection stands."""
        return self.client.status

    def close(self) -> None:
        """Stop keeping the client, and close it if it is ours. Idempotent."""
        self._closed.set()
        self._wake.set()
        self._unsubscribe()
        if self._owns_client:
            self.client.close()
        if self._keeper is not threading.current_thread():
            self._keeper.join(_JOIN_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Connection {self.name!r} to {self.address}: {self.status.state}>"

    def _on_status(self, status: Status) -> None:
        if status.state == "closed":
            self._closed.set()
        if status.state in ("lost", "closed"):
            self._wake.set()

    def _keep(self) -> None:
        # A client that was handed over may have lost its server before we listened.
        self._on_status(self.client.status)
        while True:
            self._wake.wait()
            if self._closed.is_set():
                return
            self._wake.clear()
            if self.client.status.state == "lost":
                self._revive()

    def _revive(self) -> None:
        """Try until the server is back or the connection is closed."""
        reason = self.client.status.reason
        attempt = 0
        while not self._closed.wait(_pause(attempt)):
            attempt += 1
            self.client.retrying(attempt, reason)
            try:
                self.client.probe(_PROBE_SECONDS)
                self.client.follow(_FIRST_STATE_GRACE)
            except ClosedError:
                return
            except NanoverJupyterError as error:
                reason = getattr(error, "reason", "") or str(error)
                continue
            if self.client.status.state == "connected":
                return
            reason = self.client.status.reason


_making = threading.Lock()


def connect(
    address: str = "",
    *,
    name: str | None = None,
    timeout: float = 5.0,
    interval: float | None = None,
    tls: TlsSettings | None = None,
) -> Connection:
    """Connect to a server and follow its shared state.

    Returns once the server has answered and its state is here.

    Args:
        address: `HOST`, `HOST:PORT`, `grpc://HOST:PORT`, or `grpcs://` for an encrypted
            connection; localhost and 38801 fill in what is left out.
        name: What to call the connection; its address by default.
        timeout: Seconds to wait for the server to answer.
        interval: Seconds between updates at the least, 1/30 by default.
        tls: Certificates and tokens for `grpcs://`.

    Raises:
        AddressError: It is no address.
        ConnectError: No NanoVer server answers there within `timeout`.
    """
    where = parse_address(address) if address.strip() else parse_address(":38801")
    if where.scheme == "grpcs":
        client = NanoverClient.secure_channel(address=where.host, port=where.port, tls=tls)
    else:
        client = NanoverClient.insecure_channel(address=where.host, port=where.port)
    try:
        _reach(client, timeout)
        if interval is not None:
            client.subscribe_all_state_updates(interval)
        client.follow(_FIRST_STATE_GRACE)
        _require_connected(client)
    except BaseException:
        client.close()
        raise
    return Connection(client, name=name or where.target, owns_client=True)


def _reach(client: ClientCore, timeout: float) -> None:
    try:
        client.probe(timeout)
    except TimedOut as error:
        said = f"nothing answered within {timeout:g} s"
        raise ConnectError(client.address, said) from error
    except ConnectionLost as error:
        raise ConnectError(client.address, _no_server(error.reason)) from error
    except ConnectError:
        raise
    except NanoverJupyterError as error:
        said = getattr(error, "reason", "") or str(error)
        raise ConnectError(client.address, f"it is no NanoVer gRPC server ({said})") from error


def _require_connected(client: ClientCore) -> None:
    if client.status.state == "lost":
        raise ConnectError(client.address, client.status.reason)


def _no_server(reason: str) -> str:
    return f"something listens there, but no gRPC server ({reason})"


def _pause(attempt: int) -> float:
    """Seconds to wait before the next try: doubling, bounded, and never in step with others."""
    longest: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
