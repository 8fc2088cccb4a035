"""Servers that announce themselves on the local network; nothing is sent to find them."""

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

# Servers speak up twice a second.
_ENOUGH_SECONDS: Final = 1.5
_SERVERS_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class DiscoveredServer:
    """A server that was heard of.

    Attributes:
        name: What it calls itself.
        address: Its host.
        urls: What to give to `connect`, one for each protocol, the best first.
        age: Seconds since it was last heard of, when `discover` returned.
    """

    name: str
    address: str
    urls: tuple[str, ...]
    age: float

    @property
    def url(self) -> str:
        """What to give to `connect` by default: without encryption if there is a choice.

        Certificates of laboratories' servers are seldom ones that a stranger can check.
        """
        return self.offers[0]

    @property
    def offers(self) -> tuple[str, ...]:
        """Its addresses, those without encryption first."""
        return tuple(sorted(self.urls, key=is_encrypted))

    @property
    def protocols(self) -> tuple[str, ...]:
        """The schemes of its addresses."""
        return tuple(url.partition("://")[0] for url in self.urls)


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What `discover` came back with: servers, and why there may be none or too few.

    Attributes:
        servers: By name.
        obstacle: Why nothing could be heard; empty if the network was listened to.
    """

    servers: tuple[DiscoveredServer, ...]
    obstacle: str = field(default="")

    def __iter__(self) -> Iterator[DiscoveredServer]:
        return iter(self.servers)

    def __len__(self) -> int:
        return len(self.servers)

    @property
    def explanation(self) -> str:
        """What to say to somebody who misses a server; empty if there are some."""
        if self.servers:
            return ""
        direct = "Its address leads to it all the same: %nanover connect HOST:PORT."
        if self.obstacle:
            return f"Servers on this network cannot be heard: {self.obstacle}. {direct}"
        return (
            "No server announced itself. Announcements do not pass a VPN, a firewall that drops "
            "UDP, a container's network or another subnet, and a server for one machine only "
            f"makes none. {direct}"
        )

    def named(self, name: str) -> DiscoveredServer:
        """The one server whose name is `name`, or else holds it.

        Raises:
            ConnectError: There is none, or more than one.
        """
        exact = [server for server in self.servers if server.name == name]
        wanted = name.casefold()
        close = exact or [server for server in self.servers if wanted in server.name.casefold()]
        if len(close) == 1:
            return close[0]
        if not close:
            names = ", ".join(repr(server.name) for server in self.servers)
            heard = f"only {names} could be heard" if names else self.explanation
            raise ConnectError(f"the server {name!r}", heard)
        several = ", ".join(f"{server.name!r} at {server.address}" for server in close)
        raise ConnectError(f"the server {name!r}", f"there are several: {several}")


def discover(timeout: float = _ENOUGH_SECONDS, *, port: int = DISCOVERY_PORT) -> DiscoveryResult:
    """Listen for `timeout` seconds for servers that announce themselves.

    Never raises for the network's sake: what stands in the way is told in the result.

    Args:
        timeout: Seconds; servers speak up twice a second.
        port: The UDP port of the announcements.
    """
    deadline = time.monotonic() + timeout
    heard: dict[str, tuple[Announcement, float]] = {}
    try:
        with _listening(port) as listener:
            while (left := deadline - time.monotonic()) > 0 and len(heard) < _SERVERS_LIMIT:
                listener.settimeout(left)
                with contextlib.suppress(TimeoutError, ProtocolError):
                    announcement = decode(listener.recv(DATAGRAM_LIMIT + 1))
                    heard[announcement.id] = (announcement, time.monotonic())
    except OSError as error:
        return DiscoveryResult(
            (), f"UDP port {port} cannot be listened to ({error.strerror or error})"
        )
    now = time.monotonic()
    servers = (
        DiscoveredServer(said.name, said.address, said.urls, now - at)
        for said, at in heard.values()
        if said.urls
    )
    return DiscoveryResult(tuple(sorted(servers, key=lambda server: (server.name, server.urls))))


def _listening(port: int) -> socket.socket:
    """A socket that shares the port with NanoVer's own programs on this machine."""
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
