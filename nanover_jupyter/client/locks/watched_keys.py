"""Watched keys: whether each is free, held by this client, or held by another one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.errors import InvalidArgument

__all__ = ["MAX_WATCHED", "KeyHolder", "WatchedKey", "WatchedKeys"]

KeyHolder = Literal["unknown", "free", "mine", "someone else's"]

MAX_WATCHED: Final = 50


@dataclass(frozen=True, slots=True)
class WatchedKey:
    """A key, who held it when last checked, and since when by the clock of leases."""

    key: str
    whose: KeyHolder
    since: float


class WatchedKeys:
    """The watched keys and what is known of them. Thread-safe.

    Listeners are called without arguments after a change, on the thread that changed it.

    Args:
        clock: Monotonic seconds, see `lease_clock`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._keys: dict[str, WatchedKey] = {}
        self._is_polling = False
        self._changed: Listeners[()] = Listeners()

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after every change."""
        return self._changed.subscribe(callback)

    def add(self, keys: Iterable[str]) -> None:
        """Add keys.

        Raises:
            InvalidArgument: More than `MAX_WATCHED` keys would be watched.
        """
        now = self._clock()
        with self._guard:
            wanted = self._keys | {
                key: WatchedKey(key, "unknown", now) for key in keys if key not in self._keys
            }
            if len(wanted) > MAX_WATCHED:
                reason = f"at most {MAX_WATCHED} keys can be watched; stop watching some first"
                raise InvalidArgument("keys", reason)
            self._keys = wanted
        self._changed.notify()

    def remove(self, keys: Iterable[str]) -> None:
        """Remove keys."""
        with self._guard:
            for key in keys:
                self._keys.pop(key, None)
        self._changed.notify()

    def keys(self) -> list[str]:
        """Return the watched keys in the order in which they were added."""
        with self._guard:
            return list(self._keys)

    def all(self) -> list[WatchedKey]:
        """Return what is known of each key."""
        with self._guard:
            return list(self._keys.values())

    def begin_polling(self) -> bool:
        """Return whether the caller has to start polling, which it must then do."""
        with self._guard:
            begins = not self._is_polling
            self._is_polling = True
            return begins

    def keys_to_poll(self) -> list[str]:
        """Return the keys to poll; if there are none, polling ends."""
        with self._guard:
            self._is_polling = bool(self._keys)
            return list(self._keys)

    def update(self, polled: Iterable[str], mine: Collection[str], held: Collection[str]) -> None:
        """Record the result of a poll: keys that are neither `mine` nor `held` are free."""
        now = self._clock()
        changed = False
        with self._guard:
            for key in polled:
                known = self._keys.get(key)
                whose: KeyHolder = (
                    "mine" if key in mine else "someone else's" if key in held else "free"
                )
                if known is not None and known.whose != whose:
                    self._keys[key] = WatchedKey(key, whose, now)
                    changed = True
        if changed:
            self._changed.notify()

    def set_unknown(self) -> None:
        """Record that the server cannot be asked."""
        now = self._clock()
        changed = False
        with self._guard:
            for key, known in self._keys.items():
                if known.whose != "unknown":
                    self._keys[key] = WatchedKey(key, "unknown", now)
                    changed = True
        if changed:
            self._changed.notify()
