"""Lists of callbacks that are isolated from each other's errors."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, TypeVarTuple
from weakref import WeakMethod

__all__ = ["Listeners", "Subscription", "Unsubscribe", "WeakCallback", "active"]

logger = logging.getLogger("nanover_jupyter.client")

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
