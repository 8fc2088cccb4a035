"""A command request to a WebSocket server that waits for its reply."""

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

# The number of messages that may have been in transit when the server got a request.
_BACKLOG_MESSAGES: Final = 64


class PendingRequest:
    """A request and its pending reply.

    Args:
        connection: Where to send the request.
        number: The id of the request.
        name: The name of the command.
        message: The encoded request.
        doing: What is being done, for error messages.
    """

    def __init__(
        self, connection: WebSocketConnection, number: int, name: str, message: bytes, doing: str
    ) -> None:
        self.connection = connection
        self.pending: PendingCall[dict[str, Value]] = PendingCall(self._abandon)
        self._posted: PendingCall[bool] | None = None
        self._number = number
        self._messages_before = connection.received_messages
        self._alive_at = time.monotonic()
        self._message = message
        self._doing = doing
        connection.expect(
            number, doing, lambda reply: self.pending.settle(lambda: _result(name, reply))
        )

    def send(self, *, waits: bool = False, then: Callable[[], object] | None = None) -> None:
        """Queue the request. If sending fails, the call fails with that error.

        Args:
            waits: Whether the caller waits for the reply.
            then: Called once the request is sent.
        """

        def on_sent(posted: concurrent.futures.Future[bool]) -> None:
            error = None if posted.cancelled() else posted.exception()
            if isinstance(error, NanoverJupyterError):
                self._fail(error)
            elif then is not None and not posted.cancelled():
                then()

        self._posted = self.connection.post(self._message, doing=self._doing, waits=waits)
        self._posted.add_done_callback(on_sent)

    def result(self, timeout: float | None) -> dict[str, Value]:
        """Wait for the result. Raises the error of the call."""
        return self.pending.wait(timeout, self._doing)

    def result_unless_silent(self, seconds: float) -> dict[str, Value]:
        """Wait for the result, until the server is silent for `seconds`.

        Messages before the reply count as a sign of life, until there are so many that the
        server must have sent some of them after it got the request.

        Raises:
            NanoverJupyterError: The error of the call, or TimedOut.
        """
        return self.pending.wait(
            seconds, self._doing, left=lambda: self.seconds_until_silent(seconds)
        )

    def expire_after(self, seconds: float) -> None:
        """Fail with TimedOut if there is no reply after `seconds`."""
        self._start_timer(seconds, lambda: self._fail(TimedOut(self._doing, seconds)))

    def expire_when_silent(self, seconds: float, action: Callable[[], object]) -> None:
        """Fail with TimedOut, and call `action`, after `seconds` of silence as defined above."""

        def check() -> None:
            left = self.seconds_until_silent(seconds)
            if left > 0:
                self._start_timer(left, check)
            elif self._fail(TimedOut(self._doing, seconds)):
                action()

        self._start_timer(seconds, check)

    def seconds_until_silent(self, seconds: float) -> float:
        """Return the time left until the server has been silent for `seconds`."""
        if self.connection.received_messages - self._messages_before <= _BACKLOG_MESSAGES:
            self._alive_at = max(self._alive_at, self.connection.last_progress_at)
        return self._alive_at + seconds - time.monotonic()

    def _start_timer(self, seconds: float, action: Callable[[], object]) -> None:
        timer = threading.Timer(seconds, action)
        timer.name, timer.daemon = "nanover-timeout", True
        timer.start()
        self.pending.add_done_callback(lambda _: timer.cancel())

    def _abandon(self) -> bool:
        """Cancel the request. Returns False if the reply has already arrived."""
        if self._posted is not None:
            self._posted.cancel()
        return self.connection.forget(self._number)

    def _fail(self, error: NanoverJupyterError) -> bool:
        """Fail with an error. Returns False if the reply has already arrived."""
        if not self._abandon():
            return False
        self.pending.settle_with_error(error)
        return True


def _result(name: str, reply: Reply | NanoverJupyterError) -> dict[str, Value]:
    if isinstance(reply, NanoverJupyterError):
        raise reply
    if reply.error is not None:
        raise CommandFailed(name, _error_message(name, reply.error))
    if reply.result is None:
        return {}
    return reply.result if isinstance(reply.result, dict) else {"result": reply.result}


def _error_message(name: str, text: str) -> str:
    """Return the error message. NanoVer sends a KeyError as its quoted key."""
    if text == repr(name):
        return f"Unknown command: {name}"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text
