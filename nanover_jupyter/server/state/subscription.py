"""The changes of a state as one subscriber receives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nanover_jupyter.server.pacing import paced
from nanover_jupyter.server.state.change_log import ChangeLog, Delta

__all__ = ["Subscription"]


class Subscription:
    """A subscription to a change log, beginning with the full state.

    `take` and `paced` are for one thread. The other members are thread-safe.

    Args:
        log: The change log.
        clock: Returns monotonic seconds.
    """

    def __init__(self, log: ChangeLog, clock: Callable[[], float]) -> None:
        self._log = log
        self._clock = clock
        self._cursor = log.open()

    @property
    def ended(self) -> bool:
        """Whether no more changes will be added."""
        return self._cursor.ended.is_set()

    @property
    def lagging(self) -> bool:
        """Whether the subscription ended because too many removals were pending."""
        return self._cursor.lagging

    def end(self) -> None:
        """End the subscription and any wait. Pending changes can still be taken. Idempotent."""
        self._log.end(self._cursor)

    def take(self, timeout: float | None = None) -> Delta | None:
        """Wait for changes and return them as one delta.

        Args:
            timeout: The maximum wait in real seconds, or None for no limit.

        Returns:
            None after the timeout, or if the subscription has ended and no changes are left.
        """
        return self._log.take(self._cursor, timeout)

    def paced(self, interval: float) -> Iterator[Delta]:
        """Yield deltas on a fixed schedule, see `nanover_jupyter.server.pacing`.

        The iterator ends soon after `end` is called, whatever the interval.
        """
        return paced(self.take, interval=interval, clock=self._clock, ended=self._cursor.ended)
