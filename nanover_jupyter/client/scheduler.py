"""A timer queue that is run by its caller."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from nanover_jupyter.errors import NanoverJupyterError

__all__ = ["Scheduler"]

logger = logging.getLogger("nanover_jupyter.client")


class Scheduler:
    """A list of delayed calls. Thread-safe.

    Args:
        clock: Returns the current time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._calls: list[tuple[float, Callable[[], None]]] = []

    def add(self, call: Callable[[], None], after: float) -> float:
        """Schedule `call()` after some seconds; returns the time when it is due."""
        at = self._clock() + after
        with self._guard:
            self._calls.append((at, call))
        return at

    def run(self) -> float:
        """Run all calls that are due; returns the time of the next one, or infinity.

        Errors are logged, and the other calls still run.
        """
        now = self._clock()
        with self._guard:
            due = [call for at, call in self._calls if at <= now]
            self._calls = [(at, call) for at, call in self._calls if at > now]
        for call in due:
            try:
                call()
            except NanoverJupyterError as error:
                logger.debug("! a scheduled call failed: %s", error)
            except Exception:
                logger.exception("! a scheduled call failed: %r", call)
        with self._guard:
            return min((at for at, _ in self._calls), default=math.inf)
