"""The clock that leases are counted by."""

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
"""Seconds that never jump with the wall clock and go on while the machine sleeps.

A lock ends on the server while a laptop is closed. `time.monotonic` stands still
meanwhile on Linux and macOS, so that a lease counted by it would seem to have time
left that was long over.
"""
