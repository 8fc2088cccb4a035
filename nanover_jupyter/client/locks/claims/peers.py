"""The claims of other clients, and when each client last changed them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from nanover_jupyter.wire.claims import Claim, ClientClaims, read_claims, split_lock_key
from nanover_jupyter.wire.values import ABSENT, alike

__all__ = ["PeerClaim", "PeerClaims"]


class PeerClaim(NamedTuple):
    """A claim of another client on a key, and when its client last changed its claims."""

    client_id: str
    name: str
    claim: Claim
    changed_at: float

    @property
    def dies_at(self) -> float:
        """When the claim is dead, unless its client changes its claims before."""
        return self.changed_at + self.claim.ttl

    @property
    def is_blocking(self) -> bool:
        """Whether the claim excludes other clients while it is alive."""
        return self.claim.state != "waiting"


class PeerClaims:
    """The claims of other clients by key. Not thread-safe; times are monotonic seconds."""

    def __init__(self) -> None:
        self._clients: dict[str, tuple[ClientClaims, float]] = {}
        # The values of the keys `lock.ID.beat`, whatever they are.
        self._beats: dict[str, object] = {}
        # The ids of the clients with a claim on a key.
        self._ids_by_key: dict[str, set[str]] = {}
        self.highest_ticket = 0

    def __bool__(self) -> bool:
        return bool(self._clients)

    def update(self, key: str, value: object, now: float) -> frozenset[str]:
        """Record the value of a key of another client; returns the keys on which claims changed.

        A value that is not claims is ignored like a missing key.
        """
        client_id, is_beat = split_lock_key(key)
        if is_beat:
            self._update_beat(client_id, value, now)
            return frozenset()
        claims = read_claims(key, value)
        known = self._clients.get(client_id)
        before = known[0].claims if known is not None else {}
        after = claims.claims if claims is not None else {}
        if claims is None:
            self._clients.pop(client_id, None)
        elif known is None or known[0] != claims:
            self._clients[client_id] = (claims, now)
        for name in before.keys() - after.keys():
            ids = self._ids_by_key[name]
            ids.discard(client_id)
            if not ids:
                del self._ids_by_key[name]
        for name, claim in after.items():
            self._ids_by_key.setdefault(name, set()).add(client_id)
            self.highest_ticket = max(self.highest_ticket, claim.ticket)
        return frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))

    def _update_beat(self, client_id: str, value: object, now: float) -> None:
        known = self._clients.get(client_id)
        if known is not None and not alike(self._beats.get(client_id), value):
            self._clients[client_id] = (known[0], now)
        if value is ABSENT:
            self._beats.pop(client_id, None)
        else:
            self._beats[client_id] = value

    def ids(self) -> Collection[str]:
        """Return the ids of the clients with a key, which may have no claims."""
        return self._clients.keys() | self._beats.keys()

    def client(self, client_id: str) -> ClientClaims | None:
        """Return the claims of a client."""
        known = self._clients.get(client_id)
        return None if known is None else known[0]

    def on_key(self, key: str) -> Iterator[PeerClaim]:
        """Yield the claims on a key, dead ones included."""
        for client_id in self._ids_by_key.get(key, ()):
            claims, changed_at = self._clients[client_id]
            yield PeerClaim(client_id, claims.name, claims.claims[key], changed_at)

    def blocking(self, keys: Iterable[str], at: float) -> Iterator[tuple[str, PeerClaim]]:
        """Yield the claims that exclude other clients and were alive at `at`, by key."""
        if not self._ids_by_key:
            return
        for key in keys:
            for each in self.on_key(key):
                if each.is_blocking and each.dies_at > at:
                    yield key, each

    def silent(self, grace: float, at: float) -> Iterator[str]:
        """Yield the clients all of whose claims were dead for `grace` seconds at `at`."""
        for client_id, (claims, changed_at) in self._clients.items():
            longest = max((claim.ttl for claim in claims.claims.values()), default=0.0)
            if changed_at + longest + grace <= at:
                yield client_id
