"""An answer that is still on its way."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Generator
from typing import Any, Final, Generic, TypeVar

from nanover_jupyter.errors import NanoverJupyterError, TimedOut

__all__ = ["INTERRUPT_SECONDS", "PendingCall"]

INTERRUPT_SECONDS: Final = 0.5
"""The longest time that a thread may wait without a break.

The system may hand the signal of Ctrl-C to any thread, and Python then raises
KeyboardInterrupt only when the wait of the main thread ends.
"""

Answer = TypeVar("Answer")


class PendingCall(concurrent.futures.Future[Answer], Generic[Answer]):
    """A future for one call to the server, which a cell can also `await`.

        reply = await client.run_command_async("user/checkpoint")

    `cancel` stops waiting and tells the transport; whether the server stops too is
    the server's business. Callbacks run on the transport's thread.

    Args:
        abandon: Tells the transport that nobody waits any more.
    """

    def __init__(self, abandon: Callable[[], object]) -> None:
        super().__init__()
        self._abandon = abandon

    def __await__(self) -> Generator[Any, None, Answer]:
        return asyncio.wrap_future(self).__await__()

    def result(self, timeout: float | None = None) -> Answer:
        """Wait for the answer. See `concurrent.futures.Future.result`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = INTERRUPT_SECONDS if deadline is None else deadline - time.monotonic()
            try:
                return super().result(min(left, INTERRUPT_SECONDS))
            except TimeoutError:
                # A call may also have ended in one.
                if self.done() or (deadline is not None and left <= INTERRUPT_SECONDS):
                    raise

    def wait(self, timeout: float | None, doing: str) -> Answer:
        """The answer; who stops waiting, for Ctrl-C too, cancels it.

        Raises:
            NanoverJupyterError: What the call ended in, or TimedOut while `doing`.
        """
        try:
            return self.result(timeout)
        except NanoverJupyterError:
            raise
        except TimeoutError:
            self.cancel()
            raise TimedOut(doing, timeout or 0.0) from None
        except BaseException:
            self.cancel()
            raise

    def cancel(self) -> bool:
        """Stop waiting; False when the answer is already here."""
        if self.cancelled():
            return True
        cancelled = super().cancel()
        if cancelled:
            self._abandon()
        return cancelled

    def settle(self, compute: Callable[[], Answer]) -> None:
        """Take what `compute` returns or raises as the answer, unless nobody waits."""
        if not self.set_running_or_notify_cancel():
            return
        try:
            answer = compute()
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            self.set_exception(error)
        else:
            self.set_result(answer)
