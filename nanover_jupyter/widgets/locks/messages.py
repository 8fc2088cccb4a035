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
    "HandOverBody",
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
    "SetNameBody",
    "UnwatchBody",
    "WaitingBody",
    "WatchBody",
    "WatchedBody",
]


class LockBody(TypedDict):
    """Acquires all keys or none. Result: `LockResult`.

    `auto_renew` renews them automatically, for at most `max_hold` seconds (null for no limit).
    `wait` is the time to wait in seconds if another client holds a key: 0 for a single attempt,
    null until all keys are free. `note` is a message to the holder while waiting.
    """

    keys: list[str]
    seconds: float
    auto_renew: bool
    max_hold: float | None
    wait: float | None
    note: str


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


class SetNameBody(TypedDict):
    """Sets our name for other clients, which is not empty. Result: null."""

    name: str


class RequestReleaseBody(TypedDict):
    """Asks the holders of keys to release them. Result: `KeysResult` with the keys asked for."""

    keys: list[str]
    message: str


class HandOverBody(TypedDict):
    """Releases a held key and offers it to another client. Result: null."""

    key: str
    client: str


class DismissBody(TypedDict):
    """Hides the request of another client in the views of this widget. Result: null."""

    client: str


class LockResult(TypedDict):
    """Whether the keys were granted.

    If not, `holder` is the name of a client that holds one of them (empty if unknown), and
    `until` when it expects to release it, in seconds since 1970 (null if unknown).
    """

    granted: bool
    holder: str
    until: float | None


class KeysResult(TypedDict):
    """Some of the requested keys."""

    keys: list[str]


class WaitingBody(TypedDict):
    """Another client that waits for a key that we hold, since `since` seconds after 1970."""

    client: str
    name: str
    note: str
    since: float


class LeaseBody(TypedDict):
    """One row of the lease table. `left` and `held` are seconds at the time of sending.

    `left` is null if the lease ended or never ends; `endless` distinguishes these.
    `auto_renew` is whether it is renewed automatically, and `max_hold` the maximum hold time in
    seconds (null for no limit). `continuous` is false if other clients may have written
    the key meanwhile. `note` is a phrase about the last event.

    `holder` is the name of the client that holds a key that is not ours, empty if that is
    unknown. `since` is since when it has held it and `until` when it expects to release it, in
    seconds since 1970, null if unknown. `overwrites`
    counts the writes of a held key by clients that ignore its lock. `waiting` has the clients
    that wait for a held key, the longest waiting first.
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
    holder: str
    since: float | None
    until: float | None
    overwrites: int
    waiting: list[WaitingBody]


class LeasesBody(TypedDict):
    """The rows of the lease table, oldest first.

    `more` counts the rows left out; `held` counts all held keys, including these.
    """

    leases: list[LeaseBody]
    more: int
    held: int


class WatchedBody(TypedDict):
    """A watched key, and for how many seconds it has been so.

    `holder` and `until` are as in `LeaseBody`; `waiting` counts the other clients that wait.
    """

    key: str
    whose: KeyHolder
    since: float
    holder: str
    until: float | None
    waiting: int


class EventBody(TypedDict):
    """An event of a lock, `ago` seconds before the time of sending."""

    key: str
    kind: LeaseEventKind
    ago: float
    note: str


class RequestBody(TypedDict):
    """Another client that waits for keys that we hold, since `since` seconds after 1970."""

    client: str
    name: str
    message: str
    keys: list[str]
    since: float


class LockUpdatesBody(TypedDict):
    """What the lock manager shows besides the leases; `history` has the newest last.

    `name` is our name for other clients.
    """

    watched: list[WatchedBody]
    history: list[EventBody]
    requests: list[RequestBody]
    name: str


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
    "set_name": SetNameBody,
    "request_release": RequestReleaseBody,
    "hand_over": HandOverBody,
    "dismiss": DismissBody,
    "leases": LeasesBody,
    "lock_updates": LockUpdatesBody,
}
"""The type of each body by `op`."""
