"""Addresses of NanoVer's own Python objects: a runner, an app server, a client.

Told by what they offer, so that NanoVer's package need not be here, and none of its
releases is the only one that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nanover_jupyter.errors import AddressError

__all__ = ["address_of"]

# Everything of these runs in this process, or says itself where it leads.
_HERE: Final = "127.0.0.1"
_ANYWHERE: Final = frozenset(("", "[::]", "::", "0.0.0.0", "localhost"))  # noqa: S104 - compared
# By preference; without encryption first, as certificates name other hosts.
_SERVICES: Final = (
    ("ws", "ws"),
    ("wss", "wss"),
    ("multiplayer", "grpc"),
    ("trajectory", "grpc"),
    ("imd", "grpc"),
)


def address_of(thing: object) -> str:
    """The address of the server that `thing` is, runs or talks to.

    Args:
        thing: NanoVer's `OmniRunner`, `NanoverImdApplication` or `NanoverImdClient`, or
            anything with an `address` and a `port`; an address as text is one already.

    Raises:
        AddressError: It is none of these, or serves nothing.
    """
    if isinstance(thing, str):
        return thing
    server = getattr(thing, "app_server", thing)
    found = _from_services(server) or _from_socket(server) or _from_port(server)
    if found is None:
        kind = type(thing).__name__
        reason = "no NanoVer runner, server or client that tells its address"
        raise AddressError(f"<{kind}>", reason)
    return found


def _from_services(server: Any) -> str | None:
    """What an app server announces: ports by protocol."""
    services = getattr(getattr(server, "service_hub", None), "services", None)
    if not isinstance(services, Mapping):
        return None
    for name, scheme in _SERVICES:
        port = services.get(name)
        if isinstance(port, int):
            return f"{scheme}://{_HERE}:{port}"
    return None


def _from_socket(client: Any) -> str | None:
    """Where the WebSocket of a client leads."""
    websocket = getattr(client, "_connection", None)
    remote = getattr(websocket, "remote_address", None)
    if not isinstance(remote, tuple) or len(remote) < 2:  # noqa: PLR2004 - host and port
        return None
    uri = getattr(getattr(websocket, "protocol", None), "uri", None)
    scheme = "wss" if getattr(uri, "secure", False) else "ws"
    # The name that was dialled, as a certificate is for that one.
    host = getattr(uri, "host", None) or str(remote[0])
    return f"{scheme}://[{host}]:{remote[1]}" if ":" in host else f"{scheme}://{host}:{remote[1]}"


def _from_port(server: Any) -> str | None:
    """A server that knows its address and its port, as those of gRPC do, and ours."""
    host, port = getattr(server, "address", None), getattr(server, "port", None)
    if isinstance(host, str) and "://" in host:
        return host
    if not isinstance(host, str) or not isinstance(port, int):
        return None
    return f"{_HERE if host in _ANYWHERE else host}:{port}"
