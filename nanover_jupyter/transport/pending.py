"""Futures for calls to the server."""

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

Result = TypeVar("Result")


def wait_step(deadline: float | None) -> float:
    """Return the next timeout of a wait that Ctrl-C can interrupt.

    The operating system may deliver the signal to any thread. Python then raises
    KeyboardInterrupt only when the main thread stops waiting, so long waits are split.

    Args:
        deadline: The end of the wait in monotonic seconds; None for no end.
    """
    return _step(math.inf if deadline is None else deadline - time.monotonic())


def _step(left: float) -> float:
    """Return the next timeout of a wait with so many seconds left."""
    return min(_INTERRUPT_SECONDS, max(0.0, left))


def _until(timeout: float | None) -> Callable[[], float]:
    """Return a function that returns the seconds left of `timeout`, which starts now."""
    if timeout is None:
        return lambda: math.inf
    deadline = time.monotonic() + timeout
    return lambda: deadline - time.monotonic()


class PendingCall(concurrent.futures.Future[Result], Generic[Result]):
    """A future for one call to the server, which a cell can also `await`.

        reply = await client.run_command_async("user/checkpoint")

    `cancel` stops waiting and notifies the transport; the server may still run the call.
    Callbacks run on the transport's thread.

    Args:
        abandon: Notifies the transport of a cancellation.
    """

    def __init__(self, abandon: Callable[[], object]) -> None:
        super().__init__()
        self._abandon = abandon
        # Held while the call becomes cancelled or done. Reentrant, because callbacks of a
        # cancelled call run while it is held.
        self._deciding = threading.RLock()

    def __await__(self) -> Generator[Any, None, Result]:
        return asyncio.wrap_future(self).__await__()

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result. See `concurrent.futures.Future.result`."""
        return self._result_while(_until(timeout))

    def wait(
        self, timeout: float | None, doing: str, *, left: Callable[[], float] | None = None
    ) -> Result:
        """Wait for the result. A timeout or Ctrl-C cancels the call.

        Args:
            timeout: Seconds to wait.
            doing: What is being done, for the error message.
            left: Returns the seconds left to wait, if this is not the rest of `timeout`.
                Called repeatedly.

        Raises:
            NanoverJupyterError: The error of the call, or TimedOut while `doing`.
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

    def _result_while(self, left: Callable[[], float]) -> Result:
        while True:
            seconds = left()
            try:
                return super().result(_step(seconds))
            except TimeoutError:
                # The call itself may have failed with a TimeoutError.
                if self.done() or seconds <= 0:
                    raise

    def cancel(self) -> bool:
        """Cancel the call. Returns False if it is already done."""
        with self._deciding:
            if self.cancelled():
                return True
            cancelled = super().cancel()
            if cancelled:
                # Otherwise `concurrent.futures.wait` would keep waiting for it.
                self.set_running_or_notify_cancel()
        if cancelled:
            self._abandon()
        return cancelled

    def _begin_to_settle(self) -> bool:
        """Return whether the call can be settled. It can then no longer be cancelled."""
        with self._deciding:
            return not self.cancelled() and self.set_running_or_notify_cancel()

    def settle_with_error(self, error: NanoverJupyterError) -> None:
        """Set an error as the result, unless the call was cancelled."""
        if self._begin_to_settle():
            self.set_exception(error)

    def settle(self, compute: Callable[[], Result]) -> None:
        """Set the result or error of `compute()`, unless the call was cancelled."""
        if not self._begin_to_settle():
            return
        try:
            result = compute()
        except Exception as error:  # noqa: BLE001 - becomes the result of the call
            self.set_exception(error)
        else:
            self.set_result(result)
