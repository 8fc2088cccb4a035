"""Callbacks that cannot hurt each other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVarTuple

__all__ = ["Listeners", "Unsubscribe"]

logger = logging.getLogger("nanover_jupyter.client")

Unsubscribe = Callable[[], None]
Arguments = TypeVarTuple("Arguments")


class Listeners(Generic[*Arguments]):
    """Callables that are told of one kind of event, on the thread that tells.

    A listener that raises is logged, and the others are still called.
    """

    def __init__(self) -> None:
        # Guards changes of _callbacks, which is replaced whole: who tells reads it as it is.
        self._lock = threading.Lock()
        self._callbacks: tuple[tuple[object, Callable[[*Arguments], object]], ...] = ()

    def subscribe(self, callback: Callable[[*Arguments], object]) -> Unsubscribe:
        """Call `callback` at each event from now on; returns what ends that."""
        ticket = object()
        with self._lock:
            self._callbacks = (*self._callbacks, (ticket, callback))

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks = tuple(
                    entry for entry in self._callbacks if entry[0] is not ticket
                )

        return unsubscribe

    def notify(self, *arguments: *Arguments) -> None:
        """Call every listener, in the order of their subscription."""
        for _, callback in self._callbacks:
            try:
                callback(*arguments)
            except Exception:
                logger.exception("! a listener failed: %r", callback)
