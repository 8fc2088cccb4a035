"""Waiting for a condition instead of for a while."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Slow machines set this above 1; no test has a time of its own.
TIME_SCALE = float(os.environ.get("NANOVER_TEST_TIME_SCALE", "1"))


def eventually(condition: Callable[[], T | None], *, seconds: float = 15, every: float = 0.01) -> T:
    """The first true result of `condition`; fails with the last one when time is up."""
    deadline = time.monotonic() + seconds * TIME_SCALE
    pause = threading.Event()
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {result!r} after {seconds * TIME_SCALE:g} s")
        pause.wait(every)
    return result
