"""Discovery of servers that announce themselves on the local network. Sends nothing."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from nanover_jupyter.errors import ConnectError, ProtocolError
from nanover_jupyter.transport.address import is_encrypted
from nanover_jupyter.wire.discovery import (
    DATAGRAM_LIMIT,
    DISCOVERY_PORT,
    Announcement,
    decode,
)

__all__ = ["DiscoveredServer", "DiscoveryResult", "discover"]

# Servers send two announcements per second.
_DEFAULT_TIMEOUT: Final = 1.5
_MAX_SERVERS: Final = 1000


@dataclass(frozen=True, slots=True)
class DiscoveredServer:
    """A server that announced itself.

    Attributes:
        name: The name of the server.
        address: Its host.
        urls: Addresses for `connect`, one for each protocol, the best first.
        age: Seconds since the last announcement when `discover` returned.
    """

    name: str
    address: str
    urls: tuple[str, ...]
    age: float

    @property
    def url(self) -> str:
        """The default address for `connect`: unencrypted if there is a choice.

        Laboratory servers rarely have certificates that a client can verify.
        """
        return self.offers[0]

    @property
    def offers(self) -> tuple[str, ...]:
        """The addresses, unencrypted ones first."""
        return tuple(sorted(self.urls, key=is_encrypted))

    @property
    def protocols(self) -> tuple[str, ...]:
        """The schemes of its addresses."""
        return tuple(url.partition("://")[0] for url in self.urls)


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """The servers that `discover` found, and the reason if it could not listen.

    Attributes:
        servers: The servers, sorted by name.
        obstacle: Why announcements could not be received; else empty.
    """

    servers: tuple[DiscoveredServer, ...]
    obstacle: str = field(default="")

    def __iter__(self) -> Iterator[DiscoveredServer]:
        return iter(self.servers)

    def __len__(self) -> int:
        return len(self.servers)

    @property
    def explanation(self) -> str:
        """Why no server was found and what to do; empty if there are servers."""
        if self.servers:
            return ""
        remedy = "Connect by address instead: %nanover connect HOST:PORT."
        if self.obstacle:
            return f"Cannot receive announcements of servers: {self.obstacle}. {remedy}"
        return (
            "No server announced itself. Announcements do not pass VPNs, firewalls that block "
            "UDP, container networks or other subnets, and a server that only listens on "
            f"localhost sends none. {remedy}"
        )

    def named(self, name: str) -> DiscoveredServer:
        """Return the server with a name, or else the one whose name contains it.

        Raises:
            ConnectError: No server matches, or more than one.
        """
        exact = [server for server in self.servers if server.name == name]
        folded = name.casefold()
        matches = exact or [server for server in self.servers if folded in server.name.casefold()]
        if len(matches) == 1:
            return matches[0]
        if not matches:
            names = ", ".join(repr(server.name) for server in self.servers)
            reason = f"not found; found {names}" if names else self.explanation
            raise ConnectError(f"the server {name!r}", reason)
        several = ", ".join(f"{server.name!r} at {server.address}" for server in matches)
        raise ConnectError(f"the server {name!r}", f"the name is ambiguous: {several}")


def discover(timeout: float = _DEFAULT_TIMEOUT, *, port: int = DISCOVERY_PORT) -> DiscoveryResult:
    """Listen for `timeout` seconds for servers that announce themselves.

    Network errors are not raised; the result has the reason.

    Args:
        timeout: Seconds to listen. Servers send two announcements per second.
        port: The UDP port of the announcements.
    """
    deadline = time.monotonic() + timeout
    received: dict[str, tuple[Announcement, float]] = {}
    try:
        with _open_socket(port) as listener:
            while (left := deadline - time.monotonic()) > 0 and len(received) < _MAX_SERVERS:
                listener.settimeout(left)
                with contextlib.suppress(TimeoutError, ProtocolError):
                    announcement = decode(listener.recv(DATAGRAM_LIMIT + 1))
                    received[announcement.id] = (announcement, time.monotonic())
    except OSError as error:
        return DiscoveryResult((), f"cannot listen on UDP port {port} ({error.strerror or error})")
    now = time.monotonic()
    servers = (
        DiscoveredServer(announcement.name, announcement.address, announcement.urls, now - at)
        for announcement, at in received.values()
        if announcement.urls
    )
    return DiscoveryResult(tuple(sorted(servers, key=lambda server: (server.name, server.urls))))


def _open_socket(port: int) -> socket.socket:
    """Return a socket that shares the port with NanoVer's own programs on this machine."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("", port))
    except OSError:
        listener.close()
        raise
    return listener
