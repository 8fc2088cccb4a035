"""Check the address that a server is to listen on.

gRPC reports no reason when it cannot bind an address.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from dataclasses import dataclass
from typing import Self

from nanover_jupyter.errors import AddressError, ConnectError

__all__ = ["BindAddress", "ServeError"]

_HIGHEST_PORT = 65535


class ServeError(ConnectError):
    """A server cannot listen on `address`; `reason` is a phrase."""

    def __str__(self) -> str:
        return f"could not listen on {self.address}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindAddress:
    """An address that can be bound.

    Attributes:
        target: The host and port in gRPC's format.
        loopback: Whether only this machine can reach it.
    """

    target: str
    loopback: bool

    @classmethod
    def checked(cls, host: str, port: int) -> Self:
        """Return the address of `host` and `port` after binding it once.

        Raises:
            AddressError: The host or port is invalid.
            ServeError: The host is unknown, or the address cannot be bound.
        """
        bare = host.removeprefix("[").removesuffix("]")
        target = f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
        if not bare:
            raise AddressError(target, "the host is missing")
        if not 0 <= port <= _HIGHEST_PORT:
            raise AddressError(target, f"the port must be between 0 and {_HIGHEST_PORT}")
        try:
            found = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as error:
            raise ServeError(target, f"the host {bare!r} cannot be resolved") from error
        errors = [_bind_error(family, address) for family, *_, address in found]
        if errno.EADDRINUSE in errors:
            raise ServeError(target, f"port {port} is already in use; choose another or 0")
        # A name such as localhost may also resolve to an address that this machine lacks.
        if all(errors):
            raise ServeError(target, _describe_error(errors[0], bare, port))
        addresses = (str(address[0]).partition("%")[0] for *_, address in found)
        loopback = all(ipaddress.ip_address(address).is_loopback for address in addresses)
        return cls(target=target, loopback=loopback)


def _bind_error(family: int, address: object) -> int:
    """Return the error number of binding an address, or 0 if it can be bound."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":  # as gRPC does; on Windows, it would allow sharing a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)  # type: ignore[arg-type]  # getaddrinfo made it for this family
    except OSError as error:
        return error.errno or errno.EINVAL
    return 0


def _describe_error(code: int, host: str, port: int) -> str:
    if code == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine"
    if code == errno.EACCES:
        return f"permission denied for port {port}; use a port above 1023"
    return os.strerror(code)
