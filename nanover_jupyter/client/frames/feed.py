"""Delivers frames to listeners on one thread, merged for slow listeners."""

from __future__ import annotations

from collections.abc import Callable

from nanover_jupyter.client.frames.mirror import FrameCursor, FrameMirror
from nanover_jupyter.client.listeners import Feed, Subscription, Unsubscribe, active
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["FrameCallback", "FrameFeed"]

FrameCallback = Callable[[Frame, frozenset[str]], object]


class _Subscription(Subscription[Frame, frozenset[str]]):
    __slots__ = ("cursor",)

    def __init__(self, callback: FrameCallback, owner: object, cursor: FrameCursor) -> None:
        super().__init__(callback, owner)
        self.cursor = cursor


class FrameFeed(Feed[_Subscription]):
    """Calls listeners with the current frame and what changed, on the thread `nanover-frames`.

    There is no queue: a listener that is slower than the frames gets the newest, with the keys
    that changed since its last call.

    Args:
        mirror: The current frame.
    """

    def __init__(self, mirror: FrameMirror) -> None:
        super().__init__("nanover-frames")
        self._mirror = mirror
        self._has_frame = False

    def subscribe(self, callback: FrameCallback, *, owner: object = None) -> Unsubscribe:
        """Call `callback(frame, changed)` with the current frame, if any, and all later ones.

        Args:
            callback: The callback.
            owner: An object to keep alive until the subscription ends.

        Returns:
            A function that ends the subscription. A finalizer may call it.
        """
        subscription = _Subscription(callback, owner, self._mirror.open_cursor())
        with self._wake:
            self._start()
            self._subscriptions = (*self._subscriptions, subscription)
        self.notify()
        return subscription.end

    def notify(self) -> None:
        """Deliver the current frame; returns at once."""
        if not self._subscriptions:
            return
        with self._wake:
            self._has_frame = True
            self._wake.notify()

    def _has_news(self) -> bool:
        return self._has_frame

    def _deliver_news(self) -> None:
        with self._wake:
            self._has_frame = False
            subscriptions = self._subscriptions
        for subscription in subscriptions:
            callback = subscription.callback
            taken = None if callback is None else self._mirror.take(subscription.cursor)
            if callback is not None and taken is not None:
                self._call(callback, *taken)
        if len(active(subscriptions)) < len(subscriptions):
            self._remove_ended()

    def _remove_ended(self) -> None:
        with self._wake:
            subscriptions = self._subscriptions
            self._subscriptions = active(subscriptions)
        for subscription in subscriptions:
            if subscription.callback is None:
                self._mirror.close_cursor(subscription.cursor)
