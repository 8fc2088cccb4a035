"""Run the command requests of one client outside its receiving thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from nanover_jupyter.errors import CommandFailed, InvalidValue
from nanover_jupyter.server.command_registry import UnknownCommand, failure_of, unserializable
from nanover_jupyter.server.thread_pool import DaemonThreadPool
from nanover_jupyter.wire.websocket import codec as websocket_codec
from nanover_jupyter.wire.websocket.codec import Request

__all__ = ["RequestRunner"]

logger = logging.getLogger("nanover_jupyter.server")

# The limit of queued requests of one client. Beyond it, no more messages are received.
_QUEUE_LIMIT: Final = 1000
_POLL_SECONDS: Final = 0.5


class RequestRunner:
    """Runs the requests of one client, one at a time.

    They run on the thread `nanover-server-ws-calls-0`, so that the client's changes and
    replies are still received. A call that is forwarded to another client does not block
    further requests; its reply is sent when it arrives.

    Args:
        start: Starts a request, as `CommandRegistry.start`.
        send: Sends a message to the client. May block.
        post: Queues a message to the client. Never blocks.
        is_open: Returns whether the client is still connected.
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
        self._worker = DaemonThreadPool(1, name="nanover-server-ws-calls")
        self._free_slots = threading.Semaphore(_QUEUE_LIMIT)
        # Guards the next two fields.
        self._lock = threading.Lock()
        self._pending: set[Future[object]] = set()
        self._closed = False

    def submit(self, request: Request) -> None:
        """Queue a request, whose reply is sent to the client. Blocks while the queue is full."""
        while not self._free_slots.acquire(timeout=_POLL_SECONDS):
            if not self._is_open():
                return
        self._worker.submit(self._run, request)

    def close(self) -> None:
        """Drop queued requests and cancel those that other clients have not answered."""
        with self._lock:
            self._closed = True
            pending = list(self._pending)
        self._worker.shutdown(wait=False, cancel_futures=True)
        for future in pending:
            future.cancel()

    def _run(self, request: Request) -> None:
        self._free_slots.release()
        logger.debug("< command %s", request.name)
        future = self._start(request)
        if future.done():
            self._send(_reply(request, future))
            return
        with self._lock:
            self._pending.add(future)
            closed = self._closed
        future.add_done_callback(lambda done: self._reply_later(request, done))
        if closed:
            future.cancel()

    def _reply_later(self, request: Request, future: Future[object]) -> None:
        with self._lock:
            self._pending.discard(future)
        if not future.cancelled():
            self._post(_reply(request, future))


def _reply(request: Request, future: Future[object]) -> bytes:
    try:
        return websocket_codec.encode_response(request.raw, future.result())
    except InvalidValue:
        failure: CommandFailed = unserializable(request.name, future.result())
    except CommandFailed as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - a foreign mapping may raise anything
        failure = failure_of(request.name, error)
    # For an unknown command, NanoVer sends the text of a KeyError, which is the quoted name.
    unknown = isinstance(failure, UnknownCommand)
    text = repr(failure.name) if unknown else failure.message
    return websocket_codec.encode_exception(request.raw, text)
