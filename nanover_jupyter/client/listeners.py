"""Callbacks that cannot hurt each other."""

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
    """Calls a method for as long as its object exists, and does not keep the object.

    For what a client itself has subscribed, which must not keep the client alive.

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
    """One callback, until its subscription ends.

    Attributes:
        callback: What to call; None once the subscription has ended.
        owner: An object to keep alive until then.
    """

    __slots__ = ("callback", "owner")

    def __init__(self, callback: Callable[[*Arguments], object], owner: object) -> None:
        self.callback: Callable[[*Arguments], object] | None = callback
        self.owner = owner

    def end(self) -> None:
        """Make no more calls. Idempotent.

        Takes no lock: a finalizer may call it in the middle of any operation of its thread,
        also while that adds a subscription to the same list or goes through it. Whoever
        keeps the subscriptions removes those that have ended at the next occasion.
        """
        self.callback = None
        self.owner = None


Subscribed = TypeVar("Subscribed", bound=Subscription[*tuple[Any, ...]])


def active(subscriptions: tuple[Subscribed, ...]) -> tuple[Subscribed, ...]:
    """Return those subscriptions that have not ended."""
    return tuple(each for each in subscriptions if each.callback is not None)


class Listeners(Generic[*Arguments]):
    """Callables that are told of one kind of event, on the thread that tells.

    A listener that raises is logged, and the others are still called.
    """

    def __init__(self) -> None:
        # Guards changes of _subscriptions, which is replaced and never altered: `notify`
        # iterates over it without the lock.
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription[*Arguments], ...] = ()

    @property
    def count(self) -> int:
        """How many subscriptions have not ended."""
        return len(active(self._subscriptions))

    def subscribe(
        self, callback: Callable[[*Arguments], object], *, owner: object = None
    ) -> Unsubscribe:
        """Call `callback` at each event from now on.

        Args:
            callback: What to call.
            owner: An object to keep alive until then.

        Returns:
            What ends the subscription. A finalizer may call it.
        """
        subscription = Subscription(callback, owner)
        self._replace(subscription)
        return subscription.end

    def clear(self) -> None:
        """End all subscriptions."""
        with self._lock:
            self._subscriptions = ()

    def notify(self, *arguments: *Arguments) -> None:
        """Call every listener, in the order of their subscription."""
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
        """Add subscriptions, and remove those that have ended."""
        with self._lock:
            self._subscriptions = (*active(self._subscriptions), *added)
