"""A command on its way through a WebSocket server: sent once, answered once."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable
from typing import Final

from nanover_jupyter.errors import CommandFailed, NanoverJupyterError, TimedOut
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.transport.websocket.connection import WebSocketConnection
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket.codec import Reply

__all__ = ["PendingRequest"]

# So many messages may have been on their way to us when the server got a question.
_BACKLOG_MESSAGES: Final = 64


class PendingRequest:
    """A request, and the answer that is awaited over its link.

    Args:
        link: The way there and back.
        number: The request's id.
        name: The command's name.
        message: The request, encoded.
        doing: What it is for, for the error it may end in.
    """

    def __init__(
        self, link: WebSocketConnection, number: int, name: str, message: bytes, doing: str
    ) -> None:
        self.link = link
        self.pending: PendingCall[dict[str, Value]] = PendingCall(self._abandon)
        self._posted: PendingCall[bool] | None = None
        self._number = number
        self._asked_at_message = link.received_messages
        self._alive_at = time.monotonic()
        self._message = message
        self._doing = doing
        link.expect(number, doing, lambda reply: self.pending.settle(lambda: _read(name, reply)))

    def send(self, *, waits: bool = False, then: Callable[[], object] | None = None) -> None:
        """Hand the request over soon; what prevents it is the answer.

        Args:
            waits: Whether the caller waits for the answer.
            then: Called once it is handed over.
        """

        def look(posted: concurrent.futures.Future[bool]) -> None:
            error = None if posted.cancelled() else posted.exception()
            if isinstance(error, NanoverJupyterError):
                self._fail(error)
            elif then is not None and not posted.cancelled():
                then()

        self._posted = self.link.post(self._message, doing=self._doing, waits=waits)
        self._posted.add_done_callback(look)

    def answer(self, timeout: float | None) -> dict[str, Value]:
        """Wait for the answer. Raises what the call ended in."""
        return self.pending.wait(timeout, self._doing)

    def answer_unless_silent(self, seconds: float) -> dict[str, Value]:
        """Wait for the answer, and bear `seconds` of silence.

        What the server sends before the answer counts as a sign of life, until it has sent
        so much that was begun after the question that it does not seem to read.

        Raises:
            NanoverJupyterError: What the call ended in, or TimedOut.
        """
        return self.pending.wait(seconds, self._doing, left=lambda: self.silence_left(seconds))

    def expire_after(self, seconds: float) -> None:
        """Fail with TimedOut if there is no answer after `seconds`."""
        self._start_timer(seconds, lambda: self._fail(TimedOut(self._doing, seconds)))

    def expire_when_silent(self, seconds: float, action: Callable[[], object]) -> None:
        """Fail with TimedOut, and do `action`, after `seconds` of silence as defined above."""

        def look() -> None:
            left = self.silence_left(seconds)
            if left > 0:
                self._start_timer(left, look)
            elif self._fail(TimedOut(self._doing, seconds)):
                action()

        self._start_timer(seconds, look)

    def silence_left(self, seconds: float) -> float:
        """How many of `seconds` are left until the server counts as silent."""
        if self.link.received_messages - self._asked_at_message <= _BACKLOG_MESSAGES:
            self._alive_at = max(self._alive_at, self.link.last_progress_at)
        return self._alive_at + seconds - time.monotonic()

    def _start_timer(self, seconds: float, action: Callable[[], object]) -> None:
        timer = threading.Timer(seconds, action)
        timer.name, timer.daemon = "nanover-timeout", True
        timer.start()
        self.pending.add_done_callback(lambda _: timer.cancel())

    def _abandon(self) -> bool:
        """Expect no answer, and let the request not go out if it has not; False if it came."""
        if self._posted is not None:
            self._posted.cancel()
        return self.link.forget(self._number)

    def _fail(self, error: NanoverJupyterError) -> bool:
        """Settle with an error, unless the answer came first."""
        if not self._abandon():
            return False
        self.pending.settle_with_error(error)
        return True


def _read(name: str, reply: Reply | NanoverJupyterError) -> dict[str, Value]:
    if isinstance(reply, NanoverJupyterError):
        raise reply
    if reply.error is not None:
        raise CommandFailed(name, _words(name, reply.error))
    if reply.result is None:
        return {}
    return reply.result if isinstance(reply.result, dict) else {"result": reply.result}


def _words(name: str, failure: str) -> str:
    """NanoVer sends the text of an exception, which for a KeyError is its key in quotes."""
    if failure == repr(name):
        return f"Unknown command: {name}"
    if len(failure) > 1 and failure[0] == failure[-1] and failure[0] in "'\"":
        return failure[1:-1]
    return failure
