"""Delivers state changes to subscribers on one thread, merged for slow subscribers."""

from __future__ import annotations

from collections.abc import Callable

from nanover_jupyter.client.listeners import Feed, Subscription, Unsubscribe, active
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["ChangeCallback", "ChangeFeed"]

ChangeCallback = Callable[[DictionaryChange], object]


class _Subscription(Subscription[DictionaryChange]):
    __slots__ = ("pending",)

    def __init__(self, callback: ChangeCallback, owner: object) -> None:
        super().__init__(callback, owner)
        self.pending: DictionaryChange | None = None


class ChangeFeed(Feed[_Subscription]):
    """Calls subscribers with each change, in order, on the thread `nanover-changes`.

    A slow subscriber gets several changes merged into one, with the last value of each
    key, so its pending change is never larger than the state.
    """

    def __init__(self) -> None:
        super().__init__("nanover-changes")

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
            self._start()
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

    def _has_news(self) -> bool:
        return any(subscription.pending for subscription in self._subscriptions)

    def _deliver_news(self) -> None:
        with self._wake:
            due = [s for s in self._subscriptions if s.pending]
            changes = [s.pending for s in due]
            for subscription in due:
                subscription.pending = None
        for subscription, change in zip(due, changes, strict=True):
            callback = subscription.callback
            if callback is not None:
                self._call(callback, change)
