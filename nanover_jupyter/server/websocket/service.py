"""NanoVer's WebSocket protocol over a state and commands, as its current server speaks it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, cast

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as HandshakeRequest
from websockets.http11 import Response
from websockets.sync.server import ServerConnection, serve

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.server.bind_address import BindAddress, ServeError
from nanover_jupyter.server.commands.client_commands import CommandProvider, register_provided
from nanover_jupyter.server.commands.connection_calls import ConnectionCalls
from nanover_jupyter.server.commands.registry import CommandRegistration, CommandRegistry
from nanover_jupyter.server.state.change_log import Delta
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.server.state.update_encoder import UpdateEncoder, UpdateFormat
from nanover_jupyter.server.state.user_keys import UserKeys
from nanover_jupyter.server.websocket.origins import HandshakePolicy
from nanover_jupyter.server.websocket.send_queue import SendQueue
from nanover_jupyter.server.websocket.unblocked_socket import UnblockedSocket
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket import codec as websocket_codec
from nanover_jupyter.wire.websocket.codec import (
    LIST_COMMANDS,
    MESSAGE_LIMIT,
    Registration,
    Reply,
    Request,
)

__all__ = ["WEBSOCKET_UPDATES", "WebSocketService"]

logger = logging.getLogger("nanover_jupyter.server")

WEBSOCKET_UPDATES: Final = UpdateFormat(
    "WebSocket", websocket_codec.encode_change_entry, websocket_codec.join_change_entries
)

# Clients have no say in it (W3).
_INTERVAL: Final = 1 / 30
_CLOSE_SECONDS: Final = 0.5
# How often a client is pinged, and how long it may take to answer or to accept a message.
_PING_SECONDS: Final = 20.0
_SEND_SECONDS: Final = 20.0
# Both take longer on a slow network: what was sent before a ping arrives before it.
_SLOWEST_BYTES_PER_SECOND: Final = 50_000
# What the operating system may hold for a client besides the message that is being sent.
_SOCKET_BUFFER: Final = 4_000_000
_INVALID_DATA: Final = 1007
_GOING_AWAY: Final = 1001


class WebSocketService:
    """Serves a state and commands to WebSocket clients from the moment it is made.

    Each connection has two daemon threads of ours, one that reads and one that sends the
    state, and two of `websockets`. A further one runs the commands that the client asks for,
    one after the other, and another sends it what other connections cause; each of these
    starts when it is first needed.

    Args:
        state: The state to share.
        commands: The commands to run; those that clients offer are added.
        host: The host name or address to listen at.
        port: The TCP port; 0 lets the system choose one.
        handshakes: Decides who may connect.

    Raises:
        ConnectError: The port is in use, or the address is not this machine's.
    """

    def __init__(
        self,
        state: SharedState,
        commands: CommandRegistry,
        *,
        host: str,
        port: int,
        handshakes: HandshakePolicy,
    ) -> None:
        self._state = state
        self._commands = commands
        self._updates = UpdateEncoder(WEBSOCKET_UPDATES)
        # Guards the set of connections.
        self._guard = threading.Lock()
        self._connections: set[ServerConnection] = set()
        self._closed = False
        self._handshakes = handshakes
        listener = _listener(host, port)
        self.port: int = listener.getsockname()[1]
        self._server = serve(
            self._serve,
            sock=listener,
            process_request=self._check_handshake,
            compression=None,
            max_size=MESSAGE_LIMIT,
            close_timeout=_CLOSE_SECONDS,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PING_SECONDS,
            create_connection=_Connection,
        )
        # A daemon, and so are the threads that it starts: nobody waits for a client.
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="nanover-server-ws", daemon=True
        )
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Say goodbye to all clients and stop listening, in `timeout` seconds at most."""
        with self._guard:
            self._closed = True
            connections = list(self._connections)
        # Every wait in here is that of `websockets`, which knows no deadline for them all.
        endings = [
            threading.Thread(target=connection.close, args=(_GOING_AWAY,), daemon=True)
            for connection in connections
        ]
        endings.append(threading.Thread(target=self._server.shutdown, daemon=True))
        started = time.monotonic()
        for ending in endings:
            ending.start()
        _join((*endings, self._thread), started + timeout / 2)
        # A client that does not read keeps a thread in the middle of a message.
        for connection in connections:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        _join((*endings, self._thread), started + timeout)

    def _check_handshake(
        self, websocket: ServerConnection, request: HandshakeRequest
    ) -> Response | None:
        """Answer 403 to a handshake that is refused; on the connection's own thread."""
        refusal = self._handshakes.refusal(
            hosts=request.headers.get_all("Host"), origins=request.headers.get_all("Origin")
        )
        if refusal is None:
            return None
        logger.info("! refused a WebSocket handshake: %s", refusal)
        return websocket.respond(HTTPStatus.FORBIDDEN, f"{refusal}\n")

    def _serve(self, websocket: ServerConnection) -> None:
        """Called by `websockets` for each connection, on a thread of its own."""
        threading.current_thread().name = "nanover-server-ws-client"
        with self._guard:
            closed = self._closed
            if not closed:
                self._connections.add(websocket)
        if closed:
            websocket.close(_GOING_AWAY)
            return
        try:
            connection = cast("_Connection", websocket)
            _Conversation(connection, self._state, self._commands, self._updates).hold()
        finally:
            with self._guard:
                self._connections.discard(websocket)


def _join(threads: Iterable[threading.Thread], deadline: float) -> None:
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


class _Connection(ServerConnection):
    """A connection of `websockets` on which sending never blocks."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        self.unblocked = UnblockedSocket(sock)
        unblocked: Any = self.unblocked
        super().__init__(unblocked, *arguments, **options)


class _Conversation:
    """One client, from its first message to its last."""

    def __init__(
        self,
        websocket: _Connection,
        state: SharedState,
        commands: CommandRegistry,
        updates: UpdateEncoder,
    ) -> None:
        self._websocket = websocket
        self._state = state
        self._commands = commands
        self._updates = updates
        self._outbox = SendQueue(
            self._send_if_open, give_up=self._hang_up, name="nanover-server-ws-replies"
        )
        self._provider = CommandProvider(self._outbox.post)
        self._calls = ConnectionCalls(
            self._start,
            send=self._send_if_open,
            post=self._outbox.post,
            is_open=lambda: websocket.close_code is None,
        )
        self._user = UserKeys()
        # Held while a message is sent, as several threads do; guards the field below.
        self._sending = threading.Lock()
        # When the client has all that was sent so far, on the slowest network that we allow for.
        self._delivered_at = 0.0

    def hold(self) -> None:
        with self._state.subscribed() as subscription:
            sender = threading.Thread(
                target=self._tell_state,
                args=(subscription.paced(_INTERVAL),),
                name="nanover-server-ws-state",
                daemon=True,
            )
            sender.start()
            try:
                self._listen()
            finally:
                subscription.end()
                self._provider.disconnect()
                self._calls.close()
                self._outbox.close()
                self._leave()
        sender.join(_CLOSE_SECONDS)

    def _leave(self) -> None:
        """Take away what is the user's, but for what someone else has locked."""
        gone = self._user.keys(self._state.copy())
        gone.difference_update(self._state.blocked(self, gone))
        if gone:
            self._state.attempt_update(self, DictionaryChange(removals=gone))

    def _listen(self) -> None:
        try:
            for data in self._websocket:
                message = websocket_codec.decode_message(data, bounded=True)
                if message.change:
                    self._change(message.change)
                for command in message.commands:
                    self._command(command)
        except ConnectionClosed as ending:
            logger.debug("< a client went away: %s", ending)
        except ProtocolError as error:
            logger.warning("! a client is turned away: %s", error)
            # Short, as such a reason has 123 bytes at the most.
            self._websocket.close(_INVALID_DATA, str(error).encode()[:120].decode(errors="ignore"))

    def _change(self, change: DictionaryChange) -> None:
        self._user.note(change.updates)
        if not self._state.attempt_update(self, change, plain=True):
            logger.debug("! a change was passed over, as a key in it is locked")

    def _command(self, command: Request | Reply | Registration) -> None:
        if isinstance(command, Registration):
            register_provided(self._commands, command.command, self._provider)
        elif isinstance(command, Reply):
            self._provider.answer(command)
        else:
            self._calls.submit(command)

    def _start(self, request: Request) -> Future[object]:
        if request.name != LIST_COMMANDS:
            return self._commands.start(request.name, request.arguments)
        listed = Future[object]()
        listed.set_result(_listed(self._commands.registrations))
        return listed

    def _tell_state(self, deltas: Iterator[Delta]) -> None:
        with suppress(ConnectionClosed, OSError):
            for delta in deltas:
                self._send(self._updates.encode(delta))
            # The state takes no more changes, or this client is too far behind.
            self._websocket.close(_GOING_AWAY)

    def _send(self, message: bytes) -> None:
        """Send a message; disconnect a client that accepts nothing for a while."""
        transfer = len(message) / _SLOWEST_BYTES_PER_SECOND
        with self._sending:
            now = time.monotonic()
            longest = transfer + _SOCKET_BUFFER / _SLOWEST_BYTES_PER_SECOND
            self._delivered_at = min(max(self._delivered_at, now) + transfer, now + longest)
            self._websocket.ping_timeout = _PING_SECONDS + self._delivered_at - now
            self._websocket.send(message)
            try:
                self._websocket.unblocked.flush(_SEND_SECONDS)
            except OSError:
                self._hang_up()
                raise

    def _send_if_open(self, message: bytes) -> None:
        with suppress(ConnectionClosed, OSError):
            self._send(message)

    def _hang_up(self) -> None:
        logger.warning("! a client that takes no messages is disconnected")
        with suppress(OSError):
            self._websocket.socket.shutdown(socket.SHUT_RDWR)


def _listed(commands: Mapping[str, CommandRegistration]) -> dict[str, object]:
    """The result of `commands/list` without those defaults that this wire cannot carry."""
    return websocket_codec.command_list(
        CommandInfo.labeled(
            command.name, _fitting(command.arguments), label=command.label, icon=command.icon
        )
        for command in commands.values()
    )


def _fitting(values: Mapping[str, Value]) -> dict[str, Value]:
    fitting: dict[str, Value] = {}
    for key, value in values.items():
        try:
            websocket_codec.encode_change(DictionaryChange({key: value}))
        except InvalidValue as error:
            logger.warning("! WebSocket clients do not see %r: %s", key, error)
        else:
            fitting[key] = value
    return fitting


def _listener(host: str, port: int) -> socket.socket:
    bind = BindAddress.checked(host, port)
    bare = host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    try:
        everybody = bare == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((bare, port), family=family, dualstack_ipv6=everybody)
    except OSError as error:
        raise ServeError(bind.target, f"the system does not allow it ({error})") from error
