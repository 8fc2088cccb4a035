"""NanoVer's WebSocket protocol for state, commands and frames, as its current server has it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Final, cast

from websockets.http11 import Request as HandshakeRequest
from websockets.http11 import Response
from websockets.sync.server import ServerConnection, serve

from nanover_jupyter.server.bind_address import BindAddress, ServeError
from nanover_jupyter.server.content import ServerContent
from nanover_jupyter.server.frames.frame_encoder import FrameEncoder, FrameFormat
from nanover_jupyter.server.state.update_encoder import UpdateEncoder, UpdateFormat
from nanover_jupyter.server.websocket.client_session import (
    CLOSE_SECONDS,
    GOING_AWAY,
    ClientSession,
    NonBlockingConnection,
)
from nanover_jupyter.server.websocket.handshake_policy import HandshakePolicy
from nanover_jupyter.wire.websocket import codec as websocket_codec
from nanover_jupyter.wire.websocket import frame_writer
from nanover_jupyter.wire.websocket.codec import MESSAGE_LIMIT

__all__ = ["WEBSOCKET_FRAMES", "WEBSOCKET_UPDATES", "WebSocketService"]

logger = logging.getLogger("nanover_jupyter.server")

# The interval of pings, and the timeout of a reply to one.
_PING_SECONDS: Final = 20.0

WEBSOCKET_UPDATES: Final = UpdateFormat(
    "WebSocket", websocket_codec.encode_change_entry, websocket_codec.join_change_entries
)

WEBSOCKET_FRAMES: Final = FrameFormat(
    "WebSocket",
    frame_writer.encode_frame_entry,
    frame_writer.join_frame_entries,
    first_is_reset=True,
)


class WebSocketService:
    """Serves a state, commands and frames to WebSocket clients from its creation.

    Each connection has three daemon threads of this package, to receive, to send state
    updates and to send frames, and two of `websockets`. When first needed, it starts a thread
    that runs the client's command requests one at a time, and one that sends replies and
    forwarded calls.

    Args:
        content: What to serve.
        host: The host name or address to listen on.
        port: The TCP port, or 0 for any free port.
        handshakes: Decides which clients may connect.

    Raises:
        ConnectError: The port is in use, or the address does not belong to this machine.
    """

    def __init__(
        self,
        content: ServerContent,
        *,
        host: str,
        port: int,
        handshakes: HandshakePolicy,
    ) -> None:
        self._content = content
        self._updates = UpdateEncoder(WEBSOCKET_UPDATES)
        self._frame_encoder = FrameEncoder(WEBSOCKET_FRAMES)
        # Guards the next two fields.
        self._lock = threading.Lock()
        self._connections: set[ServerConnection] = set()
        self._closed = False
        self._handshakes = handshakes
        listener = _listen(host, port)
        self.port: int = listener.getsockname()[1]
        self._server = serve(
            self._serve_client,
            sock=listener,
            process_request=self._check_handshake,
            compression=None,
            max_size=MESSAGE_LIMIT,
            close_timeout=CLOSE_SECONDS,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PING_SECONDS,
            create_connection=NonBlockingConnection,
        )
        # The threads that a daemon thread starts are daemons too.
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="nanover-server-ws", daemon=True
        )
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Close all connections and stop listening, in at most `timeout` seconds."""
        with self._lock:
            self._closed = True
            connections = list(self._connections)
        # Closing waits in `websockets`, which has no common deadline, so use a thread for each.
        closers = [
            threading.Thread(target=connection.close, args=(GOING_AWAY,), daemon=True)
            for connection in connections
        ]
        closers.append(threading.Thread(target=self._server.shutdown, daemon=True))
        started = time.monotonic()
        for closer in closers:
            closer.start()
        _join((*closers, self._thread), started + timeout / 2)
        # A client that does not read keeps its sender busy, so break the connection.
        for connection in connections:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        _join((*closers, self._thread), started + timeout)

    def _check_handshake(
        self, websocket: ServerConnection, request: HandshakeRequest
    ) -> Response | None:
        """Reply 403 if the handshake is refused. Runs on the connection's thread."""
        refusal = self._handshakes.refusal(
            hosts=request.headers.get_all("Host"), origins=request.headers.get_all("Origin")
        )
        if refusal is None:
            return None
        logger.info("! refused a WebSocket handshake: %s", refusal)
        return websocket.respond(HTTPStatus.FORBIDDEN, f"{refusal}\n")

    def _serve_client(self, websocket: ServerConnection) -> None:
        """Serve one connection. Called by `websockets` on the connection's thread."""
        threading.current_thread().name = "nanover-server-ws-client"
        with self._lock:
            closed = self._closed
            if not closed:
                self._connections.add(websocket)
        if closed:
            websocket.close(GOING_AWAY)
            return
        try:
            connection = cast("NonBlockingConnection", websocket)
            session = ClientSession(
                connection,
                self._content,
                updates=self._updates,
                frame_encoder=self._frame_encoder,
                ping_timeout=_PING_SECONDS,
            )
            session.run()
        finally:
            with self._lock:
                self._connections.discard(websocket)


def _join(threads: Iterable[threading.Thread], deadline: float) -> None:
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _listen(host: str, port: int) -> socket.socket:
    bind = BindAddress.checked(host, port)
    bare = host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    dual_stack = bare == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((bare, port), family=family, dualstack_ipv6=dual_stack)
    except OSError as error:
        raise ServeError(bind.target, f"the port cannot be bound ({error})") from error
