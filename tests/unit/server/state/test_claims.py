"""Locks of gRPC clients and claims of WebSocket clients exclude each other in the store."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nanover_jupyter.server.state.claims import SERVER_KEY
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.wire.claims import MAX_TTL, Claim, ClaimState, ClientClaims, read_claims
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from tests.support.clock import FakeClock
from tests.support.values import values

# Access tokens: of two clients of WebSocket servers and two of gRPC servers.
WALTER, WANDA, GRETA, GUS = "walter", "wanda", "greta", "gus"
TTL = 10.0
SINCE = 1.7e9


@pytest.fixture
def state(clock: FakeClock) -> SharedState:
    return SharedState(clock=clock, wall_clock=lambda: SINCE)


def claim(state: ClaimState, ttl: float = TTL, **fields: Any) -> Claim:
    return Claim(state=state, ttl=ttl, **fields)


def claims_of(client: str, **claims: Claim) -> dict[str, Any]:
    value: dict[str, Any] = ClientClaims(client, claims=claims).value()
    return value


def write(state: SharedState, client: str, **claims: Claim) -> bool:
    """Write the claims of a client whose id is its token."""
    change = DictionaryChange({f"lock.{client}": claims_of(client, **claims)})
    return state.attempt_update(client, change)


def put(state: SharedState, **updates: object) -> bool:
    return state.attempt_update("someone", DictionaryChange(updates))


def remove(state: SharedState, *keys: str) -> bool:
    return state.attempt_update("someone", DictionaryChange(removals=keys))


def lock(state: SharedState, token: object, **durations: float | None) -> bool:
    return state.attempt_update_locks(token, LockRequest.from_durations(durations))


def published(state: SharedState) -> dict[str, Claim]:
    claims = read_claims(SERVER_KEY, state.copy().get(SERVER_KEY))
    return {} if claims is None else dict(claims.claims)


def server_claim(ttl: float, since: float = SINCE) -> Claim:
    return Claim(state="held", ttl=ttl, since=since, enforced=True)


# claims keep others from locking keys ----------------------------------------------


@pytest.mark.parametrize("kind", ["asking", "held"])
def test_a_claimed_key_cannot_be_locked(state: SharedState, kind: ClaimState) -> None:
    write(state, WALTER, a=claim(kind))

    assert not lock(state, GRETA, a=5, b=5)
    assert state.unavailable(GRETA, ["a", "b"]) == ("a",)
    assert lock(state, GRETA, b=5)


@pytest.mark.parametrize(
    "harmless",
    [claim("waiting"), claim("held", enforced=True), claim("asking", enforced=True)],
)
def test_waiting_and_enforced_claims_block_nobody(state: SharedState, harmless: Claim) -> None:
    write(state, WALTER, a=harmless)

    assert lock(state, GRETA, a=5)


def test_a_claim_blocks_until_its_key_has_not_changed_for_its_ttl(
    state: SharedState, clock: FakeClock
) -> None:
    write(state, WALTER, a=claim("held"))
    clock.now += 9
    write(state, WALTER, a=claim("held"))
    clock.now += 9.99
    assert not lock(state, GRETA, a=5)
    clock.now += 0.01
    assert lock(state, GRETA, a=5)


def test_a_beat_keeps_the_claims_of_its_client_alive(state: SharedState, clock: FakeClock) -> None:
    write(state, "a", scene=claim("held"))
    clock.pass_seconds(TTL - 1)
    beat = DictionaryChange({"lock.a.beat": 2, "lock.unknown.beat": 1})
    assert state.attempt_update("a", beat)
    clock.pass_seconds(TTL - 1)
    assert not state.attempt_update_locks("b", LockRequest({"scene": 5}))

    clock.pass_seconds(1)
    assert state.attempt_update_locks("b", LockRequest({"scene": 5}))


def test_a_claim_blocks_until_it_is_removed(state: SharedState) -> None:
    write(state, WALTER, a=claim("held"), b=claim("held"))
    write(state, WANDA, b=claim("asking"))

    write(state, WALTER, b=claim("held"))
    assert lock(state, GRETA, a=5)
    remove(state, "lock.walter")
    assert not lock(state, GRETA, b=5)
    remove(state, "lock.wanda")
    assert lock(state, GRETA, b=5)
    assert state._claims._claimants == state._claims._clients == {}


def test_claims_do_not_block_updates(state: SharedState) -> None:
    write(state, WALTER, a=claim("held"))

    assert put(state, a=1)
    assert state.blocked(GRETA, ["a"]) == ()


def test_a_client_may_lock_keys_that_it_claims_itself(state: SharedState) -> None:
    write(state, GRETA, a=claim("held"))

    assert lock(state, GRETA, a=5)
    state.attempt_update(GUS, DictionaryChange({"lock.greta": claims_of(GRETA, b=claim("held"))}))
    assert not lock(state, GRETA, b=5)


def test_a_refused_update_makes_no_claims(state: SharedState) -> None:
    lock(state, GUS, other=5)
    claims = {"lock.walter": claims_of(WALTER, a=claim("held")), "other": 1}
    assert not state.attempt_update(WALTER, DictionaryChange(claims))

    assert lock(state, GRETA, a=5)


def test_a_removal_in_the_same_update_wins(state: SharedState) -> None:
    claims = {"lock.walter": claims_of(WALTER, a=claim("held"))}
    state.attempt_update(WALTER, DictionaryChange(claims, {"lock.walter"}), normalized=True)

    assert lock(state, GRETA, a=5)


def test_a_key_that_was_handed_over_can_be_locked_by_that_client(state: SharedState) -> None:
    write(state, WALTER, a=claim("held", offer=GRETA), b=claim("asking", offer=GRETA))
    assert not lock(state, GRETA, a=5)  # the server does not know which client `greta` is

    write(state, GRETA, c=claim("waiting"))
    assert not lock(state, GUS, a=5)
    assert not lock(state, GRETA, b=5)
    assert lock(state, GRETA, a=5)


def test_claims_of_others_do_not_end_a_lock(state: SharedState, clock: FakeClock) -> None:
    lock(state, GRETA, a=5)
    write(state, WALTER, a=claim("asking"))
    clock.now += 4.99
    assert lock(state, GRETA, a=5)

    clock.now += 5
    assert not lock(state, GRETA, a=5)


def test_a_refused_request_releases_nothing(state: SharedState) -> None:
    lock(state, GRETA, mine=60)
    write(state, WALTER, a=claim("held"))

    assert not lock(state, GRETA, a=5, mine=None)
    assert state.blocked(GUS, ["mine"]) == ("mine",)


# locks are published to clients that ask for them ------------------------------------


def test_a_client_that_asks_for_a_locked_key_receives_the_lock_with_its_claim(
    state: SharedState, clock: FakeClock
) -> None:
    lock(state, GRETA, a=5, b=5, unrelated=5)
    clock.now += 1
    with state.subscribe() as subscription:
        write(state, WALTER, a=claim("asking"), b=claim("asking"), free=claim("asking"))

        delta = subscription.take(0)
        assert delta is not None
        assert delta.change.updates.keys() == {"lock.walter", SERVER_KEY}
        assert delta.change.updates == state.copy()
    assert published(state) == {"a": server_claim(4), "b": server_claim(4)}


@pytest.mark.parametrize("kind", ["held", "waiting"])
def test_nothing_is_published_that_nobody_asked_for(state: SharedState, kind: ClaimState) -> None:
    lock(state, GRETA, a=5, a2=5)
    write(state, GRETA, a=claim("asking"))
    write(state, WALTER, a=claim(kind), free=claim("asking"))

    assert SERVER_KEY not in state.copy()


@pytest.mark.parametrize("seconds", [math.inf, math.nan, 1e12])
def test_an_endless_lock_is_published_with_the_longest_ttl(
    state: SharedState, clock: FakeClock, seconds: float
) -> None:
    lock(state, GRETA, a=seconds, b=1)
    write(state, WALTER, b=claim("asking"))
    write(state, WALTER, a=claim("asking"))
    clock.now += 1
    put(state, other=1)

    assert published(state) == {"a": server_claim(MAX_TTL)}


def test_a_published_lock_disappears_when_it_is_released(state: SharedState) -> None:
    lock(state, GRETA, a=5)
    lock(state, GUS, b=5)
    write(state, WALTER, a=claim("asking"), b=claim("asking"))
    with state.subscribe() as subscription:
        subscription.take(0)

        lock(state, GRETA, a=None)
        assert published(state) == {"b": server_claim(5)}
        lock(state, GRETA, unrelated=5)
        lock(state, GUS, b=None)
        delta = subscription.take(0)
        assert delta is not None
        assert delta.change == DictionaryChange(removals={SERVER_KEY})

        lock(state, GUS, b=5)
        assert subscription.take(0) is None


def test_unrelated_requests_publish_nothing(state: SharedState) -> None:
    lock(state, GRETA, a=5)
    write(state, WALTER, a=claim("asking"))
    with state.subscribe() as subscription:
        subscription.take(0)
        lock(state, GRETA, b=5)
        lock(state, GUS, a=5)

        assert subscription.take(0) is None


def test_published_locks_disappear_when_all_locks_are_cleared(state: SharedState) -> None:
    lock(state, GRETA, a=math.inf)
    write(state, WALTER, a=claim("asking"))
    state.clear_locks()

    assert SERVER_KEY not in state.copy()


def test_published_locks_disappear_with_the_next_update_after_they_expire(
    state: SharedState, clock: FakeClock
) -> None:
    lock(state, GRETA, a=5, b=8)
    write(state, WALTER, a=claim("asking"), b=claim("asking"))
    clock.now += 4
    put(state, other=1)
    assert published(state).keys() == {"a", "b"}
    clock.now += 1
    put(state, other=1)
    assert published(state) == {"b": server_claim(3)}
    clock.now += 3
    put(state, other=1)
    assert SERVER_KEY not in state.copy()


def test_a_published_lock_that_is_acquired_again_has_its_new_ttl(
    clock: FakeClock,
) -> None:
    wall_clock = FakeClock()
    state = SharedState(clock=clock, wall_clock=wall_clock)
    lock(state, GRETA, a=5)
    write(state, WALTER, a=claim("asking"))
    wall_clock.now += 4
    clock.now += 4
    lock(state, GRETA, a=5)
    assert published(state) == {"a": server_claim(5, since=1000)}

    wall_clock.now += 5
    clock.now += 5
    write(state, WALTER)
    lock(state, GUS, a=2)
    assert SERVER_KEY not in state.copy()
    write(state, WALTER, a=claim("asking"))
    assert published(state) == {"a": server_claim(2, since=1009)}


def test_every_claim_on_a_locked_key_is_answered(state: SharedState) -> None:
    lock(state, GRETA, a=5)
    beats = []
    for _ in range(2):
        write(state, WALTER, a=claim("asking"))
        claims = read_claims(SERVER_KEY, state.copy()[SERVER_KEY])
        assert claims is not None
        beats.append(claims.beat)

    assert beats == [1, 2]


def test_clients_cannot_write_or_remove_the_published_locks(state: SharedState) -> None:
    forged = {SERVER_KEY: claims_of("server", free=claim("held"))}
    with state.subscribe() as subscription:
        assert put(state, **forged, other=1)
        delta = subscription.take(0)
        assert delta is not None
        assert delta.change == DictionaryChange({"other": 1}, {SERVER_KEY})
    assert lock(state, GRETA, free=5)

    write(state, WALTER, free=claim("asking"))
    for change in (DictionaryChange(forged), DictionaryChange({"b": 1}, {SERVER_KEY, "other"})):
        assert state.attempt_update(WALTER, change)
        assert published(state) == {"free": server_claim(5)}
    assert state.copy().keys() == {SERVER_KEY, "lock.walter", "b"}


def test_a_lock_on_the_servers_key_does_not_hide_published_locks(state: SharedState) -> None:
    lock(state, GRETA, **{"a": 5, SERVER_KEY: 5})
    write(state, WALTER, a=claim("asking"))

    assert published(state).keys() == {"a"}


def test_published_locks_are_limited_but_include_those_just_asked_for(state: SharedState) -> None:
    keys = [f"k{number}" for number in range(3000)]
    lock(state, GRETA, **dict.fromkeys(keys, 5.0), a=5)
    write(state, WALTER, **dict.fromkeys(keys, claim("asking")))
    assert published(state).keys() == set(keys)
    write(state, WALTER, a=claim("asking"))

    assert next(iter(published(state))) == "a"
    assert len(published(state)) == 1001


def test_a_frozen_state_publishes_nothing(state: SharedState) -> None:
    lock(state, GRETA, a=5)
    write(state, WALTER, a=claim("asking"))
    before = state.copy()
    state.freeze()
    lock(state, GRETA, a=None)
    state.clear_locks()

    assert state.copy() == before


# hostile values -----------------------------------------------------------------------


@given(
    value=values,
    wrap=st.sampled_from(
        [
            lambda value: value,
            lambda value: {"claims": value},
            lambda value: {"claims": {"a": value}},
            lambda value: {"claims": {"a": {"state": "asking", "ttl": value}}},
            lambda value: {"claims": {"a": {"state": "held", "ttl": 1.0, "offer": value}}},
        ]
    ),
    lock_key=st.sampled_from(["lock.", "lock.x", "lock.server", "lock..", "lock.lock.x"]),
)
def test_any_value_is_a_claim_or_ignored(
    value: Any, wrap: Callable[[Any], Any], lock_key: str
) -> None:
    clock = FakeClock()
    state = SharedState(clock=clock)
    lock(state, GRETA, a=5)
    for sent in (wrap(value), wrap(value), {"claims": {"a": 1}}, wrap(value)):
        assert put(state, **{lock_key: sent, "b": 1})
        assert published(state).keys() <= {"a"}
        assert state.unavailable(GRETA, ["a"]) == ()
    assert lock(state, GRETA, a=None)
    assert SERVER_KEY not in state.copy()

    assert remove(state, lock_key)
    assert lock(state, GUS, a=5)
    assert state._claims._claimants == state._claims._clients == {}


KEYS = ("a", "b", "c")
TOKENS = (WALTER, WANDA, GRETA, GUS)


class ClaimsAndLocks(RuleBasedStateMachine):
    """Compares the store with a search of everything that was written."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.state = SharedState(clock=self.clock)
        self.written: dict[str, tuple[str, float, dict[str, Claim]]] = {}
        self.locks: dict[str, tuple[str, float]] = {}

    @rule(
        token=st.sampled_from(TOKENS),
        client=st.sampled_from(TOKENS),
        claims=st.dictionaries(
            st.sampled_from(KEYS),
            st.builds(
                Claim,
                state=st.sampled_from(["asking", "held", "waiting"]),
                ttl=st.sampled_from([1.0, 3.0]),
                offer=st.sampled_from(["", *TOKENS]),
                enforced=st.booleans(),
            ),
        ),
    )
    def claim_keys(self, token: str, client: str, claims: dict[str, Claim]) -> None:
        change = DictionaryChange({f"lock.{client}": claims_of(client, **claims)})
        assert self.state.attempt_update(token, change)
        self.written[client] = (token, self.clock.now, claims)
        asked = {key for key, each in claims.items() if each.state == "asking"}
        for key in asked:
            if self.owner(key) not in (None, token):
                assert published(self.state)[key].ttl == self.locks[key][1] - self.clock.now

    @rule(client=st.sampled_from(TOKENS))
    def remove_claims(self, client: str) -> None:
        assert remove(self.state, f"lock.{client}")
        self.written.pop(client, None)

    @rule(
        token=st.sampled_from(TOKENS),
        durations=st.dictionaries(
            st.sampled_from(KEYS), st.sampled_from([None, 0.0, 1.0, 4.0]), min_size=1
        ),
    )
    def request_locks(self, token: str, durations: dict[str, float | None]) -> None:
        acquired = [key for key, seconds in durations.items() if seconds is not None]
        expected = not any(self.is_unavailable(token, key) for key in acquired)
        assert lock(self.state, token, **durations) == expected
        for key, seconds in durations.items() if expected else ():
            if seconds is not None:
                self.locks[key] = (token, self.clock.now + seconds)
            elif self.owner(key) == token:
                del self.locks[key]

    @rule()
    def clear_locks(self) -> None:
        self.state.clear_locks()
        self.locks.clear()

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        put(self.state, other=1)

    @rule()
    def forge(self) -> None:
        put(self.state, **{SERVER_KEY: claims_of("server", a=claim("held"))})

    @invariant()
    def published_locks_are_held(self) -> None:
        for key, each in published(self.state).items():
            assert self.owner(key) is not None
            # If it was not published again since, its ttl has partly passed.
            assert each.enforced
            assert each.ttl >= self.locks[key][1] - self.clock.now

    def owner(self, key: str) -> str | None:
        token, expires = self.locks.get(key, (None, 0.0))
        return token if expires > self.clock.now else None

    def is_unavailable(self, token: str, key: str) -> bool:
        if self.owner(key) is not None:
            return self.owner(key) != token
        return any(
            writer != token
            and key in claims
            and changed + claims[key].ttl > self.clock.now
            and claims[key].state != "waiting"
            and not claims[key].enforced
            and not (claims[key].state == "held" and self.is_own(token, claims[key].offer))
            for writer, changed, claims in self.written.values()
        )

    def is_own(self, token: str, client: str) -> bool:
        return client in self.written and self.written[client][0] == token


TestClaimsAndLocks = ClaimsAndLocks.TestCase
TestClaimsAndLocks.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
