"""Delivers state changes to subscribers on one thread, merged for slow subscribers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from nanover_jupyter.client.listeners import Subscription, Unsubscribe, active
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["ChangeCallback", "ChangeFeed"]

logger = logging.getLogger("nanover_jupyter.client")

ChangeCallback = Callable[[DictionaryChange], object]

_JOIN_SECONDS = 2.0


class _Subscription(Subscription[DictionaryChange]):
    __slots__ = ("pending",)

    def __init__(self, callback: ChangeCallback, owner: object) -> None:
        super().__init__(callback, owner)
        self.pending: DictionaryChange | None = None


class ChangeFeed:
    """Calls subscribers with each change, in order, on the thread `nanover-changes`.

    A slow subscriber gets several changes merged into one, with the last value of each
    key, so its pending change is never larger than the state. An exception of a subscriber
    is logged, and the others are still called. The thread starts with the first subscriber
    and ends with `close`.
    """

    def __init__(self) -> None:
        # Guards everything below, including the pending changes.
        self._wake = threading.Condition()
        # Replaced, never modified: a finalizer may end a subscription during an iteration.
        self._subscriptions: tuple[_Subscription, ...] = ()
        self._thread = Daemon("nanover-changes", self._run)
        self._closed = False

    @property
    def count(self) -> int:
        """The number of active subscriptions."""
        return len(active(self._subscriptions))

    def subscribe(self, callback: ChangeCallback, *, owner: object = None) -> Unsubscribe:
        """Call `callback` with every future change.

        The callback owns the change, but its values are shared and must not be modified.

        Args:
            callback: The callback.
            owner: An object to keep alive until the subscription ends.

        Returns:
            A function that ends the subscription. A finalizer may call it.
        """
        subscription = _Subscription(callback, owner)
        with self._wake:
            if not self._closed:
                self._thread.start()
            self._subscriptions = (*active(self._subscriptions), subscription)
        return subscription.end

    def publish(self, change: DictionaryChange) -> None:
        """Deliver a change to every subscriber; returns at once."""
        with self._wake:
            subscriptions = self._subscriptions = active(self._subscriptions)
            for subscription in subscriptions:
                if subscription.pending is None:
                    subscription.pending = change.copy()
                else:
                    subscription.pending.merge(change)
            if subscriptions:
                self._wake.notify()

    def close(self) -> None:
        """End all subscriptions and the thread. Idempotent."""
        with self._wake:
            self._closed = True
            self._subscriptions = ()
            self._wake.notify()
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while self._wait_for_changes():
            # In a method of its own, so that no local variable is kept alive while waiting.
            self._deliver_all()

    def _wait_for_changes(self) -> bool:
        """Wait for pending changes; returns False if the feed was closed."""
        with self._wake:
            while not self._closed and not any(s.pending for s in self._subscriptions):
                self._wake.wait()
            return not self._closed

    def _deliver_all(self) -> None:
        with self._wake:
            due = [s for s in self._subscriptions if s.pending]
            changes = [s.pending for s in due]
            for subscription in due:
                subscription.pending = None
        for subscription, change in zip(due, changes, strict=True):
            callback = subscription.callback
            if callback is not None and change is not None:
                self._deliver(callback, change)

    @staticmethod
    def _deliver(callback: ChangeCallback, change: DictionaryChange) -> None:
        try:
            callback(change)
        except BaseException:  # also `sys.exit()`, which would end the thread for all listeners
            logger.exception("! a subscriber to state changes failed: %r", callback)
