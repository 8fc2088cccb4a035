"""One WebSocket from its opening to its end: its two threads, and calls that await replies."""

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
from nanover_jupyter.transport.websocket.dial import ConnectOptions
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

# How long a server may take to open a connection, and to take a message off our hands.
_OPEN_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 20.0
_SEND_BYTES_PER_SECOND: Final = 100_000
# Looks for a listener come this often, until there is one.
_FIRST_LOOK: Final = 0.002
_LAST_LOOK: Final = 0.1
_HANG_UP_SECONDS: Final = 2.0
# Three times as long as between two pings, each of which a living peer answers.
_ALIVE_SECONDS: Final = 60.0
# More than pings come to within any usual timeout.
_PROGRESS_BYTES: Final = 1024
_FOLLOWING: Final = "following the state"

OnReply = Callable[[Reply | NanoverJupyterError], None]


class ConnectionOwner(Protocol):
    """What a link tells on its reader thread, besides the state."""

    def greetings(self) -> list[bytes]:
        """What to send first."""

    def asked(self, link: WebSocketConnection, request: Request) -> None:
        """The server wants a command of ours to be run."""

    def framed(self, message: bytes) -> None:
        """A frame came, not decoded."""


class NullOwner:
    """Owns a link that is there for calls alone."""

    def greetings(self) -> list[bytes]:
        """There is nothing to say."""
        return []

    def asked(self, link: WebSocketConnection, request: Request) -> None:
        """Nothing was offered over this link, so nothing is asked."""

    def framed(self, message: bytes) -> None:
        """Frames are heard on another link."""


class WebSocketConnection:
    """A WebSocket, the thread that opens and reads it, and the one that sends.

    They are called `nanover-reader-...` and `nanover-sender-...`, and end with it; the
    second begins with the first message. Any thread may call any method. What the server
    says of its state before there is a listener is kept, so the first change that a
    listener hears is the whole state. A peer that sends no byte for a minute, not even an
    answer to a ping, is taken for dead.

    Attributes:
        last_received_at: When bytes last came, in monotonic seconds.
        last_progress_at: When a message last came or went on. Pings and their answers do not
            count: these also come from a server whose application does nothing any more.
        received_bytes: How many came so far.
        received_messages: How many complete messages came so far.

    Args:
        dialling: How to reach the server.
        owner: Hears what is not the state's.
    """

    def __init__(self, connect_options: ConnectOptions, owner: ConnectionOwner) -> None:
        self.address = str(connect_options.address)
        self._dialling = connect_options
        self._owner = owner
        # Guards what follows; held for moments only.
        self._guard = threading.Lock()
        self._listener: TransportListener | None = None
        self._expected: dict[int, tuple[str, OnReply]] = {}
        self._end: NanoverJupyterError | None = None
        self._ended = False
        # Set once it is open, or never will be.
        self._settled = threading.Event()
        self._socket: socket.socket | None = None
        self._websocket: ClientConnection | None = None
        self._outbox = SendQueue(f"nanover-sender-{self.address}")
        self.answered_at = time.monotonic()
        # Written by the thread of `websockets` that receives; each is one assignment.
        self.last_received_at = self.last_progress_at = self.answered_at
        self._since_progress = 0
        self.received_bytes = 0
        self.received_messages = 0
        self.strange: ProtocolError | None = None
        self._thread = Daemon(f"nanover-reader-{self.address}", self._run)

    def begin(self) -> None:
        """Dial, on the link's own thread."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it is open or about to be."""
        return self._end is None

    @property
    def is_open(self) -> bool:
        """Whether messages go through at once."""
        return self._websocket is not None and self._end is None

    @property
    def waits_for_replies(self) -> bool:
        """Whether a call has not been answered yet."""
        return bool(self._expected)

    @property
    def is_followed(self) -> bool:
        """Whether it has a listener."""
        return self._listener is not None

    def attach(self, listener: TransportListener) -> bool:
        """Let `listener` hear the state from now on; False when the link has ended."""
        with self._guard:
            if self._ended:
                return False
            self._listener = listener
            return True

    # out ------------------------------------------------------------------------

    def wait_until_open(self, *, doing: str, timeout: float | None) -> None:
        """Wait until messages go through.

        Raises:
            NanoverJupyterError: TimedOut, or why the link has ended.
        """
        if not self._settled.wait(timeout):
            raise TimedOut(doing, timeout or 0.0)
        if self._websocket is None or self._end is not None:
            raise self._reason(doing)

    def post(
        self, message: bytes, *, doing: str, timeout: float | None = None, waits: bool = False
    ) -> PendingCall[bool]:
        """Hand a message over soon, in turn, once the connection is open; returns at once.

        The answer is True once it is handed over, or why it was not: TimedOut if it had to
        wait for its turn for longer than `timeout`, or why the link has ended. A caller who
        waits for it says so: see `SendQueue.put`.
        """
        due_by = None if timeout is None else time.monotonic() + timeout

        def write() -> bool:
            self._settled.wait()
            if self.is_open and due_by is not None and time.monotonic() > due_by:
                raise TimedOut(doing, timeout or 0.0)
            self._write(message, doing)
            return True

        return self._outbox.put(write, waits=waits)

    def send(self, message: bytes, *, doing: str, timeout: float | None) -> None:
        """Hand a message over, and wait until it is; `timeout` is the longest to wait.

        Raises:
            NanoverJupyterError: TimedOut, or why the link has ended.
        """
        self.post(message, doing=doing, timeout=timeout, waits=True).wait(timeout, doing)

    def expect(self, number: int, doing: str, on_reply: OnReply) -> None:
        """Call `on_reply` once with the reply to request `number`, or why there is none."""
        with self._guard:
            if not self._ended:
                self._expected[number] = (doing, on_reply)
                return
        on_reply(self._reason(doing))

    def forget(self, number: int) -> bool:
        """Expect no reply to `number` any more; False if it came or none was expected."""
        with self._guard:
            return self._expected.pop(number, None) is not None

    def close(self) -> None:
        """Say goodbye in good order, which lets the server clean up, and end the thread."""
        closed = ClosedError(f"the connection to {self.address}")
        websocket = self._websocket
        if websocket is None:
            self._mark(closed)
            self._cut()
        else:
            # No thread is started here: this also runs while Python is exiting.
            sent_all = self._outbox.flush(_HANG_UP_SECONDS)
            self._mark(closed)
            if sent_all:
                with suppress(*FOREIGN):
                    websocket.socket.settimeout(_HANG_UP_SECONDS)
                    websocket.close()
            else:
                # A peer that is frozen must not keep us: `websockets` waits for its own
                # lock, which a message on its way to that peer holds.
                self._cut()
        self._outbox.join()
        self._thread.join(_HANG_UP_SECONDS)

    def hang_up(self, reason: NanoverJupyterError) -> None:
        """End the connection without waiting for a server that may be gone."""
        self._mark(reason)
        self._cut()

    def _write(self, message: bytes, doing: str) -> None:
        """Send a message now; on the outbox's thread only."""
        websocket = self._websocket
        if websocket is None or self._end is not None:
            raise self._reason(doing)
        try:
            # A peer that takes nothing any more would hold the sender for ever.
            patience = _SEND_SECONDS + len(message) / _SEND_BYTES_PER_SECOND
            websocket.socket.settimeout(patience)
            websocket.send(message)
        except FOREIGN as error:
            raise self._reason(doing, lost(error, address=self.address, doing=doing)) from error

    def _mark(self, reason: NanoverJupyterError) -> None:
        with self._guard:
            if self._end is None:
                self._end = reason
        self._settled.set()
        self._outbox.close()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _reason(self, doing: str, found: NanoverJupyterError | None = None) -> NanoverJupyterError:
        """Why nothing goes through, as an error of its own for each who asks."""
        end = self._end or found
        if isinstance(end, ConnectionLost):
            return ConnectionLost(self.address, doing, end.reason)
        if end is None:
            return ConnectionLost(self.address, doing, "it hung up")
        return type(end)(*end.args)

    # in: all of this runs on the reader thread ----------------------------------

    def _run(self) -> None:
        try:
            self._open_and_read()
        except Exception as error:
            logger.exception("! the reader of %s failed", self.address)
            self._mark(ProtocolError(f"reading failed ({error})"))
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
            with self._dialling.open(_OPEN_SECONDS, self) as websocket:
                opened = True
                for message in self._owner.greetings():
                    websocket.send(message)
                self._websocket = websocket
                self._settled.set()
                self._read(websocket)
        except ConnectionLost as error:
            self._mark(error)
        except FOREIGN as error:
            found: NanoverJupyterError = (
                lost(error, address=self.address, doing=_FOLLOWING)
                if opened
                else not_reached(error, address=self.address)
            )
            found.__cause__ = error
            self._mark(found)

    def on_socket(self, opened: socket.socket) -> None:
        """See `ConnectListener.on_socket`."""
        self._socket = opened
        if self._end is not None:
            self._cut()

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
        told = InitialStateBuffer()
        look = _FIRST_LOOK
        while self._end is None:
            listener = self._listener
            told.pass_on(listener)
            try:
                data = websocket.recv(look if listener is None else _ALIVE_SECONDS)
            except TimeoutError:
                look = min(look * 2, _LAST_LOOK)
                if time.monotonic() - self.last_received_at > _ALIVE_SECONDS:
                    raise ConnectionLost(self.address, _FOLLOWING, "it answered no ping") from None
                continue
            self.received_messages += 1
            self._made_progress()
            message = self._understood(data)
            if message is None:
                continue
            for command in message.commands:
                if isinstance(command, Reply):
                    self._answered(command)
                elif isinstance(command, Request):
                    self._owner.asked(self, command)
            if message.change:
                told.take(message.change, listener)

    def _understood(self, data: bytes | str) -> Message | None:
        if isinstance(data, bytes) and is_frame(data):
            self._owner.framed(data)
            return None
        try:
            message = decode_message(data)
        except ProtocolError as error:
            self.strange = error
            logger.warning("! skipped a message from %s: %s", self.address, error)
            return None
        if message.frame is not None and isinstance(data, bytes):
            self._owner.framed(data)
        return message

    def _answered(self, reply: Reply) -> None:
        self.answered_at = time.monotonic()
        expected = None
        if isinstance(reply.id, int):  # a list, say, could not be looked up
            with self._guard:
                expected = self._expected.pop(reply.id, None)
        if expected is None:
            logger.debug("< a reply that nobody waits for: %r", reply.id)
        else:
            expected[1](reply)
