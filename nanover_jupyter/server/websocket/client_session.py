"""The session of one WebSocket client: its messages, subscriptions and keys."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.server.command_registry import CommandRegistration
from nanover_jupyter.server.content import ServerContent
from nanover_jupyter.server.frames.frame_encoder import FrameEncoder
from nanover_jupyter.server.frames.frame_store import FrameDelta
from nanover_jupyter.server.frames.subscription import FrameSubscription
from nanover_jupyter.server.state.change_log import Delta
from nanover_jupyter.server.state.own_interactions import INTERACTION_PREFIX, OwnInteractions
from nanover_jupyter.server.state.update_encoder import UpdateEncoder
from nanover_jupyter.server.websocket.client_commands import (
    CommandProvider,
    register_client_command,
)
from nanover_jupyter.server.websocket.client_frames import publish_received
from nanover_jupyter.server.websocket.fair_lock import FairLock
from nanover_jupyter.server.websocket.nonblocking_socket import NonBlockingSocket
from nanover_jupyter.server.websocket.request_runner import RequestRunner
from nanover_jupyter.server.websocket.send_queue import SendQueue
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket import codec as websocket_codec
from nanover_jupyter.wire.websocket.codec import LIST_COMMANDS, Registration, Reply, Request

__all__ = [
    "CLOSE_SECONDS",
    "GOING_AWAY",
    "ClientSession",
    "NonBlockingConnection",
    "UserKeys",
]

logger = logging.getLogger("nanover_jupyter.server")

CLOSE_SECONDS: Final = 0.5

# WebSocket close codes.
GOING_AWAY: Final = 1001
_INVALID_DATA: Final = 1007
# The protocol limits the reason of a close to 123 bytes.
_REASON_BYTES: Final = 120

# NanoVer's WebSocket protocol has a fixed interval between updates, and between frames.
_UPDATE_INTERVAL: Final = 1 / 30
# The timeout of a send to a client that accepts no data.
_SEND_SECONDS: Final = 20.0
# A reply to a ping arrives after everything sent before the ping, so its timeout allows for the
# transfer on a network of this speed, including the operating system's send buffer.
_MIN_BYTES_PER_SECOND: Final = 50_000
_SOCKET_BUFFER_BYTES: Final = 4_000_000

_AVATAR: Final = "avatar."


class NonBlockingConnection(ServerConnection):
    """A connection of `websockets` on which sending never blocks."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        self.nonblocking_socket = NonBlockingSocket(sock)
        replacement: Any = self.nonblocking_socket
        super().__init__(replacement, *arguments, **options)


class ClientSession:
    """Serves one connected client.

    Args:
        websocket: The connection.
        content: What to serve. The client may change all of it.
        updates: The encoder of state updates, shared by all clients.
        frame_encoder: The encoder of frames, shared by all clients.
        ping_timeout: The timeout in seconds of a reply to a ping, besides transfer time.
    """

    def __init__(
        self,
        websocket: NonBlockingConnection,
        content: ServerContent,
        *,
        updates: UpdateEncoder,
        frame_encoder: FrameEncoder,
        ping_timeout: float,
    ) -> None:
        self._websocket = websocket
        self._state = content.state
        self._commands = content.commands
        self._frames = content.frames
        self._updates = updates
        self._frame_encoder = frame_encoder
        self._ping_timeout = ping_timeout
        self._send_queue = SendQueue(
            self._send_if_open, on_overflow=self._disconnect, name="nanover-server-ws-replies"
        )
        self._provider = CommandProvider(self._send_queue.post)
        self._requests = RequestRunner(
            self._start_command,
            send=self._send_if_open,
            post=self._send_queue.post,
            is_open=lambda: websocket.close_code is None,
        )
        self._user_keys = UserKeys()
        # Held while sending; guards the field below. It is fair, so that a large update or frame
        # delays another message by one send at most.
        self._send_lock = FairLock()
        # When all data sent so far has arrived, on the slowest supported network.
        self._delivered_at = 0.0

    def run(self) -> None:
        """Serve the client until it disconnects, then remove its keys."""
        with (
            self._state.subscribe() as subscription,
            FrameSubscription(self._frames) as frames,
        ):
            senders = [
                _start_thread(
                    "nanover-server-ws-state",
                    self._send_updates,
                    subscription.paced(_UPDATE_INTERVAL),
                ),
                _start_thread(
                    "nanover-server-ws-frames", self._send_frames, frames.paced(_UPDATE_INTERVAL)
                ),
            ]
            try:
                self._receive()
            finally:
                subscription.end()
                frames.end()
                self._provider.disconnect()
                self._requests.close()
                self._send_queue.close()
                self._state.remove_unlocked(self, self._user_keys.find)
        for sender in senders:
            sender.join(CLOSE_SECONDS)

    def _receive(self) -> None:
        try:
            for data in self._websocket:
                message = websocket_codec.decode_message(data, bounded=True)
                if message.change:
                    self._apply_change(message.change)
                for command in message.commands:
                    self._handle_command(command)
                if message.frame is not None:
                    self._publish_frame(message.frame)
                elif message.frame_problem is not None:
                    logger.warning("! ignored a frame of a client: %s", message.frame_problem)
        except ConnectionClosed as error:
            logger.debug("< a client disconnected: %s", error)
        except ProtocolError as error:
            logger.warning("! disconnected a client that sent an invalid message: %s", error)
            reason = str(error).encode()[:_REASON_BYTES].decode(errors="ignore")
            self._websocket.close(_INVALID_DATA, reason)

    def _apply_change(self, change: DictionaryChange) -> None:
        self._user_keys.note_update(change.updates)
        if self._state.attempt_update(self, change, normalized=True):
            self._user_keys.note_interactions(change)
        else:
            logger.debug("! ignored a change, because one of its keys is locked")

    def _publish_frame(self, frame: Mapping[str, object]) -> None:
        try:
            publish_received(self._frames, frame)
        except InvalidValue as error:
            logger.warning("! ignored a frame of a client: %s", error)

    def _handle_command(self, command: Request | Reply | Registration) -> None:
        if isinstance(command, Registration):
            register_client_command(self._commands, command.command, self._provider)
        elif isinstance(command, Reply):
            self._provider.handle_reply(command)
        else:
            self._requests.submit(command)

    def _start_command(self, request: Request) -> Future[object]:
        if request.name != LIST_COMMANDS:
            return self._commands.start(request.name, request.arguments)
        future = Future[object]()
        future.set_result(_command_list(self._commands.registrations))
        return future

    def _send_updates(self, deltas: Iterator[Delta]) -> None:
        with suppress(ConnectionClosed, OSError):
            for delta in deltas:
                self._send(self._updates.encode(delta))
            # The state is frozen, or this client lags too far behind.
            self._websocket.close(GOING_AWAY)

    def _send_frames(self, deltas: Iterator[FrameDelta]) -> None:
        with suppress(ConnectionClosed, OSError):
            for delta in deltas:
                self._send(self._frame_encoder.encode(delta))

    def _send(self, message: bytes) -> None:
        """Send a message; disconnect a client that accepts no data for too long."""
        transfer = len(message) / _MIN_BYTES_PER_SECOND
        with self._send_lock:
            now = time.monotonic()
            longest = transfer + _SOCKET_BUFFER_BYTES / _MIN_BYTES_PER_SECOND
            self._delivered_at = min(max(self._delivered_at, now) + transfer, now + longest)
            self._websocket.ping_timeout = self._ping_timeout + self._delivered_at - now
            self._websocket.send(message)
            try:
                self._websocket.nonblocking_socket.flush(_SEND_SECONDS)
            except OSError:
                self._disconnect()
                raise

    def _send_if_open(self, message: bytes) -> None:
        with suppress(ConnectionClosed, OSError):
            self._send(message)

    def _disconnect(self) -> None:
        logger.warning("! disconnected a client that does not read its messages")
        with suppress(OSError):
            self._websocket.socket.shutdown(socket.SHUT_RDWR)


class UserKeys:
    """The keys that the server removes when their client disconnects.

    As on NanoVer's server, the user is identified by the client's first avatar. Interactions
    that the client wrote last are also removed if it has no avatar, as a process that was
    killed would otherwise pull atoms for ever.
    """

    def __init__(self) -> None:
        self._user_id: str | None = None
        self._interactions = OwnInteractions()

    def note_interactions(self, change: DictionaryChange) -> None:
        """Remember the interactions that the client writes."""
        self._interactions.note(change)

    def note_update(self, keys: Iterable[str]) -> None:
        """Take the user's id from the first `avatar.ID` key that the client updates."""
        if self._user_id is None:
            # An empty id would match every key that contains a dot.
            avatars = (key for key in keys if key.startswith(_AVATAR) and key != _AVATAR)
            self._user_id = next((key.removeprefix(_AVATAR) for key in avatars), None)

    def find(self, state: Mapping[str, Value]) -> set[str]:
        """Return the keys of a state that contain the user's id, and the client's interactions."""
        user_id = self._user_id
        own = self._interactions.find(state)
        if user_id is None:
            return own
        return own | {
            key
            for key, value in state.items()
            if f".{user_id}" in key or _is_interaction_of(user_id, key, value)
        }


def _is_interaction_of(user_id: str, key: str, value: Value) -> bool:
    return (
        key.startswith(INTERACTION_PREFIX)
        and isinstance(value, dict)
        and value.get("owner.id") == user_id
    )


def _start_thread(name: str, target: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, name=name, daemon=True)
    thread.start()
    return thread


def _command_list(commands: Mapping[str, CommandRegistration]) -> dict[str, object]:
    """Return the result of `commands/list`, without defaults that the protocol cannot carry."""
    return websocket_codec.command_list(
        CommandInfo.labeled(
            command.name,
            _encodable_fields(command.arguments),
            label=command.label,
            icon=command.icon,
        )
        for command in commands.values()
    )


def _encodable_fields(fields: Mapping[str, Value]) -> dict[str, Value]:
    encodable: dict[str, Value] = {}
    for key, value in fields.items():
        try:
            websocket_codec.encode_change(DictionaryChange({key: value}))
        except InvalidValue as error:
            logger.warning("! WebSocket clients do not see the default %r: %s", key, error)
        else:
            encodable[key] = value
    return encodable
