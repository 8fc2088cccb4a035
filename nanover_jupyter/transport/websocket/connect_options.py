"""Options for opening a WebSocket: size limit, keep-alive and TLS."""

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

# At level DEBUG `websockets` logs all headers, including access tokens.
_logger_without_headers = logging.getLogger("nanover_jupyter.transport.websockets")
_logger_without_headers.setLevel(logging.INFO)


class ConnectListener(Protocol):
    """Callbacks of a socket. Called on the threads that open and read it."""

    def on_socket(self, opened: socket.socket) -> None:
        """The socket is open and nothing was sent yet. Shutting it down ends all waits."""

    def on_bytes(self, count: int) -> None:
        """Some bytes were received, possibly part of a message."""


class _WatchedSocket:
    """A socket that reports received bytes. `websockets` only reports complete messages."""

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
    """An SSL context that reports the socket before the handshake, which may hang."""

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
    """Everything needed to open a WebSocket to a server, and to reopen it."""

    address: Address
    context: ssl.SSLContext | None = None
    server_name: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def open(
        self, seconds: float, listener: ConnectListener
    ) -> AbstractContextManager[ClientConnection]:
        """Return a context manager that connects and, at the end, closes the connection.

        The connection sends pings, because some routers drop idle connections. A missing pong
        does not close it: on a slow network the pong may wait behind a large message.

        Raises the exceptions of `websockets`.

        Args:
            seconds: The timeout for connecting.
            listener: Called with the socket, before any handshake, and with received bytes.
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
            logger=_logger_without_headers if self.headers else None,
            # On a local network compression costs more time than it saves, and
            # coordinates, the bulk of the data, hardly compress.
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
    """Return the options for a server. Opens no connection.

    Args:
        address: The server; the scheme `wss` encrypts.
        tls: Certificates and headers, for `wss`.
        context: Replaces the certificates of `tls`.

    Raises:
        ConnectError: A certificate file cannot be read or is not valid.
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
            # Trust the given certificate itself: a self-signed one is often not a CA, or lacks
            # extensions that newer Python versions require.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        _identify(context, settings)
    except (ssl.SSLError, ValueError) as error:
        raise ConnectError("a TLS server", f"a certificate or key is not valid: {error}") from error
    return context


def _identify(context: ssl.SSLContext, settings: TlsSettings) -> None:
    """Load the client certificate. `ssl` only reads it from files."""
    chain, key = settings.pem("certificate_chain"), settings.pem("private_key")
    if chain is None:
        return
    with tempfile.TemporaryDirectory() as folder:  # readable by this user only
        chain_file, key_file = Path(folder, "chain"), Path(folder, "key")
        chain_file.write_bytes(chain)
        key_file.write_bytes(key or chain)
        context.load_cert_chain(chain_file, key_file)
