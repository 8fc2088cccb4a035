"""Runs callbacks on the thread where traits are set."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.per_client import PerClient
from nanover_jupyter.transport.threads import Daemon

__all__ = ["LOOP_TIMEOUT", "MainThreadDispatcher"]

logger = logging.getLogger("nanover_jupyter.traits")

LOOP_TIMEOUT: Final = 0.1
"""Seconds that the main thread has to run a call before the fallback thread does."""

_JOIN_SECONDS = 2.0
_MIN_WAIT = 0.001


class MainThreadDispatcher:
    """Runs calls in the order in which they were posted, each once, never two at a time.

    traitlets runs observers on the thread that sets a trait, without any locking. Traits
    that follow the server are therefore set through a dispatcher:

        MainThreadDispatcher.of(connection).post(lambda: setattr(widget, "running", True))

    **Where a call runs.** On the kernel's main thread, through its asyncio loop, while that
    thread is free: between cells, and while a cell awaits. If the loop does not respond
    within `LOOP_TIMEOUT` because a cell keeps the thread busy, calls run on the thread
    `nanover-traits` until the loop responds again. Observers thus work while a cell runs,
    in parallel with it, like widget callbacks on a JupyterLab subshell. In a script without
    a loop, the thread runs all calls.

    **What a call may do.** Anything short. Calls posted later wait for it, and so does the
    page while it is on the main thread, so do not call the server. Exceptions are logged.

    `post` and `post_later` return at once and may be called on any thread, also by a call.
    The loop is the one running on the main thread when a dispatcher is made or returned by
    `of`; loops of subshells end with their page and do not count. The thread starts with
    the first call and ends with `close` or `finish`.

    Args:
        loop_timeout: Seconds that the loop has to run a call.
    """

    def __init__(self, loop_timeout: float = LOOP_TIMEOUT) -> None:
        self._loop_timeout = loop_timeout
        # Guards everything below; never held while a call runs.
        self._wake = threading.Condition()
        self._calls: deque[Callable[[], object]] = deque()
        # Calls that are not due yet: due time, and a number that keeps their order.
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        # The thread that runs a call.
        self._runner: threading.Thread | None = None
        self._closed = False
        self._thread = Daemon("nanover-traits", self._run_fallback)
        self._loop: asyncio.AbstractEventLoop | None = None
        # When the loop was asked to run calls; None if it has responded.
        self._asked_at: float | None = None
        self._adopt_loop()

    @classmethod
    def of(cls, source: Connection | BaseClient) -> MainThreadDispatcher:
        """Return the shared dispatcher of a client. It finishes when the client is closed."""
        dispatcher = _dispatchers.get(source.client if isinstance(source, Connection) else source)
        dispatcher._adopt_loop()  # noqa: SLF001 - of this class
        return dispatcher

    @property
    def is_closed(self) -> bool:
        """Whether further calls are ignored."""
        return self._closed

    def post(self, call: Callable[[], object]) -> None:
        """Run `call()` soon. Ignored after `close` or `finish`."""
        with self._wake:
            if self._closed:
                return
            self._calls.append(call)
            self._ask_loop_locked()
            self._wake_thread_locked()

    def post_later(self, seconds: float, call: Callable[[], object]) -> None:
        """Run `call()` after a delay. Ignored after `close` or `finish`."""
        with self._wake:
            if self._closed:
                return
            due = time.monotonic() + seconds
            heapq.heappush(self._later, (due, next(self._numbers), call))
            self._wake_thread_locked()

    def close(self) -> None:
        """Discard waiting calls and end the thread. Idempotent."""
        self._end(discard=True)

    def finish(self) -> None:
        """Run waiting calls, accept no more, and end the thread. Idempotent.

        The fallback thread runs them, since the main thread may be waiting for this method.
        When invoked by a call, returns before the calls behind it have run.
        """
        self._end(discard=False)

    def _end(self, *, discard: bool) -> None:
        with self._wake:
            self._closed = True
            self._later.clear()
            if discard:
                self._calls.clear()
            self._loop = self._asked_at = None
            self._wake.notify_all()
            is_called = self._runner is threading.current_thread()
        if not is_called:
            self._thread.join(_JOIN_SECONDS)

    # main thread ---------------------------------------------------------------------

    def _adopt_loop(self) -> None:
        """Use the running loop of the main thread, if this is the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        with self._wake:
            if loop is not self._loop and not self._closed:
                self._loop, self._asked_at = loop, None
                if self._calls:
                    self._ask_loop_locked()

    def _on_loop(self) -> None:
        with self._wake:
            self._asked_at = None
            waiting = len(self._calls)
        # Later posts ask the loop again, so that other callbacks of the loop get their turn.
        for _ in range(waiting):
            if not self._run_next():
                return

    # fallback thread -----------------------------------------------------------------

    def _wake_thread_locked(self) -> None:
        self._thread.start()
        self._wake.notify_all()

    def _run_fallback(self) -> None:
        while True:
            with self._wake:
                while (wait := self._wait_locked()) != 0:
                    if self._closed and not self._calls:
                        return
                    self._wake.wait(wait)
            self._run_next()

    def _wait_locked(self) -> float | None:
        """Return seconds to wait; None until notified; 0 to run the first call here."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._calls.append(heapq.heappop(self._later)[2])
        next_due = max(_MIN_WAIT, self._later[0][0] - now) if self._later else None
        if self._runner is not None or not self._calls:
            return next_due
        self._ask_loop_locked()
        if self._asked_at is None:
            return 0
        left = max(0.0, self._asked_at + self._loop_timeout - now)
        return left if next_due is None else min(left, next_due)

    # either thread -------------------------------------------------------------------

    def _ask_loop_locked(self) -> None:
        """Schedule calls on the loop, unless it was asked already or is closed."""
        if self._loop is None or self._asked_at is not None:
            return
        try:
            self._loop.call_soon_threadsafe(self._on_loop)
        except RuntimeError:  # it was closed
            self._loop = None
        else:
            self._asked_at = time.monotonic()

    def _run_next(self) -> bool:
        """Run the first call; returns False if there is none or another is running."""
        with self._wake:
            if self._runner is not None or not self._calls:
                return False
            call = self._calls.popleft()
            self._runner = threading.current_thread()
        try:
            call()
        except Exception:
            logger.exception("! a call that sets traits failed: %r", call)
        finally:
            with self._wake:
                self._runner = None
                self._wake.notify_all()
        return True


def _make(client: BaseClient) -> MainThreadDispatcher:
    dispatcher = MainThreadDispatcher()
    client.on_closed(dispatcher.finish)
    return dispatcher


_dispatchers: Final = PerClient(_make)
