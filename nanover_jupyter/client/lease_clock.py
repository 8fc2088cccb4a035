"""The clock that leases are counted by."""

from __future__ import annotations

import sys
import time

__all__ = ["lease_clock"]


def lease_clock() -> float:
    """Seconds that never jump with the wall clock and go on while the machine sleeps.

    A lock ends on the server while a laptop is closed. `time.monotonic` stands still
    meanwhile on Linux and macOS, so that a lease counted by it would seem to have time
    left that was long over.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()
