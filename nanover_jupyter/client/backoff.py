"""Exponential backoff with jitter, for reconnecting and for retrying locks."""

from __future__ import annotations

import random
from typing import NamedTuple

__all__ = ["Backoff"]


class Backoff(NamedTuple):
    """Delays that double with each attempt, up to a limit.

    Attributes:
        first: Upper bound of the first delay, in seconds.
        longest: Upper bound of all delays, in seconds.
    """

    first: float
    longest: float

    def delay(self, attempt: int) -> float:
        """Return the delay before retry number `attempt`, counted from 0.

        The delay is random between half its upper bound and the bound, so that several
        clients do not retry in step.
        """
        bound: float = min(self.longest, self.first * 2 ** min(attempt, 10))
        return bound * random.uniform(0.5, 1.0)  # noqa: S311 - jitter needs no secure randomness
