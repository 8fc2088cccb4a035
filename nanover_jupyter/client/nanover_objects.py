"""Finds the address of NanoVer's own Python objects: a runner, an app server, a client.

Uses their attributes only, so it does not need NanoVer's package and works with any release.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nanover_jupyter.errors import AddressError

__all__ = ["address_of"]

# Servers in this process are reached over loopback.
_LOOPBACK: Final = "127.0.0.1"
_LOCAL_HOSTS: Final = frozenset(("", "[::]", "::", "0.0.0.0", "localhost"))  # noqa: S104 - compared
# By preference. Unencrypted first, because certificates are for other host names.
_SERVICES: Final = (
    ("ws", "ws"),
    ("wss", "wss"),
    ("multiplayer", "grpc"),
    ("trajectory", "grpc"),
    ("imd", "grpc"),
)


def address_of(source: object) -> str:
    """Return the address of a server, or of the server that a client is connected to.

    Args:
        source: NanoVer's `OmniRunner`, `NanoverImdApplication` or `NanoverImdClient`, an
            object with an `address` and a `port`, or an address, which is returned.

    Raises:
        AddressError: The object is none of these, or does not serve.
    """
    if isinstance(source, str):
        return source
    server = getattr(source, "app_server", source)
    found = _from_services(server) or _from_socket(server) or _from_port(server)
    if found is None:
        reason = "not a NanoVer runner, server or client with an address"
        raise AddressError(f"<{type(source).__name__}>", reason)
    return found


def _from_services(server: Any) -> str | None:
    """Return the address of an app server, which lists its ports by protocol."""
    services = getattr(getattr(server, "service_hub", None), "services", None)
    if not isinstance(services, Mapping):
        return None
    for name, scheme in _SERVICES:
        port = services.get(name)
        if isinstance(port, int):
            return f"{scheme}://{_LOOPBACK}:{port}"
    return None


def _from_socket(client: Any) -> str | None:
    """Return the address of the WebSocket of a client."""
    websocket = getattr(client, "_connection", None)
    remote = getattr(websocket, "remote_address", None)
    if not isinstance(remote, tuple) or len(remote) < 2:  # noqa: PLR2004 - host and port
        return None
    uri = getattr(getattr(websocket, "protocol", None), "uri", None)
    scheme = "wss" if getattr(uri, "secure", False) else "ws"
    # Prefer the host name of the URI: the certificate is for that name.
    host = getattr(uri, "host", None) or str(remote[0])
    return f"{scheme}://[{host}]:{remote[1]}" if ":" in host else f"{scheme}://{host}:{remote[1]}"


def _from_port(server: Any) -> str | None:
    """Return the address of a server with an address and a port: gRPC servers, and ours."""
    host, port = getattr(server, "address", None), getattr(server, "port", None)
    if isinstance(host, str) and "://" in host:
        return host
    if not isinstance(host, str) or not isinstance(port, int):
        return None
    return f"{_LOOPBACK if host in _LOCAL_HOSTS else host}:{port}"
