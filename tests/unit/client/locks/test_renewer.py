"""When leases are renewed, on a clock that moves when told to."""

from __future__ import annotations

import math
import threading

import pytest

from nanover_jupyter.client.locks.renewer import LeaseRenewer
from nanover_jupyter.client.locks.server_locks import Locks
from nanover_jupyter.wire.messages import LockRequest
from tests.support.eventually import eventually
from tests.support.keeper_time import pass_time
from tests.support.lock_road import FakeLockTransport
from tests.support.own_threads import own_threads


def test_a_kept_lease_is_renewed_when_a_third_of_it_has_gone(locks, road, clock):
    lease = locks.lease("a", duration=9).acquire()

    clock.pass_seconds(2.9)
    assert locks.keeper.step() == pytest.approx(0.1)
    assert len(road.requests) == 1
    clock.pass_seconds(0.2)
    locks.keeper.step()

    assert len(road.requests) == 2
    assert lease.left == pytest.approx(9)


def test_a_kept_lease_stays_ours_for_an_hour(locks, road, clock):
    lease = locks.lease("a", duration=10, max_hold=None).acquire()

    pass_time(locks, clock, 3600)

    lease.check(6)
    assert 1060 <= len(road.requests) <= 1100


def test_a_lease_that_is_not_kept_runs_out(locks, road, clock):
    lease = locks.lease("a", duration=10, keep=False).acquire()

    pass_time(locks, clock, 11)

    assert lease.lost.is_set()
    assert len(road.requests) == 1


def test_a_lease_that_is_about_to_end_is_told_without_being_asked(locks, clock):
    locks.lease("a", duration=8, keep=False).acquire()
    told = []
    locks.book.subscribe(lambda: told.append((clock(), locks.book.get("a").state)))
    begun = clock()

    pass_time(locks, clock, 9)

    assert [(pytest.approx(at - begun, abs=0.1), state) for at, state in told] == [
        (6, "expiring"),
        (8, "lost"),
    ]


def test_renewing_can_be_switched_on_and_off(locks, clock):
    lease = locks.lease("a", duration=10, keep=False).acquire()
    lease.keep = True
    pass_time(locks, clock, 30)
    assert lease.state == "held"

    lease.keep = False
    pass_time(locks, clock, 11)

    assert lease.state == "lost"


def test_nothing_is_renewed_beyond_the_cap(locks, table, clock):
    lease = locks.lease("a", duration=10, max_hold=25).acquire()

    pass_time(locks, clock, 24.9)
    assert lease.state == "expiring"
    pass_time(locks, clock, 0.2)

    assert lease.lost.is_set()
    assert lease.note == "it was held for as long as it was allowed to be"
    assert table.blocked("stranger", ["a"]) == ()


def test_the_cap_can_be_moved_while_the_lease_is_held(locks, clock):
    lease = locks.lease("a", duration=10, max_hold=20).acquire()
    pass_time(locks, clock, 15)

    lease.max_hold = 60
    pass_time(locks, clock, 40)

    assert lease.state in ("held", "expiring")


def test_many_leases_need_few_requests(locks, road, clock):
    for number in range(200):
        locks.lease(f"key-{number}", duration=10, max_hold=None).acquire()
        clock.pass_seconds(0.025)
        locks.keeper.step()
    begun = len(road.requests)

    pass_time(locks, clock, 100)

    assert (len(road.requests) - begun) / 100 < 1
    assert len(locks.book.held_keys()) == 200


def test_a_renewal_that_gets_no_answer_is_tried_again_in_time(locks, road, clock):
    lease = locks.lease("a", duration=10).acquire()
    road.dead = "cable cut"
    pass_time(locks, clock, 8)
    assert lease.state == "expiring"

    road.dead = ""
    pass_time(locks, clock, 5)

    lease.check(6)
    assert lease.continuous


def test_a_server_away_for_longer_than_the_lease_is_told_when_the_time_is_over(locks, road, clock):
    lease = locks.lease("a", duration=10).acquire()
    road.dead = "cable cut"
    begun = clock()
    lease.on_lost(lambda _: begun_to_lost.append(clock() - begun))
    begun_to_lost = []

    pass_time(locks, clock, 60)

    assert begun_to_lost == [pytest.approx(10, abs=0.1)]
    assert lease.note == "its time ran out"
    road.dead = ""
    pass_time(locks, clock, 20)
    assert lease.state == "lost"


def test_a_lease_that_ended_while_the_machine_slept_is_lost_and_not_asked_for(locks, road, clock):
    """The clock of leases goes on meanwhile; all that one sees of it is a jump."""
    lease = locks.lease("a", duration=10).acquire()

    clock.pass_seconds(3600)
    locks.keeper.step()

    assert lease.lost.is_set()
    assert len(road.requests) == 1


def test_tries_while_the_server_is_away_are_few(locks, road, clock):
    locks.lease("a", duration=10).acquire()
    road.dead = "cable cut"

    pass_time(locks, clock, 9)

    assert len(road.requests) < 20


def test_a_key_that_someone_else_holds_now_costs_no_other_lease(locks, table, clock):
    leases = [locks.lease(f"key-{number}", duration=10).acquire() for number in range(20)]
    table.clear_locks()
    table.attempt_update_locks("stranger", LockRequest({"key-7": 60, "key-8": 60}))

    pass_time(locks, clock, 5)

    lost = [lease.keys[0] for lease in leases if lease.lost.is_set()]
    assert lost == ["key-7", "key-8"]
    assert leases[7].note == "someone else holds it now"
    assert len(locks.book.held_keys()) == 18


def test_a_lease_that_was_given_back_is_never_renewed_again(locks, road, clock):
    lease = locks.lease("a", duration=10).acquire()
    lease.release()

    pass_time(locks, clock, 60)

    assert len(road.requests) == 2


def test_a_renewal_on_its_way_is_over_before_the_key_is_given_back(locks, road, table, clock):
    lease = locks.lease("a", duration=10).acquire()
    released = threading.Thread(target=lease.release)

    def release_now(_):
        road.before = lambda _: None
        released.start()
        eventually(lambda: lease not in locks.leases_of("a"))

    road.before = release_now
    clock.pass_seconds(4)
    locks.keeper.step()
    released.join(5)

    assert [bool(request.release) for request in road.requests] == [False, False, True]
    assert table.blocked("stranger", ["a"]) == ()


def test_the_thread_starts_when_it_is_needed_and_ends_with_close(road, clock):
    locks = Locks(road, clock=clock)
    locks.attempt_update({"a": 60})
    assert own_threads() == []

    locks.lease("b").acquire()
    assert own_threads() == ["nanover-leases"]
    locks.close()

    assert own_threads() == []


def test_a_fault_while_renewing_does_not_end_the_thread(monkeypatch):
    monkeypatch.setattr("nanover_jupyter.client.locks.renewer._LONGEST_RETRY", 0.02)
    steps = []

    class Owner:
        def run_errands(self):
            steps.append(1)
            if len(steps) == 1:
                raise RuntimeError("a fault of ours")
            return math.inf

        def settle(self):
            return []

        def renew(self, leases):
            pytest.fail("nothing to renew")

    keeper = LeaseRenewer(Owner(), lambda: 0.0)
    keeper.wake()
    eventually(lambda: len(steps) >= 2)
    keeper.close()


def test_nothing_is_started_after_close():
    keeper = LeaseRenewer(None, lambda: 0.0)
    keeper.close()
    keeper.wake()

    assert own_threads() == []


def test_locks_taken_and_given_back_in_turn_hardly_wake_the_thread(table, clock):
    road = FakeLockTransport(table, "me", clock)
    road.before = lambda _: threading.Event().wait(0.002)  # as a server takes some time
    locks = Locks(road)
    steps, step = [], locks.keeper.step
    locks.keeper.step = lambda: steps.append(step()) or steps[-1]

    for _ in range(60):
        locks.lease("a").acquire().release()
    locks.close()

    assert 1 <= len(steps) < 15


def test_a_lease_for_ages_does_not_end_the_thread(table, clock):
    road = FakeLockTransport(table, "me", clock)
    locks = Locks(road)
    steps, step = [], locks.keeper.step
    locks.keeper.step = lambda: steps.append(step()) or steps[-1]
    locks.lease("long", duration=1e12, max_hold=None).acquire()
    eventually(lambda: steps)
    short = locks.lease("short", duration=0.3).acquire()

    eventually(lambda: len(road.requests) > 3)

    assert short.state in ("held", "expiring")
    locks.close()
