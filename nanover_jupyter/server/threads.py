"""A pool of daemon threads for the gRPC server; knows nothing of gRPC.

The standard pool's threads are joined when the interpreter exits, so one command
that never returns, or one open stream, would keep a process or a kernel alive.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent import futures
from typing import Any, ParamSpec, TypeVar

__all__ = ["DaemonThreads"]

logger = logging.getLogger("nanover_jupyter.server")

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(futures.Executor):
    """Runs work on at most `size` daemon threads, each made when first needed.

    The queue of waiting work is as long as callers make it; the gRPC server bounds
    it by its own limit of concurrent calls.

    Args:
        size: The most threads at once.
        name: What thread names start with.
    """

    def __init__(self, size: int, *, name: str) -> None:
        self._size = size
        self._name = name
        self._work: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> futures.Future[T]:
        """Run `fn` soon. After `shutdown` the future comes back cancelled.

        It does not raise then, because an exception here would end gRPC's own
        thread in the middle of its shutdown.
        """
        future: futures.Future[T] = futures.Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            self._work.append(lambda: _carry_out(future, fn, *args, **kwargs))
            if self._idle >= len(self._work):
                self._changed.notify()
            elif len(self._threads) < self._size:
                self._start_thread_locked()
        return future

    def shutdown(
        self,
        wait: bool = True,  # noqa: FBT001, FBT002 - as every executor has it
        *,
        cancel_futures: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Let idle threads end, and the others after their present work.

        Args:
            wait: Whether to wait for them; the calling thread itself is left out.
            cancel_futures: Whether to drop work that waits (its futures never finish).
            timeout: The longest wait in seconds; None for as long as it takes.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            self._closed = True
            if cancel_futures:
                self._work.clear()
            self._changed.notify_all()
            threads = list(self._threads)
        for thread in threads if wait else ():
            if thread is not threading.current_thread():
                thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))

    def _start_thread_locked(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._changed.wait_for(lambda: self._work or self._closed)
                self._idle -= 1
                if not self._work:
                    return
                work = self._work.popleft()
            work()
            # Else the work of a call long done would live until the next one.
            del work


def _carry_out(
    future: futures.Future[Any], fn: Callable[..., Any], *args: Any, **kwargs: Any
) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:  # the thread serves others after this
        logger.exception("a server thread's work failed")
        future.set_exception(error)
    else:
        future.set_result(result)
