"""Wait for a condition."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Set above 1 on slow machines. Scales all timeouts of tests.
TIME_SCALE = float(os.environ.get("NANOVER_TEST_TIME_SCALE", "1"))

_FIRST_PAUSE = 0.001


def eventually(condition: Callable[[], T | None], *, seconds: float = 15, every: float = 0.01) -> T:
    """Return the first true result of `condition`; fail with the last result after a timeout.

    The pause between checks grows up to `every` seconds.
    """
    deadline = time.monotonic() + seconds * TIME_SCALE
    sleep = threading.Event()
    pause = min(_FIRST_PAUSE, every)
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {result!r} after {seconds * TIME_SCALE:g} s")
        sleep.wait(pause)
        pause = min(2 * pause, every)
    return result
