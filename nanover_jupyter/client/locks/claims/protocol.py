"""The protocol of cooperative locks, without threads, clock and network.

docs/reference/cooperative-locks.md describes the rules and why they are safe.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from nanover_jupyter.client.locks.claims.own_key import OwnKey, Write
from nanover_jupyter.client.locks.claims.peers import PeerClaim, PeerClaims
from nanover_jupyter.wire.claims import (
    SERVER_ID,
    Claim,
    clean_text,
    lock_key,
    lock_keys,
    split_lock_key,
)
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT

__all__ = ["BELIEF_SHARE", "SILENT_SECONDS", "Attempt", "ClaimProtocol", "Outcome", "is_same_time"]

Outcome = Literal["pending", "contended", "held", "refused", "lost"]

BELIEF_SHARE: Final = 0.95
"""The share of the ttl for which an owner believes that it holds a key.

The rest absorbs clocks that run at different rates, by up to 5 %.
"""

SILENT_SECONDS: Final = 60.0
"""Seconds after the death of a client's last claim until others may remove its key.

An update that is in transit for longer is assumed to be lost with its connection.
"""

_TIME_TOLERANCE: Final = 1.0
# Seconds for which a key is handed over to a client that does not acquire it.
_OFFER_SECONDS: Final = 5.0
# Tickets are exact integers in a double.
_LAST_TICKET: Final = 2**52


@dataclass(slots=True)
class _OwnClaim:
    """A claim of this client: what it publishes, and when it ends; inf while it is asking."""

    claim: Claim
    ends_at: float


@dataclass(slots=True)
class Attempt:
    """An attempt to acquire keys together.

    Attributes:
        durations: Seconds by key.
        nonce: Identifies the claims of the attempt.
        ticket: See `Claim.ticket`.
        asked_at: When the claims were sent; None until then.
        is_echoed: Whether the client has seen its claims in the shared state.
        is_lost: Whether the claims were lost before they were decided on.
    """

    durations: Mapping[str, float]
    nonce: int
    ticket: int
    asked_at: float | None = None
    is_echoed: bool = False
    is_lost: bool = False


class ClaimProtocol:
    """The claims of one client and its decisions. Not thread-safe.

    The caller passes the time in monotonic seconds, sends what `write` returns in order, and
    passes on the changes that it receives with `receive`. At most one attempt is undecided at
    any time.

    Args:
        name: The client's name for people.
        wall_clock: Seconds since 1970, for people.
        until_of: Returns when a held key will be released, likewise; None if unknown.
        new_id: Returns an id that no client has used before.

    Attributes:
        peers: The claims of other clients.
        name: The client's name for people.
    """

    def __init__(
        self,
        name: str = "",
        *,
        wall_clock: Callable[[], float] = lambda: 0.0,
        until_of: Callable[[str], float | None] = lambda _: None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex[:16],
    ) -> None:
        self.name = clean_text(name)
        self.peers = PeerClaims()
        self._wall_clock = wall_clock
        self._until_of = until_of
        self._own = OwnKey(new_id)
        # Claims that are asking or held, and the keys that this client waits for, which may be
        # the same. The former are published.
        self._claims: dict[str, _OwnClaim] = {}
        self._waiting: dict[str, _OwnClaim] = {}
        self._attempt: Attempt | None = None
        self._nonce = 0
        # Whether a claim has ended by itself since the last write.
        self._has_dropped = False
        # Other clients whose keys to remove with the next write.
        self._removable: set[str] = set()

    # status ---------------------------------------------------------------------------

    @property
    def client_id(self) -> str:
        """The id of this client. Changes when others may have removed its key."""
        return self._own.client_id

    @property
    def key(self) -> str:
        """The key of the shared state that this client writes."""
        return lock_key(self.client_id)

    def believes(self, key: str, now: float) -> bool:
        """Return whether this client holds a key."""
        own = self._claims.get(key)
        return own is not None and _is_held(own.claim) and now < own.ends_at

    def holds_any(self, now: float) -> bool:
        """Return whether this client holds a key."""
        return any(self.believes(key, now) for key in self._claims)

    def held_keys(self, now: float) -> list[str]:
        """Return the keys that this client holds."""
        return [key for key in self._claims if self.believes(key, now)]

    def is_offered(self, keys: Iterable[str]) -> bool:
        """Return whether this client has handed over one of the keys, which it must not ask for."""
        owned = map(self._claims.get, keys)
        return any(own is not None and bool(own.claim.offer) for own in owned)

    def blocking(self, keys: Iterable[str], at: float) -> list[tuple[str, PeerClaim]]:
        """Return the claims of others, by key, that excluded this client at a time."""
        alive = self.peers.blocking(keys, at)
        return [(key, each) for key, each in alive if each.claim.offer != self.client_id]

    def next_end(self) -> float:
        """Return when the first claim ends by itself; inf for none."""
        every = (*self._claims.values(), *self._waiting.values())
        return min((own.ends_at for own in every), default=math.inf)

    @property
    def is_empty(self) -> bool:
        """Whether this client claims nothing."""
        return not self._claims and not self._waiting

    @property
    def count(self) -> int:
        """The number of keys that this client claims or waits for."""
        return len(self._claims.keys() | self._waiting.keys())

    @property
    def has_unsent(self) -> bool:
        """Whether there are claims to remove that other clients still see."""
        return self._has_dropped or self._own.has_unsent

    @property
    def beat(self) -> int:
        """The number of the last write."""
        return self._own.beat

    def is_echoed(self, beat: int) -> bool:
        """Return whether this client has seen its write number `beat`, or a later one."""
        return self._own.is_echoed(beat)

    # acquiring ------------------------------------------------------------------------

    def ask(self, durations: Mapping[str, float], until: float | None = None) -> Attempt:
        """Begin an attempt to acquire keys that this client does not hold.

        Args:
            durations: Seconds by key.
            until: When they will be released, in seconds since 1970; None if unknown.
        """
        self._nonce += 1
        waiting = {key: self._waiting[key].claim for key in durations if key in self._waiting}
        # A client that has waited keeps its ticket, so that it goes before later ones.
        ticket = min((each.ticket for each in waiting.values()), default=self._next_ticket())
        attempt = self._attempt = Attempt(dict(durations), self._nonce, ticket)
        for key, seconds in durations.items():
            known = waiting.get(key)
            claim = Claim(
                state="asking",
                nonce=attempt.nonce,
                ticket=ticket,
                ttl=seconds / BELIEF_SHARE,
                since=self._wall_clock() if known is None else known.since,
                until=until,
                note="" if known is None else known.note,
            )
            self._claims[key] = _OwnClaim(claim, math.inf)
        return attempt

    def decide(self, attempt: Attempt, now: float) -> Outcome:
        """Return the outcome of an attempt, and make its keys held if they are granted.

        Returns:
            `pending` until the claims were seen in the shared state; `contended` while
            another client is asking that has to withdraw; then `held`, `refused`, or `lost`.
        """
        if attempt.is_lost or attempt is not self._attempt:
            return "lost"
        if not attempt.is_echoed or attempt.asked_at is None:
            return "pending"
        asked_at = attempt.asked_at
        # Alive when the claims were sent, not now: if this client was stopped in between, it
        # may not have received later changes yet.
        blockers = [each for _, each in self.blocking(attempt.durations, asked_at)]
        outcome: Outcome = "contended" if blockers else "held"
        for each in blockers:
            if each.claim.state == "held" or self._goes_first(attempt, each):
                outcome = "refused"
        if outcome == "held" and now >= asked_at + min(attempt.durations.values()):
            outcome = "lost"
        if outcome == "held":
            self._attempt = None
            for key, seconds in attempt.durations.items():
                claim = replace(
                    self._claims[key].claim, state="held", since=self._wall_clock(), note=""
                )
                self._claims[key] = _OwnClaim(claim, asked_at + seconds)
            silent = set(self.peers.silent(SILENT_SECONDS, asked_at))
            self._removable = silent - {SERVER_ID}
        return outcome

    def withdraw(self, attempt: Attempt) -> None:
        """Give up an attempt."""
        if attempt is self._attempt:
            self._attempt = None
            for key in attempt.durations:
                self._claims.pop(key, None)

    def wait(self, key: str, *, ends_at: float, ttl: float, note: str = "") -> None:
        """Show other clients that this client waits for a key, until `stop_waiting`.

        Args:
            key: The key.
            ends_at: When to stop at the latest.
            ttl: Seconds for which others believe it without another write.
            note: A message to the holder.
        """
        known = self._waiting.get(key)
        claim = Claim(
            state="waiting",
            ticket=self._next_ticket() if known is None else known.claim.ticket,
            ttl=ttl,
            since=self._wall_clock() if known is None else known.claim.since,
            note=clean_text(note),
        )
        self._waiting[key] = _OwnClaim(claim, ends_at)

    def stop_waiting(self, key: str) -> None:
        """End `wait`."""
        self._waiting.pop(key, None)

    def enforce(self, claims: Mapping[str, Claim]) -> None:
        """Replace the held claims by those of locks that the server enforces.

        A key that is offered to another client stays offered, unless it was acquired again.
        """
        offered = {
            key: own
            for key, own in self._claims.items()
            if own.claim.offer and (key not in claims or claims[key].nonce == own.claim.nonce)
        }
        held = {key: _OwnClaim(each, math.inf) for key, each in claims.items()}
        self._claims = held | offered

    # ending ---------------------------------------------------------------------------

    def release(self, keys: Iterable[str]) -> None:
        """End the claims on keys that this client asks for or holds."""
        for key in keys:
            self._claims.pop(key, None)

    def offer(self, keys: Iterable[str], client_id: str, now: float) -> None:
        """Release keys, and let a client that waits for them acquire them before all others."""
        for key in keys:
            own = self._claims.pop(key, None)
            if own is not None and own.claim.state == "held" and self._is_wanted(key, client_id):
                claim = replace(own.claim, offer=client_id, enforced=False)
                self._claims[key] = _OwnClaim(claim, now + min(claim.ttl, _OFFER_SECONDS))

    def lose_all(self) -> None:
        """End all claims for good, because other clients may not see them any more."""
        if self._attempt is not None:
            self._attempt.is_lost, self._attempt = True, None
        self._claims.clear()
        self._own.abandon()

    def end(self) -> None:
        """End all claims, to remove the own key with the next write."""
        self._attempt = None
        self._claims.clear()
        self._waiting.clear()

    # messages -------------------------------------------------------------------------

    def write(
        self, now: float, renewals: Mapping[str, float] | None = None, *, beat: bool = False
    ) -> DictionaryChange | None:
        """Return the change to send now; None if other clients know everything.

        Args:
            now: The time before the change is sent.
            renewals: Seconds by held key for which to renew it, once the change is seen.
            beat: Whether to renew enforced claims.
        """
        if self._own.is_silent(now):
            self._own.abandon()
        self._claims = {key: own for key, own in self._claims.items() if now < own.ends_at}
        self._waiting = {key: own for key, own in self._waiting.items() if now < own.ends_at}
        renewed = {key: sec for key, sec in (renewals or {}).items() if self.believes(key, now)}
        for key, seconds in renewed.items():
            own = self._claims[key]
            # Never shorter: others may count from this write while this client believes by the
            # longer ttl of an earlier one, which may not even be echoed yet.
            ttl = max(own.claim.ttl, seconds / BELIEF_SHARE)
            own.claim = replace(own.claim, ttl=ttl)
        self._update_until()
        self._has_dropped = False
        claims = {key: own.claim for key, own in (self._waiting | self._claims).items()}
        attempt = self._attempt
        if attempt is not None and attempt.asked_at is None:
            attempt.asked_at = now
        change = self._own.write(
            now,
            self.name,
            claims,
            renewals=renewed,
            renews=beat or bool(renewed),
            nonce=0 if attempt is None else attempt.nonce,
        )
        for client_id in self._removable:
            change.removals.update(lock_keys(client_id))
        self._removable = set()
        return change or None

    def on_send_failed(self) -> None:
        """Write everything again the next time, as the last write may not have been sent."""
        self._own.on_send_failed()

    def receive(
        self,
        updates: Mapping[str, object],
        removals: Iterable[str],
        now: float,
        *,
        is_full: bool = False,
    ) -> frozenset[str] | None:
        """Process a change of the keys `lock.*`.

        Args:
            updates: New values by key.
            removals: Removed keys.
            now: The time at which the change is processed.
            is_full: Whether it is the full state: other keys do not exist.

        Returns:
            The keys on which claims of other clients changed. None if the own key is missing
            or was written by another client; then all claims are lost.
        """
        changes: dict[str, object] = {**dict.fromkeys(removals, ABSENT), **updates}
        if is_full:
            ids = self.peers.ids()
            absent = [key for each in ids for key in lock_keys(each)]
            changes = {**dict.fromkeys(absent, ABSENT), **changes}
            changes |= self._own.absent(changes)
        changed: frozenset[str] = frozenset()
        for key, value in changes.items():
            client_id, is_beat = split_lock_key(key)
            if client_id in self._own.former_ids:
                if value is ABSENT and not is_beat:
                    self._own.former_ids.discard(client_id)
            elif client_id != self.client_id:
                changed |= self.peers.update(key, value, now)
                self._removable.discard(client_id)
        # After the claims of the others, which the echo shows to be older.
        echoed = self._own.receive(changes, now)
        if echoed is None:
            self.lose_all()
        else:
            self._confirm(echoed, now)
        self._drop_ended_offers()
        return None if echoed is None else changed

    # internals ------------------------------------------------------------------------

    def _confirm(self, echoed: Iterable[Write], now: float) -> None:
        """Renew the claims, and confirm the attempt, of writes that were seen."""
        for write in echoed:
            for key, seconds in write.renewals.items():
                own = self._claims.get(key)
                # Lost is final: a late echo does not revive a claim.
                if own is not None and self.believes(key, now):
                    sent = write.claims and write.claims.claims.get(key)
                    if sent and sent.nonce == own.claim.nonce:
                        own.ends_at = write.sent_at + seconds
            if self._attempt is not None and write.nonce == self._attempt.nonce:
                self._attempt.is_echoed = True

    def _update_until(self) -> None:
        for key, own in self._claims.items():
            until = self._until_of(key) if _is_held(own.claim) else None
            if until is not None and not is_same_time(own.claim.until, until):
                own.claim = replace(own.claim, until=until)

    def _drop_ended_offers(self) -> None:
        """End the offers of keys that the other client holds, or does not want any more."""
        for key, own in list(self._claims.items()):
            if own.claim.offer and not self._is_wanted(key, own.claim.offer):
                del self._claims[key]
                self._has_dropped = True

    def _is_wanted(self, key: str, client_id: str) -> bool:
        """Return whether another client is about to acquire a key."""
        peer = self.peers.client(client_id)
        theirs = None if peer is None else peer.claims.get(key)
        return theirs is not None and theirs.state != "held"

    def _goes_first(self, attempt: Attempt, other: PeerClaim) -> bool:
        """Return whether another client that is asking goes before this one."""
        return (other.claim.ticket, other.client_id) < (attempt.ticket, self.client_id)

    def _next_ticket(self) -> int:
        return min(self.peers.highest_ticket + 1, _LAST_TICKET)


def is_same_time(known: float | None, until: float | None) -> bool:
    """Return whether two times are the same, as they are computed from two clocks."""
    return known == until or (
        known is not None and until is not None and abs(until - known) < _TIME_TOLERANCE
    )


def _is_held(claim: Claim) -> bool:
    """Return whether a claim of this client is a lock by this protocol."""
    return claim.state == "held" and not claim.offer and not claim.enforced
