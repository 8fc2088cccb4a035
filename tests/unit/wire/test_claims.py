"""What clients write about their claims is untrusted."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given

from nanover_jupyter.wire.claims import MAX_TEXT, MAX_TTL, Claim, ClientClaims, read_claims
from nanover_jupyter.wire.messages import LockKind
from nanover_jupyter.wire.values import normalize
from tests.support.values import values

GOOD: dict[str, Any] = {"state": "held", "nonce": 1, "ticket": 2, "ttl": 10.5, "since": 3.0}


def read_one(**changed: object) -> Claim | None:
    claims = read_claims("lock.a", {"name": "A", "beat": 1, "claims": {"scene": GOOD | changed}})
    assert claims is not None
    return claims.claims.get("scene")


def test_what_is_written_is_read_back() -> None:
    claim = Claim(
        state="held",
        nonce=3,
        ticket=4,
        ttl=10.5,
        since=1.5,
        until=2.5,
        note="aligning",
        offer="b",
        enforced=True,
    )
    claims = ClientClaims("a", "Ada", 7, {"scene": claim, "x.y": Claim(state="waiting", ttl=1.0)})
    assert read_claims(claims.key, normalize(claims.value())) == claims


def test_integers_may_be_doubles_as_grpc_has_no_others() -> None:
    assert read_one(nonce=3.0, ticket=4.0) == read_one(nonce=3, ticket=4)


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "HELD"},
        {"state": ["held"]},
        {"ttl": 0},
        {"ttl": -1.0},
        {"ttl": math.nan},
        {"ttl": "10"},
        {"ttl": True},
        {"nonce": 0.5},
        {"nonce": 2**200},
        {"ticket": None},
    ],
)
def test_an_invalid_claim_is_left_out(changed: dict[str, object]) -> None:
    assert read_one(**changed) is None


def test_long_texts_and_times_are_cut() -> None:
    claim = read_one(note="x" * 500, ttl=1e12, until=1e300, offer=7, enforced="yes")
    assert claim is not None
    assert (len(claim.note), claim.ttl, claim.until, claim.offer) == (MAX_TEXT, MAX_TTL, None, "")
    assert not claim.enforced


@given(values)
def test_any_value_is_read_or_ignored(value: Any) -> None:
    for sent in (value, {"claims": value}, {"claims": {"scene": value}}):
        claims = read_claims("lock.a", sent)
        assert claims is None or claims.client_id == "a"
    assert read_claims("locks", {"claims": {}}) is None


def test_only_no_locks_are_false() -> None:
    assert [bool(kind) for kind in LockKind] == [True, True, False]
