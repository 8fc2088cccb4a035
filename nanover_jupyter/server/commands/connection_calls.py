"""The calls that one client makes, off the thread that reads its messages; knows no sockets."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from nanover_jupyter.errors import CommandFailed, InvalidValue
from nanover_jupyter.server.commands.registry import UnknownCommand, failure_of, unserialisable
from nanover_jupyter.server.threads import DaemonThreads
from nanover_jupyter.wire.websocket import codec as websocket_codec
from nanover_jupyter.wire.websocket.codec import Request

__all__ = ["ConnectionCalls"]

logger = logging.getLogger("nanover_jupyter.server")

# Requests of one client that wait for their turn. Its messages are not read beyond that.
_WAITING_LIMIT: Final = 1000
_LOOK_SECONDS: Final = 0.5


class ConnectionCalls:
    """Runs the requests of one client, each begun when the one before it has returned.

    They run on a thread of their own, `nanover-server-ws-calls-0`, so that the reader
    goes on with the client's changes and replies. A call that is forwarded to another client
    returns at once; its reply is sent when it comes, by the thread that brings it.

    Args:
        start: Starts a request, as `CommandRegistry.start`.
        send: Sends a message to the client; may wait for it.
        post: Sends a message to the client, never waiting for it.
        is_open: Whether the client is still connected.
    """

    def __init__(
        self,
        start: Callable[[Request], Future[object]],
        *,
        send: Callable[[bytes], None],
        post: Callable[[bytes], bool],
        is_open: Callable[[], bool],
    ) -> None:
        self._start = start
        self._send = send
        self._post = post
        self._is_open = is_open
        self._worker = DaemonThreads(1, name="nanover-server-ws-calls")
        self._room = threading.Semaphore(_WAITING_LIMIT)
        # Guards what follows.
        self._guard = threading.Lock()
        self._pending: set[Future[object]] = set()
        self._closed = False

    def submit(self, request: Request) -> None:
        """Run a request in its turn, and reply to it; waits while too many wait already."""
        while not self._room.acquire(timeout=_LOOK_SECONDS):
            if not self._is_open():
                return
        self._worker.submit(self._run, request)

    def close(self) -> None:
        """Start no more requests, and cancel those that other clients have not answered."""
        with self._guard:
            self._closed = True
            pending = list(self._pending)
        self._worker.shutdown(wait=False, cancel_futures=True)
        for future in pending:
            future.cancel()

    def _run(self, request: Request) -> None:
        self._room.release()
        logger.debug("< command %s", request.name)
        future = self._start(request)
        if future.done():
            self._send(_reply(request, future))
            return
        with self._guard:
            self._pending.add(future)
            closed = self._closed
        future.add_done_callback(lambda done: self._reply_later(request, done))
        if closed:
            future.cancel()

    def _reply_later(self, request: Request, future: Future[object]) -> None:
        with self._guard:
            self._pending.discard(future)
        if not future.cancelled():
            self._post(_reply(request, future))


def _reply(request: Request, future: Future[object]) -> bytes:
    try:
        return websocket_codec.encode_response(request.raw, future.result())
    except InvalidValue:
        failure: CommandFailed = unserialisable(request.name, future.result())
    except CommandFailed as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - a result may raise anything while it is read
        failure = failure_of(request.name, error)
    # NanoVer sends the text of a KeyError for an unknown command: the name in quotes.
    unknown = isinstance(failure, UnknownCommand)
    text = repr(failure.name) if unknown else failure.message
    return websocket_codec.encode_exception(request.raw, text)
