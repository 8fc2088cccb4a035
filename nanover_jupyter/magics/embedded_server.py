"""The server that `%nanover connect` and `%nanover serve` run in the kernel."""

from __future__ import annotations

from nanover_jupyter.server import DemoWorld, NanoverServer
from nanover_jupyter.transport.address import Address

__all__ = ["EmbeddedServer"]


class EmbeddedServer:
    """A NanoVer server in this process, with the demo world or empty.

    Args:
        port: The port for gRPC, on the loopback interface; 0 for any free port.
        websocket: Whether to serve the WebSocket protocol too, on a port of its own.
        demo: Whether to run the demo world.
        announce: The name to announce the server by on this machine, if any.

    Raises:
        ConnectError: The port is already in use.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        websocket: bool = False,
        demo: bool = True,
        announce: str | None = None,
    ) -> None:
        self.server = NanoverServer(
            port=port, websocket_port=0 if websocket else None, announce=announce
        )
        self.world = DemoWorld(self.server) if demo else None

    @property
    def description(self) -> str:
        """What the server runs, as a phrase."""
        return "an empty server" if self.world is None else "the demo world"

    @property
    def address(self) -> Address:
        """The address for gRPC."""
        return Address(self.server.address, self.server.port)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The address for each protocol."""
        port = self.server.websocket_port
        if port is None:
            return (self.address,)
        return (self.address, Address(self.server.address, port, "ws"))

    @property
    def location(self) -> str:
        """All addresses, as a phrase."""
        return " and ".join(map(str, self.addresses))

    def is_at(self, url: str) -> bool:
        """Return whether `url` is an address of this server."""
        return any(address.covers(url) for address in self.addresses)

    def close(self) -> None:
        """Stop the demo world, then the server. Idempotent."""
        if self.world is not None:
            self.world.close()
        self.server.close()
