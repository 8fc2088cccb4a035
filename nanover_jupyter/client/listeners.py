"""Lists of callbacks that are isolated from each other's errors."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar, TypeVarTuple
from weakref import WeakMethod

from nanover_jupyter.transport.threads import Daemon

__all__ = ["Feed", "Listeners", "Subscription", "Unsubscribe", "WeakCallback", "active"]

logger = logging.getLogger("nanover_jupyter.client")

_JOIN_SECONDS: Final = 2.0

Unsubscribe = Callable[[], None]
Arguments = TypeVarTuple("Arguments")


class WeakCallback(Generic[*Arguments]):
    """Calls a method while its object exists, without keeping the object alive.

    For subscriptions of the client's own parts, which must not keep the client alive.

    Args:
        method: A bound method.
    """

    def __init__(self, method: Callable[[*Arguments], object]) -> None:
        self._method = WeakMethod(method)

    def __call__(self, *arguments: *Arguments) -> None:
        """Call the method, if its object still exists."""
        method = self._method()
        if method is not None:
            method(*arguments)


class Subscription(Generic[*Arguments]):
    """A subscribed callback.

    Attributes:
        callback: The callback; None if the subscription has ended.
        owner: An object to keep alive until then.
    """

    __slots__ = ("callback", "owner")

    def __init__(self, callback: Callable[[*Arguments], object], owner: object) -> None:
        self.callback: Callable[[*Arguments], object] | None = callback
        self.owner = owner

    def end(self) -> None:
        """End the subscription. Idempotent.

        Takes no lock, because a finalizer may call it during any operation of its thread,
        also while that thread changes or iterates over the same list. Ended subscriptions
        are removed from the list later.
        """
        self.callback = None
        self.owner = None


Subscribed = TypeVar("Subscribed", bound=Subscription[*tuple[Any, ...]])


def active(subscriptions: tuple[Subscribed, ...]) -> tuple[Subscribed, ...]:
    """Return the subscriptions that have not ended."""
    return tuple(each for each in subscriptions if each.callback is not None)


class Listeners(Generic[*Arguments]):
    """Callbacks for one kind of event, called on the thread that calls `notify`.

    An exception of a callback is logged, and the others are still called.
    """

    def __init__(self) -> None:
        # Guards replacing the tuple; `notify` iterates over it without the lock.
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription[*Arguments], ...] = ()

    @property
    def count(self) -> int:
        """The number of active subscriptions."""
        return len(active(self._subscriptions))

    def subscribe(
        self, callback: Callable[[*Arguments], object], *, owner: object = None
    ) -> Unsubscribe:
        """Call `callback` at each event.

        Args:
            callback: The callback.
            owner: An object to keep alive until the subscription ends.

        Returns:
            A function that ends the subscription. A finalizer may call it.
        """
        subscription = Subscription(callback, owner)
        self._replace(subscription)
        return subscription.end

    def clear(self) -> None:
        """End all subscriptions."""
        with self._lock:
            self._subscriptions = ()

    def notify(self, *arguments: *Arguments) -> None:
        """Call every callback, in the order of subscription."""
        has_ended = False
        for subscription in self._subscriptions:
            callback = subscription.callback
            if callback is None:
                has_ended = True
                continue
            try:
                callback(*arguments)
            except Exception:
                logger.exception("! a listener failed: %r", callback)
        if has_ended:
            self._replace()

    def _replace(self, *added: Subscription[*Arguments]) -> None:
        """Add subscriptions and remove ended ones."""
        with self._lock:
            self._subscriptions = (*active(self._subscriptions), *added)


class Feed(Generic[Subscribed]):
    """Delivers news to subscribers on one thread, which merges them for slow subscribers.

    An exception of a subscriber is logged, and the others are still called. The thread starts
    with the first subscriber and ends with `close`. Subclasses define what is delivered:
    `_has_news`, which is called with the lock, and `_deliver_news`.

    Args:
        thread: The name of the thread.
    """

    def __init__(self, thread: str) -> None:
        # Guards everything below, including what subclasses add.
        self._wake = threading.Condition()
        # Replaced, never modified: a finalizer may end a subscription during an iteration.
        self._subscriptions: tuple[Subscribed, ...] = ()
        self._closed = False
        self._thread = Daemon(thread, self._run)

    @property
    def count(self) -> int:
        """The number of active subscriptions."""
        return len(active(self._subscriptions))

    def close(self) -> None:
        """End all subscriptions and the thread. Idempotent."""
        with self._wake:
            self._closed = True
            self._subscriptions = ()
            self._wake.notify()
        self._thread.join(_JOIN_SECONDS)

    def _start(self) -> None:
        """Start the thread, unless the feed was closed. Call with the lock."""
        if not self._closed:
            self._thread.start()

    def _has_news(self) -> bool:
        raise NotImplementedError

    def _deliver_news(self) -> None:
        raise NotImplementedError

    def _run(self) -> None:
        while self._wait_for_news():
            # In a method of its own, so that no local variable is kept alive while waiting.
            self._deliver_news()

    def _wait_for_news(self) -> bool:
        """Wait for news; returns False if the feed was closed."""
        with self._wake:
            while not self._closed and not self._has_news():
                self._wake.wait()
            return not self._closed

    @staticmethod
    def _call(callback: Callable[..., object], *arguments: object) -> None:
        try:
            callback(*arguments)
        except BaseException:  # also `sys.exit()`, which would end the thread for all
            logger.exception("! a subscriber failed: %r", callback)
