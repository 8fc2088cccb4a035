"""Parsing of server addresses."""

from __future__ import annotations

import string
from dataclasses import dataclass
from urllib.parse import urlsplit

from nanover_jupyter.errors import AddressError

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "Address",
    "is_encrypted",
    "is_host_name",
    "parse_address",
]

DEFAULT_HOST = "localhost"
DEFAULT_PORT = 38801
_SCHEMES = ("grpc", "grpcs", "ws", "wss")
_FORBIDDEN = frozenset(string.punctuation) - frozenset("-._")
# The full stop and the characters that international domain names allow in its place.
_DOTS = ".\u3002\uff0e\uff61"


@dataclass(frozen=True, slots=True)
class Address:
    """The host, port and protocol of a server; `str` returns its URL.

    The scheme is empty if the protocol is not specified.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    scheme: str = "grpc"

    @property
    def target(self) -> str:
        """`host:port`, with brackets around an IPv6 host."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.target}" if self.scheme else self.target

    def with_scheme(self, scheme: str) -> Address:
        """Return this address with another scheme."""
        return Address(self.host, self.port, scheme)

    def covers(self, url: str) -> bool:
        """Whether `url` is this address. Without a scheme, any protocol matches."""
        return str(self) == (url if self.scheme else url.rpartition("://")[2])


def is_encrypted(url: str) -> bool:
    """Whether a URL is that of an encrypted connection."""
    return url.startswith(("grpcs://", "wss://"))


def is_host_name(text: str) -> bool:
    """Whether a name is a host or a port: `localhost`, an IP address, `a.b`, or digits."""
    try:
        parse_address(text)
    except AddressError:
        return False
    name = text.strip().casefold()
    return name == DEFAULT_HOST or name.isdigit() or any(dot in name for dot in _DOTS)


def parse_address(text: str) -> Address:
    """Parse `HOST`, `HOST:PORT`, `:PORT` or `PORT`, with or without a scheme.

    The schemes are `grpc://` and `ws://`, and `grpcs://` and `wss://` for encrypted
    connections; without one, the address has an empty scheme.

    Raises:
        AddressError: The address is not valid.
    """
    written = text.strip()
    if written.isascii() and written.isdigit():
        written = f":{written}"
    scheme_given = "://" in written
    if not scheme_given:
        written = f"grpc://{written}"
    # Python's own messages quote parts of the text, which may contain a password.
    try:
        parts = urlsplit(written)
    except ValueError:
        reason = "the host is not valid; an IPv6 address is written as [::1]"
        raise AddressError(text, reason) from None
    try:
        port = parts.port
    except ValueError:
        raise AddressError(text, "the port is not a number between 1 and 65535") from None
    if parts.scheme not in _SCHEMES:
        raise AddressError(text, f"{parts.scheme}:// is not supported")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise AddressError(text, "it contains more than a host and a port")
    if not parts.netloc:
        raise AddressError(text, "it contains no host and no port")
    host = parts.hostname or DEFAULT_HOST
    wrong = _wrong_characters(written, host)
    if wrong:
        raise AddressError(text, f"a host name cannot contain {wrong}")
    if port == 0:
        raise AddressError(text, "the port is not a number between 1 and 65535")
    scheme = parts.scheme if scheme_given else ""
    return Address(host, DEFAULT_PORT if port is None else port, scheme)


def _wrong_characters(written: str, host: str) -> str:
    """Return what a host name cannot contain, or an empty string."""
    # Check the original text, because `urlsplit` removes some whitespace.
    if any(character.isspace() or not character.isprintable() for character in written):
        return "spaces"
    if ":" in host:  # an IPv6 address, which urlsplit has checked
        return ""
    return next((repr(character) for character in host if character in _FORBIDDEN), "")
