"""The threads that this package started and that still run."""

from __future__ import annotations

import sys
import threading
import traceback

from tests.support.eventually import eventually

__all__ = ["own_threads", "require_no_own_threads"]

# Each is reported once, not by every test after the one that left it.
_reported: set[threading.Thread] = set()


def own_threads() -> list[str]:
    """Their names; every thread of ours has one that begins with `nanover-`."""
    return [thread.name for thread in _running()]


def require_no_own_threads() -> None:
    """Wait until all have ended; fail with the names and stacks of those that do not."""
    try:
        eventually(lambda: set(_running()) <= _reported)
    except AssertionError:
        left = [thread for thread in _running() if thread not in _reported]
        _reported.update(left)
        raise AssertionError("\n".join(["threads stay", *map(_described, left)])) from None


def _running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("nanover-")]


def _described(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    return f"{thread.name}:\n{''.join(traceback.format_stack(frame))}"
