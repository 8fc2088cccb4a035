"""Find threads of this package that are still running."""

from __future__ import annotations

import sys
import threading
import traceback

from tests.support.eventually import eventually

__all__ = ["own_threads", "require_no_own_threads"]

# Leaked threads that were reported, so that later tests do not fail as well.
_reported: set[threading.Thread] = set()


def own_threads() -> list[str]:
    """Return the names of this package's running threads, which begin with `nanover-`."""
    return [thread.name for thread in _running()]


def require_no_own_threads() -> None:
    """Wait until all threads have ended; fail with the names and stacks of the others."""
    try:
        eventually(lambda: set(_running()) <= _reported)
    except AssertionError:
        leaked = [thread for thread in _running() if thread not in _reported]
        _reported.update(leaked)
        raise AssertionError(
            "\n".join(["threads are still running", *map(_describe, leaked)])
        ) from None


def _running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("nanover-")]


def _describe(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    return f"{thread.name}:\n{''.join(traceback.format_stack(frame))}"
