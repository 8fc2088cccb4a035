"""What the lock manager asks and is told; see `_messages.py` for the envelope around it."""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

LeaseState = Literal["pending", "held", "expiring", "refused", "lost", "released"]


class LockBody(TypedDict):
    """Takes all keys or none. Result: `LockResult`."""

    keys: list[str]
    seconds: float


class RenewBody(TypedDict):
    """Restarts the clock of a held key, for its last duration. Result: `LockResult`."""

    key: str


class ReleaseBody(TypedDict):
    """Gives keys back. Result: null."""

    keys: list[str]


class ForgetBody(TypedDict):
    """Drops the row of a lease that ended. Result: null."""

    key: str


class LockResult(TypedDict):
    """False when another client holds one of the keys."""

    granted: bool


class LeaseBody(TypedDict):
    """One lease. `left` and `held` are seconds at the time of sending.

    `left` is null for a lease that ended, and for one without end; `endless` tells
    the two apart. `note` says in words what happened last.
    """

    key: str
    state: LeaseState
    seconds: float | None
    left: float | None
    endless: bool
    held: float
    note: str


class LeasesBody(TypedDict):
    """All leases of the connection, oldest first."""

    leases: list[LeaseBody]


BODIES: Final[dict[str, Any]] = {
    "lock": LockBody,
    "renew": RenewBody,
    "release": ReleaseBody,
    "forget": ForgetBody,
    "leases": LeasesBody,
}
"""The type of each body by `op`."""
