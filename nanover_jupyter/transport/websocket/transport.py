"""WebSocket transport: a main connection for state and commands, replies matched by id."""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    InvalidValue,
    NotSupported,
    TimedOut,
)
from nanover_jupyter.transport.base import FrameListener, TransportListener
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.transport.websocket.connect_options import ConnectOptions
from nanover_jupyter.transport.websocket.connection import NullOwner, WebSocketConnection
from nanover_jupyter.transport.websocket.pending_request import PendingRequest
from nanover_jupyter.transport.websocket.registered_commands import RegisteredCommands
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket import codec as websocket_codec
from nanover_jupyter.wire.websocket.codec import LIST_COMMANDS, MESSAGE_LIMIT, Request
from nanover_jupyter.wire.websocket.frame_reader import frame_message
from nanover_jupyter.wire.websocket.frame_writer import encode_frame

__all__ = ["WebSocketTransport"]

_CHANGING: Final = "changing the shared state"
_LISTING: Final = "listing the commands"
_PUBLISHING: Final = "publishing a frame"
# How often a server that gets updates is checked for responsiveness.
_CHECK_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 20.0
_UNRESPONSIVE: Final = "the server does not reply to requests"


class WebSocketTransport:
    """Carries messages over a WebSocket; implements `Transport`.

    It connects when first needed, and reconnects with the next call after a loss. A server
    runs the commands of one connection in sequence. To keep a slow command from blocking the
    list of commands, or a command registered by this client, those requests use a second
    connection for the duration of the call.

    Args:
        connect_options: How to connect to the server.
    """

    def __init__(self, connect_options: ConnectOptions) -> None:
        self.address = str(connect_options.address)
        self.frame_listener: FrameListener | None = None
        self._connect_options = connect_options
        self._registered = RegisteredCommands()
        self._numbers = itertools.count(1)
        # Guards the connections and `_closed`.
        self._guard = threading.Lock()
        self._connection: WebSocketConnection | None = None
        self._side_connections: set[WebSocketConnection] = set()
        self._closed = False
        self._process = os.getpid()

    @property
    def capabilities(self) -> Capabilities:
        """See `Transport.capabilities`."""
        return websocket_codec.CAPABILITIES

    # the state ------------------------------------------------------------------

    @property
    def last_received_at(self) -> float:
        """See `Transport.last_received_at`."""
        connection = self._connection
        return 0.0 if connection is None else connection.last_progress_at

    @property
    def received_bytes(self) -> int | None:
        """See `Transport.received_bytes`."""
        connection = self._connection
        return None if connection is None else connection.received_bytes

    def connect(self, timeout: float) -> None:
        """See `Transport.connect`."""
        self._main_connection().wait_until_open(doing="connecting", timeout=timeout)

    def start(self, listener: TransportListener, interval: float) -> None:  # noqa: ARG002
        """See `Transport.start`. The server always uses an interval of 1/30 s."""
        while True:
            with self._guard:
                connection = self._connection
                if connection is not None and connection.has_listener:
                    connection.abort(self._closed_error())
                    self._connection = None
                connection = self._main_connection_locked()
            # The connection may have just ended; then open another.
            if connection.attach(listener):
                return

    def request_frames(self) -> None:
        """See `Transport.request_frames`. Opens the connection."""
        self._main_connection()

    def publish_frame(self, frame: Mapping[str, object], timeout: float | None) -> None:
        """See `Transport.publish_frame`."""
        message = _checked_size(encode_frame(frame), self.address)
        self._main_connection().send(message, doing=_PUBLISHING, timeout=timeout)

    def update_state(self, change: DictionaryChange, timeout: float | None) -> bool:
        """See `Transport.update_state`. Returns True once the change is sent.

        This protocol has no acknowledgement: the change comes back with the state.
        """
        message = _checked_size(websocket_codec.encode_change(change), self.address)
        connection = self._main_connection()
        connection.send(message, doing=_CHANGING, timeout=timeout)
        self._check_responsive(connection)
        return True

    def start_update(self, change: DictionaryChange, timeout: float | None) -> PendingCall[bool]:
        """See `Transport.start_update`. Done once the change is sent.

        Changes are sent in the order of the calls. `timeout` limits the time in the queue.
        """
        message = _checked_size(websocket_codec.encode_change(change), self.address)
        connection = self._main_connection()
        posted = connection.post(message, doing=_CHANGING, timeout=timeout)
        self._check_responsive(connection)
        return posted

    def update_locks(self, request: LockRequest, timeout: float | None) -> NoReturn:  # noqa: ARG002
        """Raise NotSupported: this protocol has no locks."""
        raise NotSupported("locks", self.capabilities.transport)

    # commands -------------------------------------------------------------------

    def list_commands(self, timeout: float | None) -> list[CommandInfo]:
        """See `Transport.list_commands`. Ends the connection if there is no reply."""
        request = self._request(LIST_COMMANDS, {}, _LISTING)
        request.send(waits=True)
        try:
            if timeout is None:
                result = request.result(None)
            else:
                result = request.result_unless_silent(timeout)
        except TimedOut as error:
            connection = request.connection
            if connection.protocol_error is not None:
                raise connection.protocol_error from error
            if connection.is_open:
                connection.abort(ConnectionLost(self.address, _LISTING, _UNRESPONSIVE))
            raise
        return websocket_codec.decode_command_list(result)

    def run_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> dict[str, Value]:
        """See `Transport.run_command`. A result that is not a dict becomes {"result": ...}."""
        request = self._request(name, arguments, f"running {name!r}")
        request.send(waits=True)
        return request.result(timeout)

    def start_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> PendingCall[dict[str, Value]]:
        """See `Transport.start_command`."""
        request = self._request(name, arguments, f"running {name!r}")
        request.send()
        if timeout is not None:
            request.expire_after(timeout)
        return request.pending

    def register_command(self, command: CommandInfo, callback: Callable[..., object]) -> None:
        """Register a command for all clients, now and after every reconnection.

        `callback(**arguments)` runs on the thread `nanover-commands`, one call at a time.

        Raises:
            NanoverJupyterError: InvalidValue for defaults that cannot be sent, or the reason
                why the registration could not be sent.
        """
        message = _checked_size(websocket_codec.encode_registration(command), self.address)
        doing = f"registering {command.name!r}"
        connection = self._main_connection()
        connection.wait_until_open(doing=doing, timeout=_SEND_SECONDS)
        self._registered.register(command, callback)
        connection.send(message, doing=doing, timeout=_SEND_SECONDS)

    def close(self) -> None:
        """See `Transport.close`. The server then removes the keys of this user."""
        atexit.unregister(self._close_at_exit)
        with self._guard:
            self._closed = True
            connections = [
                *self._side_connections,
                *([self._connection] if self._connection is not None else []),
            ]
        for connection in connections:
            connection.close()
        self._registered.close()

    def _close_at_exit(self) -> None:
        """Close when the interpreter exits. A forked process must not close its parent's socket."""
        if self._process == os.getpid():
            self.close()

    # connections ----------------------------------------------------------------------

    def initial_messages(self) -> list[bytes]:
        """Return the registrations. Called on the reader thread of a new connection."""
        return [websocket_codec.encode_registration(command) for command in self._registered.all()]

    def on_request(self, connection: WebSocketConnection, request: Request) -> None:
        """Run a registered command. Called on the reader thread."""
        self._registered.on_request(connection, request)

    def on_frame(self, message: bytes) -> None:
        """Pass a frame on. Called on the reader thread."""
        if self.frame_listener is not None:
            self.frame_listener.on_frame(frame_message(message))

    def _main_connection(self) -> WebSocketConnection:
        with self._guard:
            return self._main_connection_locked()

    def _main_connection_locked(self) -> WebSocketConnection:
        if self._closed:
            raise self._closed_error()
        if self._connection is None or not self._connection.alive:
            if self._connection is None:
                # Without a closing handshake the server assumes a crash and keeps our keys.
                atexit.register(self._close_at_exit)
            # In this order, so that Ctrl-C never leaves a connection that was not opened.
            connection = WebSocketConnection(self._connect_options, self)
            connection.open()
            self._connection = connection
        return self._connection

    def _request(self, name: str, arguments: Mapping[str, object], doing: str) -> PendingRequest:
        number = next(self._numbers)
        message = websocket_codec.encode_request(number, name, arguments)
        _checked_size(message, self.address)
        connection = self._main_connection()
        if name in self._registered or (name == LIST_COMMANDS and connection.waits_for_replies):
            connection = self._open_side_connection()
        request = PendingRequest(connection, number, name, message, doing)
        if connection in self._side_connections:
            request.pending.add_done_callback(lambda _: self._close_side_connection(connection))
        return request

    def _open_side_connection(self) -> WebSocketConnection:
        with self._guard:
            if self._closed:
                raise self._closed_error()
            connection = WebSocketConnection(self._connect_options, NullOwner())
            connection.open()
            self._side_connections.add(connection)
        return connection

    def _close_side_connection(self, connection: WebSocketConnection) -> None:
        with self._guard:
            self._side_connections.discard(connection)
        connection.close()

    def _check_responsive(self, connection: WebSocketConnection) -> None:
        """Detect a server that accepts messages but does not read them.

        Such a server may still send the changes of other clients (W1).
        """
        now = time.monotonic()
        if connection.waits_for_replies or now - connection.answered_at < _CHECK_SECONDS:
            return
        connection.answered_at = now  # prevents a second check
        number = next(self._numbers)
        message = websocket_codec.encode_request(number, LIST_COMMANDS, {})
        request = PendingRequest(connection, number, LIST_COMMANDS, message, _LISTING)
        lost = ConnectionLost(self.address, _CHANGING, _UNRESPONSIVE)

        def wait() -> None:
            request.expire_when_silent(_CHECK_SECONDS, lambda: connection.abort(lost))

        # Start the timer once the request is sent: a large message may take long to send.
        request.send(then=wait)

    def _closed_error(self) -> ClosedError:
        return ClosedError(f"the connection to {self.address}")


def _checked_size(message: bytes, address: str) -> bytes:
    if len(message) > MESSAGE_LIMIT:
        problem = f"the message has {len(message)} bytes; {address} accepts {MESSAGE_LIMIT}"
        raise InvalidValue((), f"{problem}; send it in parts")
    return message
