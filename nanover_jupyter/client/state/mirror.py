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
    """How live the copy is: keys, seconds since the last update, updates per second."""

    keys: int
    age: float | None
    rate: float


class StateMirror:
    """A thread-safe copy of the shared state, written by one reader thread.

    Values are replaced whole and never altered in place, so readers may keep what
    they got. A value stays in the bytes it came in until somebody asks for it. One
    reentrant lock guards everything; `lock` holds it on purpose.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        # The parsed part of the state; later changes wait in `_news`. Until somebody reads,
        # an update replaces earlier ones of the same keys, which are then never parsed.
        self._state: dict[str, MaybeLazy] = {}
        self._news = DictionaryChange()
        # Times of recent updates, for the rate; bounded, as 1 000 a second do occur.
        self._recent: deque[float] = deque(maxlen=4096)
        self._last: float | None = None

    def apply(self, change: DictionaryChange) -> None:
        """Take over a change from the server."""
        with self._lock:
            self._news.merge(change)
            if self._news.is_parsed:
                self._settle_locked()
            self._stamp()

    def replace(self, state: Mapping[str, MaybeLazy]) -> DictionaryChange:
        """Take over a whole state; returns what differs from the old one."""
        with self._lock:
            self._settle_locked()
            old, self._state = self._state, dict(state)
            self._stamp()
        updates = {
            key: value
            for key, value in state.items()
            if key not in old or not _equal(old[key], value)
        }
        return DictionaryChange.adopt(updates, old.keys() - state.keys(), lazy=True)

    def copy(self) -> dict[str, Value]:
        """A deep copy of the state. Values not read yet stay so: the copy is read apart."""
        with self._lock:
            state = dict(self._settle_locked())
        return copy_all(state)

    def snapshot(self) -> dict[str, Value]:
        """A shallow copy of the state: a dict of one's own, with shared values."""
        return read_all(self.received())

    def received(self) -> dict[str, MaybeLazy]:
        """The same without reading a value: some may be `LazyValue`."""
        with self._lock:
            return dict(self._settle_locked())

    @overload
    def get(self, key: str, default: Value = None) -> Value: ...

    @overload
    def get(self, key: str, default: Absent) -> Value | Absent: ...

    def get(self, key: str, default: Value | Absent = None) -> Value | Absent:
        """The value of a key; shared, not to be altered."""
        with self._lock:
            state = self._settle_locked()
            if key not in state:
                return default
            value = state[key]
        return read(value)

    def keys(self) -> list[str]:
        """All keys, without looking at any value."""
        with self._lock:
            return list(self._settle_locked())

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._settle_locked()

    def __len__(self) -> int:
        with self._lock:
            return len(self._settle_locked())

    @contextmanager
    def lock(self) -> Iterator[dict[str, Value]]:
        """The state as it is now; updates wait until the block ends."""
        with self._lock:
            yield read_all(self._settle_locked())

    def health(self) -> MirrorHealth:
        """How many keys, how old, how fast."""
        with self._lock:
            now = self._clock()
            since = now - _RATE_WINDOW
            count = sum(1 for stamp in self._recent if stamp > since)
            age = None if self._last is None else now - self._last
            return MirrorHealth(len(self._settle_locked()), age, count / _RATE_WINDOW)

    def _settle_locked(self) -> dict[str, MaybeLazy]:
        """The state with all that came."""
        if self._news:
            news, self._news = self._news, DictionaryChange()
            self._state.update(news.lazy_updates)
            for key in news.removals:
                self._state.pop(key, None)
        return self._state

    def _stamp(self) -> None:
        self._last = self._clock()
        self._recent.append(self._last)


def _equal(old: MaybeLazy, new: MaybeLazy) -> bool:
    if isinstance(old, LazyValue) and isinstance(new, LazyValue) and old.says_the_same(new):
        return True
    return same_value(read(old), read(new))
