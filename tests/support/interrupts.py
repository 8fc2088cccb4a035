"""Inspect the stacks of threads, and interrupt the main thread at a known point."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tests.support.eventually import eventually

__all__ = ["count_inside", "interrupt_main_thread", "is_inside", "once_waiting_in"]

_CHECKS = 5


def interrupt_main_thread() -> None:
    """Send SIGINT, as Ctrl-C and a kernel interrupt do."""
    signal.pthread_kill(_identity(threading.main_thread()), signal.SIGINT)


def is_inside(thread_name: str, function: str) -> bool:
    """Return whether a thread is executing a function, both by name."""
    return count_inside(thread_name, function) > 0


def count_inside(thread_name: str, function: str) -> int:
    """Return how many threads with a name are executing a function with a name."""
    frames = sys._current_frames()
    return sum(
        function in _functions(frames.get(thread.ident or 0))
        for thread in threading.enumerate()
        if thread.name == thread_name
    )


@contextmanager
def once_waiting_in(function: str, action: Callable[[], object]) -> Iterator[None]:
    """Call `action()` on another thread once the main thread waits in a function.

    An interrupt at another point, such as while gRPC starts a call, may leave locks held forever.
    """
    main = _identity(threading.main_thread())
    seen: list[tuple[int, int]] = []

    def is_waiting() -> bool:
        innermost = sys._current_frames()[main]
        functions = _functions(innermost)
        if function not in functions or "start" in functions:
            return False
        # The thread waits if several checks find it at the same instruction.
        seen.append((id(innermost), innermost.f_lasti))
        return len(seen) >= _CHECKS and len(set(seen[-_CHECKS:])) == 1

    def run() -> None:
        eventually(is_waiting)
        action()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()


def _functions(frame: FrameType | None) -> set[str]:
    """Return the names of the functions in a stack."""
    names = set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return names


def _identity(thread: threading.Thread) -> int:
    assert thread.ident is not None
    return thread.ident
