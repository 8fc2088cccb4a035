"""The book of our locks, on a clock that moves when told to."""

from __future__ import annotations

import math

import pytest

from nanover_jupyter.client.locks.table import LeaseTable


@pytest.fixture
def book(clock):
    return LeaseTable(clock)


def states(book):
    return {lease.key: lease.state for lease in book.leases()}


def test_a_request_is_pending_until_it_is_answered(book, clock):
    book.pending(["a"], 5)

    lease = book.get("a")
    assert (lease.state, lease.seconds) == ("pending", 5)
    assert lease.left(clock()) is None
    assert book.held_keys() == []


def test_a_granted_lock_counts_down_from_when_it_was_asked_for(book, clock):
    book.pending(["a"], 10)
    asked_at = clock()
    clock.pass_seconds(2)
    book.granted({"a": 10}, asked_at)

    lease = book.get("a")
    assert lease.state == "held"
    assert lease.left(clock()) == 8
    assert lease.held_since == asked_at
    assert book.held_keys() == ["a"]


@pytest.mark.parametrize(
    ("seconds", "passed", "state"),
    [
        (40, 36.9, "held"),
        (40, 37.1, "expiring"),  # 3 s at the most
        (8, 5.9, "held"),
        (8, 6.1, "expiring"),  # a quarter of a short one
        (8, 7.9, "expiring"),
        (8, 8, "lost"),
        (0, 0, "lost"),
        (-1, 0, "lost"),
    ],
)
def test_a_lock_is_about_to_end_in_its_last_quarter_and_then_lost(
    book, clock, seconds, passed, state
):
    book.granted({"a": seconds}, clock())
    clock.pass_seconds(passed)

    assert book.get("a").state == state
    assert states(book) == {"a": state}


def test_a_lock_that_ran_out_says_so_and_when(book, clock):
    asked_at = clock()
    book.granted({"a": 5}, asked_at)
    clock.pass_seconds(60)

    lease = book.get("a")
    assert (lease.note, lease.ended_at) == ("its time ran out", asked_at + 5)
    assert lease.left(clock()) is None
    assert book.held_keys() == []


def test_a_lock_without_end_never_ends(book, clock):
    book.granted({"a": math.inf}, clock())
    clock.pass_seconds(1e9)

    assert book.get("a").state == "held"
    assert book.get("a").left(clock()) == math.inf


def test_a_renewal_restarts_the_count_and_keeps_since_when_it_is_ours(book, clock):
    first = clock()
    book.granted({"a": 10}, first)
    clock.pass_seconds(9)
    book.pending(["a"], 10)
    assert book.get("a").state == "expiring"
    book.granted({"a": 10}, clock())

    lease = book.get("a")
    assert (lease.state, lease.left(clock()), lease.held_since) == ("held", 10, first)


def test_a_lock_taken_anew_after_it_ran_out_is_ours_only_since_then(book, clock):
    book.granted({"a": 1}, clock())
    clock.pass_seconds(5)
    book.pending(["a"], 1)
    assert book.get("a").state == "pending"
    book.granted({"a": 1}, clock())

    assert book.get("a").held_since == clock()


def test_a_refused_key_says_that_someone_else_holds_it(book, clock):
    book.pending(["a"], 5)
    book.refused(["a"], 5)

    lease = book.get("a")
    assert (lease.state, lease.note) == ("refused", "someone else holds it")
    assert lease.ended_at == clock()


def test_of_several_refused_keys_nobody_knows_which_one_was_held(book):
    book.refused(["a", "b"], 5)

    assert "or another of the keys asked for with it" in book.get("a").note


def test_a_refused_renewal_leaves_what_we_hold(book, clock):
    book.granted({"a": 60}, clock())
    book.refused(["a", "b"], 60)

    assert states(book) == {"a": "held", "b": "refused"}


def test_a_request_without_an_answer_leaves_a_pending_key_unknown(book, clock):
    book.granted({"held": 60}, clock())
    book.pending(["held", "new"], 60)
    book.failed(["held", "new"], "the server went away")

    assert states(book) == {"held": "held", "new": "lost"}
    assert book.get("new").note == ("the server went away; whether the server locked it is unknown")


def test_a_request_that_was_never_sent_leaves_no_trace(book, clock):
    book.granted({"held": 60}, clock())
    book.pending(["held", "new"], 60)
    book.withdrawn(["held", "new", "other"])

    assert states(book) == {"held": "held"}


def test_a_key_that_was_given_back_is_released(book, clock):
    book.granted({"a": 60, "b": 60}, clock())
    book.released(["a", "never ours"])

    assert states(book) == {"a": "released", "b": "held"}
    assert book.get("a").note == "given back"
    assert book.get("never ours") is None


def test_an_ended_lock_stays_ended(book, clock):
    book.granted({"a": 1}, clock())
    clock.pass_seconds(2)
    book.released(["a"])

    assert book.get("a").state == "lost"


def test_an_ended_row_can_be_dropped_and_a_held_one_cannot(book, clock):
    book.granted({"held": 60, "short": 1}, clock())
    book.pending(["asked"], 5)
    clock.pass_seconds(2)
    for key in ("held", "short", "asked", "unknown"):
        book.forget(key)

    assert states(book) == {"held": "held", "asked": "pending"}


def test_only_the_last_fifty_ended_rows_are_kept(book, clock):
    book.granted({"held": math.inf}, clock())
    for number in range(60):
        book.refused([f"key-{number}"], 1)

    kept = list(states(book))
    assert kept == ["held", *(f"key-{number}" for number in range(10, 60))]


def test_listeners_hear_of_every_change_and_may_read_the_book(book, clock):
    heard = []
    leave = book.subscribe(lambda: heard.append(states(book)))
    book.pending(["a"], 5)
    book.granted({"a": 5}, clock())
    book.released(["a"])
    book.forget("a")
    leave()
    book.pending(["b"], 5)

    assert heard == [{"a": "pending"}, {"a": "held"}, {"a": "released"}, {}]


@pytest.mark.parametrize(("passed", "state"), [(8, "expiring"), (11, "lost")])
def test_listeners_hear_of_a_change_by_time_that_a_reader_saw_first(book, clock, passed, state):
    book.granted({"a": 10}, clock())
    heard = []
    book.subscribe(lambda: heard.append(states(book)))
    clock.pass_seconds(passed)
    book.leases()  # as a heartbeat does, just before the lease keeper looks
    book.age()
    book.age()

    assert heard == [{"a": state}]
