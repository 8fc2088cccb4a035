"""Keeps Python's cycle collector quiet while many values are made at once.

Every few hundred lists and dicts made, the collector looks through what there is for
cycles. Values cannot hold any, and in the making of a whole state that search takes
most of the time.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


class _Pause:
    def __init__(self) -> None:
        # Guards the two below, and the collector's own switch as far as it is ours.
        self.lock = threading.Lock()
        self.users = 0
        self.was_on = False


_pause = _Pause()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Make values inside; the collector goes on when the last thread leaves.

    Meant for milliseconds. A collector that was off before stays off.
    """
    with _pause.lock:
        if _pause.users == 0:
            _pause.was_on = gc.isenabled()
            gc.disable()
        _pause.users += 1
    try:
        yield
    finally:
        with _pause.lock:
            _pause.users -= 1
            if _pause.users == 0 and _pause.was_on:
                gc.enable()
