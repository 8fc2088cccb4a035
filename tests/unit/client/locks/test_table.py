"""The lease table, on a fake clock."""

from __future__ import annotations

import math

import pytest

from nanover_jupyter.client.locks.table import LeaseTable


@pytest.fixture
def table(clock):
    return LeaseTable(clock)


@pytest.fixture
def lease(locks):
    return lambda *keys: locks.lease(keys)


def states(table):
    return {lease.key: lease.state for lease in table.rows()}


def test_a_request_is_pending_until_it_is_answered(table, clock):
    table.record_pending(["a"], 5)

    lease = table.get("a")
    assert (lease.state, lease.seconds) == ("pending", 5)
    assert lease.left(clock()) is None
    assert table.held_keys() == []


def test_a_granted_lock_counts_down_from_when_it_was_asked_for(table, clock):
    table.record_pending(["a"], 10)
    asked_at = clock()
    clock.pass_seconds(2)
    table.record_granted({"a": 10}, asked_at)

    lease = table.get("a")
    assert lease.state == "held"
    assert lease.left(clock()) == 8
    assert lease.held_since == asked_at
    assert table.held_keys() == ["a"]


@pytest.mark.parametrize(
    ("seconds", "passed", "state"),
    [
        (40, 36.9, "held"),
        (40, 37.1, "expiring"),  # at most 3 s
        (8, 5.9, "held"),
        (8, 6.1, "expiring"),  # a quarter of a short duration
        (8, 7.9, "expiring"),
        (8, 8, "lost"),
        (0, 0, "lost"),
        (-1, 0, "lost"),
    ],
)
def test_a_lock_is_expiring_in_its_last_quarter_and_then_lost(table, clock, seconds, passed, state):
    table.record_granted({"a": seconds}, clock())
    clock.pass_seconds(passed)

    assert table.get("a").state == state
    assert states(table) == {"a": state}


def test_an_expired_lock_has_a_note_and_its_end(table, clock):
    asked_at = clock()
    table.record_granted({"a": 5}, asked_at)
    clock.pass_seconds(60)

    lease = table.get("a")
    assert (lease.note, lease.ended_at) == ("expired", asked_at + 5)
    assert lease.left(clock()) is None
    assert table.held_keys() == []


def test_a_lock_without_end_never_ends(table, clock):
    table.record_granted({"a": math.inf}, clock())
    clock.pass_seconds(1e9)

    assert table.get("a").state == "held"
    assert table.get("a").left(clock()) == math.inf


def test_a_renewal_restarts_the_count_and_keeps_since_when_it_is_ours(table, clock):
    first = clock()
    table.record_granted({"a": 10}, first)
    clock.pass_seconds(9)
    table.record_pending(["a"], 10)
    assert table.get("a").state == "expiring"
    table.record_granted({"a": 10}, clock())

    lease = table.get("a")
    assert (lease.state, lease.left(clock()), lease.held_since) == ("held", 10, first)


def test_a_lock_acquired_again_after_it_expired_is_ours_only_since_then(table, clock):
    table.record_granted({"a": 1}, clock())
    clock.pass_seconds(5)
    table.record_pending(["a"], 1)
    assert table.get("a").state == "pending"
    table.record_granted({"a": 1}, clock())

    assert table.get("a").held_since == clock()


def test_the_note_of_a_refused_key_is_that_another_client_holds_it(table, clock):
    table.record_pending(["a"], 5)
    table.record_refused(["a"], 5)

    lease = table.get("a")
    assert (lease.state, lease.note) == ("refused", "held by another client")
    assert lease.ended_at == clock()


def test_of_several_refused_keys_it_is_unknown_which_one_was_held(table):
    table.record_refused(["a", "b"], 5)

    assert "or one requested with it" in table.get("a").note


def test_a_refused_renewal_leaves_what_we_hold(table, clock):
    table.record_granted({"a": 60}, clock())
    table.record_refused(["a", "b"], 60)

    assert states(table) == {"a": "held", "b": "refused"}


def test_an_unanswered_request_leaves_a_pending_key_unknown(table, clock):
    table.record_granted({"held": 60}, clock())
    table.record_pending(["held", "new"], 60)
    table.record_unanswered(["held", "new"], "the server went away")

    assert states(table) == {"held": "held", "new": "lost"}
    assert table.get("new").note == (
        "the server went away; unknown whether the server granted the lock"
    )


def test_a_request_that_was_never_sent_leaves_no_trace(table, clock):
    table.record_granted({"held": 60}, clock())
    table.record_pending(["held", "new"], 60)
    table.record_withdrawn(["held", "new", "other"])

    assert states(table) == {"held": "held"}


def test_a_released_key_has_the_state_released(table, clock):
    table.record_granted({"a": 60, "b": 60}, clock())
    table.record_released(["a", "never ours"])

    assert states(table) == {"a": "released", "b": "held"}
    assert table.get("a").note == "released"
    assert table.get("never ours") is None


def test_an_ended_lock_stays_ended(table, clock):
    table.record_granted({"a": 1}, clock())
    clock.pass_seconds(2)
    table.record_released(["a"])

    assert table.get("a").state == "lost"


def test_an_ended_row_can_be_forgotten_and_a_held_one_cannot(table, clock):
    table.record_granted({"held": 60, "short": 1}, clock())
    table.record_pending(["asked"], 5)
    clock.pass_seconds(2)
    for key in ("held", "short", "asked", "unknown"):
        table.forget(key)

    assert states(table) == {"held": "held", "asked": "pending"}


def test_only_the_last_fifty_ended_rows_are_kept(table, clock):
    table.record_granted({"held": math.inf}, clock())
    for number in range(60):
        table.record_refused([f"key-{number}"], 1)

    kept = list(states(table))
    assert kept == ["held", *(f"key-{number}" for number in range(10, 60))]


def test_listeners_are_called_for_every_change_and_may_read_the_table(table, clock):
    heard = []
    leave = table.subscribe(lambda: heard.append(states(table)))
    table.record_pending(["a"], 5)
    table.record_granted({"a": 5}, clock())
    table.record_released(["a"])
    table.forget("a")
    leave()
    table.record_pending(["b"], 5)

    assert heard == [{"a": "pending"}, {"a": "held"}, {"a": "released"}, {}]


@pytest.mark.parametrize(("passed", "state"), [(8, "expiring"), (11, "lost")])
def test_listeners_are_called_for_an_expiry_that_a_reader_saw_first(table, clock, passed, state):
    table.record_granted({"a": 10}, clock())
    heard = []
    table.subscribe(lambda: heard.append(states(table)))
    clock.pass_seconds(passed)
    table.rows()  # as a heartbeat does, just before the renewer runs
    table.update_expired()
    table.update_expired()

    assert heard == [{"a": state}]


# leases -------------------------------------------------------------------------------


def grant(table, *keys):
    return table.record_granted(dict.fromkeys(keys, 60), table.clock())


def test_a_lease_is_on_its_keys_while_it_is_held(table, lease):
    wide, narrow = lease("a", "b"), lease("a")
    table.add(wide, grant(table, "a", "b"))
    table.add(narrow, grant(table, "a"))
    assert table.leases_on("a") == [wide, narrow]
    assert table.held_leases() == [wide, narrow]

    assert table.remove(wide)

    assert not table.remove(wide)
    assert (table.leases_on("a"), table.leases_on("b")) == ([narrow], [])
    assert not table.is_active(wide)
    assert table.is_active(narrow)


def test_a_lease_is_the_last_holder_when_no_other_lease_has_the_same_grant(table, lease):
    first, second = lease("a"), lease("a")
    table.add(first, grant(table, "a"))
    table.add(second, grant(table, "a"))

    table.remove(first)
    assert not table.is_last_holder(first, "a")
    table.remove(second)
    assert table.is_last_holder(first, "a")
    assert table.is_last_holder(second, "a")


def test_a_lease_is_not_the_last_holder_of_an_unleased_lock_until_that_ends(table, lease):
    over = lease("bare")
    table.record_unleased(grant(table, "bare"))
    table.add(over, grant(table, "bare"))
    table.remove(over)
    assert not table.is_last_holder(over, "bare")

    table.record_released(["bare"])
    table.record_unleased({})
    grant(table, "bare")

    assert not table.is_last_holder(over, "bare")  # another grant


def test_a_split_lease_becomes_one_lease_per_key(table, lease):
    wide = lease("a", "b")
    table.add(wide, grant(table, "a", "b"))

    parts = table.split(wide)

    assert [(part.keys, part.record.grant_ids) for part in parts] == [
        (("a",), {"a": 1}),
        (("b",), {"b": 2}),
    ]
    assert table.held_leases() == parts
    assert table.leases_on("b") == parts[1:]
    assert table.split(wide) == []


def test_waiting_leases_are_found_by_their_keys(table, lease):
    waiting = lease("a", "b")
    table.begin_waiting(waiting)

    assert table.waiting_leases("b") == [waiting]
    assert table.leases_on("b") == []
    table.end_waiting(waiting)
    assert table.waiting_leases("b") == []


def test_nothing_of_a_removed_lease_is_kept(table, lease):
    over = lease("a")
    table.add(over, grant(table, "a"))
    assert table.remove_all() == [over]

    assert (table.held_leases(), table.leases_on("a")) == ([], [])


def test_expired_locks_without_a_lease_are_not_kept(locks, clock):
    for number in range(20):
        locks.attempt_update({f"key-{number}": 1})
        clock.pass_seconds(2)
    locks.attempt_update({"last": 1})

    assert locks.table._unleased.keys() == {"last"}
