"""The server that a kernel may run by itself, for `%nanover serve` and a first look."""

from __future__ import annotations

from nanover_jupyter.server import DemoWorld, NanoverServer
from nanover_jupyter.transport.address import Address

__all__ = ["EmbeddedServer"]


class EmbeddedServer:
    """A NanoVer server in this process, with the demo world on it or empty.

    Args:
        port: Where to listen for gRPC, on loopback; 0 for any free port.
        websocket: Whether to serve the WebSocket protocol too, on a port of its own.
        demo: Whether the demo world plays on it.
        announce: The name to announce it by on this machine, if any.

    Raises:
        ConnectError: The port is taken.
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
    def what(self) -> str:
        """What it is, in words."""
        return "an empty server" if self.world is None else "the demo world"

    @property
    def address(self) -> Address:
        """Where it listens for gRPC."""
        return Address(self.server.address, self.server.port)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where it listens, by each protocol that it speaks."""
        port = self.server.websocket_port
        if port is None:
            return (self.address,)
        return (self.address, Address(self.server.address, port, "ws"))

    def is_at(self, url: str) -> bool:
        """Whether `url` leads here."""
        return any(address.covers(url) for address in self.addresses)

    def close(self) -> None:
        """Stop the world, then the server. Idempotent."""
        if self.world is not None:
            self.world.close()
        self.server.close()
