"""The datagrams by which NanoVer servers announce themselves (ESSD, wire-protocol G7, W6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nanover_jupyter.errors import ProtocolError

__all__ = ["DATAGRAM_LIMIT", "DISCOVERY_PORT", "Announcement", "decode", "encode"]

DISCOVERY_PORT: Final = 54545
DATAGRAM_LIMIT: Final = 1024
_VERSION: Final = "1.0.0"
_HIGHEST_PORT: Final = 65535

# What a client can make of a service, the best first: upstream prefers encryption.
_SCHEMES: Final = (
    ("wss", "wss"),
    ("ws", "ws"),
    ("multiplayer", "grpc"),
    ("trajectory", "grpc"),
    ("imd", "grpc"),
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a server says of itself: its name, address and id, and ports by service."""

    name: str
    address: str
    id: str
    services: Mapping[str, int]

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses to connect to, by protocol, the best first."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        found = (
            f"{scheme}://{host}:{self.services[service]}"
            for service, scheme in _SCHEMES
            if service in self.services
        )
        return tuple(dict.fromkeys(found))


def encode(announcement: Announcement) -> bytes:
    """An announcement as a datagram; the name is shortened where it would be too long."""
    name = announcement.name
    while True:
        said = {
            "name": name,
            "address": announcement.address,
            "id": announcement.id,
            "essd_version": _VERSION,
            "services": dict(announcement.services),
        }
        data = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
        if len(data) <= DATAGRAM_LIMIT or not name:
            return data
        name = name[:-1]


def decode(data: bytes) -> Announcement:
    """The announcement in a datagram.

    Raises:
        ProtocolError: It is none.
    """
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"an announcement is JSON ({error})") from error
    if not isinstance(said, dict):
        raise ProtocolError("an announcement is an object")
    name, address = said.get("name"), said.get("address")
    if not isinstance(name, str) or not isinstance(address, str) or not address:
        raise ProtocolError("an announcement has a name and an address")
    services = _ports(said.get("services"))
    return Announcement(name, address, str(said.get("id", f"{address} {services}")), services)


def _ports(services: Any) -> dict[str, int]:
    if not isinstance(services, dict):
        return {}
    return {
        name: port
        for name, port in services.items()
        if type(port) is int and 0 < port <= _HIGHEST_PORT
    }
