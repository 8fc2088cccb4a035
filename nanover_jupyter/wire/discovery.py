"""Datagrams that NanoVer servers broadcast to be discovered (ESSD, wire-protocol G7, W6)."""

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

# URL schemes by service, most preferred first. Upstream also prefers encryption.
_SCHEMES: Final = (
    ("wss", "wss"),
    ("ws", "ws"),
    ("multiplayer", "grpc"),
    ("trajectory", "grpc"),
    ("imd", "grpc"),
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A server's name, address and id, and its ports by service."""

    name: str
    address: str
    id: str
    services: Mapping[str, int]

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs to connect to, most preferred first."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        found = (
            f"{scheme}://{host}:{self.services[service]}"
            for service, scheme in _SCHEMES
            if service in self.services
        )
        return tuple(dict.fromkeys(found))


def encode(announcement: Announcement) -> bytes:
    """Return an announcement as a datagram. A name that is too long is shortened."""
    name = announcement.name
    while True:
        fields = {
            "name": name,
            "address": announcement.address,
            "id": announcement.id,
            "essd_version": _VERSION,
            "services": dict(announcement.services),
        }
        data = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
        if len(data) <= DATAGRAM_LIMIT or not name:
            return data
        name = name[:-1]


def decode(data: bytes) -> Announcement:
    """Return the announcement in a datagram.

    Raises:
        ProtocolError: The datagram is not an announcement.
    """
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the announcement is not valid JSON ({error})") from error
    if not isinstance(fields, dict):
        raise ProtocolError("the announcement is not a JSON object")
    name, address = fields.get("name"), fields.get("address")
    if not isinstance(name, str) or not isinstance(address, str) or not address:
        raise ProtocolError("the announcement has no name or no address")
    services = _ports(fields.get("services"))
    return Announcement(name, address, str(fields.get("id", f"{address} {services}")), services)


def _ports(services: Any) -> dict[str, int]:
    if not isinstance(services, dict):
        return {}
    return {
        name: port
        for name, port in services.items()
        if type(port) is int and 0 < port <= _HIGHEST_PORT
    }
