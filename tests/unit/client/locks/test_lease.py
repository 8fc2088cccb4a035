"""A lease as its owner sees it, on a clock that moves when told to."""

from __future__ import annotations

import itertools
import math

import pytest

from nanover_jupyter.client.locks.lease import LeaseOptions, checked_keys
from nanover_jupyter.client.locks.server_locks import Locks
from nanover_jupyter.errors import InvalidArgument, LeaseLost, LockRefused
from nanover_jupyter.wire.messages import LockRequest
from tests.support.lock_road import FakeLockTransport


@pytest.fixture
def make_locks(table, clock):
    """Locks of several clients of one server; their keepers step when told to."""
    made = []

    def make(token="me"):
        road = FakeLockTransport(table, token, clock)
        made.append(Locks(road, clock=clock, pause=clock.pass_seconds))
        made[-1].keeper.wake = lambda at=0.0: None
        made[-1].road = road
        return made[-1]

    yield make
    for locks in made:
        locks.close()


@pytest.fixture
def locks(make_locks):
    return make_locks()


def blocked(table, *keys):
    """Which keys are closed to a stranger."""
    return table.blocked("stranger", keys)


def test_a_lease_goes_from_free_over_pending_to_held_and_released(locks, table):
    lease = locks.lease("scene")
    seen = [lease.state]
    locks.road.before = lambda _: seen.append(lease.state)

    lease.acquire()
    seen.append(lease.state)
    assert blocked(table, "scene") == ("scene",)
    lease.release()

    # The last is what the release's own request sees.
    assert seen == ["free", "pending", "held", "released"]
    assert blocked(table, "scene") == ()


def test_time_left_is_counted_from_before_the_server_was_asked(locks, clock):
    locks.road.answer_after = 2

    lease = locks.lease("scene", duration=10).acquire()

    assert lease.left == 8


def test_a_lease_is_expiring_in_its_last_quarter_and_lost_in_the_end(locks, clock):
    lease = locks.lease("scene", duration=8, keep=False).acquire()

    clock.pass_seconds(6.1)
    assert lease.state == "expiring"
    clock.pass_seconds(2)

    assert (lease.state, lease.left, lease.note) == ("lost", 0, "its time ran out")


def test_several_keys_are_taken_all_or_none(locks, make_locks, table):
    make_locks("other").lease("b").acquire()

    with pytest.raises(LockRefused) as refused:
        locks.lease(["a", "b"]).acquire()

    assert refused.value.keys == ("a", "b")
    assert blocked(table, "a") == ()


def test_a_refused_lease_is_free_and_can_be_taken_later(locks, make_locks):
    other = make_locks("other").lease("a").acquire()
    lease = locks.lease("a")
    with pytest.raises(LockRefused):
        lease.acquire()
    assert lease.state == "free"

    other.release()

    assert lease.acquire().state == "held"


def test_waiting_takes_the_key_when_it_becomes_free(locks, make_locks, clock):
    make_locks("other").lease("a", duration=3, keep=False).acquire()
    begun = clock()

    locks.lease("a").acquire(wait=True)

    assert 3 <= clock() - begun < 4.1


def test_waiting_ends_when_its_time_is_over(locks, make_locks, clock):
    make_locks("other").lease("a", duration=60, keep=False).acquire()
    begun = clock()

    with pytest.raises(LockRefused, match=r"tried for 2\.\d s"):
        locks.lease("a").acquire(timeout=2)

    assert 2 <= clock() - begun < 2.1


def test_pauses_grow_and_are_never_in_step(locks, make_locks, clock):
    make_locks("other").lease("a", duration=60, keep=False).acquire()
    asked_at = []
    locks.road.before = lambda _: asked_at.append(clock())

    with pytest.raises(LockRefused):
        locks.lease("a").acquire(timeout=20)

    pauses = [later - earlier for earlier, later in itertools.pairwise(asked_at)]
    assert pauses[0] <= 0.02
    assert all(pause <= 1 for pause in pauses)
    assert len({round(pause, 6) for pause in pauses[6:]}) > 3
    assert len(asked_at) < 60


def test_giving_back_ends_the_waiting_of_another_thread(locks, make_locks, clock):
    make_locks("other").lease("a", duration=60, keep=False).acquire()
    lease = locks.lease("a")
    tries = []
    locks.road.before = lambda _: tries.append(1) or (len(tries) == 3 and lease.release())

    with pytest.raises(LeaseLost, match="given back while"):
        lease.acquire(wait=True)

    assert lease.state == "free"
    assert locks.book.get("a") is None


def test_checking_a_held_lease_passes_while_enough_is_left(locks, clock):
    lease = locks.lease("a", duration=10, keep=False).acquire()

    lease.check(margin=9)
    clock.pass_seconds(2)

    with pytest.raises(LeaseLost, match=r"8\.0 s are left, less than the 9 s needed"):
        lease.check(margin=9)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda lease, clock: None, "was not taken"),
        (lambda lease, clock: lease.acquire().release(), "was given back"),
        (lambda lease, clock: (lease.acquire(), clock.pass_seconds(11)), "time ran out"),
    ],
)
def test_checking_a_lease_that_is_not_held_says_why(locks, clock, end, reason):
    lease = locks.lease("a", duration=10, keep=False)
    end(lease, clock)

    with pytest.raises(LeaseLost, match=reason):
        lease.check()


def test_a_lost_lease_tells_once_and_a_late_listener_at_once(locks, clock):
    lease = locks.lease("a", duration=1, keep=False).acquire()
    told = []
    lease.on_lost(lambda lost: told.append(("early", lost)))
    clock.pass_seconds(2)
    assert not lease.lost.is_set()

    locks.settle()
    locks.settle()
    lease.on_lost(lambda lost: told.append(("late", lost)))

    assert lease.lost.is_set()
    assert told == [("early", lease), ("late", lease)]


def test_a_lease_that_was_given_back_was_not_lost(locks, clock):
    lease = locks.lease("a", duration=1, keep=False).acquire()
    lease.on_lost(lambda _: pytest.fail("told"))

    lease.release()
    clock.pass_seconds(2)
    locks.settle()

    assert not lease.lost.is_set()


def test_leaving_the_block_gives_back(locks, table):
    with locks.lease("a") as lease:
        assert blocked(table, "a") == ("a",)

    assert lease.state == "released"
    assert blocked(table, "a") == ()


def test_leaving_the_block_tells_that_the_lock_was_lost_inside(locks, clock):
    with (
        pytest.raises(LeaseLost, match="time ran out"),
        locks.lease("a", duration=1, keep=False),
    ):
        clock.pass_seconds(2)


def test_an_error_inside_the_block_is_not_hidden_by_a_lost_lock(locks, clock):
    def fail_late():
        with locks.lease("a", duration=1, keep=False):
            clock.pass_seconds(2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()


def test_renewing_restarts_the_clock_and_does_not_add(locks, clock):
    lease = locks.lease("a", duration=10, keep=False).acquire()
    clock.pass_seconds(4)

    lease.renew()

    assert lease.left == 10


def test_a_lease_that_ran_out_cannot_be_renewed(locks, clock):
    lease = locks.lease("a", duration=10, keep=False).acquire()
    clock.pass_seconds(11)
    asked = len(locks.road.requests)

    with pytest.raises(LeaseLost):
        lease.renew()

    assert len(locks.road.requests) == asked


def test_a_lost_lease_can_be_taken_anew(locks, clock):
    lease = locks.lease("a", duration=1, keep=False).acquire()
    clock.pass_seconds(2)
    locks.settle()

    lease.acquire()

    assert (lease.state, lease.lost.is_set()) == ("held", False)


def test_the_cap_bounds_what_is_asked_for(locks, clock):
    lease = locks.lease("a", duration=1e9, max_hold=60).acquire()

    assert lease.left == 60
    assert locks.road.requests == [LockRequest({"a": 60.0})]


def test_a_lease_that_was_held_for_as_long_as_allowed_says_so(locks, clock):
    lease = locks.lease("a", duration=10, max_hold=10).acquire()
    clock.pass_seconds(10)

    assert (lease.state, lease.note) == (
        "lost",
        "it was held for as long as it was allowed to be",
    )


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (0, "invalid duration: it must be more than 0 seconds, not 0"),
        (-1, "invalid duration: it must be more than 0 seconds, not -1"),
        (-math.inf, "invalid duration: it must be more than 0 seconds, not -inf"),
        (math.nan, "invalid duration: it must be more than 0 seconds, not nan"),
        ("10", "invalid duration: it must be a number of seconds, not '10'"),
        (None, "invalid duration: it must be a number of seconds, not None"),
        (True, "invalid duration: it must be a number of seconds, not True"),
        (10**400, "invalid duration: it is more seconds than a double can hold"),
        ([10], r"invalid duration: it must be a number of seconds, not \[10\]"),
    ],
)
def test_a_duration_that_makes_no_sense_is_refused_before_anything_is_sent(locks, bad, reason):
    with pytest.raises(InvalidArgument, match=reason):
        locks.lease("a", duration=bad)

    assert locks.road.requests == []


@pytest.mark.parametrize("seconds", [1e9, math.inf])
def test_a_duration_beyond_all_bounds_is_bounded_by_the_cap(locks, table, clock, seconds):
    lease = locks.lease("a", duration=seconds).acquire()

    assert (lease.duration, lease.left) == (600, 600)
    clock.pass_seconds(601)
    assert table.blocked("stranger", ["a"]) == ()


@pytest.mark.parametrize("bad", ["5", -1, math.nan, True])
def test_a_timeout_that_makes_no_sense_is_refused_before_anything_is_sent(locks, bad):
    with pytest.raises(InvalidArgument, match="invalid timeout: it must be"):
        locks.lease("a").acquire(timeout=bad)

    assert locks.road.requests == []


def test_a_lock_without_end_needs_a_cap():
    with pytest.raises(InvalidArgument, match="outlive this process"):
        LeaseOptions.checked(math.inf, keep=False, max_hold=None)

    assert LeaseOptions.checked(math.inf, keep=False, max_hold=9) == LeaseOptions(
        9, keep=False, max_hold=9
    )
    assert LeaseOptions.checked(5, keep=True, max_hold=math.inf) == LeaseOptions(
        5, keep=True, max_hold=None
    )


@pytest.mark.parametrize("bad", [[], 5, None, ["a", 5], [b"a"], "\ud800", ["ok", "\ud800"]])
def test_keys_that_are_none_are_refused(bad):
    with pytest.raises(InvalidArgument, match=r"invalid keys: .*give .* key"):
        checked_keys(bad)


def test_the_same_key_twice_is_one_key():
    assert checked_keys(["a", "b", "a"]) == ("a", "b")
    assert checked_keys("abc") == ("abc",)


def test_ten_thousand_keys_are_one_lease(locks, table, clock):
    keys = [f"key-{number}" for number in range(10_000)]

    with locks.lease(keys) as lease:
        assert len(blocked(table, *keys)) == 10_000
        lease.check()

    assert blocked(table, *keys) == ()
    assert len(locks.road.requests) == 2


def test_a_lease_shows_what_it_is(locks, clock):
    lease = locks.lease(["a", "b", "c", "d"], duration=10)
    assert repr(lease) == "<Lease on a, b, c, …: free>"

    lease.acquire()

    assert repr(lease) == "<Lease on a, b, c, …: held, 10.0 s left>"
