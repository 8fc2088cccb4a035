"""The connections that `%nanover` holds, by name, and the server it may have started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakSet

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.cell_reruns import tracking_disabled
from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.magics.embedded import EmbeddedServer
from nanover_jupyter.magics.line.parser import nearest
from nanover_jupyter.transport.address import DEFAULT_HOST, DEFAULT_PORT, Address, parse_address
from nanover_jupyter.transport.tls import TlsSettings

if TYPE_CHECKING:
    from nanover_jupyter.widgets.panel import Panel

__all__ = ["Closed", "ConnectResult", "ConnectTarget", "ConnectionRegistry"]

# Long enough for a server on this machine, short enough not to be noticed.
_LOCAL_TIMEOUT = 1.0
_VARIANTS_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTarget:
    """Where to connect to, and how.

    Attributes:
        address: What people wrote, or an object that has an address; None for whatever
            is near.
        interval: Seconds between updates at the least, where the server lets clients choose.
        tls: Certificates and tokens for an encrypted connection.
    """

    address: object = None
    interval: float | None = None
    tls: TlsSettings | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectResult:
    """A connection, and how it came about.

    Attributes:
        connection: It.
        how: `new`; `reused`, if it was there; `moved`, if its name led elsewhere before.
        embedded: Whether it leads to the server in this kernel.
    """

    connection: Connection
    how: str
    embedded: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection that was closed, and whether the demo world went with it."""

    connection: Connection
    stopped_server: bool


class ConnectionRegistry:
    """Holds connections by name, their panels, and one embedded server at the most.

    Widgets belong to a name: what leads elsewhere under a name that was there before
    takes over the widgets of the former connection, those that people made themselves too.
    Used from the thread that runs cells only; completion reads copies.
    """

    def __init__(self) -> None:
        self.embedded: EmbeddedServer | None = None
        # By name, the one that was used last at the end.
        self._open: dict[str, Connection] = {}
        # Those that were closed while widgets showed them.
        self._former: dict[str, Connection] = {}
        self._goals: dict[str, ConnectTarget] = {}
        # Connections that people made and gave us; they are theirs to close at the end.
        self._borrowed: WeakSet[Connection] = WeakSet()
        # The embedded server was started by `connect`, so it goes with its last connection.
        self._server_is_ours = False
        # By connection, class and variant, the one that was used last at the end.
        self._panels: dict[tuple[str, type[Panel], str], Panel] = {}

    # what there is ---------------------------------------------------------------

    @property
    def current(self) -> Connection | None:
        """The connection that is used when none is named."""
        self._follow_successors()
        return next(reversed(self._open.values()), None)

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All that are open, by name."""
        opened = dict(self._open)
        return tuple(opened[name] for name in sorted(opened))

    @property
    def former_names(self) -> tuple[str, ...]:
        """Names of closed connections that `reconnect` can open again."""
        return tuple(sorted(set(self._goals) - set(self._open)))

    def named(self, name: str | None) -> Connection:
        """The connection of a name, or the current one.

        Raises:
            ConnectError: There is none.
        """
        if name is None:
            if self.current is None:
                raise ConnectError("a server", "there is no connection yet (%nanover connect)")
            return self.current
        self._follow_successors()
        found = self._open.get(name)
        if found is None:
            raise ConnectError(repr(name), self._why_not(name))
        return found

    # connecting ------------------------------------------------------------------

    def connect(self, goal: ConnectTarget, *, name: str | None, timeout: float) -> ConnectResult:
        """Connect, or keep a connection that already leads there; it becomes the current one.

        Raises:
            ConnectError: Nothing usable is there.
        """
        if isinstance(goal.address, Connection | BaseClient):
            given = Connection.of(goal.address)
            if given is goal.address and given not in self._open.values():
                self._borrowed.add(given)
            return self._take(given, ConnectTarget(address=given.address), name)
        wanted = None if goal.address is None else _address(goal.address)
        kept = self._kept(wanted, name)
        if kept is not None:
            if kept.status.state == "lost":
                kept.retry(timeout)
            return self._adopt(kept, goal, "reused")
        if wanted is None:
            return self._connect_nearby(goal, name, timeout)
        return self._open_anew(
            ConnectTarget(address=wanted, interval=goal.interval, tls=goal.tls), name, timeout
        )

    def use(self, name: str) -> Connection:
        """Make a connection the current one.

        Raises:
            ConnectError: There is none of that name.
        """
        connection = self.named(name)
        self._open[name] = self._open.pop(name)
        return connection

    def reconnect(self, name: str | None, *, timeout: float) -> ConnectResult:
        """Connect again to where a connection leads or, closed meanwhile, has led.

        Raises:
            ConnectError: There never was one, or its server cannot be reached.
        """
        if name is None and self.current is not None:
            name = self.current.name
        # Somebody may have closed it by themselves.
        self._forget_closed()
        if name is None and self._goals:
            *_, name = self._goals
        if name is None or name in self._open:
            connection = self.named(name)
            connection.retry(timeout)
            return self._adopt(connection, self._goals[connection.name], "again")
        goal = self._goals.get(name)
        if goal is None:
            raise ConnectError(repr(name), self._why_not(name))
        return self._open_anew(goal, name, timeout)

    def disconnect(self, name: str | None = None) -> Closed | None:
        """Close a connection, and the demo world if nothing else leads there any more.

        Its panels stay in the page and say that it is closed. None if there is nothing
        to close.

        Raises:
            ConnectError: There is no connection of that name.
        """
        if name is None and not self._open:
            return None
        connection = self.named(name)
        del self._open[connection.name]
        if connection.dependents:
            self._former[connection.name] = connection
        connection.close()
        embedded = self.embedded
        stop = self._server_is_ours and embedded is not None and embedded.is_at(connection.address)
        if stop and not any(map(self._is_embedded, self.connections)):
            self.stop_server()
            return Closed(connection, stopped_server=True)
        return Closed(connection, stopped_server=False)

    # the embedded server -----------------------------------------------------------

    def serve(
        self,
        *,
        port: int = 0,
        websocket: bool = False,
        demo: bool = True,
        announce: str | None = None,
    ) -> EmbeddedServer:
        """Start the embedded server, to stay until it is stopped.

        Raises:
            ConnectError: The port is taken.
        """
        self.embedded = EmbeddedServer(port=port, websocket=websocket, demo=demo, announce=announce)
        self._server_is_ours = False
        return self.embedded

    def stop_server(self) -> None:
        """Stop the embedded server."""
        embedded, self.embedded = self.embedded, None
        self._server_is_ours = False
        if embedded is not None:
            embedded.close()

    # widgets -----------------------------------------------------------------------

    def panel(
        self, kind: type[Panel], name: str | None, *, variant: str = "", **options: object
    ) -> Panel:
        """The widget of a kind for a connection: one each, however often it is shown.

        Args:
            kind: Its class.
            name: The connection's; the current one's if None.
            variant: Parts those that shall not be the same although of one kind.
            **options: Given to it now, new or not.

        Raises:
            ConnectError: There is no such connection.
        """
        connection = self.named(name)
        key = (connection.name, kind, variant)
        panel = self._panels.get(key)
        # One that was closed or shows something else by now is left to whoever did that.
        if panel is None or panel.comm is None or panel.connection is not connection:
            with tracking_disabled():
                panel = self._panels[key] = kind(connection, **options)
        self._panels[key] = self._panels.pop(key)
        for option, value in options.items():
            setattr(panel, option, value)
        self._end_deleted()
        return panel

    def close(self) -> None:
        """Close everything but what people made themselves. Idempotent."""
        for connection in self.connections:
            if connection in self._borrowed:
                del self._open[connection.name]
        while self.disconnect() is not None:
            pass
        self.stop_server()
        self._former.clear()
        self._goals.clear()
        self._panels.clear()

    # inside --------------------------------------------------------------------------

    def _connect_nearby(
        self, goal: ConnectTarget, name: str | None, timeout: float
    ) -> ConnectResult:
        """To the server on this machine if there is one, else to one of our own."""
        if self.embedded is None:
            local = ConnectTarget(
                address=Address(DEFAULT_HOST, DEFAULT_PORT, ""), interval=goal.interval
            )
            try:
                return self._open_anew(local, name, min(timeout, _LOCAL_TIMEOUT))
            except ConnectError:
                self.serve()
                self._server_is_ours = True
        embedded = self.embedded
        if embedded is None:  # serve() has just set it
            raise AssertionError
        name = name or ("demo" if embedded.world else "empty server")
        goal = ConnectTarget(address=embedded.address, interval=goal.interval)
        return self._open_anew(goal, name, timeout)

    def _open_anew(self, goal: ConnectTarget, name: str | None, timeout: float) -> ConnectResult:
        with tracking_disabled():
            connection = connect(
                str(goal.address), name=name, timeout=timeout, interval=goal.interval, tls=goal.tls
            )
        return self._take(connection, goal, name)

    def _take(self, connection: Connection, goal: ConnectTarget, name: str | None) -> ConnectResult:
        """Take in a connection, in place of the one that had its name."""
        if connection in self._open.values():
            return self._adopt(connection, goal, "reused")
        if name is not None:
            connection.name = name
        old = self._open.pop(connection.name, None)
        former = old or self._former.pop(connection.name, None)
        moved = old is not None and old.address != connection.address
        reached = self._adopt(connection, goal, "moved" if moved else "new")
        if former is not None:
            former.replace_with(connection)
        return reached

    def _adopt(self, connection: Connection, goal: ConnectTarget, how: str) -> ConnectResult:
        """Make a connection the current one."""
        name = connection.name
        self._open.pop(name, None)
        self._open[name] = connection
        self._goals.pop(name, None)
        self._goals[name] = goal
        return ConnectResult(connection, how, self._is_embedded(connection))

    def _kept(self, wanted: Address | None, name: str | None) -> Connection | None:
        """The connection we have, if it is the one that is asked for."""
        self._forget_closed()
        if name is not None:
            candidates = [self._open[name]] if name in self._open else []
        else:
            candidates = list(reversed(self._open.values()))
        for connection in candidates:
            if wanted is None or wanted.covers(connection.address):
                return connection
        return None

    def _follow_successors(self) -> None:
        """Go on with those that took the place of connections which people gave us."""
        for name, connection in list(self._open.items()):
            newest = connection
            while newest.successor is not None:
                newest = newest.successor
            if newest is not connection:
                newest.name = name
                self._open[name] = newest
                self._goals[name] = ConnectTarget(address=newest.address)
                self._borrowed.add(newest)

    def _forget_closed(self) -> None:
        """Drop connections that somebody closed by themselves."""
        self._follow_successors()
        for name, connection in list(self._open.items()):
            if connection.status.state == "closed":
                self._former[name] = self._open.pop(name)

    def _end_deleted(self) -> None:
        """Close variants that are in no page any more, but for the last few.

        A cell that was deleted may come back, and a page that is loaded again says nothing
        for a while.
        """
        variants = [key for key in self._panels if key[2]]
        for key in variants[:-_VARIANTS_KEPT]:
            if not self._panels[key].is_seen:
                self._panels.pop(key).close()

    def _is_embedded(self, connection: Connection) -> bool:
        return self.embedded is not None and self.embedded.is_at(connection.address)

    def _why_not(self, name: str) -> str:
        if name in self._goals:
            return f"it was closed (%nanover reconnect {name})"
        near = nearest(name, self._open)
        if near is not None:
            return f"there is no connection of that name; did you mean {near}?"
        names = ", ".join(sorted(self._open))
        return "there is no connection of that name" + (
            f", only {names}" if names else " (%nanover connect)"
        )


def _address(thing: object) -> Address:
    from nanover_jupyter.client.nanover_objects import address_of  # noqa: PLC0415 - seldom needed

    return parse_address(address_of(thing))
