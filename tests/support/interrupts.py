"""What threads are doing, and interrupts of the main thread at a moment that the test knows."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tests.support.eventually import eventually

__all__ = ["count_inside", "interrupt_main_thread", "is_inside", "once_waiting_in"]

_LOOKS = 5


def interrupt_main_thread() -> None:
    """Do what Ctrl-C and a kernel's interrupt do."""
    signal.pthread_kill(_identity(threading.main_thread()), signal.SIGINT)


def is_inside(thread_name: str, function: str) -> bool:
    """Return whether a thread of that name is in a function of that name."""
    return count_inside(thread_name, function) > 0


def count_inside(thread_name: str, function: str) -> int:
    """Return how many threads of that name are in a function of that name."""
    frames = sys._current_frames()
    return sum(
        function in _functions(frames.get(thread.ident or 0))
        for thread in threading.enumerate()
        if thread.name == thread_name
    )


@contextmanager
def once_waiting_in(function: str, action: Callable[[], object]) -> Iterator[None]:
    """Call `action()` on another thread once the main thread waits in a function of that name.

    An interrupt at another moment, as while gRPC begins a call, may leave locks held for ever.
    """
    main = _identity(threading.main_thread())
    seen: list[tuple[int, int]] = []

    def is_waiting() -> bool:
        innermost = sys._current_frames()[main]
        functions = _functions(innermost)
        if function not in functions or "start" in functions:
            return False
        # It waits if it is at the same instruction whenever it is looked at.
        seen.append((id(innermost), innermost.f_lasti))
        return len(seen) >= _LOOKS and len(set(seen[-_LOOKS:])) == 1

    def run() -> None:
        eventually(is_waiting)
        action()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()


def _functions(frame: FrameType | None) -> set[str]:
    """Return the names of the functions that a stack is in."""
    names = set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return names


def _identity(thread: threading.Thread) -> int:
    assert thread.ident is not None
    return thread.ident
