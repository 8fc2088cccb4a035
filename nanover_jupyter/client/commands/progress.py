"""How far a run is: the convention by which commands tell it.

NanoVer has no message for progress. A command tells it in the shared state, under its
own name with dots: `user/slow-report` writes `user.slow-report.progress`, a number from
0 to 1. A command that returns at once and works on may name another key in the
`progress` field of its result, or put the number itself there.
"""

from __future__ import annotations

import math

from nanover_jupyter.wire.values import Value

__all__ = ["progress_key", "read_progress"]


def progress_key(command: str) -> str:
    """The key of the state in which a command tells its progress."""
    return f"{command.replace('/', '.')}.progress"


def read_progress(told: Value) -> float | None:
    """A progress from 0 to 1; None for what is none."""
    if isinstance(told, bool) or not isinstance(told, int | float) or math.isnan(told):
        return None
    return min(1.0, max(0.0, float(told)))
