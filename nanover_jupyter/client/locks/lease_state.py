"""States of locks and leases, as the lease table records them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nanover_jupyter.client.locks.options import LeaseOptions

__all__ = [
    "ENDED",
    "EXPIRED",
    "LIMIT_REACHED",
    "RENEWED_AFTER",
    "LeaseEvent",
    "LeaseEventKind",
    "LeaseRecord",
    "LeaseRow",
    "LeaseState",
    "LeaseStatus",
    "RowState",
    "expiring_for",
]

RowState = Literal["pending", "held", "expiring", "refused", "lost", "released"]
LeaseState = Literal["free", "pending", "held", "expiring", "lost", "released"]
LeaseEventKind = Literal["acquired", "refused", "lost", "released", "reacquired", "overwritten"]

EXPIRED = "expired"
LIMIT_REACHED = "reached its maximum hold time"

ENDED: frozenset[str] = frozenset({"refused", "lost", "released"})
_HELD: frozenset[str] = frozenset({"held", "expiring"})

# A lease is renewed after this share of its duration, which leaves time for two retries.
RENEWED_AFTER = 1 / 3
_TOLERANCE = 0.001


def expiring_for(seconds: float) -> float:
    """Return for how many of its last seconds a lease is `expiring`."""
    return min(3.0, seconds / 4)


class LeaseRow(NamedTuple):
    """The lock of this client on one key, as far as the client knows.

    Attributes:
        key: The state key.
        state: `expiring` means held with less than a quarter (at most 3 s) left.
        seconds: The duration last requested.
        asked_at: When the last granted request was sent; time left counts from here.
        held_since: When the key became ours without a known gap.
        grant_id: Counts how often keys became ours. Another id is another lock, even on
            the same key.
        auto_renew: Whether it is renewed automatically.
        deadline: When renewal stops because of `max_hold`; None for never.
        continuous: False if others may have held the key since `held_since`.
        ended_at: When it was refused, lost or released.
        note: A phrase for people about the last event.
        overwrites: How often others wrote the key while it was ours. Clients that do not follow
            the convention of cooperative locks can.
    """

    key: str
    state: RowState
    seconds: float
    asked_at: float
    held_since: float
    grant_id: int = 0
    auto_renew: bool = False
    deadline: float | None = None
    continuous: bool = True
    ended_at: float | None = None
    note: str = ""
    overwrites: int = 0

    @property
    def is_held(self) -> bool:
        """Whether the key is ours, as far as we know."""
        return self.state in _HELD

    @property
    def ends_at(self) -> float:
        """When it expires unless it is renewed; inf for never."""
        return self.asked_at + self.seconds

    def seconds_to_revalidate(self, now: float) -> float:
        """Return the duration for a new request that does not change when the lock ends.

        A lock with automatic renewal gets its full duration, up to its deadline.
        """
        ends_at = now + self.seconds if self.auto_renew else self.ends_at
        if self.deadline is not None:
            ends_at = min(ends_at, max(self.deadline, self.ends_at))
        return ends_at - now

    def left(self, now: float) -> float | None:
        """Return the seconds left; None if it is not held, inf if it never ends."""
        return max(0.0, self.ends_at - now) if self.is_held else None


class LeaseEvent(NamedTuple):
    """An event of a lock: when (by the clock of the table), on which key, what, and why."""

    at: float
    key: str
    kind: LeaseEventKind
    note: str


class LeaseStatus(NamedTuple):
    """The status of a lease: that of the key in the worst state."""

    state: LeaseState
    ends_at: float
    continuous: bool
    note: str

    @property
    def is_held(self) -> bool:
        """Whether all keys are ours."""
        return self.state in _HELD


@dataclass(slots=True)
class LeaseRecord:
    """The recorded state of one lease. Only `LeaseTable` changes it.

    Attributes:
        options: Duration and renewal.
        state: `held` until the table marks the lease as ended.
        note: A phrase for people about the last event.
        continuous: For a lease that ended: whether it was held without a gap.
        acquired_at: When its last acquisition began.
        grant_ids: Ids of its locks by key, see `LeaseRow.grant_id`.
        message: A message to the holder while the lease is waited for.
    """

    options: LeaseOptions
    state: LeaseState = "free"
    note: str = ""
    continuous: bool = True
    acquired_at: float | None = None
    grant_ids: dict[str, int] = field(default_factory=dict)
    message: str = ""

    @property
    def deadline(self) -> float | None:
        """When the lease ends because of `max_hold`; None for never."""
        max_hold = self.options.max_hold
        return None if self.acquired_at is None or max_hold is None else self.acquired_at + max_hold

    def seconds_to_request(self, now: float) -> float:
        """Return the duration to request at `now`, up to the deadline."""
        deadline, duration = self.deadline, self.options.duration
        return duration if deadline is None else max(0.0, min(duration, deadline - now))

    def renewal_due(self, ends_at: float) -> float:
        """Return when to renew a lease that expires at `ends_at`; inf for never."""
        deadline = self.deadline
        if not self.options.auto_renew or (
            deadline is not None and ends_at >= deadline - _TOLERANCE
        ):
            return math.inf
        return ends_at - self.options.duration * (1 - RENEWED_AFTER)

    def next_change(self, state: LeaseState, ends_at: float) -> float:
        """Return when the lease changes state without an event, or is due for renewal."""
        changes_at = ends_at - expiring_for(self.options.duration) if state == "held" else ends_at
        return min(changes_at, self.renewal_due(ends_at))
