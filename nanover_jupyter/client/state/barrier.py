"""Finds out that everything the server did before a moment has arrived here."""

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
    """Waits for marks in the stream of changes.

    A mark is the removal of a key that never was: it changes nothing, and servers
    broadcast it to every client, in order with the changes before it. Thread-safe.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._awaited: dict[str, Future[None]] = {}

    def mark(self) -> tuple[str, Future[None]]:
        """A key to remove, and what is done when its removal arrives, or nothing will."""
        key = f"{_PREFIX}{uuid.uuid4()}"
        arrival: Future[None] = Future()
        with self._guard:
            self._awaited[key] = arrival
        return key, arrival

    def forget(self, key: str) -> None:
        """Nobody waits for a mark any more."""
        with self._guard:
            self._awaited.pop(key, None)

    def passed(self, change: DictionaryChange) -> None:
        """A change has arrived and can be read."""
        if not self._awaited:  # a glance without the guard: this is called for every change
            return
        with self._guard:
            here = [self._awaited.pop(key) for key in self._awaited.keys() & change.removals]
        for arrival in here:
            arrival.set_result(None)

    def broken(self, reason: NanoverJupyterError) -> None:
        """The stream has ended; what has not arrived by now never will."""
        with self._guard:
            gone = list(self._awaited.values())
            self._awaited.clear()
        for arrival in gone:
            arrival.set_exception(reason)
