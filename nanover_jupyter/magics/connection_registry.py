"""The connections of `%nanover` by name, their widgets, and the embedded server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from weakref import WeakSet

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.cell_reruns import tracking_disabled
from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.magics.embedded_server import EmbeddedServer
from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.transport.address import DEFAULT_HOST, DEFAULT_PORT, Address, parse_address
from nanover_jupyter.transport.tls import TlsSettings

if TYPE_CHECKING:
    from nanover_jupyter.widgets.panel import Panel

__all__ = ["ClosedConnection", "ConnectResult", "ConnectTarget", "ConnectionRegistry"]

# For a server on this machine; short, as every connect to the demo world waits for it.
_LOCAL_TIMEOUT = 1.0
# Unseen variants of widgets that are kept open.
_MAX_VARIANTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTarget:
    """Where to connect to, and how.

    Attributes:
        address: An address or an object that has one; None for a server on this machine or
            the embedded one.
        interval: Minimum seconds between updates, if the server lets clients choose.
        tls: Certificates and tokens for an encrypted connection.
    """

    address: object = None
    interval: float | None = None
    tls: TlsSettings | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectResult:
    """A connection, and how it was made.

    Attributes:
        connection: The connection.
        how: `new`; `reused` if it was open; `moved` if its name was connected to another
            server; `reconnected`.
        embedded: Whether its server is the embedded one.
    """

    connection: Connection
    how: str
    embedded: bool


@dataclass(frozen=True, slots=True)
class ClosedConnection:
    """A closed connection, and whether the embedded server was stopped with it."""

    connection: Connection
    stopped_server: bool


class ConnectionRegistry:
    """Connections by name, their widgets, and at most one embedded server.

    Widgets belong to a name: a new connection takes over all widgets of the former
    connection of its name. For the thread that runs cells; completion reads copies.
    """

    def __init__(self) -> None:
        self.embedded: EmbeddedServer | None = None
        # By name; the most recently used one is the last.
        self._open: dict[str, Connection] = {}
        # Closed connections that widgets still show.
        self._closed: dict[str, Connection] = {}
        # Also those of closed connections, for `reconnect`.
        self._targets: dict[str, ConnectTarget] = {}
        # Connections that the user made, which `close` leaves open.
        self._borrowed: WeakSet[Connection] = WeakSet()
        # Whether `connect` started the embedded server, which then stops with its last
        # connection.
        self._stops_server = False
        # By connection, class and variant; the most recently used one is the last.
        self._panels: dict[tuple[str, type[Panel], str], Panel] = {}

    # connections -----------------------------------------------------------------

    @property
    def current(self) -> Connection | None:
        """The connection that is used by default."""
        self._follow_successors()
        return next(reversed(self._open.values()), None)

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All open connections, sorted by name."""
        opened = dict(self._open)
        return tuple(opened[name] for name in sorted(opened))

    @property
    def closed_names(self) -> tuple[str, ...]:
        """The names of closed connections that `reconnect` can reopen."""
        return tuple(sorted(set(self._targets) - set(self._open)))

    def named(self, name: str | None) -> Connection:
        """Return the connection of a name, or the current one.

        Raises:
            MagicError: There is none.
        """
        if name is None:
            if self.current is None:
                raise MagicError("Not connected. Run %nanover connect.")
            return self.current
        self._follow_successors()
        found = self._open.get(name)
        if found is None:
            raise self._unknown(name)
        return found

    # connecting ------------------------------------------------------------------

    def connect(self, target: ConnectTarget, *, name: str | None, timeout: float) -> ConnectResult:
        """Return a new connection, or the open one to that server, and make it current.

        Raises:
            ConnectError: No usable server answers.
        """
        if isinstance(target.address, Connection | BaseClient):
            given = Connection.of(target.address)
            if given is target.address and given not in self._open.values():
                self._borrowed.add(given)
            return self._add(given, ConnectTarget(address=given.address), name)
        address = None if target.address is None else _address(target.address)
        existing = self._find_open(address, name)
        if existing is not None:
            if existing.status.state == "lost":
                existing.retry(timeout)
            return self._make_current(existing, target, "reused")
        if address is None:
            return self._connect_nearby(target, name, timeout)
        return self._open_new(replace(target, address=address), name, timeout)

    def use(self, name: str) -> Connection:
        """Make the connection of a name the current one.

        Raises:
            MagicError: There is none of that name.
        """
        connection = self.named(name)
        self._open[name] = self._open.pop(name)
        return connection

    def reconnect(self, name: str | None, *, timeout: float) -> ConnectResult:
        """Connect again to the server of an open or closed connection.

        Raises:
            ConnectError: Its server cannot be reached.
            MagicError: There never was a connection of that name.
        """
        if name is None and self.current is not None:
            name = self.current.name
        self._drop_closed()
        if name is None and self._targets:
            *_, name = self._targets
        if name is None or name in self._open:
            connection = self.named(name)
            connection.retry(timeout)
            return self._make_current(connection, self._targets[connection.name], "reconnected")
        target = self._targets.get(name)
        if target is None:
            raise self._unknown(name)
        return self._open_new(target, name, timeout)

    def disconnect(self, name: str | None = None) -> ClosedConnection | None:
        """Close a connection, and the demo world with the last connection to it.

        Its widgets stay in the page and show that it is closed. Return None if no connection
        is open.

        Raises:
            MagicError: There is no connection of that name.
        """
        if name is None and not self._open:
            return None
        connection = self.named(name)
        del self._open[connection.name]
        if connection.dependents:
            self._closed[connection.name] = connection
        connection.close()
        stop = (
            self._stops_server
            and self._is_embedded(connection)
            and not any(map(self._is_embedded, self.connections))
        )
        if stop:
            self.stop_server()
        return ClosedConnection(connection, stopped_server=stop)

    # the embedded server -----------------------------------------------------------

    def serve(
        self,
        *,
        port: int = 0,
        websocket: bool = False,
        demo: bool = True,
        announce: str | None = None,
    ) -> EmbeddedServer:
        """Start the embedded server, which then runs until `stop_server`.

        Raises:
            ConnectError: The port is taken.
        """
        self.embedded = EmbeddedServer(port=port, websocket=websocket, demo=demo, announce=announce)
        self._stops_server = False
        return self.embedded

    def stop_server(self) -> None:
        """Stop the embedded server."""
        embedded, self.embedded = self.embedded, None
        self._stops_server = False
        if embedded is not None:
            embedded.close()

    # widgets -----------------------------------------------------------------------

    def panel(
        self, kind: type[Panel], name: str | None, *, variant: str = "", **options: object
    ) -> Panel:
        """Return the widget of a class for a connection, always the same one.

        Args:
            kind: Its class.
            name: The name of the connection; None for the current one.
            variant: Distinguishes several widgets of one class.
            **options: Traits to set, also on an existing widget.

        Raises:
            MagicError: There is no such connection.
        """
        connection = self.named(name)
        key = (connection.name, kind, variant)
        panel = self._panels.get(key)
        # The user may have closed it or given it another connection.
        if panel is None or panel.comm is None or panel.connection is not connection:
            with tracking_disabled():
                panel = self._panels[key] = kind(connection, **options)
        self._panels[key] = self._panels.pop(key)
        for option, value in options.items():
            setattr(panel, option, value)
        self._close_unseen_variants()
        return panel

    def close(self) -> None:
        """Close everything except connections that the user made. Idempotent."""
        for connection in self.connections:
            if connection in self._borrowed:
                del self._open[connection.name]
        while self.disconnect() is not None:
            pass
        self.stop_server()
        self._closed.clear()
        self._targets.clear()
        self._panels.clear()

    # inside --------------------------------------------------------------------------

    def _connect_nearby(
        self, target: ConnectTarget, name: str | None, timeout: float
    ) -> ConnectResult:
        """Connect to a server on this machine or, if there is none, to the embedded one."""
        if self.embedded is None:
            local = replace(target, address=Address(DEFAULT_HOST, DEFAULT_PORT, ""), tls=None)
            try:
                return self._open_new(local, name, min(timeout, _LOCAL_TIMEOUT))
            except ConnectError:
                self.serve()
                self._stops_server = True
        embedded = self.embedded
        if embedded is None:  # serve() has just set it
            raise AssertionError
        name = name or ("demo" if embedded.world else "empty server")
        return self._open_new(replace(target, address=embedded.address, tls=None), name, timeout)

    def _open_new(self, target: ConnectTarget, name: str | None, timeout: float) -> ConnectResult:
        with tracking_disabled():
            connection = connect(
                str(target.address),
                name=name,
                timeout=timeout,
                interval=target.interval,
                tls=target.tls,
            )
        return self._add(connection, target, name)

    def _add(
        self, connection: Connection, target: ConnectTarget, name: str | None
    ) -> ConnectResult:
        """Add a connection, in place of the one that had its name."""
        if connection in self._open.values():
            return self._make_current(connection, target, "reused")
        if name is not None:
            connection.name = name
        old = self._open.pop(connection.name, None)
        former = old or self._closed.pop(connection.name, None)
        moved = old is not None and old.address != connection.address
        result = self._make_current(connection, target, "moved" if moved else "new")
        if former is not None:
            former.replace_with(connection)
        return result

    def _make_current(
        self, connection: Connection, target: ConnectTarget, how: str
    ) -> ConnectResult:
        name = connection.name
        self._open.pop(name, None)
        self._open[name] = connection
        self._targets.pop(name, None)
        self._targets[name] = target
        return ConnectResult(connection, how, self._is_embedded(connection))

    def _find_open(self, address: Address | None, name: str | None) -> Connection | None:
        """Return the open connection of a name or, without one, of an address."""
        self._drop_closed()
        if name is not None:
            candidates = [self._open[name]] if name in self._open else []
        else:
            candidates = list(reversed(self._open.values()))
        for connection in candidates:
            if address is None or address.covers(connection.address):
                return connection
        return None

    def _follow_successors(self) -> None:
        """Replace connections of the user by those that took their place."""
        for name, connection in list(self._open.items()):
            newest = connection
            while newest.successor is not None:
                newest = newest.successor
            if newest is not connection:
                newest.name = name
                self._open[name] = newest
                self._targets[name] = ConnectTarget(address=newest.address)
                self._borrowed.add(newest)

    def _drop_closed(self) -> None:
        """Drop connections that the user has closed from Python."""
        self._follow_successors()
        for name, connection in list(self._open.items()):
            if connection.status.state == "closed":
                self._closed[name] = self._open.pop(name)

    def _close_unseen_variants(self) -> None:
        """Close variants that no page shows, except the most recent ones.

        A deleted cell may be restored, and a page that is reloading shows nothing for a while.
        """
        variants = [key for key in self._panels if key[2]]
        for key in variants[:-_MAX_VARIANTS]:
            if not self._panels[key].has_views:
                self._panels.pop(key).close()

    def _is_embedded(self, connection: Connection) -> bool:
        return self.embedded is not None and self.embedded.is_at(connection.address)

    def _unknown(self, name: str) -> MagicError:
        """Return the error for a name that no open connection has."""
        if name in self._targets:
            return MagicError(f"Connection {name!r} is closed. Run %nanover reconnect {name}.")
        names = ", ".join(sorted(self._open))
        otherwise = f"Open connections: {names}." if names else "Run %nanover connect."
        hint = did_you_mean(name, self._open, otherwise)
        return MagicError(f"No connection is named {name!r}.{hint}")


def _address(server: object) -> Address:
    from nanover_jupyter.client.nanover_objects import address_of  # noqa: PLC0415 - rarely needed

    return parse_address(address_of(server))
