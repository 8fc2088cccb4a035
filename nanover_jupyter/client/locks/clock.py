"""The clock used for lease durations."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable

__all__ = ["lease_clock"]


def _clock() -> Callable[[], float]:
    if sys.platform == "linux":
        return functools.partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return functools.partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    return time.monotonic


lease_clock = _clock()
"""Monotonic seconds that include the time during which the machine was suspended.

A lock expires on the server while a laptop sleeps. On Linux and macOS `time.monotonic`
stops during sleep, so a lease timed with it would seem valid after it has expired.
"""
