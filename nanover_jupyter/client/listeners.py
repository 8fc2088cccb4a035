"""Callbacks that cannot hurt each other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVarTuple
from weakref import WeakMethod

__all__ = ["Listeners", "Unsubscribe", "WeakCallback"]

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


class Listeners(Generic[*Arguments]):
    """Callables that are told of one kind of event, on the thread that tells.

    A listener that raises is logged, and the others are still called.
    """

    def __init__(self) -> None:
        # Guards changes of _callbacks, which is replaced whole: who tells reads it as it is.
        self._lock = threading.Lock()
        self._callbacks: tuple[_Entry[*Arguments], ...] = ()

    def subscribe(
        self, callback: Callable[[*Arguments], object], *, owner: object = None
    ) -> Unsubscribe:
        """Call `callback` at each event from now on; returns what ends that.

        Args:
            callback: What to call.
            owner: An object to keep alive until then.
        """
        entry = _Entry(callback, owner)
        with self._lock:
            self._callbacks = (*self._callbacks, entry)

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks = tuple(other for other in self._callbacks if other is not entry)
            entry.owner = None

        return unsubscribe

    def clear(self) -> None:
        """End all subscriptions."""
        with self._lock:
            self._callbacks = ()

    def notify(self, *arguments: *Arguments) -> None:
        """Call every listener, in the order of their subscription."""
        for entry in self._callbacks:
            try:
                entry.callback(*arguments)
            except Exception:
                logger.exception("! a listener failed: %r", entry.callback)


class _Entry(Generic[*Arguments]):
    """One subscription."""

    __slots__ = ("callback", "owner")

    def __init__(self, callback: Callable[[*Arguments], object], owner: object) -> None:
        self.callback = callback
        self.owner = owner
