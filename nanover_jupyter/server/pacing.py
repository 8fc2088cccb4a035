"""The schedule on which a subscriber receives messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

__all__ = ["paced"]

_LONGEST_WAIT = threading.TIMEOUT_MAX

T = TypeVar("T")


def paced(
    take: Callable[[], T | None],
    *,
    interval: float,
    clock: Callable[[], float],
    ended: threading.Event,
) -> Iterator[T]:
    """Yield the results of `take` on a fixed schedule, one per `interval` seconds, until None.

    The schedule starts now and continues while nothing changes. As with NanoVer's server, the
    first results after a quiet time therefore follow each other without delay. Zero, negative
    and NaN intervals never delay.

    Args:
        take: Waits for the next result. Returns None if there will be no more.
        interval: The seconds between results.
        clock: Returns monotonic seconds.
        ended: Ends any wait for the schedule.
    """
    due = clock()
    while True:
        # NaN is never greater than zero.
        while not ended.is_set() and (left := due - clock()) > 0:
            ended.wait(min(left, _LONGEST_WAIT))
        result = take()
        if result is None:
            return
        yield result
        due += interval
