"""Claims of clients on keys, which the server relates to the locks that it enforces.

Clients of WebSocket servers agree on locks by claims, which they write to the state
(`nanover_jupyter/wire/claims.py`). Clients of gRPC servers send requests for locks. Where both
meet, neither may hold a key that the other holds:

- A request for a lock is refused while another client's claim on the key is alive.
- A client that claims a locked key learns of the lock from the key `lock.server`, which changes
  in the same update as the claim.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final, NamedTuple

from nanover_jupyter.server.state.lock_table import Lock, LockTable, same_token
from nanover_jupyter.wire.claims import (
    LOCK_PREFIX,
    MAX_TTL,
    SERVER_ID,
    Claim,
    ClientClaims,
    is_lock_key,
    lock_key,
    read_claims,
    split_lock_key,
)
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["SERVER_KEY", "ClaimTable", "PublishedLocks"]

SERVER_KEY: Final = lock_key(SERVER_ID)
"""The key with the server's own claims. Only the server writes it."""

# Locks that were asked for earlier stay published up to this number, so that clients cannot make
# the key grow without limit.
_EARLIER_LIMIT: Final = 1000

_NO_KEYS: Final[AbstractSet[str]] = frozenset()


class _Client(NamedTuple):
    """The key of one client.

    Attributes:
        token: The access token that wrote the key last.
        changed: When the key or the client's beat was written, in monotonic seconds.
        claims: The claims by key, as written: any values.
    """

    token: object
    changed: float
    claims: Mapping[str, Value]


class ClaimTable:
    """The claims in the state. Not thread-safe: the shared state guards it.

    Args:
        clock: Returns monotonic seconds, by which claims expire.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # By key `lock.ID`.
        self._clients: dict[str, _Client] = {}
        # The keys `lock.ID` of the clients with a claim on a key, which need not be valid.
        self._claimants: dict[str, set[str]] = {}

    def record(
        self, token: object, change: DictionaryChange, locked: AbstractSet[str]
    ) -> tuple[str, ...]:
        """Record the claims in a change of the state.

        Args:
            token: The access token of the change.
            change: The change, which is applied in any case.
            locked: Keys of interest.

        Returns:
            Those of `locked` that a client is asking for in the change.
        """
        now = self._clock()
        asked: dict[str, None] = {}
        for own_key in filter(is_lock_key, change.updates):
            client_id, is_beat = split_lock_key(own_key)
            if is_beat:
                self._renew(lock_key(client_id), now)
            if is_beat or own_key == SERVER_KEY:
                continue
            claims = _claims_in(change.updates[own_key])
            self._set(own_key, _Client(token, now, claims))
            for key in claims.keys() & locked:
                claim = _read(claims, key)
                if claim is not None and claim.state == "asking":
                    asked[key] = None
        for own_key in filter(is_lock_key, change.removals):
            self._set(own_key, None)
        return tuple(asked)

    def blocked(self, token: object, keys: Iterable[str]) -> tuple[str, ...]:
        """Return those of `keys` that another token's claim keeps from being locked."""
        if not self._claimants:
            return ()
        now = self._clock()
        return tuple(
            key
            for key in keys
            if any(
                self._blocks(token, self._clients[own_key], key, now)
                for own_key in self._claimants.get(key, ())
            )
        )

    def _blocks(self, token: object, client: _Client, key: str, now: float) -> bool:
        if same_token(client.token, token):
            return False
        claim = _read(client.claims, key)
        # If the server enforced the claim, the lock itself would block the request.
        if claim is None or claim.enforced or claim.state == "waiting":
            return False
        if client.changed + claim.ttl <= now:
            return False
        return not (claim.state == "held" and self._is_own(token, claim.offer))

    def _is_own(self, token: object, client_id: str) -> bool:
        client = self._clients.get(lock_key(client_id)) if client_id else None
        return client is not None and same_token(client.token, token)

    def _renew(self, own_key: str, now: float) -> None:
        client = self._clients.get(own_key)
        if client is not None:
            self._clients[own_key] = client._replace(changed=now)

    def _set(self, own_key: str, client: _Client | None) -> None:
        old = self._clients.pop(own_key, None)
        if client is not None:
            self._clients[own_key] = client
        before = _NO_KEYS if old is None else old.claims.keys()
        after = _NO_KEYS if client is None else client.claims.keys()
        if before == after:
            # A renewal, the most frequent change.
            return
        for key in before - after:
            claimants = self._claimants[key]
            claimants.discard(own_key)
            if not claimants:
                del self._claimants[key]
        for key in after - before:
            self._claimants.setdefault(key, set()).add(own_key)


class PublishedLocks:
    """The locks in the key `lock.server`, which clients have asked for.

    Not thread-safe: the shared state guards it. A published lock is removed when it ends; nothing
    else is published, so that servers without claims behave as NanoVer's own.

    Args:
        locks: The locks.
        clock: Returns monotonic seconds, by which locks expire.
    """

    def __init__(self, locks: LockTable, clock: Callable[[], float]) -> None:
        self._locks = locks
        self._clock = clock
        self._published: dict[str, Lock] = {}
        # When the first published lock expires.
        self._next_end = math.inf
        self._beat = 0

    @property
    def expired(self) -> bool:
        """Whether a published lock has expired."""
        return bool(self._published) and self._next_end <= self._clock()

    @property
    def outdated(self) -> bool:
        """Whether a published lock has ended or was acquired again."""
        return self._locks.find(self._published) != self._published

    def add_to(self, change: DictionaryChange, asked: Iterable[str] = ()) -> None:
        """Set or remove `lock.server` in a change.

        Args:
            change: The change, in which it replaces what a client writes to the key.
            asked: Keys to publish besides those that already are.
        """
        # Clients read a limited number of claims, so the keys that matter come first.
        keys = dict.fromkeys([*asked, *islice(self._published, _EARLIER_LIMIT)])
        self._published = self._locks.find(keys)
        ends = [lock.expires for lock in self._published.values()]
        self._next_end = min((end for end in ends if not math.isnan(end)), default=math.inf)
        if self._published:
            change.removals.discard(SERVER_KEY)
            change.updates[SERVER_KEY] = self._value()
        else:
            change.updates.pop(SERVER_KEY, None)
            change.removals.add(SERVER_KEY)

    def _value(self) -> Value:
        self._beat += 1
        now = self._clock()
        claims = {
            key: Claim(state="held", ttl=_ttl(lock, now), since=lock.since, enforced=True)
            for key, lock in self._published.items()
        }
        return ClientClaims(SERVER_ID, beat=self._beat, claims=claims).value()


def _claims_in(value: Value) -> Mapping[str, Value]:
    claims = value.get("claims") if isinstance(value, dict) else None
    return claims if isinstance(claims, dict) else {}


def _read(claims: Mapping[str, Value], key: str) -> Claim | None:
    """Return the claim on one key, without reading the others."""
    client = read_claims(LOCK_PREFIX, {"claims": {key: claims[key]}})
    return client.claims.get(key) if client is not None else None


def _ttl(lock: Lock, now: float) -> float:
    # The order matters: of a number and NaN, `min` returns the first.
    return min(MAX_TTL, lock.expires - now)
