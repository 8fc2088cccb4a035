"""Per-key lock operations."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.key_locks import KeyLocks
from nanover_jupyter.errors import InvalidArgument, LeaseLost, LockRefused
from nanover_jupyter.wire.messages import LockRequest


@pytest.fixture
def keys(locks):
    return KeyLocks(locks)


def held(server_state):
    return server_state.blocked("stranger", ["a", "b", "c"])


def test_keys_acquired_together_can_be_changed_separately(keys, locks, server_state):
    keys.acquire(["a", "b"], duration=10, auto_renew=True)
    keys.set_auto_renew("a", auto_renew=False)
    keys.release(["b"])

    assert held(server_state) == ("a",)
    assert [(row.key, row.state, row.auto_renew) for row in locks.table.rows()] == [
        ("a", "held", False),
        ("b", "released", False),
    ]


def test_all_keys_are_acquired_or_none(keys, server_state):
    server_state.attempt_update_locks("stranger", LockRequest({"b": 60}))

    with pytest.raises(LockRefused):
        keys.acquire(["a", "b"], duration=10, auto_renew=True)

    assert server_state.blocked("another", ["a"]) == ()


def test_a_key_locked_without_a_lease_supports_all_operations(keys, locks, server_state, clock):
    locks.attempt_update({"a": 10})
    clock.pass_seconds(4)
    keys.renew("a")
    assert locks.table.get("a").left(clock()) == 10

    keys.set_auto_renew("a", auto_renew=True)
    keys.set_max_hold("a", 120)
    assert locks.table.get("a").auto_renew
    keys.release(["a"])

    assert held(server_state) == ()


def test_a_key_is_renewed_although_one_of_its_leases_has_reached_its_limit(keys, locks, clock):
    short = locks.lease("a", duration=60, max_hold=5).acquire()
    long = locks.lease("a", duration=60).acquire()
    clock.pass_seconds(6)

    keys.renew("a")

    assert (short.state, long.left) == ("lost", 60)


def test_all_keys_are_released_in_one_request(keys, locks, transport, server_state):
    keys.acquire(["a", "b"], duration=10, auto_renew=True)
    lease = locks.lease("c").acquire()
    locks.attempt_update({"bare": 10})
    asked = len(transport.requests)

    keys.release_all()

    assert len(transport.requests) == asked + 1
    assert server_state.blocked("stranger", ["a", "b", "c", "bare"]) == ()
    assert {row.state for row in locks.table.rows()} == {"released"}
    assert (lease.state, lease.note) == ("released", "released")
    keys.release_all()
    assert len(transport.requests) == asked + 1


def test_releasing_all_ends_all_waiting(locks, keys, transport, server_state):
    server_state.attempt_update_locks("stranger", LockRequest({"a": 60}))
    waiting = locks.lease("a")
    transport.wait = lambda _: keys.release_all()

    with pytest.raises(LeaseLost, match="released while waiting"):
        waiting.acquire(wait=True)


def test_releasing_all_without_a_server_is_noted(locks, keys, transport):
    lease = locks.lease("a").acquire()
    transport.dead = "cable cut"

    keys.release_all()

    assert lease.state == "released"
    assert "the server could not be reached" in lease.note
    assert "the server could not be reached" in locks.table.get("a").note


def test_a_lease_on_several_keys_is_released_as_a_unit(keys, locks, server_state):
    lease = locks.lease(["a", "b"]).acquire()

    keys.release(["a"])

    assert lease.state == "released"
    assert held(server_state) == ()


def test_a_key_that_another_client_acquired_is_not_renewed(keys, locks, server_state):
    locks.attempt_update({"a": 10})
    server_state.clear_locks()
    server_state.attempt_update_locks("stranger", LockRequest({"a": 60}))

    with pytest.raises(LeaseLost):
        keys.renew("a")


@pytest.mark.parametrize(
    "change",
    [
        lambda keys: keys.renew("a"),
        lambda keys: keys.set_auto_renew("a", auto_renew=True),
        lambda keys: keys.set_max_hold("a", 60),
    ],
)
def test_a_key_that_is_not_held_cannot_be_changed(keys, change):
    with pytest.raises(LeaseLost, match="not held"):
        change(keys)


def test_a_max_hold_in_the_past_is_refused(keys, clock):
    keys.acquire(["a"], duration=60, auto_renew=True)
    clock.pass_seconds(30)

    with pytest.raises(InvalidArgument, match="has been held for 30 s already"):
        keys.set_max_hold("a", 20)
