"""The lease handle, on a fake clock."""

from __future__ import annotations

import itertools
import math

import pytest

from nanover_jupyter.client.locks.manager import LeaseManager
from nanover_jupyter.client.locks.options import LeaseOptions, check_keys
from nanover_jupyter.errors import InvalidArgument, LeaseLost, LockRefused
from nanover_jupyter.wire.messages import LockRequest
from tests.support.fake_lock_backend import FakeLockBackend


@pytest.fixture
def make_locks(server_state, clock):
    """Lease managers of several clients of one server, without renewal threads."""
    made = []

    def make(token="me"):
        transport = FakeLockBackend(server_state, token, clock)
        made.append(LeaseManager(transport, clock=clock))
        made[-1].renewer.wake = lambda at=0.0: None
        made[-1].transport = transport
        return made[-1]

    yield make
    for locks in made:
        locks.close()


@pytest.fixture
def locks(make_locks):
    return make_locks()


def blocked(server_state, *keys):
    """Return the keys that another client cannot lock."""
    return server_state.blocked("stranger", keys)


def test_a_lease_goes_from_free_over_pending_to_held_and_released(locks, server_state):
    lease = locks.lease("scene")
    seen = [lease.state]
    locks.transport.before = lambda _: seen.append(lease.state)

    lease.acquire()
    seen.append(lease.state)
    assert blocked(server_state, "scene") == ("scene",)
    lease.release()

    # The last state is seen during the request that releases.
    assert seen == ["free", "pending", "held", "released"]
    assert blocked(server_state, "scene") == ()


def test_time_left_is_counted_from_before_the_request(locks, clock):
    locks.transport.answer_after = 2

    lease = locks.lease("scene", duration=10).acquire()

    assert lease.left == 8


def test_a_lease_is_expiring_in_its_last_quarter_and_lost_in_the_end(locks, clock):
    lease = locks.lease("scene", duration=8, auto_renew=False).acquire()

    clock.pass_seconds(6.1)
    assert lease.state == "expiring"
    clock.pass_seconds(2)

    assert (lease.state, lease.left, lease.note) == ("lost", 0, "expired")


def test_all_keys_are_acquired_or_none(locks, make_locks, server_state):
    make_locks("other").lease("b").acquire()

    with pytest.raises(LockRefused) as refused:
        locks.lease(["a", "b"]).acquire()

    assert refused.value.keys == ("a", "b")
    assert blocked(server_state, "a") == ()


def test_a_refused_lease_is_free_and_can_be_acquired_later(locks, make_locks):
    other = make_locks("other").lease("a").acquire()
    lease = locks.lease("a")
    with pytest.raises(LockRefused):
        lease.acquire()
    assert lease.state == "free"

    other.release()

    assert lease.acquire().state == "held"


def test_waiting_acquires_the_key_when_it_becomes_free(locks, make_locks, clock):
    make_locks("other").lease("a", duration=3, auto_renew=False).acquire()
    begun = clock()

    locks.lease("a").acquire(wait=True)

    assert 3 <= clock() - begun < 4.1


def test_waiting_ends_at_its_timeout(locks, make_locks, clock):
    make_locks("other").lease("a", duration=60, auto_renew=False).acquire()
    begun = clock()

    with pytest.raises(LockRefused, match=r"tried for 2\.\d s"):
        locks.lease("a").acquire(timeout=2)

    assert 2 <= clock() - begun < 2.1


def test_retry_delays_grow_and_vary(locks, make_locks, clock):
    make_locks("other").lease("a", duration=60, auto_renew=False).acquire()
    asked_at = []
    locks.transport.before = lambda _: asked_at.append(clock())

    with pytest.raises(LockRefused):
        locks.lease("a").acquire(timeout=20)

    pauses = [later - earlier for earlier, later in itertools.pairwise(asked_at)]
    assert pauses[0] <= 0.02
    assert all(pause <= 1 for pause in pauses)
    assert len({round(pause, 6) for pause in pauses[6:]}) > 3
    assert len(asked_at) < 60


def test_releasing_ends_the_waiting_of_another_thread(locks, make_locks, clock):
    make_locks("other").lease("a", duration=60, auto_renew=False).acquire()
    lease = locks.lease("a")
    tries = []
    locks.transport.before = lambda _: tries.append(1) or (len(tries) == 3 and lease.release())

    with pytest.raises(LeaseLost, match="released while waiting"):
        lease.acquire(wait=True)

    assert lease.state == "free"
    assert locks.table.get("a") is None


def test_checking_a_held_lease_passes_while_enough_time_is_left(locks, clock):
    lease = locks.lease("a", duration=10, auto_renew=False).acquire()

    lease.check(margin=9)
    clock.pass_seconds(2)

    with pytest.raises(LeaseLost, match=r"8\.0 s left, less than the 9 s needed"):
        lease.check(margin=9)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda lease, clock: None, "was not acquired"),
        (lambda lease, clock: lease.acquire().release(), "was released"),
        (lambda lease, clock: (lease.acquire(), clock.pass_seconds(11)), "expired"),
    ],
)
def test_checking_a_lease_that_is_not_held_gives_the_reason(locks, clock, end, reason):
    lease = locks.lease("a", duration=10, auto_renew=False)
    end(lease, clock)

    with pytest.raises(LeaseLost, match=reason):
        lease.check()


def test_listeners_of_a_lost_lease_are_called_once_and_late_ones_at_once(locks, clock):
    lease = locks.lease("a", duration=1, auto_renew=False).acquire()
    told = []
    lease.on_lost(lambda lost: told.append(("early", lost)))
    clock.pass_seconds(2)
    assert not lease.lost.is_set()

    locks.settle()
    locks.settle()
    lease.on_lost(lambda lost: told.append(("late", lost)))

    assert lease.lost.is_set()
    assert told == [("early", lease), ("late", lease)]


def test_listeners_are_called_although_another_thread_acquires_a_lost_lease_again(locks, clock):
    lease = locks.lease("a", duration=1, auto_renew=False).acquire()
    lost = []
    lease.on_lost(lost.append)
    clock.pass_seconds(2)
    interleave(lease, lease.acquire)

    locks.settle()

    assert lost == [lease]
    assert (lease.state, lease.lost.is_set()) == ("held", False)


def test_listeners_are_called_once_if_a_lease_is_lost_while_it_is_acquired(locks, clock):
    lease = locks.lease("a", duration=1, auto_renew=False)
    lost = []
    lease.on_lost(lost.append)

    def lose():
        clock.pass_seconds(2)
        locks.settle()

    def lose_when_held():
        interleave(lease, lose)

    locks.transport.before = lambda _: lose_when_held()
    with pytest.raises(LeaseLost):
        lease.acquire()

    assert lost == [lease]


def test_a_lease_that_was_lost_unnoticed_is_reported_when_it_is_acquired_again(locks, server_state):
    lease = locks.lease(["a", "b"]).acquire()
    lost = []
    lease.on_lost(lost.append)
    server_state.attempt_update_locks("me", LockRequest({}, frozenset({"b"})))
    server_state.attempt_update_locks("other", LockRequest({"b": 60}))
    locks.table.record_lost(["b"], "held by another client")

    with pytest.raises(LockRefused):
        lease.acquire()

    assert lost == [lease]
    assert [row.auto_renew for row in locks.table.rows() if row.is_held] == [False]


def interleave(lease, call):
    """Run a call between the next change of a lease's state and the calls of its listeners."""
    state_changed = lease.state_changed

    def first_call(*args):
        lease.state_changed = state_changed
        call()
        state_changed(*args)

    lease.state_changed = first_call


def test_a_released_lease_is_not_lost(locks, clock):
    lease = locks.lease("a", duration=1, auto_renew=False).acquire()
    lease.on_lost(lambda _: pytest.fail("told"))

    lease.release()
    clock.pass_seconds(2)
    locks.settle()

    assert not lease.lost.is_set()


def test_leaving_the_block_releases_the_keys(locks, server_state):
    with locks.lease("a") as lease:
        assert blocked(server_state, "a") == ("a",)

    assert lease.state == "released"
    assert blocked(server_state, "a") == ()


def test_leaving_the_block_raises_if_the_lock_was_lost_inside(locks, clock):
    with (
        pytest.raises(LeaseLost, match="expired"),
        locks.lease("a", duration=1, auto_renew=False),
    ):
        clock.pass_seconds(2)


def test_an_error_inside_the_block_is_not_hidden_by_a_lost_lock(locks, clock):
    def fail_late():
        with locks.lease("a", duration=1, auto_renew=False):
            clock.pass_seconds(2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()


def test_renewing_restarts_the_duration_and_does_not_add_to_it(locks, clock):
    lease = locks.lease("a", duration=10, auto_renew=False).acquire()
    clock.pass_seconds(4)

    lease.renew()

    assert lease.left == 10


def test_an_expired_lease_cannot_be_renewed(locks, clock):
    lease = locks.lease("a", duration=10, auto_renew=False).acquire()
    clock.pass_seconds(11)
    asked = len(locks.transport.requests)

    with pytest.raises(LeaseLost):
        lease.renew()

    assert len(locks.transport.requests) == asked


def test_a_lost_lease_can_be_acquired_again(locks, clock):
    lease = locks.lease("a", duration=1, auto_renew=False).acquire()
    clock.pass_seconds(2)
    locks.settle()

    lease.acquire()

    assert (lease.state, lease.lost.is_set()) == ("held", False)


def test_max_hold_limits_the_requested_duration(locks, clock):
    lease = locks.lease("a", duration=1e9, max_hold=60).acquire()

    assert lease.left == 60
    assert locks.transport.requests == [LockRequest({"a": 60.0})]


def test_the_note_of_a_lease_at_its_limit_gives_the_reason(locks, clock):
    lease = locks.lease("a", duration=10, max_hold=10).acquire()
    clock.pass_seconds(10)

    assert (lease.state, lease.note) == (
        "lost",
        "reached its maximum hold time",
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
def test_an_invalid_duration_is_refused_before_anything_is_sent(locks, bad, reason):
    with pytest.raises(InvalidArgument, match=reason):
        locks.lease("a", duration=bad)

    assert locks.transport.requests == []


@pytest.mark.parametrize("seconds", [1e9, math.inf])
def test_a_very_long_duration_is_limited_by_max_hold(locks, server_state, clock, seconds):
    lease = locks.lease("a", duration=seconds).acquire()

    assert (lease.duration, lease.left) == (600, 600)
    clock.pass_seconds(601)
    assert server_state.blocked("stranger", ["a"]) == ()


@pytest.mark.parametrize("bad", ["5", -1, math.nan, True])
def test_an_invalid_timeout_is_refused_before_anything_is_sent(locks, bad):
    with pytest.raises(InvalidArgument, match="invalid timeout: it must be"):
        locks.lease("a").acquire(timeout=bad)

    assert locks.transport.requests == []


def test_an_endless_lock_needs_max_hold():
    with pytest.raises(InvalidArgument, match="outlive this process"):
        LeaseOptions.checked(math.inf, auto_renew=False, max_hold=None)

    assert LeaseOptions.checked(math.inf, auto_renew=False, max_hold=9) == LeaseOptions(
        9, auto_renew=False, max_hold=9
    )
    assert LeaseOptions.checked(5, auto_renew=True, max_hold=math.inf) == LeaseOptions(
        5, auto_renew=True, max_hold=None
    )


@pytest.mark.parametrize("bad", [[], 5, None, ["a", 5], [b"a"], "\ud800", ["ok", "\ud800"]])
def test_invalid_keys_are_refused(bad):
    with pytest.raises(InvalidArgument, match=r"invalid keys: .*give .* key"):
        check_keys(bad)


def test_the_same_key_twice_is_one_key():
    assert check_keys(["a", "b", "a"]) == ("a", "b")
    assert check_keys("abc") == ("abc",)


def test_ten_thousand_keys_are_one_lease(locks, server_state, clock):
    keys = [f"key-{number}" for number in range(10_000)]

    with locks.lease(keys) as lease:
        assert len(blocked(server_state, *keys)) == 10_000
        lease.check()

    assert blocked(server_state, *keys) == ()
    assert len(locks.transport.requests) == 2


def test_the_repr_of_a_lease_shows_its_keys_and_state(locks, clock):
    lease = locks.lease(["a", "b", "c", "d"], duration=10)
    assert repr(lease) == "<Lease on a, b, c, …: free>"

    lease.acquire()

    assert repr(lease) == "<Lease on a, b, c, …: held, 10.0 s left>"
