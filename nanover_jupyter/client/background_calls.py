"""Background work: an executor, a timer queue, and a signal for threads."""

from __future__ import annotations

import logging
import math
import queue
import threading
from collections.abc import Callable
from contextlib import suppress

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.threads import Daemon

__all__ = ["BoundedExecutor", "Scheduler", "Signal"]

logger = logging.getLogger("nanover_jupyter.client")


class BoundedExecutor:
    """Runs a bounded number of calls at once, on daemon threads named `nanover-call`.

    Not a ThreadPoolExecutor: the interpreter joins its threads at exit, so a command
    without a reply would keep a kernel from shutting down.
    """

    def __init__(self, limit: int = 32) -> None:
        self._slots = threading.BoundedSemaphore(limit)

    def submit(self, call: Callable[[], object]) -> bool:
        """Start `call()`, which handles its own errors; returns False if all slots are taken."""
        if not self._slots.acquire(blocking=False):
            return False
        try:
            Daemon("nanover-call", lambda: self._run(call)).start()
        except BaseException:
            # Ctrl-C, or no thread could be started: nothing else releases the slot.
            self._slots.release()
            raise
        return True

    def _run(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:
            logger.exception("! a background call failed")
        finally:
            self._slots.release()


class Scheduler:
    """A timer queue that is run by its caller. Thread-safe.

    Args:
        clock: Returns the current time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._calls: list[tuple[float, Callable[[], None]]] = []

    def add(self, call: Callable[[], None], after: float) -> float:
        """Schedule `call()` after some seconds; returns the time when it is due."""
        at = self._clock() + after
        with self._guard:
            self._calls.append((at, call))
        return at

    def run(self) -> float:
        """Run all calls that are due; returns the time of the next one, or infinity.

        Errors are logged, and the other calls still run.
        """
        now = self._clock()
        with self._guard:
            due = [call for at, call in self._calls if at <= now]
            self._calls = [(at, call) for at, call in self._calls if at > now]
        for call in due:
            try:
                call()
            except NanoverJupyterError as error:
                logger.debug("! a scheduled call failed: %s", error)
            except Exception:
                logger.exception("! a scheduled call failed: %r", call)
        with self._guard:
            return min((at for at, _ in self._calls), default=math.inf)


class Signal:
    """Wakes the one thread that waits for it.

    Like `threading.Event`, but `set` takes no lock. A finalizer may interrupt a thread that
    waits for the same event; setting a `threading.Event` there would deadlock.
    """

    def __init__(self) -> None:
        # The only queue of the standard library whose `put` is reentrant.
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Wake the thread that waits, or the next one to wait. Never blocks."""
        self._queue.put(None)

    def wait(self, seconds: float | None) -> bool:
        """Wait until the signal is set, and clear it; returns False on timeout."""
        try:
            self._queue.get(timeout=None if seconds is None else max(0.0, seconds))
        except queue.Empty:
            return False
        self.clear()
        return True

    def clear(self) -> None:
        """Reset the signal."""
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
