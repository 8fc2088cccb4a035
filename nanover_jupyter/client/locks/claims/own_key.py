"""The own key of a client: what it wrote, and what it has seen of that."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from nanover_jupyter.wire.claims import (
    Claim,
    ClientClaims,
    beat_key,
    lock_key,
    lock_keys,
    read_claims,
)
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent

__all__ = ["OwnKey", "Write"]


class Write(NamedTuple):
    """A write of the own keys, `lock.ID` and `lock.ID.beat`.

    Attributes:
        beat: The number of the write.
        is_beat: Whether it wrote the beat only, and the claims are those of an earlier write.
        sent_at: The time before it was sent.
        claims: The claims as others read them; None if the keys were removed.
        source: The claims as they were given.
        renewals: Seconds by key for which it renews claims.
        nonce: The nonce of the attempt that was undecided; 0 for none.
    """

    beat: int
    is_beat: bool
    sent_at: float
    claims: ClientClaims | None
    source: Mapping[str, Claim]
    renewals: Mapping[str, float]
    nonce: int

    @property
    def silent_at(self) -> float:
        """When others may count all claims as dead, if they see nothing later."""
        ttls = [claim.ttl for claim in self.claims.claims.values()] if self.claims else []
        return self.sent_at + max(ttls, default=math.inf)


class OwnKey:
    """Composes the writes of one client and matches their echoes. Not thread-safe.

    Args:
        new_id: Returns an id that no client has used before.

    Attributes:
        client_id: The id of the client. Changes when others may have removed its key.
        beat: The number of the last write.
        former_ids: Earlier ids, whose keys are removed with the next write.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self.client_id = new_id()
        self.beat = 0
        self.former_ids: set[str] = set()
        # Writes that have not been seen in the shared state, oldest first.
        self._sent: deque[Write] = deque()
        # The last write that was seen; its claims are the value of the key.
        self._seen: Write | None = None
        # Whether the last write may not have been sent, so that the next one is complete.
        self._is_unsure = False

    @property
    def has_unsent(self) -> bool:
        """Whether others see what was removed."""
        return self._is_unsure or bool(self.former_ids)

    def is_echoed(self, beat: int) -> bool:
        """Return whether write number `beat` was seen, or a later one."""
        return all(each.beat > beat for each in self._sent)

    def is_silent(self, now: float) -> bool:
        """Return whether others may have counted the key as dead, and may remove it at any time.

        They count from any write that they may have seen, so by the shortest time of all.
        """
        writes = self._sent if self._seen is None else (self._seen, *self._sent)
        return any(now >= each.silent_at for each in writes)

    # writing --------------------------------------------------------------------------

    def write(  # noqa: PLR0913 - what a write depends on
        self,
        now: float,
        name: str,
        claims: Mapping[str, Claim],
        *,
        renewals: Mapping[str, float],
        renews: bool,
        nonce: int,
    ) -> DictionaryChange:
        """Return the change to send now, which may be empty.

        Args:
            now: The time before the change is sent.
            name: The name of the client.
            claims: Its claims by key.
            renewals: Seconds by key for which to renew claims.
            renews: Whether to write something if the claims are known.
            nonce: See `Write.nonce`.
        """
        last = self._sent[-1] if self._sent else self._seen
        known = None if last is None else last.claims
        is_known = (
            last is not None and known is not None and known.name == name and last.source == claims
        )
        is_new = self._is_unsure or not is_known
        change = DictionaryChange()
        written: ClientClaims | None = None
        self.beat += 1
        if claims and is_new:
            full = ClientClaims(self.client_id, name, self.beat, claims)
            # Others leave out what is too long or too late, and so would the echo.
            written = read_claims(full.key, full.value()) or full
            change.updates[written.key] = written.value()
        elif claims and renews:
            # The claims may be many, and every client would receive them again.
            written = known
            change.updates[beat_key(self.client_id)] = self.beat
        elif not claims and (known is not None or self._is_unsure):
            change.removals.update(lock_keys(self.client_id))
        if change:
            self._sent.append(
                Write(self.beat, not is_new, now, written, dict(claims), renewals, nonce)
            )
        self._is_unsure = False
        for client_id in self.former_ids:
            change.removals.update(lock_keys(client_id))
        return change

    def on_send_failed(self) -> None:
        """Write everything again the next time, as the last write may not have been sent."""
        self._is_unsure = True

    def abandon(self) -> None:
        """Continue under a new id, if anything was written under this one."""
        if self._sent or self._seen is not None:
            self.former_ids.add(self.client_id)
            self.client_id = self._new_id()
        self._sent.clear()
        self._seen = None

    # reading --------------------------------------------------------------------------

    def receive(self, changes: Mapping[str, object], now: float) -> list[Write] | None:
        """Return the writes that a change shows, oldest first.

        Returns:
            None if another client wrote the key or removed it, or if the key is silent. Another
            client that writes the beat does no harm.
        """
        own_key, own_beat = lock_keys(self.client_id)
        if (own_key in changes or own_beat in changes) and self.is_silent(now):
            return None
        echoed: list[Write] = []
        if own_key in changes:
            value = changes[own_key]
            seen = None if value is ABSENT else read_claims(own_key, value)
            count = self._count(lambda each: not each.is_beat and each.claims == seen)
            is_missing = value is not ABSENT and seen is None
            if is_missing or (count == 0 and seen != (self._seen and self._seen.claims)):
                return None
            echoed += self._pop(count)
        if own_beat in changes:
            value = changes[own_beat]
            echoed += self._pop(self._count(lambda each: each.is_beat and each.beat == value))
        return echoed

    def absent(self, changes: Mapping[str, object]) -> dict[str, Absent]:
        """Return the keys of this client that a full state does not have, but should."""
        keys = [key for each in self.former_ids for key in lock_keys(each)]
        if self._seen is not None:
            keys.append(lock_key(self.client_id))
        return {key: ABSENT for key in keys if key not in changes}

    def _count(self, is_it: Callable[[Write], bool]) -> int:
        """Return how many writes a change shows whose last one is the first that matches."""
        return next((n for n, each in enumerate(self._sent, 1) if is_it(each)), 0)

    def _pop(self, count: int) -> Iterator[Write]:
        for _ in range(count):
            echoed = self._sent.popleft()
            self._seen = echoed if echoed.claims is not None else None
            yield echoed
