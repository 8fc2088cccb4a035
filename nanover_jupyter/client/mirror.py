"""The client's copy of the shared state."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["MirrorHealth", "StateMirror"]

_RATE_WINDOW = 3.0


@dataclass(frozen=True, slots=True)
class MirrorHealth:
    """How live the copy is: keys, seconds since the last update, updates per second."""

    keys: int
    age: float | None
    rate: float


class StateMirror:
    """A thread-safe copy of the shared state, written by one reader thread.

    Values are replaced whole and never altered in place, so readers may keep what
    they got. One reentrant lock guards everything; `lock` holds it on purpose.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._state: dict[str, Value] = {}
        # Times of recent updates, for the rate; bounded, as 1 000 a second do occur.
        self._recent: deque[float] = deque(maxlen=4096)
        self._last: float | None = None

    def apply(self, change: DictionaryChange) -> None:
        """Take over a change from the server."""
        with self._lock:
            self._state.update(change.updates)
            for key in change.removals:
                self._state.pop(key, None)
            self._stamp()

    def replace(self, state: dict[str, Value]) -> DictionaryChange:
        """Take over a whole state; returns what differs from the old one."""
        with self._lock:
            old, self._state = self._state, dict(state)
            self._stamp()
        absent = object()
        updates = {key: value for key, value in state.items() if old.get(key, absent) != value}
        return DictionaryChange(updates, old.keys() - state.keys())

    def copy(self) -> dict[str, Value]:
        """A deep copy of the state."""
        return {key: copy_value(value) for key, value in self.snapshot().items()}

    def snapshot(self) -> dict[str, Value]:
        """A shallow copy of the state: a dict of one's own, with shared values."""
        with self._lock:
            return dict(self._state)

    def get(self, key: str, default: Value = None) -> Value:
        """The value of a key; shared, not to be altered."""
        with self._lock:
            return self._state.get(key, default)

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._state

    def __len__(self) -> int:
        return len(self._state)

    @contextmanager
    def lock(self) -> Iterator[dict[str, Value]]:
        """The state as it is now; updates wait until the block ends."""
        with self._lock:
            yield dict(self._state)

    def health(self) -> MirrorHealth:
        """How many keys, how old, how fast."""
        with self._lock:
            now = self._clock()
            since = now - _RATE_WINDOW
            count = sum(1 for stamp in self._recent if stamp > since)
            age = None if self._last is None else now - self._last
            return MirrorHealth(len(self._state), age, count / _RATE_WINDOW)

    def _stamp(self) -> None:
        self._last = self._clock()
        self._recent.append(self._last)
