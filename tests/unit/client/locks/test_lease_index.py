"""Who of us holds what."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.lease_index import LeaseIndex


@pytest.fixture
def roll():
    return LeaseIndex()


@pytest.fixture
def lease(locks):
    return lambda *keys: locks.lease(keys)


def test_a_lease_is_on_its_keys_while_it_is_held(roll, lease):
    wide, narrow = lease("a", "b"), lease("a")
    roll.add(wide, {"a": 1, "b": 2})
    roll.add(narrow, {"a": 1})
    assert roll.on("a") == [wide, narrow]
    assert roll.held() == [wide, narrow]

    assert roll.drop(wide)

    assert not roll.drop(wide)
    assert (roll.on("a"), roll.on("b")) == ([narrow], [])
    assert wide not in roll
    assert narrow in roll


def test_it_tells_whether_somebody_else_of_us_has_the_same_lock(roll, lease):
    roll.note_bare({"bare": 7}, {"bare": 7})

    assert roll.add(lease("a"), {"a": 1})
    assert not roll.add(lease("a", "b"), {"a": 1, "b": 2})
    assert not roll.add(lease("bare"), {"bare": 7})
    roll.note_bare({}, {})
    assert roll.add(lease("other"), {"other": 8})
    assert roll.is_wanted("bare", 7)  # by the lease
    assert not roll.is_wanted("bare", 9)


def test_a_lock_without_a_lease_is_wanted_until_it_is_given_back(roll):
    roll.note_bare({"bare": 7}, {"bare": 7})
    assert roll.is_wanted("bare", 7)
    assert not roll.is_wanted("bare", 8)

    roll.note_bare({}, {})

    assert not roll.is_wanted("bare", 7)


def test_a_lease_taken_apart_is_one_for_each_key(roll, lease):
    whole = lease("a", "b")
    roll.add(whole, {"a": 1, "b": 2})

    parts = roll.take_apart(whole)

    assert [(part.keys, part.numbers) for part in parts] == [(("a",), {"a": 1}), (("b",), {"b": 2})]
    assert roll.held() == parts
    assert roll.on("b") == parts[1:]
    assert roll.take_apart(whole) == []


def test_leases_that_wait_are_found_by_their_keys(roll, lease):
    waiting = lease("a", "b")
    roll.begin_waiting(waiting)

    assert roll.waiting_for("b") == [waiting]
    assert roll.on("b") == []
    roll.end_waiting(waiting)
    assert roll.waiting_for("b") == []


def test_nothing_of_a_lease_is_kept_once_it_is_over(roll, lease):
    over = lease("a")
    roll.add(over, {"a": 1})
    assert roll.drop_all() == [over]

    assert (roll.held(), roll.on("a")) == ([], [])


def test_what_was_locked_without_a_lease_and_ran_out_is_not_kept(locks, clock):
    for number in range(20):
        locks.attempt_update({f"key-{number}": 1})
        clock.pass_seconds(2)
    locks.attempt_update({"last": 1})

    assert locks._roll._bare.keys() == {"last"}
