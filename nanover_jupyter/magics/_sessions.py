"""The connection that `%nanover` holds, and the server it may have started for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.server import DemoWorld, NanoverServer
from nanover_jupyter.transport.address import DEFAULT_HOST, DEFAULT_PORT, Address, parse_address

if TYPE_CHECKING:
    from nanover_jupyter.widgets._panel import Panel

__all__ = ["EmbeddedServer", "Reached", "Sessions"]

# Long enough for a server on this machine, short enough not to be noticed.
_LOCAL_TIMEOUT = 1.0


class EmbeddedServer:
    """A NanoVer server in this process, with the demo world on it or empty.

    Args:
        port: Where to listen, on loopback; 0 for any free port.
        demo: Whether the demo world plays on it.

    Raises:
        ConnectError: The port is taken.
    """

    def __init__(self, *, port: int = 0, demo: bool = True) -> None:
        self.server = NanoverServer(port=port)
        self.world = DemoWorld(self.server) if demo else None

    @property
    def what(self) -> str:
        """What it is, in words."""
        return "an empty server" if self.world is None else "the demo world"

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address(self.server.address, self.server.port)

    def close(self) -> None:
        """Stop the world, then the server. Idempotent."""
        if self.world is not None:
            self.world.close()
        self.server.close()


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection, and how it came about."""

    connection: Connection
    reused: bool
    embedded: bool


class Sessions:
    """Holds one connection, its panels, and one embedded server at the most.

    Used from the thread that runs cells only.
    """

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.embedded: EmbeddedServer | None = None
        # The embedded server was started by `connect`, so it goes with the connection.
        self._server_is_ours = False
        self._panels: dict[type[Panel], Panel] = {}

    def connect(self, address: str | None, *, name: str | None, timeout: float) -> Reached:
        """Connect, or keep the connection if it already leads there.

        Raises:
            ConnectError: Nothing usable is there.
        """
        wanted = parse_address(address) if address else None
        kept = self._kept(wanted, name)
        if kept is not None:
            return Reached(kept, reused=True, embedded=self._is_embedded())
        if wanted is None:
            return self._connect_nearby(name, timeout)
        connection = connect(str(wanted), name=name, timeout=timeout)
        self._adopt(connection)
        return Reached(connection, reused=False, embedded=self._is_embedded())

    def serve(self, *, port: int, demo: bool) -> EmbeddedServer:
        """Start the embedded server, to stay until it is stopped.

        Raises:
            ConnectError: The port is taken.
        """
        self.embedded = EmbeddedServer(port=port, demo=demo)
        self._server_is_ours = False
        return self.embedded

    def stop_server(self) -> None:
        """Stop the embedded server."""
        embedded, self.embedded = self.embedded, None
        if embedded is not None:
            embedded.close()

    def panel(self, kind: type[Panel], **options: int) -> Panel:
        """The widget of a kind for the connection: one each, however often it is shown.

        Raises:
            ConnectError: There is no connection.
        """
        if self.connection is None:
            raise ConnectError("a server", "there is no connection yet (%nanover connect)")
        panel = self._panels.get(kind)
        if panel is None:
            panel = self._panels[kind] = kind(self.connection, **options)
        for option, value in options.items():
            setattr(panel, option, value)
        return panel

    def disconnect(self) -> Connection | None:
        """Close the connection, and the demo world that was started for it.

        Its panels stay in the page and say that it is closed.
        """
        connection, self.connection = self.connection, None
        self._panels.clear()
        if connection is not None:
            connection.close()
        if self._server_is_ours:
            self.stop_server()
        return connection

    def close(self) -> None:
        """Close everything. Idempotent."""
        self.disconnect()
        self.stop_server()

    def _connect_nearby(self, name: str | None, timeout: float) -> Reached:
        """To the server on this machine if there is one, else to one of our own."""
        started = False
        if self.embedded is None:
            try:
                local = Address(DEFAULT_HOST, DEFAULT_PORT, "")
                connection = connect(str(local), name=name, timeout=min(timeout, _LOCAL_TIMEOUT))
            except ConnectError:
                self.embedded = EmbeddedServer()
                started = True
            else:
                self._adopt(connection)
                return Reached(connection, reused=False, embedded=False)
        name = name or ("demo" if self.embedded.world else "empty server")
        connection = connect(str(self.embedded.address), name=name, timeout=timeout)
        self._adopt(connection)
        self._server_is_ours = started
        return Reached(connection, reused=False, embedded=True)

    def _kept(self, wanted: Address | None, name: str | None) -> Connection | None:
        """The connection we have, if it is the one that is asked for."""
        connection = self.connection
        if connection is None or connection.status.state == "closed":
            return None
        same_place = wanted is None or wanted.covers(connection.address)
        return connection if same_place and name in {None, connection.name} else None

    def _adopt(self, connection: Connection) -> None:
        """Take a new connection in place of the old one."""
        keep = self.embedded is not None and connection.address == str(self.embedded.address)
        ours, self._server_is_ours = self._server_is_ours, False
        self.disconnect()
        if ours and not keep:
            self.stop_server()
        self._server_is_ours = ours and keep
        self.connection = connection

    def _is_embedded(self) -> bool:
        connection, embedded = self.connection, self.embedded
        if connection is None or embedded is None:
            return False
        return connection.address == str(embedded.address)
