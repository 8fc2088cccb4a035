"""The shared state and its locks by NanoVer's rules, for any thread; knows no wire.

Where NanoVer's code and its documentation differ, this follows the code.
"""

from __future__ import annotations

import numbers
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.state.change_log import ChangeLog
from nanover_jupyter.server.state.subscription import Subscription
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value, check_key, copy_value, normalize

__all__ = ["SharedState"]


class _Lock(NamedTuple):
    token: object
    ends: float


class SharedState:
    """A dictionary that many change at once, with locks on keys.

    All methods may be called from any thread. One re-entrant lock guards the values
    and the locks. It is held while a change is added to the log, so all subscribers
    receive changes in one order. Values in it are never changed, only replaced.

    Args:
        clock: Monotonic seconds; locks end by it.
        linked: Returns what is set together with the given updates, for keys that
            depend on others. Of those, keys that are locked stay as they are.

    Attributes:
        log: The changes, for those who send them to subscribers.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        linked: Callable[[Mapping[str, Value]], Mapping[str, Value]] = lambda _: {},
    ) -> None:
        self._clock = clock
        self._linked = linked
        self._guard = threading.RLock()
        self._values: dict[str, Value] = {}
        self._locks: dict[str, _Lock] = {}
        self._sweep_above = 64
        self.log = ChangeLog()
        self._frozen = False

    @property
    def frozen(self) -> bool:
        """Whether the state refuses every change from now on."""
        return self._frozen

    # the state ------------------------------------------------------------------

    def attempt_update(
        self, token: object, change: DictionaryChange, *, plain: bool = False
    ) -> bool:
        """Apply a change whole and tell every subscriber, or do nothing at all.

        Absent keys may be removed and values set to what they are: subscribers hear
        of both. None is a value; on the gRPC wire it reads as a removal.

        Args:
            token: Who asks; locks under any other token stand in the way.
            change: The new values, copied and made plain here, and the keys to remove.
            plain: The values are plain already and no one else holds them, so
                they need no copy. For what a codec has just decoded.

        Returns:
            False when a key is locked under another token or the state is frozen.

        Raises:
            InvalidValue: A value no wire could carry; its path starts with the key.
        """
        if not plain:
            change = _made_plain(change)
        with self._guard:
            if self._frozen or self.blocked(token, (*change.updates, *change.removals)):
                return False
            self._add_linked(token, change)
            self._values.update(change.updates)
            for key in change.removals:
                self._values.pop(key, None)
            if change:
                self.log.record(change)
            return True

    def _add_linked(self, token: object, change: DictionaryChange) -> None:
        linked = self._linked(change.updates)
        for key in linked.keys() - self.blocked(token, linked):
            change.updates[key] = linked[key]
            change.removals.discard(key)

    def copy(self) -> dict[str, Value]:
        """The state as it is now; a deep copy."""
        with self._guard:
            values = dict(self._values)
        return {key: copy_value(value) for key, value in values.items()}

    @contextmanager
    def held(self) -> Iterator[Mapping[str, Value]]:
        """The state, while every other thread's updates and subscriptions wait.

        The thread that holds the state may still update it; the mapping does not
        follow. The values are the state's own: read them, never change them.
        """
        with self._guard:
            yield dict(self._values)

    @contextmanager
    def subscribed(self) -> Iterator[Subscription]:
        """A subscription that begins with the whole state and misses nothing after it."""
        subscription = Subscription(self.log, self._clock)
        try:
            yield subscription
        finally:
            subscription.end()

    def freeze(self) -> None:
        """Refuse all further updates and end every subscription. Cannot be undone."""
        with self._guard:
            self._frozen = True
            self.log.close()

    # the locks ------------------------------------------------------------------

    def attempt_update_locks(self, token: object, request: LockRequest) -> bool:
        """Lock and release keys for `token`, all of them or none.

        A lock lasts from now on; taking one's own lock again starts it anew. Zero
        and negative seconds are granted and over at once, infinity and NaN last
        until released. Keys need not exist. Giving back what one does not hold
        does nothing.

        Returns:
            False when another token holds a key to be locked; then no key was
            locked, and none released either.

        Raises:
            InvalidValue: A duration that is no number; nothing was done.
        """
        durations = {check_key(key): _seconds(key, given) for key, given in request.acquire.items()}
        with self._guard:
            if self.blocked(token, durations):
                return False
            now = self._clock()
            for key in request.release:
                if self._holder(key, now) == (token,):
                    del self._locks[key]
            for key, seconds in durations.items():
                self._locks[key] = _Lock(token, now + seconds)
            self._sweep(now)
            return True

    def blocked(self, token: object, keys: Iterable[str]) -> tuple[str, ...]:
        """Those of `keys` that are locked under another token now."""
        with self._guard:
            if not self._locks:
                return ()
            now = self._clock()
            return tuple(key for key in keys if self._holder(key, now) not in ((), (token,)))

    def clear_locks(self) -> None:
        """Release every lock of everyone."""
        with self._guard:
            self._locks.clear()

    def _holder(self, key: str, now: float) -> tuple[object, ...]:
        # A tuple, because any object may be a token, None too.
        lock = self._locks.get(key)
        # Written so that a lock that ends at NaN is never over.
        return () if lock is None or lock.ends <= now else (lock.token,)

    def _sweep(self, now: float) -> None:
        # Locks end by being looked at, and many are never looked at again. Sweeping
        # each time the table has doubled keeps it small at constant cost per lock.
        if len(self._locks) > self._sweep_above:
            self._locks = {key: lock for key, lock in self._locks.items() if not lock.ends <= now}
            self._sweep_above = 2 * len(self._locks) + 64


def _seconds(key: str, given: object) -> float:
    if isinstance(given, numbers.Real):
        return float(given)
    raise InvalidValue((key,), f"a lock lasts a number of seconds, not {given!r}")


def _made_plain(change: DictionaryChange) -> DictionaryChange:
    plain = DictionaryChange(removals=map(check_key, change.removals))
    for key, value in change.updates.items():
        name = check_key(key)
        try:
            plain.updates[name] = normalize(value)
        except InvalidValue as error:
            raise error.within(name) from None
    # What is both set and removed is removed: the wire says it so too.
    for key in plain.removals:
        plain.updates.pop(key, None)
    return plain
