"""Things to do at their time, on whichever thread comes to do them."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from nanover_jupyter.errors import NanoverJupyterError

__all__ = ["Scheduler"]

logger = logging.getLogger("nanover_jupyter.client")


class Scheduler:
    """A list of calls that wait for their time. Thread-safe.

    Args:
        clock: The seconds that their times are in.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._waiting: list[tuple[float, Callable[[], None]]] = []

    def add(self, errand: Callable[[], None], after: float) -> float:
        """Have `errand()` done after so many seconds; returns when that is."""
        at = self._clock() + after
        with self._guard:
            self._waiting.append((at, errand))
        return at

    def run(self) -> float:
        """Do what is due by now; returns when there is more, inf for never.

        One that fails costs no other; a server that cannot be asked is nobody's fault here.
        """
        now = self._clock()
        with self._guard:
            due = [errand for at, errand in self._waiting if at <= now]
            self._waiting = [(at, errand) for at, errand in self._waiting if at > now]
        for errand in due:
            try:
                errand()
            except NanoverJupyterError as error:
                logger.debug("! an errand could not be done: %s", error)
            except Exception:
                logger.exception("! an errand failed: %r", errand)
        with self._guard:
            return min((at for at, _ in self._waiting), default=math.inf)
