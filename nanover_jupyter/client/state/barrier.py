"""Waits until earlier changes of the server have been received."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import Future
from typing import Final

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["StateBarrier"]

_PREFIX: Final = "nanover-jupyter.marker."


class StateBarrier:
    """Waits for markers in the stream of changes. Thread-safe.

    A marker is the removal of a key that does not exist. It changes nothing, and servers
    send it to every client, in order with the changes before it.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._pending: dict[str, Future[None]] = {}

    def add_marker(self) -> tuple[str, Future[None]]:
        """Return a key to remove, and a future that is done when its removal is received."""
        key = f"{_PREFIX}{uuid.uuid4()}"
        arrival: Future[None] = Future()
        with self._guard:
            self._pending[key] = arrival
        return key, arrival

    def discard_marker(self, key: str) -> None:
        """Stop waiting for a marker."""
        with self._guard:
            self._pending.pop(key, None)

    def on_change(self, change: DictionaryChange) -> None:
        """Complete the markers in a change that was applied."""
        if not self._pending:  # without the guard, because this runs for every change
            return
        with self._guard:
            received = [self._pending.pop(key) for key in self._pending.keys() & change.removals]
        for arrival in received:
            arrival.set_result(None)

    def fail(self, reason: NanoverJupyterError) -> None:
        """Fail all markers because the stream has ended."""
        with self._guard:
            failed = list(self._pending.values())
            self._pending.clear()
        for arrival in failed:
            arrival.set_exception(reason)
