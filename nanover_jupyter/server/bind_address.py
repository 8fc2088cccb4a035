"""The address a server listens at: checked before gRPC sees it, which gives no reasons."""

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
    """No server can listen at `address`; `reason` is a phrase."""

    def __str__(self) -> str:
        return f"could not serve at {self.address}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindAddress:
    """Where to listen: `target` in gRPC's form, and whether only this machine gets there."""

    target: str
    loopback: bool

    @classmethod
    def checked(cls, host: str, port: int) -> Self:
        """The address of `host` and `port`, after trying to bind it.

        Raises:
            AddressError: No host or no such port can exist.
            ServeError: They can, but not here or not now.
        """
        bare = host.removeprefix("[").removesuffix("]")
        target = f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
        if not bare:
            raise AddressError(target, "the host is missing")
        if not 0 <= port <= _HIGHEST_PORT:
            raise AddressError(target, f"a port lies between 0 and {_HIGHEST_PORT}")
        try:
            found = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as error:
            raise ServeError(target, f"the host {bare!r} is not known") from error
        errors = [_error_of_binding(family, address) for family, *_, address in found]
        if errno.EADDRINUSE in errors:
            raise ServeError(target, f"port {port} is already in use")
        # A name such as localhost may stand for an address that this machine lacks.
        if all(errors):
            raise ServeError(target, _reason(errors[0], bare, port))
        addresses = (str(address[0]).partition("%")[0] for *_, address in found)
        loopback = all(ipaddress.ip_address(address).is_loopback for address in addresses)
        return cls(target=target, loopback=loopback)


def _error_of_binding(family: int, address: object) -> int:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            if os.name == "posix":  # as gRPC does; elsewhere it would allow to share a busy port
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)  # type: ignore[arg-type]  # getaddrinfo made it for this family
    except OSError as error:
        return error.errno or errno.EINVAL
    return 0


def _reason(code: int, host: str, port: int) -> str:
    if code == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine"
    if code == errno.EACCES:
        return f"this user may not listen at port {port}"
    return os.strerror(code)
