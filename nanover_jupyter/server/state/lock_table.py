"""The locks on keys of the shared state, by NanoVer's rules."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, KeysView, Mapping
from typing import NamedTuple

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.messages import LockRequest
from nanover_jupyter.wire.values import check_key

__all__ = ["Lock", "LockTable", "checked_durations", "same_token"]


class Lock(NamedTuple):
    """A lock on one key.

    Attributes:
        token: The owner, any object.
        expires: When it expires, in monotonic seconds; infinite or NaN if it does not.
        since: When the owner acquired it, in seconds since 1970. Acquiring it again before it
            expires does not change this.
    """

    token: object
    expires: float
    since: float


class LockTable:
    """The locks by key. Not thread-safe: the shared state guards it.

    Args:
        clock: Returns monotonic seconds, by which locks expire.
        wall_clock: Returns seconds since 1970, for information.
    """

    def __init__(self, clock: Callable[[], float], wall_clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wall_clock = wall_clock
        self._locks: dict[str, Lock] = {}
        self._cleanup_threshold = 64

    def __len__(self) -> int:
        """Return the number of locks, including expired ones that are not dropped yet."""
        return len(self._locks)

    def keys(self) -> KeysView[str]:
        """Return the keys with locks, including expired ones that are not dropped yet."""
        return self._locks.keys()

    def find(self, keys: Iterable[str]) -> dict[str, Lock]:
        """Return those of `keys` that are locked, with their locks."""
        if not self._locks:
            return {}
        now, lock_of = self._clock(), self._locks.get
        return {
            key: lock
            for key in keys
            # This comparison never expires a lock whose end is NaN.
            if (lock := lock_of(key)) is not None and not lock.expires <= now
        }

    def blocked(self, token: object, keys: Iterable[str]) -> tuple[str, ...]:
        """Return those of `keys` that are locked under another token."""
        locks = self.find(keys)
        if not locks:
            return ()
        return tuple(key for key, lock in locks.items() if not same_token(lock.token, token))

    def update(self, token: object, request: LockRequest) -> None:
        """Release and acquire locks. None of them may be locked under another token."""
        now = self._clock()
        for key, lock in self.find(request.release).items():
            if same_token(lock.token, token):
                del self._locks[key]
        held = self.find(request.acquire)
        since = self._wall_clock()
        for key, seconds in request.acquire.items():
            old = held.get(key)
            self._locks[key] = Lock(token, now + seconds, since if old is None else old.since)
        # Drop expired locks when the table has doubled, which is a constant cost per lock.
        if len(self._locks) > self._cleanup_threshold:
            self._locks = self.find(self._locks)
            self._cleanup_threshold = 2 * len(self._locks) + 64

    def clear(self) -> None:
        """Release all locks of all tokens."""
        self._locks.clear()


def same_token(token: object, other: object) -> bool:
    """Return whether two access tokens are identical or equal."""
    # Unlike `==`, tuples compare their items by identity first.
    return (token,) == (other,)


def checked_durations(durations: Mapping[str, object]) -> dict[str, float]:
    """Return the durations to acquire locks for, in seconds by key.

    Raises:
        InvalidValue: A key is not a string, or a duration is not a number.
    """
    return {check_key(key): _seconds(key, each) for key, each in durations.items()}


def _seconds(key: str, duration: object) -> float:
    if isinstance(duration, numbers.Real):
        return float(duration)
    raise InvalidValue((key,), f"the lock duration must be a number of seconds, not {duration!r}")
