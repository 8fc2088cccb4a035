"""One WebSocket connection: its reader and sender threads, and its pending requests."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from websockets.sync.client import ClientConnection

from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    NanoverJupyterError,
    ProtocolError,
    TimedOut,
)
from nanover_jupyter.transport.base import TransportListener
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.transport.websocket.connect_options import ConnectOptions
from nanover_jupyter.transport.websocket.errors import FOREIGN, lost, not_reached
from nanover_jupyter.transport.websocket.initial_state import InitialStateBuffer
from nanover_jupyter.transport.websocket.send_queue import SendQueue
from nanover_jupyter.wire.websocket.codec import (
    Message,
    Reply,
    Request,
    decode_message,
    is_frame,
)

__all__ = ["ConnectionOwner", "NullOwner", "OnReply", "WebSocketConnection"]

logger = logging.getLogger("nanover_jupyter.transport")

# Timeouts for opening a connection and for sending a message.
_OPEN_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 20.0
_SEND_BYTES_PER_SECOND: Final = 100_000
# Intervals, first and longest, at which the reader checks for a listener.
_FIRST_CHECK: Final = 0.002
_LONGEST_CHECK: Final = 0.1
_CLOSE_SECONDS: Final = 2.0
# Three ping intervals; a live peer answers each ping.
_ALIVE_SECONDS: Final = 60.0
# More than the bytes of all pings within a usual timeout.
_PROGRESS_BYTES: Final = 1024
_FOLLOWING: Final = "following the state"

OnReply = Callable[[Reply | NanoverJupyterError], None]


class ConnectionOwner(Protocol):
    """Callbacks of a connection, besides those for the state. Called on its reader thread."""

    def initial_messages(self) -> list[bytes]:
        """Return the messages to send first."""

    def on_request(self, connection: WebSocketConnection, request: Request) -> None:
        """Handle a request for a registered command."""

    def on_frame(self, message: bytes) -> None:
        """Handle a frame, which is not decoded."""


class NullOwner:
    """Owner of a connection that is only used for requests."""

    def initial_messages(self) -> list[bytes]:
        """Return no messages."""
        return []

    def on_request(self, connection: WebSocketConnection, request: Request) -> None:
        """Ignore the request; no commands are registered over this connection."""

    def on_frame(self, message: bytes) -> None:
        """Ignore the frame; the main connection receives frames too."""


class WebSocketConnection:
    """A WebSocket with a thread that opens and reads it, and one that sends.

    The threads are `nanover-reader-...` and `nanover-sender-...`. They end with the
    connection; the sender starts with the first message. Any thread may call any method. State
    that arrives before a listener is attached is buffered, so the first change that a listener
    receives is the full state. A peer that sends no bytes for a minute, not even a pong, is
    considered dead.

    Attributes:
        last_received_at: When bytes were last received, in monotonic seconds.
        last_progress_at: When a message, or part of one, was last received. Pings and pongs do
            not count, because a server whose application hangs also sends them.
        received_bytes: The number of bytes received.
        received_messages: The number of complete messages received.
        protocol_error: The error of the last message that could not be decoded.

    Args:
        connect_options: How to open the connection.
        owner: Receives requests and frames.
    """

    def __init__(self, connect_options: ConnectOptions, owner: ConnectionOwner) -> None:
        self.address = str(connect_options.address)
        self._connect_options = connect_options
        self._owner = owner
        # Guards the fields below; held briefly.
        self._guard = threading.Lock()
        self._listener: TransportListener | None = None
        self._expected: dict[int, tuple[str, OnReply]] = {}
        self._end: NanoverJupyterError | None = None
        self._ended = False
        # Set once the connection is open or has failed.
        self._settled = threading.Event()
        self._socket: socket.socket | None = None
        self._websocket: ClientConnection | None = None
        self._send_queue = SendQueue(f"nanover-sender-{self.address}")
        self.answered_at = time.monotonic()
        # Written by the receiving thread of `websockets`; each write is atomic.
        self.last_received_at = self.last_progress_at = self.answered_at
        self._since_progress = 0
        self.received_bytes = 0
        self.received_messages = 0
        self.protocol_error: ProtocolError | None = None
        self._thread = Daemon(f"nanover-reader-{self.address}", self._run)

    def open(self) -> None:
        """Start to connect, on the reader thread."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it is open or opening."""
        return self._end is None

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent now."""
        return self._websocket is not None and self._end is None

    @property
    def waits_for_replies(self) -> bool:
        """Whether a request is pending."""
        return bool(self._expected)

    @property
    def has_listener(self) -> bool:
        """Whether it has a listener."""
        return self._listener is not None

    def attach(self, listener: TransportListener) -> bool:
        """Send the state to `listener` from now on. Returns False if the connection has ended."""
        with self._guard:
            if self._ended:
                return False
            self._listener = listener
            return True

    # sending --------------------------------------------------------------------

    def wait_until_open(self, *, doing: str, timeout: float | None) -> None:
        """Wait until the connection is open.

        Raises:
            NanoverJupyterError: TimedOut, or the reason why the connection has ended.
        """
        if not self._settled.wait(timeout):
            raise TimedOut(doing, timeout or 0.0)
        if self._websocket is None or self._end is not None:
            raise self._reason(doing)

    def post(
        self, message: bytes, *, doing: str, timeout: float | None = None, waits: bool = False
    ) -> PendingCall[bool]:
        """Queue a message and return at once. It is sent once the connection is open.

        The result is True once the message is sent. The call fails with TimedOut if the
        message was queued for longer than `timeout`, or with the reason why the connection
        has ended. For `waits`, see `SendQueue.put`.
        """
        deadline = None if timeout is None else time.monotonic() + timeout

        def write() -> bool:
            self._settled.wait()
            if self.is_open and deadline is not None and time.monotonic() > deadline:
                raise TimedOut(doing, timeout or 0.0)
            self._write(message, doing)
            return True

        return self._send_queue.put(write, waits=waits)

    def send(self, message: bytes, *, doing: str, timeout: float | None) -> None:
        """Send a message and wait until it is sent, for `timeout` seconds at most.

        Raises:
            NanoverJupyterError: TimedOut, or the reason why the connection has ended.
        """
        self.post(message, doing=doing, timeout=timeout, waits=True).wait(timeout, doing)

    def expect(self, number: int, doing: str, on_reply: OnReply) -> None:
        """Call `on_reply` once with the reply to request `number`, or with an error."""
        with self._guard:
            if not self._ended:
                self._expected[number] = (doing, on_reply)
                return
        on_reply(self._reason(doing))

    def forget(self, number: int) -> bool:
        """Stop expecting a reply to `number`. Returns False if none was expected."""
        with self._guard:
            return self._expected.pop(number, None) is not None

    def close(self) -> None:
        """Close the connection with a closing handshake, and end the threads."""
        closed = ClosedError(f"the connection to {self.address}")
        websocket = self._websocket
        if websocket is None:
            self._set_end(closed)
            self._shut_down_socket()
        else:
            # This also runs while Python exits, when no thread can be started.
            sent_all = self._send_queue.flush(_CLOSE_SECONDS)
            self._set_end(closed)
            if sent_all:
                with suppress(*FOREIGN):
                    websocket.socket.settimeout(_CLOSE_SECONDS)
                    websocket.close()
            else:
                # Do not wait for a frozen peer: `websockets.close` waits for a lock that is
                # held while a message is being sent.
                self._shut_down_socket()
        self._send_queue.join()
        self._thread.join(_CLOSE_SECONDS)

    def abort(self, reason: NanoverJupyterError) -> None:
        """End the connection without a closing handshake."""
        self._set_end(reason)
        self._shut_down_socket()

    def _write(self, message: bytes, doing: str) -> None:
        """Send a message. Called on the sender thread."""
        websocket = self._websocket
        if websocket is None or self._end is not None:
            raise self._reason(doing)
        try:
            # Without a timeout, a peer that stops reading would block the sender forever.
            timeout = _SEND_SECONDS + len(message) / _SEND_BYTES_PER_SECOND
            websocket.socket.settimeout(timeout)
            websocket.send(message)
        except FOREIGN as error:
            raise self._reason(doing, lost(error, address=self.address, doing=doing)) from error

    def _set_end(self, reason: NanoverJupyterError) -> None:
        with self._guard:
            if self._end is None:
                self._end = reason
        self._settled.set()
        self._send_queue.close()

    def _shut_down_socket(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _reason(self, doing: str, found: NanoverJupyterError | None = None) -> NanoverJupyterError:
        """Return a new error with the reason why the connection has ended."""
        end = self._end or found
        if isinstance(end, ConnectionLost):
            return ConnectionLost(self.address, doing, end.reason)
        if end is None:
            return ConnectionLost(self.address, doing, "the server closed the connection")
        return type(end)(*end.args)

    # receiving: called on the reader thread --------------------------------------

    def _run(self) -> None:
        try:
            self._open_and_read()
        except Exception as error:
            logger.exception("! the reader of %s failed", self.address)
            self._set_end(ProtocolError(f"reading failed ({error})"))
        with self._guard:
            self._ended = True
            expected, self._expected = self._expected, {}
            listener, end = self._listener, self._end
        for doing, on_reply in expected.values():
            on_reply(self._reason(doing))
        if listener is not None:
            listener.on_closed(None if isinstance(end, ClosedError) else end)

    def _open_and_read(self) -> None:
        opened = False
        try:
            with self._connect_options.open(_OPEN_SECONDS, self) as websocket:
                opened = True
                for message in self._owner.initial_messages():
                    websocket.send(message)
                self._websocket = websocket
                self._settled.set()
                self._read(websocket)
        except ConnectionLost as error:
            self._set_end(error)
        except FOREIGN as error:
            found: NanoverJupyterError = (
                lost(error, address=self.address, doing=_FOLLOWING)
                if opened
                else not_reached(error, address=self.address)
            )
            found.__cause__ = error
            self._set_end(found)

    def on_socket(self, opened: socket.socket) -> None:
        """See `ConnectListener.on_socket`."""
        self._socket = opened
        if self._end is not None:
            self._shut_down_socket()

    def on_bytes(self, count: int) -> None:
        """See `ConnectListener.on_bytes`."""
        self.received_bytes += count
        self._since_progress += count
        self.last_received_at = time.monotonic()
        if self._since_progress >= _PROGRESS_BYTES:
            self._made_progress()

    def _made_progress(self) -> None:
        self._since_progress = 0
        self.last_progress_at = time.monotonic()

    def _read(self, websocket: ClientConnection) -> None:
        state = InitialStateBuffer()
        interval = _FIRST_CHECK
        while self._end is None:
            listener = self._listener
            state.flush(listener)
            try:
                data = websocket.recv(interval if listener is None else _ALIVE_SECONDS)
            except TimeoutError:
                interval = min(interval * 2, _LONGEST_CHECK)
                if time.monotonic() - self.last_received_at > _ALIVE_SECONDS:
                    raise ConnectionLost(
                        self.address, _FOLLOWING, "the server answers no pings"
                    ) from None
                continue
            self.received_messages += 1
            self._made_progress()
            message = self._decode(data)
            if message is None:
                continue
            for command in message.commands:
                if isinstance(command, Reply):
                    self._on_reply(command)
                elif isinstance(command, Request):
                    self._owner.on_request(self, command)
            if message.change:
                state.add(message.change, listener)

    def _decode(self, data: bytes | str) -> Message | None:
        if isinstance(data, bytes) and is_frame(data):
            self._owner.on_frame(data)
            return None
        try:
            message = decode_message(data)
        except ProtocolError as error:
            self.protocol_error = error
            logger.warning("! skipped a message from %s: %s", self.address, error)
            return None
        if message.frame is not None and isinstance(data, bytes):
            self._owner.on_frame(data)
        return message

    def _on_reply(self, reply: Reply) -> None:
        self.answered_at = time.monotonic()
        expected = None
        if isinstance(reply.id, int):  # other types may not be hashable
            with self._guard:
                expected = self._expected.pop(reply.id, None)
        if expected is None:
            logger.debug("< a reply without a pending request: %r", reply.id)
        else:
            expected[1](reply)
