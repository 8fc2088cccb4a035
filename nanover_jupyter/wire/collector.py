"""Lets Python's cycle collector pass less often while many values are made at once.

Every 700 lists and dicts made (by default), the collector looks through the young ones
for cycles, and every so often through all there are. Values cannot hold any, and in
the making of a whole state that search takes most of the time.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["collector_eased"]

# Lists and dicts that come between two looks, for each value that is made. With them a
# state of avatars is looked through in six parts, while what was made last is still in
# the processor's cache; all of it in one go takes ten times as long. More than ten
# parts, and the collector would start on the older ones at the end.
_SPACING: Final = 2
# So many young rounds before the older ones are looked through: never, for our purpose.
_ROUNDS: Final = 1_000_000


class _Easing:
    def __init__(self) -> None:
        # Guards the two below, and the collector's own thresholds as far as they are ours.
        self.lock = threading.Lock()
        self.users = 0
        self.usual: tuple[int, int, int] = (0, 0, 0)


_easing = _Easing()


@contextmanager
def collector_eased(values: int) -> Iterator[None]:
    """Make so many values inside; all is as before when the last thread leaves.

    Meant for milliseconds. A collector that is off stays off.
    """
    with _easing.lock:
        if _easing.users == 0:
            _easing.usual = gc.get_threshold()
        _easing.users += 1
        young, *_ = gc.get_threshold()
        if young:  # 0 is off too
            gc.set_threshold(max(young, _easing.usual[0] + _SPACING * values), _ROUNDS)
    try:
        yield
    finally:
        with _easing.lock:
            _easing.users -= 1
            if _easing.users == 0:
                gc.set_threshold(*_easing.usual)
