"""What the lock manager asks and is told; see `_messages.py` for the envelope around it."""

from __future__ import annotations

from typing import Any, Final, TypedDict

from nanover_jupyter.client.locks.table import LeaseState, LeaseUpdates
from nanover_jupyter.client.locks.watched_keys import Whose

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
    """Takes all keys or none. Result: `LockResult`.

    `keep` renews them, for `cap` seconds at the most (null for no such cap); `wait` is
    for how many seconds to try while someone else holds one, 0 for a single try.
    """

    keys: list[str]
    seconds: float
    keep: bool
    cap: float | None
    wait: float


class RenewBody(TypedDict):
    """Restarts the clock of a held key, for its last duration. Result: null."""

    key: str


class KeepBody(TypedDict):
    """Renews a held key by itself from now on, or no longer. Result: null."""

    key: str
    keep: bool


class CapBody(TypedDict):
    """Lets a key be held for so many seconds at the most, null for ever. Result: null."""

    key: str
    seconds: float | None


class ReleaseBody(TypedDict):
    """Gives keys back, and waits no longer for those that are waited for. Result: null."""

    keys: list[str]


class ReleaseAllBody(TypedDict):
    """Gives all keys back, those that are not shown too. Result: null."""


class ForgetBody(TypedDict):
    """Drops the row of a lease that ended. Result: null."""

    key: str


class BlockersBody(TypedDict):
    """Asks which keys someone else holds. Result: `KeysResult`."""

    keys: list[str]


class WatchBody(TypedDict):
    """Watches keys, beside those that are watched already. Result: null."""

    keys: list[str]


class UnwatchBody(TypedDict):
    """Watches keys no longer. Result: null."""

    keys: list[str]


class AnnounceBody(TypedDict):
    """Tells other clients by name of our locks; the empty name ends it. Result: null."""

    by: str


class AskBody(TypedDict):
    """Asks whoever holds keys to let go. Result: `KeysResult`: those that were asked for."""

    keys: list[str]
    says: str


class DismissBody(TypedDict):
    """Takes the request of another client off the table. Result: null."""

    asker: str


class LockResult(TypedDict):
    """Not granted when another client holds one of the keys: `holder`, if it is known."""

    granted: bool
    holder: str


class KeysResult(TypedDict):
    """Some of the keys that were asked about."""

    keys: list[str]


class LeaseBody(TypedDict):
    """One lease. `left` and `held` are seconds at the time of sending.

    `left` is null for a lease that ended, and for one without end; `endless` tells
    the two apart. `keep` says whether it is renewed by itself, `cap` for how many
    seconds in all (null for ever). `continuous` is false after a time in which others
    may have written the key. `note` says in words what happened last.
    """

    key: str
    state: LeaseState
    seconds: float | None
    left: float | None
    endless: bool
    held: float
    keep: bool
    cap: float | None
    continuous: bool
    note: str


class LeasesBody(TypedDict):
    """The leases of the connection, oldest first.

    `more` counts those that are left out, and `held` all that are held, these among them.
    """

    leases: list[LeaseBody]
    more: int
    held: int


class WatchedBody(TypedDict):
    """A watched key: whose it is, for how many seconds, and who that is, if it is known."""

    key: str
    whose: Whose
    since: float
    holder: str


class EventBody(TypedDict):
    """Something that happened to a lock, `ago` seconds before the time of sending."""

    key: str
    news: LeaseUpdates
    ago: float
    note: str


class RequestBody(TypedDict):
    """Another client asks us to let go of keys."""

    asker: str
    by: str
    says: str
    keys: list[str]


class LockUpdatesBody(TypedDict):
    """What the lock manager shows beside the leases; `history` has the newest last.

    `by` is the name under which we tell others of our locks, null while we do not.
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
