"""Claims on keys of the shared state, by which clients of any server agree on locks.

Each client writes one key, `lock.ID`, and reads those of the others:

    {"name": string, "beat": integer, "claims": {KEY: {"state": "asking" | "held" | "waiting",
     "nonce": integer, "ticket": integer, "ttl": seconds, "since": seconds since 1970, ...}}}

While its claims stay the same, it only writes `lock.ID.beat`, an integer.
docs/reference/cooperative-locks.md describes the convention. What other clients write is
untrusted: values that are not claims are ignored, and texts are cut.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Literal, get_args

from nanover_jupyter.wire.values import Value

__all__ = [
    "BEAT_SUFFIX",
    "LOCK_PREFIX",
    "MAX_CLAIMS",
    "MAX_KEY",
    "MAX_TEXT",
    "MAX_TTL",
    "SERVER_ID",
    "Claim",
    "ClaimState",
    "ClientClaims",
    "beat_key",
    "clean_text",
    "is_lock_key",
    "lock_key",
    "lock_keys",
    "read_claims",
    "split_lock_key",
]

ClaimState = Literal["asking", "held", "waiting"]

LOCK_PREFIX: Final = "lock."
BEAT_SUFFIX: Final = ".beat"
SERVER_ID: Final = "server"
"""The id of the server's own claims, for locks that it enforces."""
MAX_TEXT: Final = 120
"""Characters of a name, a note or an id."""
MAX_TTL: Final = 86_400.0
"""Seconds; a claim with a longer ttl counts as if it had this one."""

_STATES: Final[dict[str, ClaimState]] = {state: state for state in get_args(ClaimState)}
MAX_CLAIMS: Final = 10_000
"""Further claims of one client are ignored."""
MAX_KEY: Final = 500
"""Characters; claims on longer keys are ignored."""
# Larger integers are not exact in a double.
_MAX_INTEGER: Final = 2.0**53
# The year 3000; some platforms cannot format later dates.
_MAX_TIME: Final = 32_503_680_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The claim of a client on one key.

    Attributes:
        state: `asking` for a lock, `held`, or `waiting`, which does not block others.
        nonce: Identifies the attempt to which an `asking` or `held` claim belongs.
        ticket: Decides which of two clients that are asking withdraws: the one with the higher
            ticket. Equal tickets are decided by the ids of the clients.
        ttl: Seconds after the last change of the client's key in which the claim is alive.
        since: When the client began to wait or to hold, in seconds since 1970 by its clock.
        until: When the client expects to release it, likewise; None if unknown.
        note: A message to the holder or to waiting clients.
        offer: The id of the client to which a `held` claim is handed over; its owner does not
            hold it any more.
        enforced: Whether the server enforces the lock, as gRPC servers do.
    """

    state: ClaimState
    nonce: int = 0
    ticket: int = 0
    ttl: float
    since: float = 0.0
    until: float | None = None
    note: str = ""
    offer: str = ""
    enforced: bool = False

    def value(self) -> dict[str, Value]:
        """Return the claim as a value of the shared state."""
        value: dict[str, Value] = {
            "state": self.state,
            "nonce": self.nonce,
            "ticket": self.ticket,
            "ttl": self.ttl,
            "since": self.since,
        }
        if self.until is not None:
            value["until"] = self.until
        if self.note:
            value["note"] = self.note
        if self.offer:
            value["offer"] = self.offer
        if self.enforced:
            value["enforced"] = True
        return value


@dataclass(frozen=True, slots=True)
class ClientClaims:
    """The claims of one client, as its key `lock.ID` has them.

    Attributes:
        client_id: The part of the key after `lock.`. It has no dots.
        name: The client's name for people; may be empty.
        beat: Counts the client's writes of its key.
        claims: The claims by the key that they are on.
    """

    client_id: str
    name: str = ""
    beat: int = 0
    claims: Mapping[str, Claim] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of the shared state."""
        return lock_key(self.client_id)

    def value(self) -> dict[str, Value]:
        """Return the value of the key."""
        claims: dict[str, Value] = {key: claim.value() for key, claim in self.claims.items()}
        return {"name": self.name, "beat": self.beat, "claims": claims}


def lock_key(client_id: str) -> str:
    """Return the key with the claims of a client."""
    return LOCK_PREFIX + client_id


def beat_key(client_id: str) -> str:
    """Return the key that a client changes while its claims stay the same."""
    return LOCK_PREFIX + client_id + BEAT_SUFFIX


def lock_keys(client_id: str) -> tuple[str, str]:
    """Return both keys of a client: that of its claims, and that of its beat."""
    return lock_key(client_id), beat_key(client_id)


def clean_text(text: str) -> str:
    """Return a text as it can be sent and read: cut, and without lone surrogates."""
    return text.encode("utf-8", "replace").decode()[:MAX_TEXT]


def is_lock_key(key: str) -> bool:
    """Return whether a key of the shared state belongs to the claims of a client."""
    return key.startswith(LOCK_PREFIX)


def split_lock_key(key: str) -> tuple[str, bool]:
    """Return the id of the client to which a key belongs, and whether it is the beat."""
    name = key.removeprefix(LOCK_PREFIX)
    return name.removesuffix(BEAT_SUFFIX), name.endswith(BEAT_SUFFIX)


def read_claims(key: str, value: object) -> ClientClaims | None:
    """Return the claims in the value of a key `lock.ID`; None if they are not claims.

    Claims that are invalid are left out.
    """
    client_id, is_beat = split_lock_key(key)
    if not is_lock_key(key) or is_beat or len(client_id) > MAX_TEXT or not isinstance(value, dict):
        return None
    claims = value.get("claims")
    if not isinstance(claims, dict):
        return None
    found = {
        name: claim
        for name, sent in islice(claims.items(), MAX_CLAIMS)
        if isinstance(name, str) and len(name) <= MAX_KEY
        if (claim := _read_claim(sent)) is not None
    }
    beat = _integer(value.get("beat")) or 0
    return ClientClaims(client_id, _text(value.get("name")), beat, found)


def _read_claim(sent: object) -> Claim | None:
    if not isinstance(sent, dict):
        return None
    state = _STATES.get(_text(sent.get("state")))
    ttl = _number(sent.get("ttl"))
    nonce, ticket = _integer(sent.get("nonce", 0)), _integer(sent.get("ticket", 0))
    if state is None or nonce is None or ticket is None or ttl is None or ttl <= 0:
        return None
    return Claim(
        state=state,
        nonce=nonce,
        ticket=ticket,
        ttl=min(ttl, MAX_TTL),
        since=_time(sent.get("since")) or 0.0,
        until=_time(sent.get("until")),
        note=_text(sent.get("note")),
        offer=_text(sent.get("offer")),
        enforced=sent.get("enforced") is True,
    )


def _number(sent: Any) -> float | None:
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        return None
    # Integers of MessagePack may be larger than a double.
    number = float(sent) if abs(sent) <= _MAX_INTEGER else math.nan
    return None if math.isnan(number) else number


def _integer(sent: Any) -> int | None:
    number = _number(sent)
    return int(number) if number is not None and number.is_integer() else None


def _time(sent: Any) -> float | None:
    number = _number(sent)
    return number if number is not None and 0.0 <= number < _MAX_TIME else None


def _text(sent: Any) -> str:
    return sent[:MAX_TEXT] if isinstance(sent, str) else ""
