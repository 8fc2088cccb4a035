"""Commands that this client registers with a WebSocket server, and runs on request."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.transport.websocket.connection import WebSocketConnection
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.websocket.codec import (
    MESSAGE_LIMIT,
    Request,
    encode_exception,
    encode_response,
)

__all__ = ["RegisteredCommands"]

logger = logging.getLogger("nanover_jupyter.transport")

_SEND_SECONDS: Final = 20.0
_JOIN_SECONDS: Final = 2.0
_PENDING_LIMIT: Final = 1000


class RegisteredCommands:
    """Functions that a server may call: one at a time, in order, on thread `nanover-commands`.

    One at a time, because functions in notebooks are rarely thread-safe. Every request gets a
    reply, whatever the function does, and the reader thread never waits for it.
    """

    def __init__(self) -> None:
        # Guards the fields below.
        self._guard = threading.Lock()
        self._registered: dict[str, tuple[CommandInfo, Callable[..., object]]] = {}
        self._worker = Daemon("nanover-commands", self._work)
        self._closed = False
        self._requests: queue.SimpleQueue[tuple[WebSocketConnection, Request] | None] = (
            queue.SimpleQueue()
        )

    def __contains__(self, name: object) -> bool:
        return name in self._registered

    def register(self, command: CommandInfo, callback: Callable[..., object]) -> None:
        """Call `callback` for `command` from now on. Replaces a command of the same name."""
        with self._guard:
            if not self._closed:
                self._worker.start()
            self._registered[command.name] = (command, callback)

    def all(self) -> list[CommandInfo]:
        """Return the registered commands."""
        with self._guard:
            return [command for command, _ in self._registered.values()]

    def on_request(self, connection: WebSocketConnection, request: Request) -> None:
        """Queue a request. The reply is sent over `connection`."""
        if request.name not in self._registered:
            _post(
                connection,
                request,
                _error_reply(request, f"command {request.name!r} is not registered here"),
            )
        elif self._requests.qsize() >= _PENDING_LIMIT:
            _post(connection, request, _error_reply(request, "too many calls are pending"))
        else:
            self._requests.put((connection, request))

    def close(self) -> None:
        """End the thread after the running call, whose result is discarded. Idempotent."""
        with self._guard:
            self._closed = True
        self._requests.put(None)
        self._worker.join(_JOIN_SECONDS)

    def _work(self) -> None:
        while (item := self._requests.get()) is not None and not self._closed:
            connection, request = item
            _reply(connection, request, self._run(request))

    def _run(self, request: Request) -> bytes:
        command, callback = self._registered[request.name]
        try:
            result = callback(**{**command.arguments, **request.arguments})
        except BaseException as error:  # SystemExit too: the thread must go on
            logger.debug("! command %r failed", request.name, exc_info=True)
            return _error_reply(request, _text(error))
        try:
            message = encode_response(request.raw, result)
        except Exception as error:  # noqa: BLE001 - the object may raise anything
            return _error_reply(request, _text(error))
        if len(message) > MESSAGE_LIMIT:
            return _error_reply(request, f"the result is too large ({len(message)} bytes)")
        return message


def _post(connection: WebSocketConnection, request: Request, message: bytes) -> None:
    """Send a reply without waiting, because the reader thread must not wait."""
    connection.post(message, doing=f"answering {request.name!r}")


def _reply(connection: WebSocketConnection, request: Request, message: bytes) -> None:
    try:
        connection.send(message, doing=f"answering {request.name!r}", timeout=_SEND_SECONDS)
    except NanoverJupyterError as error:
        logger.debug("! could not send the reply to %r: %s", request.name, error)


def _error_reply(request: Request, text: str) -> bytes:
    return encode_exception(request.raw, text)


def _text(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - `__str__` may raise anything
        return type(error).__name__
