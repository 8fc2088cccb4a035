"""WebSocket as a transport: one link that follows the state, calls that are told apart by id."""

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
from nanover_jupyter.transport.base import TransportListener
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.transport.websocket.commands import OfferedCommands
from nanover_jupyter.transport.websocket.connection import NullOwner, WebSocketConnection
from nanover_jupyter.transport.websocket.dial import ConnectOptions
from nanover_jupyter.transport.websocket.pending_request import PendingRequest
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket import codec as websocket_codec
from nanover_jupyter.wire.websocket.codec import LIST_COMMANDS, MESSAGE_LIMIT, Request

__all__ = ["FrameListener", "WebSocketTransport"]

FrameListener = Callable[[bytes], object]

_CHANGING: Final = "changing the shared state"
_LISTING: Final = "listing the commands"
# A server that was told something is asked for a sign that it listens, this often.
_SIGN_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 20.0
_DEAF: Final = "it answers no question any more"


class WebSocketTransport:
    """Carries messages over a WebSocket; implements `Transport`.

    It dials when it is first needed, and again after a loss with the next call. The
    server runs the commands of one connection one after the other; so that a slow one
    blocks neither the list of commands nor a command of our own, those then go over a
    second connection that lasts as long as the call.

    Args:
        dialling: How to reach the server.
    """

    def __init__(self, connect_options: ConnectOptions) -> None:
        self.address = str(connect_options.address)
        # Called on the reader thread with each frame message, as it came.
        self.frame_listener: FrameListener | None = None
        self._dialling = connect_options
        self._offered = OfferedCommands()
        self._numbers = itertools.count(1)
        # Guards the links and _closed.
        self._guard = threading.Lock()
        self._link: WebSocketConnection | None = None
        self._asides: set[WebSocketConnection] = set()
        self._closed = False
        self._process = os.getpid()

    @property
    def capabilities(self) -> Capabilities:
        """What WebSocket servers can do."""
        return websocket_codec.CAPABILITIES

    # the state ------------------------------------------------------------------

    @property
    def last_received_at(self) -> float:
        """See `Transport.last_received_at`."""
        link = self._link
        return 0.0 if link is None else link.last_progress_at

    @property
    def received_bytes(self) -> int | None:
        """See `Transport.received_bytes`."""
        link = self._link
        return None if link is None else link.received_bytes

    def connect(self, timeout: float) -> None:
        """See `Transport.connect`."""
        self._main_link().wait_until_open(doing="connecting", timeout=timeout)

    def start(self, listener: TransportListener, interval: float) -> None:  # noqa: ARG002
        """See `Transport.start`. The server alone decides the interval, 1/30 s."""
        while True:
            with self._guard:
                link = self._link
                if link is not None and link.is_followed:
                    link.hang_up(self._closed_error())
                    self._link = None
                link = self._main_link_locked()
            # The link may end in this moment; then another is due.
            if link.attach(listener):
                return

    def update_state(self, change: DictionaryChange, timeout: float | None) -> bool:
        """See `Transport.update_state`; True once the change is handed over.

        This wire has no acknowledgement: the change comes back with the state.
        """
        message = _sized(websocket_codec.encode_change(change), self.address)
        link = self._main_link()
        link.send(message, doing=_CHANGING, timeout=timeout)
        self._ask_for_a_sign(link)
        return True

    def start_update(self, change: DictionaryChange, timeout: float | None) -> PendingCall[bool]:
        """See `Transport.start_update`; answered once the change is handed over.

        What is started before is handed over before; `timeout` is for waiting one's turn.
        """
        message = _sized(websocket_codec.encode_change(change), self.address)
        link = self._main_link()
        posted = link.post(message, doing=_CHANGING, timeout=timeout)
        self._ask_for_a_sign(link)
        return posted

    def update_locks(self, request: LockRequest, timeout: float | None) -> NoReturn:  # noqa: ARG002
        """This wire has no locks. Raises NotSupported, always."""
        raise NotSupported("locks", self.capabilities.transport)

    # commands -------------------------------------------------------------------

    def list_commands(self, timeout: float | None) -> list[CommandInfo]:
        """See `Transport.list_commands`. Hangs up on a server that leaves it unanswered."""
        question = self._question(LIST_COMMANDS, {}, _LISTING)
        question.send(waits=True)
        try:
            if timeout is None:
                result = question.answer(None)
            else:
                result = question.answer_unless_silent(timeout)
        except TimedOut as error:
            link = question.link
            if link.strange is not None:
                raise link.strange from error
            if link.is_open:
                link.hang_up(ConnectionLost(self.address, _LISTING, _DEAF))
            raise
        return websocket_codec.decode_command_list(result)

    def run_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> dict[str, Value]:
        """See `Transport.run_command`. A result that is no dict comes as {"result": ...}."""
        question = self._question(name, arguments, f"running {name!r}")
        question.send(waits=True)
        return question.answer(timeout)

    def start_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> PendingCall[dict[str, Value]]:
        """See `Transport.start_command`."""
        question = self._question(name, arguments, f"running {name!r}")
        question.send()
        if timeout is not None:
            question.expire_after(timeout)
        return question.pending

    def register_command(self, command: CommandInfo, callback: Callable[..., object]) -> None:
        """Offer a command to everybody on the server, now and after every reconnection.

        `callback(**arguments)` runs on the thread `nanover-commands`, one call at a time.

        Raises:
            NanoverJupyterError: InvalidValue for defaults that cannot be sent, or why
                the server could not be told.
        """
        message = _sized(websocket_codec.encode_registration(command), self.address)
        doing = f"offering {command.name!r}"
        link = self._main_link()
        link.wait_until_open(doing=doing, timeout=_SEND_SECONDS)
        self._offered.offer(command, callback)
        link.send(message, doing=doing, timeout=_SEND_SECONDS)

    def close(self) -> None:
        """See `Transport.close`. Says goodbye, upon which the server removes our user's keys."""
        atexit.unregister(self._leave)
        with self._guard:
            self._closed = True
            links = [*self._asides, *([self._link] if self._link is not None else [])]
        for link in links:
            link.close()
        self._offered.close()

    def _leave(self) -> None:
        """As `close`, when the interpreter ends; a fork leaves its parent's socket alone."""
        if self._process == os.getpid():
            self.close()

    # links ----------------------------------------------------------------------

    def greetings(self) -> list[bytes]:
        """Called on the reader thread before a link is used: what we offer is told again."""
        return [websocket_codec.encode_registration(command) for command in self._offered.all()]

    def asked(self, link: WebSocketConnection, request: Request) -> None:
        """Called on the reader thread when somebody runs a command of ours."""
        self._offered.asked(link, request)

    def framed(self, message: bytes) -> None:
        """Called on the reader thread with every frame."""
        if self.frame_listener is not None:
            self.frame_listener(message)

    def _main_link(self) -> WebSocketConnection:
        with self._guard:
            return self._main_link_locked()

    def _main_link_locked(self) -> WebSocketConnection:
        if self._closed:
            raise self._closed_error()
        if self._link is None or not self._link.alive:
            if self._link is None:
                # Else the server would think of a crash, and keep our keys.
                atexit.register(self._leave)
            # In this order: after Ctrl-C nobody must wait for a link that never began.
            link = WebSocketConnection(self._dialling, self)
            link.begin()
            self._link = link
        return self._link

    def _question(self, name: str, arguments: Mapping[str, object], doing: str) -> PendingRequest:
        number = next(self._numbers)
        message = websocket_codec.encode_request(number, name, arguments)
        _sized(message, self.address)
        link = self._main_link()
        if name in self._offered or (name == LIST_COMMANDS and link.waits_for_replies):
            link = self._aside()
        question = PendingRequest(link, number, name, message, doing)
        if link in self._asides:
            question.pending.add_done_callback(lambda _: self._drop(link))
        return question

    def _aside(self) -> WebSocketConnection:
        with self._guard:
            if self._closed:
                raise self._closed_error()
            link = WebSocketConnection(self._dialling, NullOwner())
            link.begin()
            self._asides.add(link)
        return link

    def _drop(self, link: WebSocketConnection) -> None:
        with self._guard:
            self._asides.discard(link)
        link.close()

    def _ask_for_a_sign(self, link: WebSocketConnection) -> None:
        """See to it that a server which takes our messages, but reads none, is noticed.

        Nothing else would tell as long as it goes on sending what others do (W1).
        """
        now = time.monotonic()
        if link.waits_for_replies or now - link.answered_at < _SIGN_SECONDS:
            return
        link.answered_at = now  # so that nobody else asks too
        number = next(self._numbers)
        message = websocket_codec.encode_request(number, LIST_COMMANDS, {})
        question = PendingRequest(link, number, LIST_COMMANDS, message, _LISTING)
        deaf = ConnectionLost(self.address, _CHANGING, _DEAF)

        def wait() -> None:
            question.expire_when_silent(_SIGN_SECONDS, lambda: link.hang_up(deaf))

        # Not before it is out: a large message that is sent slowly is no deaf server.
        question.send(then=wait)

    def _closed_error(self) -> ClosedError:
        return ClosedError(f"the connection to {self.address}")


def _sized(message: bytes, address: str) -> bytes:
    if len(message) > MESSAGE_LIMIT:
        said = f"{len(message)} bytes in one message; {address} takes at most {MESSAGE_LIMIT}"
        raise InvalidValue((), f"{said}: send it in parts")
    return message
