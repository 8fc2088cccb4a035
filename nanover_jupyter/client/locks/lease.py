"""A lock of ours on one key or several, as an object to hold on to."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.locks.table import LIMIT_REACHED, LeaseState, LeaseStatus, expiring_for
from nanover_jupyter.errors import InvalidArgument, InvalidValue, LeaseLost
from nanover_jupyter.wire.values import check_key

if TYPE_CHECKING:
    from types import TracebackType

    from nanover_jupyter.client.locks.server_locks import Locks

__all__ = ["Lease", "LeaseOptions", "checked_keys"]

HoldState = Literal["free", "pending", "held", "expiring", "lost", "released"]

# Renewed when this share of its duration has gone: two more tries fit before it ends.
RENEWED_AFTER = 1 / 3
_NEARLY = 0.001
_KEYS_SHOWN = 3
# Guards the event of a lease while it is made; for all leases, as it is hardly ever held.
_guard = threading.Lock()


class LeaseOptions(NamedTuple):
    """For how long keys are asked for.

    Attributes:
        duration: Seconds that the server keeps the lock without hearing from us.
        keep: Whether it is renewed before that.
        max_hold: Seconds after which it ends; None for no such limit.
    """

    duration: float
    keep: bool
    max_hold: float | None

    @classmethod
    def checked(cls, duration: object, *, keep: bool, max_hold: object) -> LeaseOptions:
        """Terms that make sense; raises InvalidArgument for others."""
        longest = None if max_hold is None else _positive("max_hold", max_hold)
        if longest is not None and math.isinf(longest):
            longest = None
        seconds = _positive("duration", duration)
        if longest is not None:
            seconds = min(seconds, longest)
        if math.isinf(seconds):
            reason = "the lock would outlive this process; give seconds, and keep=True to renew it"
            raise InvalidArgument("duration", reason)
        return cls(seconds, bool(keep), longest)


class Lease:
    """A lock on keys of the shared state, which says when it cannot be relied on.

    Made by `client.lock` and `client.lease`; not for making by hand.

        with client.lock("scene", duration=10) as lease:
            ...
            lease.check(margin=1)
            client.attempt_update_state(change)

    Time left is counted from before the server was asked, so it is never more than the
    server's. Leaving the `with` block gives the keys back, and raises LeaseLost if they
    were lost inside it. Locks belong to the client, and not to a thread of it: two
    leases of one client may be on the same key, which is given back with the last.

    Any thread may use it. Renewals and `on_lost` come from the thread `nanover-leases`.

    Attributes:
        keys: The keys, without repetitions.
    """

    def __init__(self, locks: Locks, keys: tuple[str, ...], terms: LeaseOptions) -> None:
        self.keys = keys
        self._locks = locks
        self.terms = terms
        # Written by Locks and its roll.
        self.numbers: dict[str, int] = {}
        # Kept alive for as long as the lease is.
        self.owner: object | None = None
        self.taken_at: float | None = None
        self._phase: HoldState = "free"
        self._note = ""
        # Whether it was kept all the time, once it has ended.
        self._was_continuous = True
        # Made when somebody asks for it: it costs as much as the rest of a lease.
        self._lost: threading.Event | None = None
        # As above.
        self._on_lost: Listeners[Lease] | None = None

    # what is known ------------------------------------------------------------------

    @property
    def lost(self) -> threading.Event:
        """Set when the lock was lost, never when it was given back."""
        with _guard:
            if self._lost is None:
                self._lost = threading.Event()
                if self._phase == "lost":
                    self._lost.set()
            return self._lost

    @property
    def state(self) -> HoldState:
        """`free`, `pending`, `held`, `expiring`, `lost` or `released`."""
        if self._phase != "held":
            return self._phase
        state = self.standing().state
        return state if state in ("held", "expiring", "released") else "lost"

    @property
    def left(self) -> float:
        """Seconds that are left at the least; 0 when it is not held."""
        if self._phase != "held":
            return 0.0
        standing = self.standing()
        return max(0.0, standing.ends_at - self._locks.clock()) if standing.is_held else 0.0

    @property
    def continuous(self) -> bool:
        """Whether the server kept it for this client all the time, as far as can be known.

        False after a lost connection or a switched simulation: the keys are held again,
        but others may have written them in between. False too for a lease that was lost.
        A lease that was released keeps its last value. `note` says what happened.
        """
        if self._phase != "held":
            return self._was_continuous
        standing = self.standing()
        return standing.continuous and standing.state != "lost"

    @property
    def note(self) -> str:
        """What happened to it last, for people; empty when there is nothing to say."""
        return self._note if self._phase != "held" else self.standing().note

    @property
    def duration(self) -> float:
        """Seconds asked for at a time."""
        return self.terms.duration

    @property
    def max_hold(self) -> float | None:
        """Seconds after which it ends, whoever else holds the keys; None for no such limit."""
        return self.terms.max_hold

    @max_hold.setter
    def max_hold(self, seconds: float | None) -> None:
        self.agree(LeaseOptions.checked(self.duration, keep=self.keep, max_hold=seconds))

    @property
    def keep(self) -> bool:
        """Whether it is renewed by itself."""
        return self.terms.keep

    @keep.setter
    def keep(self, keep: bool) -> None:
        self.agree(LeaseOptions(self.duration, bool(keep), self.max_hold))

    def check(self, margin: float = 0.5) -> None:
        """Make sure, before a write, that the lock is ours for `margin` seconds more.

        Raises:
            LeaseLost: It is not held, or less than that is left.
        """
        state = self.state
        if state not in ("held", "expiring"):
            reason = {"lost": self.note, "released": "it was given back"}.get(state)
            raise LeaseLost(self.keys, reason or "it was not taken")
        left = self.left
        if left < margin:
            raise LeaseLost(self.keys, f"{left:.1f} s are left, less than the {margin:g} s needed")

    def on_lost(self, callback: Callable[[Lease], object]) -> Unsubscribe:
        """Call `callback(lease)` when the lock is lost, at once if it was already.

        Otherwise it is called on the thread `nanover-leases`. Returns what ends that.
        """
        with _guard:
            listeners = self._on_lost = self._on_lost or Listeners()
        unsubscribe = listeners.subscribe(callback)
        if self._phase == "lost":
            unsubscribe()
            callback(self)
        return unsubscribe

    # what can be done -----------------------------------------------------------------

    def acquire(self, *, wait: bool = False, timeout: float | None = None) -> Self:
        """Take the keys, all of them or none; does nothing while they are held.

        A lease that was lost or given back is taken anew.

        Args:
            wait: Whether to try again, with growing pauses, while someone else holds one.
            timeout: Seconds to try for at the most; implies `wait`.

        Raises:
            InvalidArgument: (a ValueError) A timeout that is not a number of seconds.
            LockRefused: Someone else holds one of the keys.
            LeaseLost: It was over before the server's answer came.
            NanoverJupyterError: NotSupported, ConnectError, ConnectionLost, TimedOut or
                ClosedError.
        """
        if timeout is not None:
            timeout = _seconds("timeout", timeout)
            if not timeout >= 0:
                raise InvalidArgument("timeout", f"it must be 0 seconds or more, not {timeout!r}")
        self._locks.acquire(self, wait=wait, timeout=timeout)
        return self

    def renew(self) -> None:
        """Restart the clock now.

        Raises:
            LeaseLost: It is not held, or someone else holds one of its keys now.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        self.check(0)
        self._locks.renew([self])
        self.check(0)

    def release(self) -> None:
        """Stop renewing, then give the keys back. Idempotent; raises nothing.

        When the server cannot be told, the lock ends by its own time, and `note` says so.
        """
        self._locks.release(self)

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        lost = self.state == "lost"
        self.release()
        if lost and kind is None:
            raise LeaseLost(self.keys, self.note)

    def __repr__(self) -> str:
        keys = ", ".join(self.keys[:_KEYS_SHOWN]) + (", …" if self.keys[_KEYS_SHOWN:] else "")
        state = self.state
        left = f", {self.left:.1f} s left" if state in ("held", "expiring") else ""
        return f"<Lease on {keys}: {state}{left}>"

    # for Locks and its keeper -----------------------------------------------------------

    def standing(self) -> LeaseStatus:
        """How its locks stand in the book; it ends at its own limit, however long they are ours."""
        found = self._locks.book.standing(self.numbers)
        cap_at = self.cap_at
        if cap_at is None or not found.is_held or found.ends_at <= cap_at:
            return found
        left = cap_at - self._locks.clock()
        if left <= 0:
            return found._replace(state="lost", ends_at=cap_at, note=LIMIT_REACHED)
        is_soon = left < expiring_for(self.terms.duration)
        return found._replace(state="expiring" if is_soon else "held", ends_at=cap_at)

    def agree(self, terms: LeaseOptions) -> None:
        """Go on under other terms."""
        self.terms = terms
        self._locks.terms_changed(self)

    @property
    def cap_at(self) -> float | None:
        """When it ends, whoever else renews its keys."""
        longest = self.terms.max_hold
        return None if self.taken_at is None or longest is None else self.taken_at + longest

    def seconds_from(self, now: float) -> float:
        """For how long to ask at `now`: its duration, as far as the cap allows."""
        cap_at = self.cap_at
        duration = self.terms.duration
        return duration if cap_at is None else max(0.0, min(duration, cap_at - now))

    def renewal_due(self, ends_at: float) -> float:
        """When to renew it if it ends at `ends_at`; inf for never."""
        cap_at = self.cap_at
        if not self.terms.keep or (cap_at is not None and ends_at >= cap_at - _NEARLY):
            return math.inf
        return ends_at - self.terms.duration * (1 - RENEWED_AFTER)

    def next_change(self, state: LeaseState, ends_at: float) -> float:
        """When time alone changes how it stands, or it is to be renewed."""
        changes_at = ends_at - expiring_for(self.terms.duration) if state == "held" else ends_at
        return min(changes_at, self.renewal_due(ends_at))

    def part(self, key: str) -> Lease:
        """A lease on one of its keys alone, in the same state and under the same terms."""
        part = Lease(self._locks, (key,), self.terms)
        part.numbers = {key: self.numbers[key]}
        part.owner = self.owner
        part.taken_at = self.taken_at
        part.enter(self._phase, self._note)
        return part

    def enter(self, phase: HoldState, note: str = "") -> None:
        """Be in another state; a lease that was lost tells so."""
        was_continuous = phase != "lost"
        if self._phase == "held" and phase == "released":
            was_continuous = self.continuous
        elif self._phase == phase:
            was_continuous = self._was_continuous
        with _guard:
            self._phase, self._note = phase, note
            self._was_continuous = was_continuous
            lost, listeners = self._lost, self._on_lost
        if lost is not None and phase == "pending":
            lost.clear()
        if phase == "lost":
            if lost is not None:
                lost.set()
            if listeners is not None:
                listeners.notify(self)


def checked_keys(keys: str | Iterable[str]) -> tuple[str, ...]:
    """The keys of a lease, each once; raises InvalidArgument for what are none."""
    if not isinstance(keys, Iterable):
        raise InvalidArgument("keys", f"give a key or several, not {keys!r}")
    wanted = (keys,) if isinstance(keys, str) else keys
    try:
        found = tuple(dict.fromkeys(map(check_key, wanted)))
    except InvalidValue as error:
        raise InvalidArgument("keys", f"{error.reason}; give a key or several") from None
    if not found:
        raise InvalidArgument("keys", "give at least one key")
    return found


def _seconds(name: str, given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InvalidArgument(name, f"it must be a number of seconds, not {given!r}")
    try:
        return float(given)
    except OverflowError:
        raise InvalidArgument(name, "it is more seconds than a double can hold") from None


def _positive(name: str, given: object) -> float:
    if type(given) is float and given > 0:
        return given
    seconds = _seconds(name, given)
    if not seconds > 0:
        raise InvalidArgument(name, f"it must be more than 0 seconds, not {given!r}")
    return seconds
