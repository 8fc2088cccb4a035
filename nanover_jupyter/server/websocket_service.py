"""NanoVer's WebSocket protocol over a state and commands, as its current server speaks it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from nanover_jupyter.errors import CommandFailed, InvalidValue, ProtocolError
from nanover_jupyter.server.bind_address import BindAddress, ServeError
from nanover_jupyter.server.change_log import Delta
from nanover_jupyter.server.client_commands import ClientCommands, Offerer
from nanover_jupyter.server.commands import CommandRegistry
from nanover_jupyter.server.store import SharedState
from nanover_jupyter.server.update_encoder import UpdateEncoder, UpdateFormat
from nanover_jupyter.server.user_keys import UserKeys
from nanover_jupyter.wire import websocket_codec
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket_codec import (
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
_INVALID_DATA: Final = 1007
_GOING_AWAY: Final = 1001


class WebSocketService:
    """Serves a state and commands to WebSocket clients from the moment it is made.

    Each connection has two daemon threads: one reads, and runs the client's commands in
    their order, as NanoVer's server does; the other sends the state.

    Args:
        state: The state to share.
        commands: The commands to run; those that clients offer are added.
        host: The host name or address to listen at.
        port: The TCP port; 0 lets the system choose one.

    Raises:
        ConnectError: The port is in use, or the address is not this machine's.
    """

    def __init__(
        self, state: SharedState, commands: CommandRegistry, *, host: str, port: int
    ) -> None:
        self._state = state
        self._commands = commands
        self._offers = ClientCommands(commands)
        self._updates = UpdateEncoder(WEBSOCKET_UPDATES)
        # Guards the set of connections.
        self._guard = threading.Lock()
        self._connections: set[ServerConnection] = set()
        self._closed = False
        listener = _listener(host, port)
        self.port: int = listener.getsockname()[1]
        self._server = serve(
            self._serve,
            sock=listener,
            compression=None,
            max_size=MESSAGE_LIMIT,
            close_timeout=_CLOSE_SECONDS,
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
            _Conversation(
                websocket, self._state, self._commands, self._offers, self._updates
            ).hold()
        finally:
            with self._guard:
                self._connections.discard(websocket)


def _join(threads: Iterable[threading.Thread], deadline: float) -> None:
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


class _Conversation:
    """One client, from its first message to its last."""

    def __init__(
        self,
        websocket: ServerConnection,
        state: SharedState,
        commands: CommandRegistry,
        offers: ClientCommands,
        updates: UpdateEncoder,
    ) -> None:
        self._websocket = websocket
        self._state = state
        self._commands = commands
        self._offers = offers
        self._updates = updates
        self._offerer = Offerer(self._send, lambda: websocket.close_code is None)
        self._user = UserKeys()

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
                self._offerer.gone()
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
            self._offers.register(command.command, self._offerer)
        elif isinstance(command, Reply):
            self._offerer.answered(command)
        else:
            logger.debug("< command %s", command.name)
            self._send(self._answer(command))

    def _answer(self, request: Request) -> bytes:
        if request.name == LIST_COMMANDS:
            commands = self._offers.described(self._commands.defaults)
            return _encoded_list(request.said, commands)
        if request.name not in self._commands.defaults:
            # NanoVer sends the text of a KeyError, which is its key in quotes.
            return websocket_codec.encode_exception(request.said, repr(request.name))
        try:
            result = self._commands.run(request.name, request.arguments)
            return websocket_codec.encode_response(request.said, result)
        except CommandFailed as failure:
            return websocket_codec.encode_exception(request.said, failure.message)
        except InvalidValue as error:
            return websocket_codec.encode_exception(request.said, str(error))

    def _tell_state(self, deltas: Iterator[Delta]) -> None:
        with suppress(ConnectionClosed, OSError):
            for delta in deltas:
                self._send(self._updates.encode(delta))
            # The state takes no more changes, or this client is too far behind.
            self._websocket.close(_GOING_AWAY)

    def _send(self, message: bytes) -> None:
        self._websocket.send(message)


def _encoded_list(said: Mapping[str, Any], commands: list[CommandInfo]) -> bytes:
    """The list of commands without those defaults that this wire cannot carry."""
    try:
        return websocket_codec.encode_command_list(said, commands)
    except InvalidValue:
        fitting = [
            CommandInfo.described(
                command.name, _fitting(command.arguments), label=command.label, icon=command.icon
            )
            for command in commands
        ]
        return websocket_codec.encode_command_list(said, fitting)


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
