"""The book of locks that this client holds, asked for, or lost."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from nanover_jupyter.client.listeners import Listeners, Unsubscribe

__all__ = ["Lease", "LeaseBook", "LeaseState"]

LeaseState = Literal["pending", "held", "expiring", "refused", "lost", "released"]

_ENDED: frozenset[LeaseState] = frozenset({"refused", "lost", "released"})
_KEPT_ENDED = 50


@dataclass(frozen=True, slots=True)
class Lease:
    """One lock of ours on one key, as we know it; servers do not tell.

    Attributes:
        key: The state key.
        state: `expiring` is held with less than a quarter (at most 3 s) left.
        seconds: The duration last asked for.
        asked_at: When the last granted request was begun; time left counts from here.
        held_since: When the key became ours without a gap that we know of.
        ended_at: When it was refused, lost or released.
        note: What happened last, for people.
    """

    key: str
    state: LeaseState
    seconds: float
    asked_at: float
    held_since: float
    ended_at: float | None = None
    note: str = ""

    def left(self, now: float) -> float | None:
        """Seconds left of a lease that is held; None once it ended, inf if it never does."""
        if self.state in _ENDED or self.state == "pending":
            return None
        return max(0.0, self.asked_at + self.seconds - now)


@dataclass(slots=True)
class LeaseBook:
    """Records requests for locks and their outcome. Thread-safe; one lock guards it.

    Time is counted from before a request was sent, so the book never believes in a
    lock longer than the server does. Listeners are called without arguments after
    the book changed, on the thread that changed it.

    Args:
        clock: Monotonic seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _leases: dict[str, Lease] = field(default_factory=dict)
    _changed: Listeners[()] = field(default_factory=Listeners[()])

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after every change of the book."""
        return self._changed.subscribe(callback)

    def pending(self, keys: Iterable[str], seconds: float) -> None:
        """A request for `keys` is on its way. Keys already held stay as they are."""
        now = self.clock()
        with self._lock:
            for key in keys:
                known = self._aged(self._leases.get(key))
                if known is None or known.state in _ENDED:
                    self._put(Lease(key, "pending", seconds, now, now))
        self._changed.notify()

    def withdrawn(self, keys: Iterable[str]) -> None:
        """A request was never sent."""
        with self._lock:
            for key in keys:
                known = self._leases.get(key)
                if known is not None and known.state == "pending":
                    del self._leases[key]
        self._changed.notify()

    def granted(self, durations: Mapping[str, float], asked_at: float) -> None:
        """The server granted locks that were asked for at `asked_at`."""
        with self._lock:
            for key, seconds in durations.items():
                known = self._aged(self._leases.get(key))
                ours = known is not None and known.state in ("held", "expiring")
                since = known.held_since if ours and known is not None else asked_at
                self._put(Lease(key, "held", float(seconds), asked_at, since))
        self._changed.notify()

    def refused(self, keys: Iterable[str], seconds: float) -> None:
        """The server refused a request. What we held before, we still hold."""
        wanted = list(keys)
        now = self.clock()
        alone = "someone else holds it"
        several = "someone else holds it or another of the keys asked for with it"
        with self._lock:
            for key in wanted:
                known = self._aged(self._leases.get(key))
                if known is not None and known.state in ("held", "expiring"):
                    continue
                note = alone if len(wanted) == 1 else several
                self._put(Lease(key, "refused", seconds, now, now, now, note))
        self._changed.notify()

    def failed(self, keys: Iterable[str], why: str) -> None:
        """A request got no answer: nobody knows whether the keys are ours."""
        self._end(keys, "lost", f"{why}; whether the server locked it is unknown", only="pending")

    def released(self, keys: Iterable[str]) -> None:
        """Keys were given back."""
        self._end(keys, "released", "given back")

    def proven(self, key: str, seconds: float, asked_at: float) -> None:
        """The server granted a held lock once more, for the `seconds` that it had left."""
        with self._lock:
            known = self._leases.get(key)
            if known is not None:
                begun = asked_at + seconds - known.seconds
                note = "asked for again, as the connection was lost for a while"
                self._put(replace(known, state="held", asked_at=begun, note=note))
        self._changed.notify()

    def taken(self, key: str) -> None:
        """Another client holds what we held."""
        self._end([key], "lost", "someone else took it while the connection was lost")

    def forget(self, key: str) -> None:
        """Drop the row of a lease that ended."""
        with self._lock:
            known = self._aged(self._leases.get(key))
            if known is not None and known.state in _ENDED:
                del self._leases[key]
        self._changed.notify()

    def held_keys(self) -> list[str]:
        """The keys that are ours now."""
        return [lease.key for lease in self.leases() if lease.state in ("held", "expiring")]

    def get(self, key: str) -> Lease | None:
        """What is known of one key."""
        with self._lock:
            return self._aged(self._leases.get(key))

    def leases(self) -> list[Lease]:
        """Everything in the book as it stands now, oldest first."""
        with self._lock:
            for key, lease in list(self._leases.items()):
                aged = self._aged(lease)
                if aged is not None and aged.state != lease.state:
                    self._leases[key] = aged
            return list(self._leases.values())

    def _end(
        self, keys: Iterable[str], state: LeaseState, note: str, only: LeaseState | None = None
    ) -> None:
        now = self.clock()
        with self._lock:
            for key in keys:
                known = self._aged(self._leases.get(key))
                if known is None or known.state in _ENDED or (only and known.state != only):
                    continue
                self._put(replace(known, state=state, ended_at=now, note=note))
        self._changed.notify()

    def _aged(self, lease: Lease | None) -> Lease | None:
        """The lease as time has left it: held, about to end, or run out."""
        if lease is None or lease.state not in ("held", "expiring") or math.isinf(lease.seconds):
            return lease
        left = lease.asked_at + lease.seconds - self.clock()
        if left <= 0:
            ended = lease.asked_at + lease.seconds
            return replace(lease, state="lost", ended_at=ended, note="its time ran out")
        soon = left < min(3.0, lease.seconds / 4)
        return replace(lease, state="expiring" if soon else "held")

    def _put(self, lease: Lease) -> None:
        self._leases[lease.key] = lease
        ended = [key for key, known in self._leases.items() if known.state in _ENDED]
        for key in ended[:-_KEPT_ENDED]:
            del self._leases[key]
