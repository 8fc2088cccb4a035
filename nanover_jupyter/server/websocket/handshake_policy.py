"""Decide which WebSocket handshakes a server accepts, by their Host and Origin headers.

A web page may open a WebSocket to any address that its browser can reach; the browser sends
the page's origin in `Origin`. Native clients send no `Origin`. A page can also resolve a host
name of its own to this machine (DNS rebinding), which is visible in `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final

from nanover_jupyter.errors import InvalidArgument

__all__ = ["HandshakePolicy"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s\[\]:@/?#]+)(:[0-9]*)?", re.IGNORECASE)
_ORIGIN: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?"
)
# The limit for a header value that a reason quotes.
_QUOTE_LIMIT: Final = 100


class HandshakePolicy:
    """Accepts native clients and web pages of the given origins.

    Args:
        origins: The origins of accepted pages, such as "https://lab.example:8443".
        bound_host: The host name or address that the server listens on.
        loopback: Whether it listens on loopback addresses only. `Host` is checked only then,
            because a server on the network may have any name.

    Raises:
        InvalidArgument: `origins` is a single string, or one of them is not an origin.
    """

    def __init__(self, origins: Iterable[str], *, bound_host: str, loopback: bool) -> None:
        if isinstance(origins, str):
            raise InvalidArgument("origins", f"expected a list of origins; write [{origins!r}]")
        parsed = [_parse_origin(origin) for origin in origins]
        self._origins = frozenset(origin for origin, _ in parsed)
        self._check_host = loopback
        # A proxy in front of the server may forward the host name of its page.
        self._hosts = frozenset(
            ("localhost", _bare(bound_host).lower(), *(host for _, host in parsed))
        )

    def refusal(self, *, hosts: Sequence[str], origins: Sequence[str]) -> str | None:
        """Return why a handshake is refused, or None if it is accepted.

        Args:
            hosts: The values of its `Host` headers.
            origins: The values of its `Origin` headers; a native client sends none.
        """
        if origins and (len(origins) > 1 or origins[0] not in self._origins):
            return (
                f"Web pages of the origin {_quoted(origins)} may not use this NanoVer server. "
                "To allow them, start the server with origins=[...] that includes this origin."
            )
        if not self._check_host:
            return None
        if len(hosts) != 1:
            return "The request must have exactly one Host header."
        if not self._accepts_host(hosts[0]):
            return (
                f"This NanoVer server does not accept the host name {_quoted(hosts)}. "
                "It serves this machine only; connect to localhost or 127.0.0.1."
            )
        return None

    def _accepts_host(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = _bare(match["name"]).lower()
        return name in self._hosts or _is_loopback(name)


def _parse_origin(origin: str) -> tuple[str, str]:
    """Return an origin in the form that browsers send, and its host."""
    match = _ORIGIN.fullmatch(origin.lower())
    if match is None:
        raise InvalidArgument(
            "origins",
            f"{origin!r} is not an origin: write scheme://host or scheme://host:port, such as "
            "https://lab.example:8443",
        )
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if port is None or int(port) == _DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{host}", _bare(host)
    return f"{scheme}://{host}:{port}", _bare(host)


def _bare(host: str) -> str:
    return host.removeprefix("[").removesuffix("]")


def _is_loopback(host: str) -> bool:
    # DNS rebinding does not affect a literal address.
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _quoted(values: Sequence[str]) -> str:
    text = repr(", ".join(values))
    return text if len(text) <= _QUOTE_LIMIT else f"{text[:_QUOTE_LIMIT]}..."
