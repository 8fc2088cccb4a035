"""Message bodies of the lock manager; `widgets/sync/messages.py` has the envelope."""

from __future__ import annotations

from typing import Any, Final, TypedDict

from nanover_jupyter.client.locks.lease_state import LeaseEventKind, RowState
from nanover_jupyter.client.locks.watched_keys import KeyHolder

__all__ = [
    "BODIES",
    "AutoRenewBody",
    "BlockingKeysBody",
    "DismissBody",
    "DismissLeaseBody",
    "EventBody",
    "KeysResult",
    "LeaseBody",
    "LeasesBody",
    "LockBody",
    "LockResult",
    "LockUpdatesBody",
    "MaxHoldBody",
    "ReleaseAllBody",
    "ReleaseBody",
    "RenewBody",
    "RequestBody",
    "RequestReleaseBody",
    "ShareNameBody",
    "UnwatchBody",
    "WatchBody",
    "WatchedBody",
]


class LockBody(TypedDict):
    """Acquires all keys or none. Result: `LockResult`.

    `auto_renew` renews them automatically, for at most `max_hold` seconds (null for no limit).
    `wait` is the timeout for retries in seconds; 0 for a single attempt.
    """

    keys: list[str]
    seconds: float
    auto_renew: bool
    max_hold: float | None
    wait: float


class RenewBody(TypedDict):
    """Renews a held key for its last duration. Result: null."""

    key: str


class AutoRenewBody(TypedDict):
    """Switches automatic renewal of a held key on or off. Result: null."""

    key: str
    auto_renew: bool


class MaxHoldBody(TypedDict):
    """Limits how many seconds a key is held; null for no limit. Result: null."""

    key: str
    seconds: float | None


class ReleaseBody(TypedDict):
    """Releases keys, and stops waiting for those being acquired. Result: null."""

    keys: list[str]


class ReleaseAllBody(TypedDict):
    """Releases all keys, including those not shown. Result: null."""


class DismissLeaseBody(TypedDict):
    """Removes the row of a lease that ended. Result: null."""

    key: str


class BlockingKeysBody(TypedDict):
    """Finds the keys that another client holds. Result: `KeysResult`."""

    keys: list[str]


class WatchBody(TypedDict):
    """Adds watched keys. Result: null."""

    keys: list[str]


class UnwatchBody(TypedDict):
    """Removes watched keys. Result: null."""

    keys: list[str]


class ShareNameBody(TypedDict):
    """Shares our name and locks with other clients; an empty name stops it. Result: null."""

    by: str


class RequestReleaseBody(TypedDict):
    """Asks the holders of keys to release them. Result: `KeysResult` with the keys asked for."""

    keys: list[str]
    message: str


class DismissBody(TypedDict):
    """Removes the request of another client. Result: null."""

    asker: str


class LockResult(TypedDict):
    """Whether the keys were granted; if not, who holds one of them (empty if unknown)."""

    granted: bool
    holder: str


class KeysResult(TypedDict):
    """Some of the requested keys."""

    keys: list[str]


class LeaseBody(TypedDict):
    """One row of the lease table. `left` and `held` are seconds at the time of sending.

    `left` is null if the lease ended or never ends; `endless` distinguishes these.
    `auto_renew` is whether it is renewed automatically, and `max_hold` the maximum hold time in
    seconds (null for no limit). `continuous` is false if other clients may have written
    the key meanwhile. `note` is a phrase about the last event.
    """

    key: str
    state: RowState
    seconds: float | None
    left: float | None
    endless: bool
    held: float
    auto_renew: bool
    max_hold: float | None
    continuous: bool
    note: str


class LeasesBody(TypedDict):
    """The rows of the lease table, oldest first.

    `more` counts the rows left out; `held` counts all held keys, including these.
    """

    leases: list[LeaseBody]
    more: int
    held: int


class WatchedBody(TypedDict):
    """A watched key: who holds it, for how many seconds, and the name if known."""

    key: str
    whose: KeyHolder
    since: float
    holder: str


class EventBody(TypedDict):
    """An event of a lock, `ago` seconds before the time of sending."""

    key: str
    kind: LeaseEventKind
    ago: float
    note: str


class RequestBody(TypedDict):
    """A request of another client to release keys."""

    asker: str
    by: str
    message: str
    keys: list[str]


class LockUpdatesBody(TypedDict):
    """What the lock manager shows besides the leases; `history` has the newest last.

    `by` is the name that we share with other clients, null while we share none.
    """

    watched: list[WatchedBody]
    history: list[EventBody]
    requests: list[RequestBody]
    by: str | None


BODIES: Final[dict[str, Any]] = {
    "lock": LockBody,
    "renew": RenewBody,
    "auto_renew": AutoRenewBody,
    "max_hold": MaxHoldBody,
    "release": ReleaseBody,
    "release_all": ReleaseAllBody,
    "dismiss_lease": DismissLeaseBody,
    "blocking_keys": BlockingKeysBody,
    "watch": WatchBody,
    "unwatch": UnwatchBody,
    "share_name": ShareNameBody,
    "request_release": RequestReleaseBody,
    "dismiss": DismissBody,
    "leases": LeasesBody,
    "lock_updates": LockUpdatesBody,
}
"""The type of each body by `op`."""
