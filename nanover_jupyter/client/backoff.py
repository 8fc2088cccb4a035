"""How long to wait for a lock: for one answer, and between two tries."""

from __future__ import annotations

import random

__all__ = ["back_off", "request_limit"]

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0
_SHORTEST_LIMIT = 0.5


def back_off(pauses: int) -> float:
    """Seconds to wait before the next try: doubling, bounded, never in step with others."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(pauses, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


def request_limit(timeout: float | None, waited: float) -> float | None:
    """Seconds that one request may take of somebody who has `timeout` in all; None for no limit.

    Who has no time at all tries once all the same, and must be able to hear the answer.
    """
    return None if timeout is None else max(_SHORTEST_LIMIT, timeout - waited)
