"""Keys that somebody wants to know about: free, ours, or someone else's, and since when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.errors import InvalidArgument

__all__ = ["WATCHED_AT_MOST", "LockWatch", "WatchedKey", "Whose"]

Whose = Literal["unknown", "free", "mine", "someone else's"]

WATCHED_AT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class WatchedKey:
    """A key, whose it was found to be when last looked at, and since when by our clock."""

    key: str
    whose: Whose
    since: float


class LockWatch:
    """Remembers what was found out about watched keys. Thread-safe.

    Listeners are called without arguments after a change, on the thread that brought it.

    Args:
        clock: The seconds that leases are counted in.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._keys: dict[str, WatchedKey] = {}
        self._is_looked_at = False
        self._changed: Listeners[()] = Listeners()

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after every change."""
        return self._changed.subscribe(callback)

    def add(self, keys: Iterable[str]) -> None:
        """Watch keys from now on.

        Raises:
            InvalidArgument: More than `WATCHED_AT_MOST` would be watched.
        """
        now = self._clock()
        with self._guard:
            wanted = self._keys | {
                key: WatchedKey(key, "unknown", now) for key in keys if key not in self._keys
            }
            if len(wanted) > WATCHED_AT_MOST:
                reason = f"at most {WATCHED_AT_MOST} keys can be watched; stop watching some first"
                raise InvalidArgument("keys", reason)
            self._keys = wanted
        self._changed.notify()

    def remove(self, keys: Iterable[str]) -> None:
        """Watch keys no longer."""
        with self._guard:
            for key in keys:
                self._keys.pop(key, None)
        self._changed.notify()

    def keys(self) -> list[str]:
        """The watched keys, in the order in which they came."""
        with self._guard:
            return list(self._keys)

    def begin_looking(self) -> bool:
        """Whether the caller is to look at the keys from now on, as nobody does yet."""
        with self._guard:
            begins = not self._is_looked_at
            self._is_looked_at = True
            return begins

    def keys_to_look_at(self) -> list[str]:
        """The watched keys, for who looks; none: there is nothing to look at any more."""
        with self._guard:
            self._is_looked_at = bool(self._keys)
            return list(self._keys)

    def watched(self) -> list[WatchedKey]:
        """What is known of the watched keys."""
        with self._guard:
            return list(self._keys.values())

    def found(self, looked_at: Iterable[str], mine: Collection[str], held: Collection[str]) -> None:
        """Somebody has looked: these are ours, those someone else's, and the rest are free."""
        now = self._clock()
        changed = False
        with self._guard:
            for key in looked_at:
                known = self._keys.get(key)
                whose: Whose = (
                    "mine" if key in mine else "someone else's" if key in held else "free"
                )
                if known is not None and known.whose != whose:
                    self._keys[key] = WatchedKey(key, whose, now)
                    changed = True
        if changed:
            self._changed.notify()

    def unknown(self) -> None:
        """Nobody can look at present."""
        now = self._clock()
        with self._guard:
            changed = any(known.whose != "unknown" for known in self._keys.values())
            for key, known in self._keys.items():
                if known.whose != "unknown":
                    self._keys[key] = WatchedKey(key, "unknown", now)
        if changed:
            self._changed.notify()
