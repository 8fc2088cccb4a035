"""Locks by key."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.key_locks import KeyLocks
from nanover_jupyter.errors import InvalidArgument, LeaseLost, LockRefused
from nanover_jupyter.wire.messages import LockRequest


@pytest.fixture
def keys(locks):
    return KeyLocks(locks)


def held(table):
    return table.blocked("stranger", ["a", "b", "c"])


def test_keys_taken_together_go_their_own_ways(keys, locks, table):
    keys.take(["a", "b"], duration=10, keep=True)
    keys.keep("a", keep=False)
    keys.release(["b"])

    assert held(table) == ("a",)
    assert [(row.key, row.state, row.keep) for row in locks.book.leases()] == [
        ("a", "held", False),
        ("b", "released", False),
    ]


def test_keys_are_taken_all_or_none(keys, table):
    table.attempt_update_locks("stranger", LockRequest({"b": 60}))

    with pytest.raises(LockRefused):
        keys.take(["a", "b"], duration=10, keep=True)

    assert table.blocked("another", ["a"]) == ()


def test_what_was_locked_without_a_lease_can_be_renewed_kept_capped_and_given_back(
    keys, locks, table, clock
):
    locks.attempt_update({"a": 10})
    clock.pass_seconds(4)
    keys.renew("a")
    assert locks.book.get("a").left(clock()) == 10

    keys.keep("a", keep=True)
    keys.cap("a", 120)
    assert locks.book.get("a").keep
    keys.release(["a"])

    assert held(table) == ()


def test_a_key_is_renewed_although_one_of_its_leases_has_reached_its_limit(keys, locks, clock):
    short = locks.lease("a", duration=60, max_hold=5).acquire()
    long = locks.lease("a", duration=60).acquire()
    clock.pass_seconds(6)

    keys.renew("a")

    assert (short.state, long.left) == ("lost", 60)


def test_all_keys_are_given_back_in_one_request_whoever_locked_them(keys, locks, road, table):
    keys.take(["a", "b"], duration=10, keep=True)
    lease = locks.lease("c").acquire()
    locks.attempt_update({"bare": 10})
    asked = len(road.requests)

    keys.release_all()

    assert len(road.requests) == asked + 1
    assert table.blocked("stranger", ["a", "b", "c", "bare"]) == ()
    assert {row.state for row in locks.book.leases()} == {"released"}
    assert (lease.state, lease.note) == ("released", "given back")
    keys.release_all()
    assert len(road.requests) == asked + 1


def test_giving_all_back_ends_the_waiting(locks, keys, table):
    table.attempt_update_locks("stranger", LockRequest({"a": 60}))
    waiting = locks.lease("a")
    locks._pause = lambda _: keys.release_all()

    with pytest.raises(LeaseLost, match="given back while somebody waited"):
        waiting.acquire(wait=True)


def test_all_given_back_to_a_server_that_is_away_say_so(locks, keys, road):
    lease = locks.lease("a").acquire()
    road.dead = "cable cut"

    keys.release_all()

    assert lease.state == "released"
    assert "could not be told" in lease.note
    assert "could not be told" in locks.book.get("a").note


def test_a_lease_on_several_keys_is_given_back_whole(keys, locks, table):
    lease = locks.lease(["a", "b"]).acquire()

    keys.release(["a"])

    assert lease.state == "released"
    assert held(table) == ()


def test_a_key_that_someone_took_meanwhile_is_not_renewed(keys, locks, table):
    locks.attempt_update({"a": 10})
    table.clear_locks()
    table.attempt_update_locks("stranger", LockRequest({"a": 60}))

    with pytest.raises(LeaseLost):
        keys.renew("a")


@pytest.mark.parametrize(
    "change",
    [
        lambda keys: keys.renew("a"),
        lambda keys: keys.keep("a", keep=True),
        lambda keys: keys.cap("a", 60),
    ],
)
def test_what_is_not_held_cannot_be_changed(keys, change):
    with pytest.raises(LeaseLost, match="not held"):
        change(keys)


def test_a_cap_that_is_over_already_is_refused(keys, clock):
    keys.take(["a"], duration=60, keep=True)
    clock.pass_seconds(30)

    with pytest.raises(InvalidArgument, match="has been held for 30 s already"):
        keys.cap("a", 20)
