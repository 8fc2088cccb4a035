"""An answer that is still on its way."""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Final, Generic, TypeVar

from nanover_jupyter.errors import NanoverJupyterError, TimedOut

__all__ = ["PendingCall", "wait_step"]

_INTERRUPT_SECONDS: Final = 0.5

Answer = TypeVar("Answer")


def wait_step(deadline: float | None) -> float:
    """Return how many seconds to wait before the next look, for a wait that Ctrl-C can end.

    The system may hand the signal to any thread, and Python then raises KeyboardInterrupt
    only when the wait of the main thread ends. So a long wait is made of short ones.

    Args:
        deadline: Monotonic seconds at which the wait is over; None for never.
    """
    return _step(math.inf if deadline is None else deadline - time.monotonic())


def _step(left: float) -> float:
    """Return how many of the seconds that are left to wait before the next look."""
    return min(_INTERRUPT_SECONDS, max(0.0, left))


def _until(timeout: float | None) -> Callable[[], float]:
    """What returns how many seconds are left of `timeout`, which begins now."""
    if timeout is None:
        return lambda: math.inf
    deadline = time.monotonic() + timeout
    return lambda: deadline - time.monotonic()


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
        # Held while it is decided whether the call is cancelled or settled; reentrant, as the
        # callbacks of a cancelled call run meanwhile.
        self._deciding = threading.RLock()

    def __await__(self) -> Generator[Any, None, Answer]:
        return asyncio.wrap_future(self).__await__()

    def result(self, timeout: float | None = None) -> Answer:
        """Wait for the answer. See `concurrent.futures.Future.result`."""
        return self._result_while(_until(timeout))

    def wait(
        self, timeout: float | None, doing: str, *, left: Callable[[], float] | None = None
    ) -> Answer:
        """The answer; who stops waiting, for Ctrl-C too, cancels it.

        Args:
            timeout: Seconds to wait.
            doing: What the call is for, for the error.
            left: Returns how many seconds are left, where these are not simply those of
                `timeout` that have not passed; asked again and again.

        Raises:
            NanoverJupyterError: What the call ended in, or TimedOut while `doing`.
        """
        try:
            return self._result_while(left or _until(timeout))
        except NanoverJupyterError:
            raise
        except TimeoutError:
            self.cancel()
            raise TimedOut(doing, timeout or 0.0) from None
        except BaseException:
            self.cancel()
            raise

    def _result_while(self, left: Callable[[], float]) -> Answer:
        while True:
            seconds = left()
            try:
                return super().result(_step(seconds))
            except TimeoutError:
                # A call may also have ended in one.
                if self.done() or seconds <= 0:
                    raise

    def cancel(self) -> bool:
        """Stop waiting; False when the answer is already here."""
        with self._deciding:
            if self.cancelled():
                return True
            cancelled = super().cancel()
            if cancelled:
                # Else `concurrent.futures.wait` would go on waiting for it.
                self.set_running_or_notify_cancel()
        if cancelled:
            self._abandon()
        return cancelled

    def _begin_to_settle(self) -> bool:
        """Return whether the call is to be settled; it cannot be cancelled any more then."""
        with self._deciding:
            return not self.cancelled() and self.set_running_or_notify_cancel()

    def settle_with_error(self, error: NanoverJupyterError) -> None:
        """Take an error as the answer, unless the call was cancelled."""
        if self._begin_to_settle():
            self.set_exception(error)

    def settle(self, compute: Callable[[], Answer]) -> None:
        """Take what `compute` returns or raises as the answer, unless the call was cancelled."""
        if not self._begin_to_settle():
            return
        try:
            answer = compute()
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            self.set_exception(error)
        else:
            self.set_result(answer)
