"""A pool of daemon threads.

The standard pool's threads are joined when the interpreter exits. A command that never
returns, or an open stream, would then keep the process or the kernel alive.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent import futures
from typing import Any, ParamSpec, TypeVar

__all__ = ["DaemonThreadPool"]

logger = logging.getLogger("nanover_jupyter.server")

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreadPool(futures.Executor):
    """Runs functions on at most `size` daemon threads, each started when first needed.

    The queue is unbounded; the gRPC server bounds it by its own limit of concurrent calls.

    Args:
        size: The maximum number of threads.
        name: The prefix of the threads' names.
    """

    def __init__(self, size: int, *, name: str) -> None:
        self._size = size
        self._name = name
        self._queue: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> futures.Future[T]:
        """Queue `fn`. After `shutdown`, return a cancelled future.

        An exception here would end gRPC's own thread in the middle of its shutdown.
        """
        future: futures.Future[T] = futures.Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            self._queue.append(lambda: _run(future, fn, *args, **kwargs))
            if self._idle >= len(self._queue):
                self._changed.notify()
            elif len(self._threads) < self._size:
                self._start_thread_locked()
        return future

    def shutdown(
        self,
        wait: bool = True,  # noqa: FBT001, FBT002 - the signature of Executor
        *,
        cancel_futures: bool = False,
        timeout: float | None = None,
    ) -> None:
        """End idle threads now and the others after their current function.

        Args:
            wait: Whether to wait for the threads, other than the calling thread.
            cancel_futures: Whether to drop queued functions. Their futures never finish.
            timeout: The maximum wait in seconds, or None for no limit.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            self._closed = True
            if cancel_futures:
                self._queue.clear()
            self._changed.notify_all()
            threads = list(self._threads)
        for thread in threads if wait else ():
            if thread is not threading.current_thread():
                thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))

    def _start_thread_locked(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._changed.wait_for(lambda: self._queue or self._closed)
                self._idle -= 1
                if not self._queue:
                    return
                run = self._queue.popleft()
            run()
            # Release the arguments and the result before waiting for the next function.
            del run


def _run(future: futures.Future[Any], fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:  # the thread must survive for other functions
        logger.exception("a function in the server's thread pool failed")
        future.set_exception(error)
    else:
        future.set_result(result)
