"""Message bodies of the lock manager; `widgets/sync/messages.py` has the envelope."""

from __future__ import annotations

from typing import Any, Final, TypedDict

from nanover_jupyter.client.locks.lease_state import LeaseEventKind, RowState
from nanover_jupyter.client.locks.watched_keys import KeyHolder

__all__ = [
    "BODIES",
    "AnnounceBody",
    "AskBody",
    "BlockersBody",
    "CapBody",
    "DismissBody",
    "EventBody",
    "ForgetBody",
    "KeepBody",
    "KeysResult",
    "LeaseBody",
    "LeasesBody",
    "LockBody",
    "LockResult",
    "LockUpdatesBody",
    "ReleaseAllBody",
    "ReleaseBody",
    "RenewBody",
    "RequestBody",
    "UnwatchBody",
    "WatchBody",
    "WatchedBody",
]


class LockBody(TypedDict):
    """Acquires all keys or none. Result: `LockResult`.

    `keep` renews them automatically, for at most `cap` seconds (null for no limit).
    `wait` is the timeout for retries in seconds; 0 for a single attempt.
    """

    keys: list[str]
    seconds: float
    keep: bool
    cap: float | None
    wait: float


class RenewBody(TypedDict):
    """Renews a held key for its last duration. Result: null."""

    key: str


class KeepBody(TypedDict):
    """Switches automatic renewal of a held key on or off. Result: null."""

    key: str
    keep: bool


class CapBody(TypedDict):
    """Limits how many seconds a key is held; null for no limit. Result: null."""

    key: str
    seconds: float | None


class ReleaseBody(TypedDict):
    """Releases keys, and stops waiting for those being acquired. Result: null."""

    keys: list[str]


class ReleaseAllBody(TypedDict):
    """Releases all keys, including those not shown. Result: null."""


class ForgetBody(TypedDict):
    """Removes the row of a lease that ended. Result: null."""

    key: str


class BlockersBody(TypedDict):
    """Finds the keys that another client holds. Result: `KeysResult`."""

    keys: list[str]


class WatchBody(TypedDict):
    """Adds watched keys. Result: null."""

    keys: list[str]


class UnwatchBody(TypedDict):
    """Removes watched keys. Result: null."""

    keys: list[str]


class AnnounceBody(TypedDict):
    """Shares our name and locks with other clients; an empty name stops it. Result: null."""

    by: str


class AskBody(TypedDict):
    """Asks the holders of keys to release them. Result: `KeysResult` with the keys asked for."""

    keys: list[str]
    says: str


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
    `keep` is whether it is renewed automatically, and `cap` the maximum hold time in
    seconds (null for no limit). `continuous` is false if other clients may have written
    the key meanwhile. `note` is a phrase about the last event.
    """

    key: str
    state: RowState
    seconds: float | None
    left: float | None
    endless: bool
    held: float
    keep: bool
    cap: float | None
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
    news: LeaseEventKind
    ago: float
    note: str


class RequestBody(TypedDict):
    """A request of another client to release keys."""

    asker: str
    by: str
    says: str
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
    "keep": KeepBody,
    "cap": CapBody,
    "release": ReleaseBody,
    "release_all": ReleaseAllBody,
    "forget": ForgetBody,
    "blockers": BlockersBody,
    "watch": WatchBody,
    "unwatch": UnwatchBody,
    "announce": AnnounceBody,
    "ask": AskBody,
    "dismiss": DismissBody,
    "leases": LeasesBody,
    "lock_news": LockUpdatesBody,
}
"""The type of each body by `op`."""
