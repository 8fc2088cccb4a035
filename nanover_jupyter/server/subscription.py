"""What one subscriber has still to be told, merged by key; knows no wire and no state.

The time between messages is kept here too, because ending a subscription must
also end its wait for the next message.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["PENDING_REMOVALS_LIMIT", "Subscription"]

# Pending updates can never outnumber the keys of the state, but removals can:
# keys that come and go leave one each. A subscriber that far behind is let go.
PENDING_REMOVALS_LIMIT = 100_000


class Subscription:
    """The changes that one subscriber has not taken yet.

    One condition guards everything here. The state offers changes while it holds
    its own lock, so nothing in this class may call back into the state.

    Args:
        state: What the first message says; when empty, the first change does.
        clock: Monotonic seconds.
    """

    def __init__(self, state: Mapping[str, Value], clock: Callable[[], float]) -> None:
        self._pending = DictionaryChange(state)
        self._clock = clock
        self._changed = threading.Condition()
        self._ended = False
        self._lagging = False

    @property
    def ended(self) -> bool:
        """Whether nothing will be added any more."""
        return self._ended

    @property
    def lagging(self) -> bool:
        """Whether it ended because far too much was waiting to be taken."""
        return self._lagging

    def offer(self, change: DictionaryChange) -> None:
        """Add a change to what is waiting; the last word on a key counts. Never blocks long."""
        with self._changed:
            if self._ended:
                return
            self._pending.merge(change)
            if len(self._pending.removals) > PENDING_REMOVALS_LIMIT:
                self._lagging = self._ended = True
                self._pending = DictionaryChange()
            self._changed.notify_all()

    def end(self) -> None:
        """Let a waiting `take` or `paced` go at once; what is pending can still be taken.

        May be called from any thread, more than once.
        """
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, timeout: float | None = None) -> DictionaryChange | None:
        """Wait for something to say and hand it over as one change.

        Args:
            timeout: The longest wait in real seconds; None for as long as it takes.

        Returns:
            None when nothing came in time, or when the subscription has ended and
            everything was taken (see `ended`).
        """
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._ended, timeout)
            if not self._pending:
                return None
            taken, self._pending = self._pending, DictionaryChange()
            return taken

    def paced(self, interval: float) -> Iterator[DictionaryChange]:
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
            change = self.take()
            if change is None:
                return
            yield change
            slot += interval

    def _wait_until(self, moment: float) -> None:
        with self._changed:
            # Offers wake this wait for nothing; telling the two apart would take a
            # second condition. NaN is never greater than zero.
            while not self._ended and (left := moment - self._clock()) > 0:
                self._changed.wait(min(left, threading.TIMEOUT_MAX))
