"""The client's copy of the shared state."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import overload

from nanover_jupyter.wire.lazy import LazyValue, MaybeLazy, copy_all, read, read_all
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Absent, Value, same_value

__all__ = ["MirrorHealth", "StateMirror"]

_RATE_WINDOW = 3.0


@dataclass(frozen=True, slots=True)
class MirrorHealth:
    """The number of keys, seconds since the last update, and updates per second."""

    keys: int
    age: float | None
    rate: float


class StateMirror:
    """A thread-safe copy of the shared state, written by one reader thread.

    Values are replaced, never modified, so readers may keep them. A value is decoded when it
    is first read. One reentrant lock guards everything; `lock` holds it for the caller.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        # The parsed part of the state; later changes wait in `_pending`. Until the state is
        # read, an update replaces earlier ones of the same keys, which are never parsed.
        self._state: dict[str, MaybeLazy] = {}
        self._pending = DictionaryChange()
        # Times of recent updates, for the rate. Bounded: servers may send 1 000 a second.
        self._recent: deque[float] = deque(maxlen=4096)
        self._last: float | None = None

    def apply(self, change: DictionaryChange) -> None:
        """Apply a change from the server."""
        with self._lock:
            self._pending.merge(change)
            if self._pending.is_parsed:
                self._apply_pending_locked()
            self._record_update()

    def replace(self, state: Mapping[str, MaybeLazy]) -> DictionaryChange:
        """Replace the full state; returns the difference from the old one."""
        with self._lock:
            self._apply_pending_locked()
            old, self._state = self._state, dict(state)
            self._record_update()
        updates = {
            key: value
            for key, value in state.items()
            if key not in old or not _equal(old[key], value)
        }
        return DictionaryChange.adopt(updates, old.keys() - state.keys(), lazy=True)

    def copy(self) -> dict[str, Value]:
        """Return a deep copy of the state. Does not decode values in the mirror itself."""
        with self._lock:
            state = dict(self._apply_pending_locked())
        return copy_all(state)

    def snapshot(self) -> dict[str, Value]:
        """Return a shallow copy of the state. Its values are shared."""
        return read_all(self.received())

    def received(self) -> dict[str, MaybeLazy]:
        """Return a shallow copy of the state without decoding: values may be `LazyValue`."""
        with self._lock:
            return dict(self._apply_pending_locked())

    @overload
    def get(self, key: str, default: Value = None) -> Value: ...

    @overload
    def get(self, key: str, default: Absent) -> Value | Absent: ...

    def get(self, key: str, default: Value | Absent = None) -> Value | Absent:
        """Return the value of a key. The value is shared, do not modify it."""
        with self._lock:
            state = self._apply_pending_locked()
            if key not in state:
                return default
            value = state[key]
        return read(value)

    def keys(self) -> list[str]:
        """Return all keys, without decoding any value."""
        with self._lock:
            return list(self._apply_pending_locked())

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._apply_pending_locked()

    def __len__(self) -> int:
        with self._lock:
            return len(self._apply_pending_locked())

    @contextmanager
    def lock(self) -> Iterator[dict[str, Value]]:
        """Provide the current state; updates wait until the block ends."""
        with self._lock:
            yield read_all(self._apply_pending_locked())

    def health(self) -> MirrorHealth:
        """Return the size, age and update rate of the copy."""
        with self._lock:
            now = self._clock()
            since = now - _RATE_WINDOW
            count = sum(1 for stamp in self._recent if stamp > since)
            age = None if self._last is None else now - self._last
            return MirrorHealth(len(self._apply_pending_locked()), age, count / _RATE_WINDOW)

    def _apply_pending_locked(self) -> dict[str, MaybeLazy]:
        """Apply pending changes and return the state."""
        if self._pending:
            pending, self._pending = self._pending, DictionaryChange()
            self._state.update(pending.lazy_updates)
            for key in pending.removals:
                self._state.pop(key, None)
        return self._state

    def _record_update(self) -> None:
        self._last = self._clock()
        self._recent.append(self._last)


def _equal(old: MaybeLazy, new: MaybeLazy) -> bool:
    if isinstance(old, LazyValue) and isinstance(new, LazyValue) and old.has_same_bytes(new):
        return True
    return same_value(read(old), read(new))
