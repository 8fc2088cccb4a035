"""The changes of a state as one subscriber receives them; knows no wire.

The time between messages is kept here too, because ending a subscription must
also end its wait for the next message.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from nanover_jupyter.server.state.change_log import ChangeLog, Delta

__all__ = ["Subscription"]

_LONGEST_WAIT = threading.TIMEOUT_MAX


class Subscription:
    """A subscriber's place in the log of changes, for a thread that waits for more.

    `take` and `paced` are for one thread; the rest may be used from any.

    Args:
        log: The changes to follow, beginning with the whole state.
        clock: Monotonic seconds.
    """

    def __init__(self, log: ChangeLog, clock: Callable[[], float]) -> None:
        self._log = log
        self._clock = clock
        self._cursor = log.open()

    @property
    def ended(self) -> bool:
        """Whether nothing will be added any more."""
        return self._cursor.ended.is_set()

    @property
    def lagging(self) -> bool:
        """Whether it ended because too many removals were pending."""
        return self._cursor.lagging

    def end(self) -> None:
        """Wake a waiting `take` or `paced`; what is pending can still be taken.

        May be called from any thread, more than once.
        """
        self._log.end(self._cursor)

    def take(self, timeout: float | None = None) -> Delta | None:
        """Wait for changes and return them as one.

        Args:
            timeout: The longest wait in real seconds; None for as long as it takes.

        Returns:
            None when nothing came in time, or when the subscription has ended and
            everything was taken (see `ended`).
        """
        return self._log.take(self._cursor, timeout)

    def paced(self, interval: float) -> Iterator[Delta]:
        """Take changes as they come, `interval` seconds apart on a fixed schedule.

        The schedule starts now and goes on while nothing changes, so the first
        changes after a quiet time follow each other without delay (as NanoVer's
        server has it). Zero, negative and NaN intervals never delay. The iterator
        finishes soon after `end`, whatever the interval, and blocks the thread
        that iterates until then.
        """
        slot = self._clock()
        while True:
            self._wait_until(slot)
            delta = self.take()
            if delta is None:
                return
            yield delta
            slot += interval

    def _wait_until(self, moment: float) -> None:
        # NaN is never greater than zero.
        while not self.ended and (left := moment - self._clock()) > 0:
            self._cursor.ended.wait(min(left, _LONGEST_WAIT))
