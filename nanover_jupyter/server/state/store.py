"""The shared state and its locks by NanoVer's rules, independent of any protocol.

Where NanoVer's code and its documentation differ, this follows the code.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.state.change_log import ChangeLog
from nanover_jupyter.server.state.claims import SERVER_KEY, ClaimTable, PublishedLocks
from nanover_jupyter.server.state.lock_table import LockTable, checked_durations, same_token
from nanover_jupyter.server.state.subscription import Subscription
from nanover_jupyter.wire.claims import LOCK_PREFIX
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value, check_key, copy_value, normalize

__all__ = ["SharedState"]


class SharedState:
    """A shared dictionary with locks on its keys. Thread-safe.

    One re-entrant lock guards the values, the key locks and the claims. It is held while a
    change is added to the log, so that all subscribers receive changes in the same order. Values
    are replaced, never modified.

    Args:
        clock: Returns monotonic seconds, by which locks expire.
        wall_clock: Returns seconds since 1970, for information.
        derive: Returns further updates that follow from the given ones, for keys that depend
            on others. Derived updates of locked keys are dropped.

    Attributes:
        log: The change log, to which subscriptions are made.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        derive: Callable[[Mapping[str, Value]], Mapping[str, Value]] = lambda _: {},
    ) -> None:
        self._clock = clock
        self._derive = derive
        self._guard = threading.RLock()
        self._values: dict[str, Value] = {}
        self._locks = LockTable(clock, wall_clock)
        self._claims = ClaimTable(clock)
        self._published = PublishedLocks(self._locks, clock)
        self.log = ChangeLog()
        self._frozen = False

    @property
    def frozen(self) -> bool:
        """Whether the state rejects all changes."""
        return self._frozen

    # the state ------------------------------------------------------------------

    def attempt_update(
        self, token: object, change: DictionaryChange, *, normalized: bool = False
    ) -> bool:
        """Apply all of a change and notify subscribers, or apply nothing.

        Subscribers also receive removals of absent keys and updates to an equal value. None
        is a value; gRPC clients receive it as a removal.

        Args:
            token: The access token. Locks under other tokens block the change.
            change: The updates, which are copied and normalized, and the removals.
            normalized: Whether the values are already normalized and not shared, such as
                values that a codec has just decoded. They are not copied then.

        Returns:
            False if a key is locked under another token or the state is frozen.

        Raises:
            InvalidValue: A value cannot be serialized; its path starts with the key.
        """
        if not normalized:
            change = _normalized_change(change)
        with self._guard:
            keys = (*change.updates, *change.removals)
            if self._frozen or self._locks.blocked(token, keys):
                return False
            self._add_derived(token, change)
            self._add_published_locks(token, change, keys)
            self._apply(change)
            return True

    def remove_unlocked(
        self, token: object, find: Callable[[Mapping[str, Value]], set[str]]
    ) -> None:
        """Remove keys except those that are locked under another token.

        Args:
            token: The access token.
            find: Returns the keys to remove from the current state, which it must not modify.
        """
        with self._guard:
            removals = find(self._values)
            removals.difference_update(self.blocked(token, removals))
            if removals:
                self.attempt_update(token, DictionaryChange(removals=removals))

    def _add_derived(self, token: object, change: DictionaryChange) -> None:
        derived = self._derive(change.updates)
        for key in derived.keys() - self.blocked(token, derived):
            change.updates[key] = derived[key]
            change.removals.discard(key)

    def _add_published_locks(
        self, token: object, change: DictionaryChange, keys: tuple[str, ...]
    ) -> None:
        """Record the claims in a change of `keys`, and add `lock.server` if that must change."""
        asked: tuple[str, ...] = ()
        is_due = self._published.expired
        # One search in C, as the keys of every update are searched.
        if LOCK_PREFIX in "\n".join(keys):
            asked = self._claims.record(token, change, self._locks.keys())
            asked = self._locks.blocked(token, asked)
            is_due = is_due or bool(asked) or SERVER_KEY in keys
        if is_due:
            self._published.add_to(change, asked)

    def _apply(self, change: DictionaryChange) -> None:
        self._values.update(change.updates)
        for key in change.removals:
            self._values.pop(key, None)
        if change:
            self.log.record(change)

    def copy(self) -> dict[str, Value]:
        """Return a deep copy of the current state."""
        with self._guard:
            values = dict(self._values)
        return {key: copy_value(value) for key, value in values.items()}

    @contextmanager
    def exclusive(self) -> Iterator[Mapping[str, Value]]:
        """Yield a snapshot while updates by other threads wait.

        The calling thread may still update the state, but the snapshot does not change. The
        values are shared with the state and read-only.
        """
        with self._guard:
            yield dict(self._values)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Open a subscription that begins with the full state, for a `with` block."""
        subscription = Subscription(self.log, self._clock)
        try:
            yield subscription
        finally:
            subscription.end()

    def freeze(self) -> None:
        """Reject all further updates and end all subscriptions, permanently."""
        with self._guard:
            self._frozen = True
            self.log.close()

    # the locks ------------------------------------------------------------------

    def attempt_update_locks(self, token: object, request: LockRequest) -> bool:
        """Acquire and release locks for `token`, all of them or none.

        Acquiring a lock again restarts its duration. Locks of zero or negative duration expire
        at once; those of infinite or NaN duration last until released. Keys need not exist.
        Releasing a lock that `token` does not own does nothing.

        Returns:
            False if `unavailable` returns a key to be acquired. No lock is changed then.

        Raises:
            InvalidValue: A duration is not a number. No lock is changed.
        """
        request = LockRequest(checked_durations(request.acquire), request.release)
        with self._guard:
            if self.unavailable(token, request.acquire):
                return False
            self._locks.update(token, request)
            self._update_published_locks()
            return True

    def blocked(self, token: object, keys: Iterable[str]) -> tuple[str, ...]:
        """Return those of `keys` that are locked under another token."""
        with self._guard:
            return self._locks.blocked(token, keys)

    def unavailable(self, token: object, keys: Collection[str]) -> tuple[str, ...]:
        """Return those of `keys` that `token` cannot lock, because others lock or claim them.

        Claims of others do not end a lock: `token` can acquire it again.
        """
        with self._guard:
            locked = self._locks.find(keys)
            others = (key for key, lock in locked.items() if not same_token(lock.token, token))
            claimed = self._claims.blocked(token, [key for key in keys if key not in locked])
            return (*others, *claimed)

    def clear_locks(self) -> None:
        """Release all locks of all tokens."""
        with self._guard:
            self._locks.clear()
            self._update_published_locks()

    def _update_published_locks(self) -> None:
        if self._published.outdated and not self._frozen:
            change = DictionaryChange()
            self._published.add_to(change)
            self._apply(change)


def _normalized_change(change: DictionaryChange) -> DictionaryChange:
    normalized = DictionaryChange(removals=map(check_key, change.removals))
    for key, value in change.updates.items():
        name = check_key(key)
        try:
            normalized.updates[name] = normalize(value)
        except InvalidValue as error:
            raise error.within(name) from None
    # A key that is both updated and removed is removed, as in the protocols.
    for key in normalized.removals:
        normalized.updates.pop(key, None)
    return normalized
