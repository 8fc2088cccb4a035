"""Brings news from our threads to the thread where traits are set.

Knows asyncio and threads; knows nothing of what the calls do.
"""

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
from weakref import WeakKeyDictionary

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.transport.threads import Daemon

__all__ = ["PATIENCE", "MainThreadDispatcher"]

logger = logging.getLogger("nanover_jupyter.traits")

PATIENCE: Final = 0.1
"""Seconds that the main thread has to take a call before our own thread does."""

_JOIN_SECONDS = 2.0
_INSTANT = 0.001


class MainThreadDispatcher:
    """Runs calls in the order in which they were posted, each once, never two at a time.

    traitlets runs observers on the thread that sets a trait, and guards nothing. So
    whoever has traits that change by themselves sets them through here:

        Delivery.of(connection).post(lambda: setattr(widget, "running", True))

    **Where a call runs.** On the kernel's main thread, through its asyncio loop, while
    that thread is free: between cells, and while a cell awaits. When the loop has not
    come to it within `PATIENCE`, because a cell keeps the thread busy, calls run on the
    thread `nanover-traits` instead, from then on without delay, until the loop is heard
    of again. So observers work while a cell runs, beside that cell, as callbacks of
    widgets do that JupyterLab sends to a subshell. In a script without a loop the thread
    runs them all.

    **What a call may do.** Anything short. Those behind it wait, and the page too if it
    is on the main thread, so calls to the server do not belong here. What a call raises
    is logged.

    `post` and `post_later` return at once, and may be called on any thread, also by a
    call. The loop is the one that runs on the main thread when a Delivery is made or asked
    for by `of`; the loops of subshells end with their page and do not count. The thread
    starts with the first call and ends with `close` or `finish`.

    Args:
        patience: Seconds that the loop has to take a call.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        # Guards everything below; never held while a call runs.
        self._wake = threading.Condition()
        self._calls: deque[Callable[[], object]] = deque()
        # Calls that are not due yet: when they will be, and a number that keeps their order.
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        # The thread that runs a call.
        self._runner: threading.Thread | None = None
        self._closed = False
        self._thread = Daemon("nanover-traits", self._stand_by)
        self._loop: asyncio.AbstractEventLoop | None = None
        # Since when the loop owes us a sign of life; None when it owes none.
        self._asked_at: float | None = None
        self._adopt_loop()

    @classmethod
    def of(cls, source: Connection | BaseClient) -> MainThreadDispatcher:
        """The one that everything of a client shares; it is finished when the client is closed."""
        client = source.client if isinstance(source, Connection) else source
        with _making:
            known = _deliveries.get(client)
            if known is None:
                known = _deliveries[client] = cls()
                client.on_closed(known.finish)
        known._adopt_loop()
        return known

    @property
    def is_closed(self) -> bool:
        """Whether it takes no calls any more."""
        return self._closed

    def post(self, call: Callable[[], object]) -> None:
        """Run `call()` soon; after `close` or `finish`, never."""
        with self._wake:
            if self._closed:
                return
            self._calls.append(call)
            self._ask_loop_locked()
            self._wake_thread_locked()

    def post_later(self, seconds: float, call: Callable[[], object]) -> None:
        """As `post`, when `seconds` have passed."""
        with self._wake:
            if self._closed:
                return
            due = time.monotonic() + seconds
            heapq.heappush(self._later, (due, next(self._numbers), call))
            self._wake_thread_locked()

    def close(self) -> None:
        """Forget the calls that wait, and end the thread. Idempotent."""
        self._end(forget=True)

    def finish(self) -> None:
        """Run the calls that wait, take no more, and end the thread. Idempotent.

        Our own thread runs them: the main one may be waiting for this to return. Called
        by a call, it returns before those behind that one.
        """
        self._end(forget=False)

    def _end(self, *, forget: bool) -> None:
        with self._wake:
            self._closed = True
            self._later.clear()
            if forget:
                self._calls.clear()
            self._loop = self._asked_at = None
            self._wake.notify_all()
            is_called = self._runner is threading.current_thread()
        if not is_called:
            self._thread.join(_JOIN_SECONDS)

    # on the main thread ------------------------------------------------------------

    def _adopt_loop(self) -> None:
        """Take the loop of the main thread, if we are there and have none that lives."""
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
        # What is posted meanwhile has asked the loop again: others get their turn first.
        for _ in range(waiting):
            if not self._run_next():
                return

    # on our own thread -------------------------------------------------------------

    def _wake_thread_locked(self) -> None:
        self._thread.start()
        self._wake.notify_all()

    def _stand_by(self) -> None:
        while True:
            with self._wake:
                while (wait := self._wait_locked()) != 0:
                    if self._closed and not self._calls:
                        return
                    self._wake.wait(wait)
            self._run_next()

    def _wait_locked(self) -> float | None:
        """Seconds until there is something for us to do; None until something happens.

        0: the first call is ours to run.
        """
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._calls.append(heapq.heappop(self._later)[2])
        next_due = max(_INSTANT, self._later[0][0] - now) if self._later else None
        if self._runner is not None or not self._calls:
            return next_due
        self._ask_loop_locked()
        if self._asked_at is None:
            return 0
        patience = max(0.0, self._asked_at + self._patience - now)
        return patience if next_due is None else min(patience, next_due)

    # on either -----------------------------------------------------------------------

    def _ask_loop_locked(self) -> None:
        """See to it that the loop comes by, or drop one that never will."""
        if self._loop is None or self._asked_at is not None:
            return
        try:
            self._loop.call_soon_threadsafe(self._on_loop)
        except RuntimeError:  # it was closed
            self._loop = None
        else:
            self._asked_at = time.monotonic()

    def _run_next(self) -> bool:
        """Run the first call; False if there is none or one runs on the other thread."""
        with self._wake:
            if self._runner is not None or not self._calls:
                return False
            call = self._calls.popleft()
            self._runner = threading.current_thread()
        try:
            call()
        except Exception:
            logger.exception("! a call that was to set traits failed: %r", call)
        finally:
            with self._wake:
                self._runner = None
                self._wake.notify_all()
        return True


_making = threading.Lock()
_deliveries: WeakKeyDictionary[BaseClient, MainThreadDispatcher] = WeakKeyDictionary()
