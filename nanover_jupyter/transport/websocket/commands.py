"""Commands that we offer to others through a WebSocket server, and their running."""

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

__all__ = ["OfferedCommands"]

logger = logging.getLogger("nanover_jupyter.transport")

_SEND_SECONDS: Final = 20.0
_JOIN_SECONDS: Final = 2.0
_WAITING_LIMIT: Final = 1000


class OfferedCommands:
    """Functions that a server may ask us to call: one at a time, in order, on `nanover-commands`.

    One at a time, because functions of a notebook seldom expect anything else. Every
    request is answered, whatever the function does, and the reader never waits for it.
    """

    def __init__(self) -> None:
        # Guards what follows.
        self._guard = threading.Lock()
        self._offered: dict[str, tuple[CommandInfo, Callable[..., object]]] = {}
        self._worker = Daemon("nanover-commands", self._work)
        self._closed = False
        self._requests: queue.SimpleQueue[tuple[WebSocketConnection, Request] | None] = (
            queue.SimpleQueue()
        )

    def __contains__(self, name: object) -> bool:
        return name in self._offered

    def offer(self, command: CommandInfo, callback: Callable[..., object]) -> None:
        """Call `callback` for `command` from now on; replaces one of the same name."""
        with self._guard:
            if not self._closed:
                self._worker.start()
            self._offered[command.name] = (command, callback)

    def all(self) -> list[CommandInfo]:
        """The commands on offer."""
        with self._guard:
            return [command for command, _ in self._offered.values()]

    def asked(self, link: WebSocketConnection, request: Request) -> None:
        """Have a request run and answered over the link that it came by; returns at once."""
        if request.name not in self._offered:
            _post(link, request, _refuse(request, f"no {request.name!r} is offered here"))
        elif self._requests.qsize() >= _WAITING_LIMIT:
            _post(link, request, _refuse(request, "too many calls are waiting already"))
        else:
            self._requests.put((link, request))

    def close(self) -> None:
        """End the thread after its present call, whose answer goes nowhere. Idempotent."""
        with self._guard:
            self._closed = True
        self._requests.put(None)
        self._worker.join(_JOIN_SECONDS)

    def _work(self) -> None:
        while (waiting := self._requests.get()) is not None and not self._closed:
            link, request = waiting
            _answer(link, request, self._run(request))

    def _run(self, request: Request) -> bytes:
        command, callback = self._offered[request.name]
        try:
            result = callback(**{**command.arguments, **request.arguments})
        except BaseException as error:  # SystemExit too: the thread serves others after this
            logger.debug("! command %r failed", request.name, exc_info=True)
            return _refuse(request, _text(error))
        try:
            message = encode_response(request.raw, result)
        except Exception as error:  # noqa: BLE001 - it may change, or say anything, while it is read
            return _refuse(request, _text(error))
        if len(message) > MESSAGE_LIMIT:
            return _refuse(request, f"the result is too large ({len(message)} bytes)")
        return message


def _post(link: WebSocketConnection, request: Request, answer: bytes) -> None:
    """Answer without waiting, as the reader must not."""
    link.post(answer, doing=f"answering {request.name!r}")


def _answer(link: WebSocketConnection, request: Request, answer: bytes) -> None:
    try:
        link.send(answer, doing=f"answering {request.name!r}", timeout=_SEND_SECONDS)
    except NanoverJupyterError as error:
        logger.debug("! the answer to %r reached nobody: %s", request.name, error)


def _refuse(request: Request, text: str) -> bytes:
    return encode_exception(request.raw, text)


def _text(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - someone else's __str__
        return type(error).__name__
