"""How a WebSocket to a server is opened: limits, keep-alive and encryption."""

from __future__ import annotations

import logging
import socket
import ssl
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from websockets.sync.client import ClientConnection, connect

from nanover_jupyter.errors import ConnectError
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.tls import TlsSettings
from nanover_jupyter.wire.websocket.codec import MESSAGE_LIMIT

__all__ = ["ConnectListener", "ConnectOptions", "connect_options"]

_CLOSE_SECONDS = 1.0

# To the log of details `websockets` writes all headers, and so any token that is sent.
_discreet = logging.getLogger("nanover_jupyter.transport.websockets")
_discreet.setLevel(logging.INFO)


class ConnectListener(Protocol):
    """Hears from a connection, on the threads that open and read it."""

    def on_socket(self, opened: socket.socket) -> None:
        """The socket is open; nothing was sent yet. To shut it down ends any wait for the peer."""

    def on_bytes(self, count: int) -> None:
        """So many bytes came, be they of a message that is not complete."""


class _WatchedSocket:
    """A socket that reports what it receives; `websockets` shows complete messages only."""

    def __init__(self, sock: socket.socket, on_bytes: Callable[[int], object]) -> None:
        self._sock = sock
        self._on_bytes = on_bytes

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = self._sock.recv(size, flags)
        self._on_bytes(len(data))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _WatchedTls:
    """An SSL context that reports the socket before the handshake, which a peer may not answer."""

    def __init__(
        self, context: ssl.SSLContext, on_socket: Callable[[socket.socket], object]
    ) -> None:
        self._context = context
        self._on_socket = on_socket

    def wrap_socket(self, sock: socket.socket, **options: Any) -> ssl.SSLSocket:
        wrapped = self._context.wrap_socket(sock, do_handshake_on_connect=False, **options)
        try:
            self._on_socket(wrapped)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """All that is needed to open a WebSocket to one server, once or again."""

    address: Address
    context: ssl.SSLContext | None = None
    server_name: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def open(
        self, seconds: float, listener: ConnectListener
    ) -> AbstractContextManager[ClientConnection]:
        """Connect, at the latest when the context is entered, and close when it is left.

        It is pinged, which keeps it open through routers that drop quiet connections, but
        stays open without an answer: that may wait behind a large message on a slow network.

        Raises what `websockets` raises.

        Args:
            seconds: The longest that connecting may take.
            listener: Hears of the socket, before any handshake, and of what it receives.
        """

        class Watched(ClientConnection):
            def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
                watched: Any = _WatchedSocket(sock, listener.on_bytes)
                super().__init__(watched, *arguments, **options)
                listener.on_socket(sock)

        tls: Any = None if self.context is None else _WatchedTls(self.context, listener.on_socket)
        return connect(
            str(self.address),
            ssl=tls,
            server_hostname=self.server_name,
            additional_headers=self.headers,
            logger=_discreet if self.headers else None,
            # Deflating costs more time than it saves on the networks of laboratories,
            # and what is large in here, coordinates, hardly shrinks.
            compression=None,
            open_timeout=seconds,
            ping_timeout=None,
            close_timeout=_CLOSE_SECONDS,
            max_size=MESSAGE_LIMIT,
            create_connection=Watched,
        )


def connect_options(
    address: Address, tls: TlsSettings | None = None, context: ssl.SSLContext | None = None
) -> ConnectOptions:
    """How to reach a server; opens nothing yet.

    Args:
        address: The server; the scheme `wss` encrypts.
        tls: Certificates and headers, for `wss`.
        context: In the place of the certificates of `tls`.

    Raises:
        ConnectError: A certificate file cannot be read, or is none.
    """
    if address.scheme != "wss":
        return ConnectOptions(address)
    settings = tls or TlsSettings()
    return ConnectOptions(
        address,
        context or _context(settings),
        settings.server_name,
        tuple(settings.metadata.items()),
    )


def _context(settings: TlsSettings) -> ssl.SSLContext:
    roots = settings.pem("root_certificates")
    try:
        context = ssl.create_default_context(cadata=None if roots is None else roots.decode())
        if roots is not None:
            # Whoever names a server's own certificate trusts it as it is: many a
            # self-signed one is no authority, or lacks what newer Pythons insist on.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        _identify(context, settings)
    except (ssl.SSLError, ValueError) as error:
        raise ConnectError(
            "a TLS server", f"a certificate or key makes no sense: {error}"
        ) from error
    return context


def _identify(context: ssl.SSLContext, settings: TlsSettings) -> None:
    """Load our own certificate, which `ssl` takes from files only."""
    chain, key = settings.pem("certificate_chain"), settings.pem("private_key")
    if chain is None:
        return
    with tempfile.TemporaryDirectory() as folder:  # for this user's eyes only
        chain_file, key_file = Path(folder, "chain"), Path(folder, "key")
        chain_file.write_bytes(chain)
        key_file.write_bytes(key or chain)
        context.load_cert_chain(chain_file, key_file)
