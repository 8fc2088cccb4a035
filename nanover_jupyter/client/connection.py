"""A named, reconnecting connection to a server, as widgets and magics use it."""

from __future__ import annotations

import gc
import getpass
import logging
import threading
import time
from typing import Final, Protocol, Self
from weakref import WeakSet

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.cell_reruns import predecessor_of
from nanover_jupyter.client.commands.polling import CommandPoll
from nanover_jupyter.client.commands.runs import CommandRuns
from nanover_jupyter.client.nanover_objects import address_of
from nanover_jupyter.client.progress_bar import progress
from nanover_jupyter.client.protocol_detection import open_client
from nanover_jupyter.client.reconnector import Reconnector
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import ClosedError, ConnectError, ConnectionLost
from nanover_jupyter.transport.address import DEFAULT_PORT, parse_address
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.transport.tls import TlsSettings

__all__ = ["Connection", "Dependent", "connect"]

logger = logging.getLogger("nanover_jupyter.client")

# With this many open connections, collect unused ones before opening another.
_MANY_OPEN: Final = 8


class Dependent(Protocol):
    """An object that shows a connection and can switch to another."""

    def rebind(self, source: Connection) -> None:
        """Switch to another connection."""


class Connection:
    """A client that reconnects automatically, with a name.

    When the server goes away, or is silent and does not answer a probe, the connection
    retries with growing delays until it is closed. The client, its access token, its widgets
    and its subscribers stay. This uses one thread, `nanover-reconnect`.

    A connection that nothing refers to is closed when Python's garbage collector finds it.
    Its client refers to it, and so do open widgets, shared values, pending asynchronous
    calls, held leases and the subscriptions `on_change`, `on_status`, `on_frame` and
    `changes`, each until it ends.

    Made by `connect` or, for an existing client, by `Connection.of`.

    Args:
        client: The client to reconnect.
        name: The name of the connection.
        owns_client: Whether `close` closes the client too.
    """

    def __init__(self, client: BaseClient, *, name: str, owns_client: bool) -> None:
        self.client = client
        self.name = name
        self.calls = BoundedExecutor()
        self.runs = CommandRuns(client)
        self.command_poll = CommandPoll(client, self.calls)
        # Weak: widgets that are no longer shown need not be rebound.
        self.dependents: WeakSet[Dependent] = WeakSet()
        # The connection that replaced this one: see `replace_with`.
        self.successor: Connection | None = None
        self._owns_client = owns_client
        client.connection = self
        self._reconnector = Reconnector(client)
        _open.add(self)

    @classmethod
    def of(cls, source: Connection | BaseClient) -> Connection:
        """Return the connection of a client, made if needed, or `source` if it is one.

        A connection made here does not close the client when it is closed. It subscribes
        to the shared state if the client did not yet.

        Raises:
            TypeError: `source` is neither.
            ClosedError: The client was closed.
        """
        if isinstance(source, Connection):
            return source
        if not isinstance(source, BaseClient):
            raise TypeError(f"expected a NanoverClient or a Connection, not {source!r:.60}")
        with _making:
            known = source.connection
            if not isinstance(known, Connection) or known.is_closed:
                source.ensure_subscribed()
                known = cls(source, name=source.address, owns_client=False)
                source.claims.name = source.claims.name or _login_name()
            return known

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed."""
        return self._reconnector.is_stopped

    @property
    def address(self) -> str:
        """The address of the server."""
        return self.client.address

    @property
    def status(self) -> Status:
        """The status of the connection."""
        return self.client.status

    def rebind_dependents(self, successor: Connection) -> None:
        """Switch everything that shows this connection to another one.

        Errors are logged; the other dependents are still switched.
        """
        for dependent in list(self.dependents):
            # Rebinding one dependent may close its parts, which then stay closed.
            if dependent not in self.dependents:
                continue
            try:
                dependent.rebind(successor)
            except Exception:
                logger.exception("! could not switch %r to %r", dependent, successor)

    def replace_with(self, successor: Connection) -> None:
        """Switch everything that shows this connection to another one, and close this one.

        Used when a name is given to another address, and when a cell is run again. The
        subscriptions, leases and runs of this connection's client end.
        """
        self.successor = successor
        self.rebind_dependents(successor)
        self.close()

    def retry(self, timeout: float = 5.0) -> None:
        """Reconnect now, and wait until the server and its full state are there.

        The client, its token, its locks and its subscribers stay.

        Args:
            timeout: Seconds to wait for the server; loading the state may take longer.
                Retries continue after that, as for every lost connection.

        Raises:
            ClosedError: The connection was closed.
            ConnectError: The server is not available after `timeout`.
        """
        if self.is_closed:
            raise ClosedError("the connection")
        if self.client.status.state != "lost":
            self.client.mark_lost("reconnecting on request")
        changed = threading.Event()
        deadline = time.monotonic() + timeout
        unsubscribe = self.client.on_status(lambda _: changed.set())
        try:
            self._reconnector.retry_now()
            while (status := self.client.status).state in ("lost", "loading"):
                left = deadline - time.monotonic()
                if left <= 0 and status.state == "lost":
                    break
                # Loading has no deadline: it ends when the state is loaded or the server lost.
                changed.wait(wait_step(deadline if left > 0 else None))
                changed.clear()
        finally:
            unsubscribe()
        if status.state == "closed":
            raise ClosedError("the connection")
        if status.state == "lost":
            raise ConnectError(self.address, f"{status.reason}; still trying")

    def close(self) -> None:
        """Stop reconnecting, and close the client if it is owned. Idempotent."""
        self._reconnector.stop()
        _open.discard(self)
        self.command_poll.close()
        if self._owns_client:
            self.client.close()
        self._reconnector.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Connection {self.name!r} to {self.address}: {self.status.state}>"


def _login_name() -> str:
    """Return the user's login name, or an empty string if there is none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without the user's name
        return ""


_making = threading.Lock()
_open: WeakSet[Connection] = WeakSet()


def connect(
    address: object = "",
    *,
    name: str | None = None,
    timeout: float = 5.0,
    interval: float | None = None,
    tls: TlsSettings | None = None,
) -> Connection:
    """Connect to a server and subscribe to its shared state.

    Returns when the server has answered and its full state is loaded, however long that
    takes. With tqdm installed, a progress bar is shown after two seconds.

    Running a notebook cell again replaces the connections that it made before: open widgets
    and shared values switch to the new connection, and the old one is closed.

    Args:
        address: `HOST` or `HOST:PORT` to detect the protocol, or `ws://HOST:PORT` or
            `grpc://HOST:PORT`, or encrypted `wss://` or `grpcs://`; the defaults are
            localhost and 38801. Or an object of NanoVer's own package: a runner, an app
            server or a client.
        name: The name of the connection; its address by default.
        timeout: Seconds of silence after which connecting fails. Loading the state may take
            longer. gRPC does not report the progress of a large state, so an open stream
            counts as traffic for five minutes.
        interval: Minimum seconds between updates, 1/30 by default, if the protocol lets
            clients choose.
        tls: Certificates and tokens for an encrypted connection.

    Raises:
        AddressError: The address is invalid.
        ConnectError: No NanoVer server answers at the address within `timeout`.
    """
    if len(_open) >= _MANY_OPEN:
        # The number of clients of a server may be limited.
        gc.collect()
    text = address_of(address).strip()
    target = parse_address(text or f":{DEFAULT_PORT}")
    with progress(f"connecting to {target}", None):
        client = open_client(target, timeout=timeout, tls=tls)
        try:
            if interval is not None:
                client.subscribe_all_state_updates(interval)
            client.load_state(timeout)
        except ConnectionLost as error:
            client.close()
            raise ConnectError(client.address, error.reason) from error
        except BaseException:
            client.close()
            raise
    connection = Connection(client, name=name or target.target, owns_client=True)
    client.claims.name = name or _login_name()
    predecessor = predecessor_of(connection)
    if predecessor is not None:
        predecessor.replace_with(connection)
    return connection
