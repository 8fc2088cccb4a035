"""Delivers frames to listeners on one thread, merged for slow listeners."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from nanover_jupyter.client.frames.mirror import FrameCursor, FrameMirror
from nanover_jupyter.client.listeners import Subscription, Unsubscribe, active
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["FrameCallback", "FrameFeed"]

logger = logging.getLogger("nanover_jupyter.client")

FrameCallback = Callable[[Frame, frozenset[str]], object]

_JOIN_SECONDS: Final = 2.0


class _Subscription(Subscription[Frame, frozenset[str]]):
    __slots__ = ("cursor",)

    def __init__(self, callback: FrameCallback, owner: object, cursor: FrameCursor) -> None:
        super().__init__(callback, owner)
        self.cursor = cursor


class FrameFeed:
    """Calls listeners with the current frame and what changed, on the thread `nanover-frames`.

    There is no queue: a listener that is slower than the frames gets the newest, with the keys
    that changed since its last call. An exception of a listener is logged, and the others are
    still called. The thread starts with the first listener and ends with `close`.

    Args:
        mirror: The current frame.
    """

    def __init__(self, mirror: FrameMirror) -> None:
        self._mirror = mirror
        # Guards everything below.
        self._wake = threading.Condition()
        # Replaced, never modified: a finalizer may end a subscription during an iteration.
        self._subscriptions: tuple[_Subscription, ...] = ()
        self._has_news = False
        self._closed = False
        self._thread = Daemon("nanover-frames", self._run)

    @property
    def count(self) -> int:
        """The number of active listeners."""
        return len(active(self._subscriptions))

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
            if not self._closed:
                self._thread.start()
            self._subscriptions = (*self._subscriptions, subscription)
            self._has_news = True
            self._wake.notify()
        return subscription.end

    def notify(self) -> None:
        """Deliver the current frame; returns at once."""
        if not self._subscriptions:
            return
        with self._wake:
            self._has_news = True
            self._wake.notify()

    def close(self) -> None:
        """End all subscriptions and the thread. Idempotent."""
        with self._wake:
            self._closed = True
            self._subscriptions = ()
            self._wake.notify()
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while self._wait_for_news():
            # In a method of its own, so that no local variable is kept alive while waiting.
            self._deliver_all()

    def _wait_for_news(self) -> bool:
        """Wait for a frame; returns False if the feed was closed."""
        with self._wake:
            while not self._closed and not self._has_news:
                self._wake.wait()
            self._has_news = False
            return not self._closed

    def _deliver_all(self) -> None:
        subscriptions = self._subscriptions
        for subscription in subscriptions:
            callback = subscription.callback
            taken = None if callback is None else self._mirror.take(subscription.cursor)
            if callback is not None and taken is not None:
                self._deliver(callback, *taken)
        if len(active(subscriptions)) < len(subscriptions):
            self._remove_ended()

    def _remove_ended(self) -> None:
        with self._wake:
            subscriptions = self._subscriptions
            self._subscriptions = active(subscriptions)
        for subscription in subscriptions:
            if subscription.callback is None:
                self._mirror.close_cursor(subscription.cursor)

    @staticmethod
    def _deliver(callback: FrameCallback, frame: Frame, changed: frozenset[str]) -> None:
        try:
            callback(frame, changed)
        except BaseException:  # also `sys.exit()`, which would end the thread for all listeners
            logger.exception("! a listener for frames failed: %r", callback)
