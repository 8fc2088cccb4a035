"""Renewal of leases, on a fake clock."""

from __future__ import annotations

import math
import threading

import pytest

from nanover_jupyter.client.locks.manager import LeaseManager
from nanover_jupyter.client.locks.renewer import LeaseRenewer
from nanover_jupyter.wire.messages import LockRequest
from tests.support.eventually import eventually
from tests.support.fake_lock_backend import FakeLockBackend
from tests.support.own_threads import own_threads
from tests.support.renewal_time import pass_time


def test_a_lease_is_renewed_after_a_third_of_its_duration(locks, transport, clock):
    lease = locks.lease("a", duration=9).acquire()

    clock.pass_seconds(2.9)
    assert locks.renewer.step() == pytest.approx(0.1)
    assert len(transport.requests) == 1
    clock.pass_seconds(0.2)
    locks.renewer.step()

    assert len(transport.requests) == 2
    assert lease.left == pytest.approx(9)


def test_a_renewed_lease_stays_ours_for_an_hour(locks, transport, clock):
    lease = locks.lease("a", duration=10, max_hold=None).acquire()

    pass_time(locks, clock, 3600)

    lease.check(6)
    assert 1060 <= len(transport.requests) <= 1100


def test_a_lease_without_renewal_expires(locks, transport, clock):
    lease = locks.lease("a", duration=10, auto_renew=False).acquire()

    pass_time(locks, clock, 11)

    assert lease.lost.is_set()
    assert len(transport.requests) == 1


def test_listeners_are_called_when_a_lease_is_about_to_expire(locks, clock):
    locks.lease("a", duration=8, auto_renew=False).acquire()
    told = []
    locks.table.subscribe(lambda: told.append((clock(), locks.table.get("a").state)))
    begun = clock()

    pass_time(locks, clock, 9)

    assert [(pytest.approx(at - begun, abs=0.1), state) for at, state in told] == [
        (6, "expiring"),
        (8, "lost"),
    ]


def test_renewing_can_be_switched_on_and_off(locks, clock):
    lease = locks.lease("a", duration=10, auto_renew=False).acquire()
    lease.auto_renew = True
    pass_time(locks, clock, 30)
    assert lease.state == "held"

    lease.auto_renew = False
    pass_time(locks, clock, 11)

    assert lease.state == "lost"


def test_nothing_is_renewed_beyond_max_hold(locks, server_state, clock):
    lease = locks.lease("a", duration=10, max_hold=25).acquire()

    pass_time(locks, clock, 24.9)
    assert lease.state == "expiring"
    pass_time(locks, clock, 0.2)

    assert lease.lost.is_set()
    assert lease.note == "reached its maximum hold time"
    assert server_state.blocked("stranger", ["a"]) == ()


def test_max_hold_can_be_changed_while_the_lease_is_held(locks, clock):
    lease = locks.lease("a", duration=10, max_hold=20).acquire()
    pass_time(locks, clock, 15)

    lease.max_hold = 60
    pass_time(locks, clock, 40)

    assert lease.state in ("held", "expiring")


def test_many_leases_need_few_requests(locks, transport, clock):
    for number in range(200):
        locks.lease(f"key-{number}", duration=10, max_hold=None).acquire()
        clock.pass_seconds(0.025)
        locks.renewer.step()
    begun = len(transport.requests)

    pass_time(locks, clock, 100)

    assert (len(transport.requests) - begun) / 100 < 1
    assert len(locks.table.held_keys()) == 200


def test_an_unanswered_renewal_is_retried_in_time(locks, transport, clock):
    lease = locks.lease("a", duration=10).acquire()
    transport.dead = "cable cut"
    pass_time(locks, clock, 8)
    assert lease.state == "expiring"

    transport.dead = ""
    pass_time(locks, clock, 5)

    lease.check(6)
    assert lease.continuous


def test_a_lease_is_lost_when_it_expires_without_a_server(locks, transport, clock):
    lease = locks.lease("a", duration=10).acquire()
    transport.dead = "cable cut"
    begun = clock()
    lease.on_lost(lambda _: begun_to_lost.append(clock() - begun))
    begun_to_lost = []

    pass_time(locks, clock, 60)

    assert begun_to_lost == [pytest.approx(10, abs=0.1)]
    assert lease.note == "expired"
    transport.dead = ""
    pass_time(locks, clock, 20)
    assert lease.state == "lost"


def test_a_lease_that_expired_during_sleep_is_not_requested_again(locks, transport, clock):
    """The lease clock includes sleep, which appears as a jump."""
    lease = locks.lease("a", duration=10).acquire()

    clock.pass_seconds(3600)
    locks.renewer.step()

    assert lease.lost.is_set()
    assert len(transport.requests) == 1


def test_there_are_few_retries_without_a_server(locks, transport, clock):
    locks.lease("a", duration=10).acquire()
    transport.dead = "cable cut"

    pass_time(locks, clock, 9)

    assert len(transport.requests) < 20


def test_a_key_lost_to_another_client_does_not_affect_other_leases(locks, server_state, clock):
    leases = [locks.lease(f"key-{number}", duration=10).acquire() for number in range(20)]
    server_state.clear_locks()
    server_state.attempt_update_locks("stranger", LockRequest({"key-7": 60, "key-8": 60}))

    pass_time(locks, clock, 5)

    lost = [lease.keys[0] for lease in leases if lease.lost.is_set()]
    assert lost == ["key-7", "key-8"]
    assert leases[7].note == "held by another client"
    assert len(locks.table.held_keys()) == 18


def test_a_released_lease_is_not_renewed(locks, transport, clock):
    lease = locks.lease("a", duration=10).acquire()
    lease.release()

    pass_time(locks, clock, 60)

    assert len(transport.requests) == 2


def test_a_key_is_released_after_a_renewal_in_progress(locks, transport, server_state, clock):
    lease = locks.lease("a", duration=10).acquire()
    released = threading.Thread(target=lease.release)

    def release_now(_):
        transport.before = lambda _: None
        released.start()
        eventually(lambda: lease not in locks.table.leases_on("a"))

    transport.before = release_now
    clock.pass_seconds(4)
    locks.renewer.step()
    released.join(5)

    assert [bool(request.release) for request in transport.requests] == [False, False, True]
    assert server_state.blocked("stranger", ["a"]) == ()


def test_the_thread_starts_when_it_is_needed_and_ends_with_close(transport, clock):
    locks = LeaseManager(transport, clock=clock)
    locks.attempt_update({"a": 60})
    assert own_threads() == []

    locks.lease("b").acquire()
    assert own_threads() == ["nanover-leases"]
    locks.close()

    assert own_threads() == []


def test_a_fault_while_renewing_does_not_end_the_thread(monkeypatch):
    monkeypatch.setattr("nanover_jupyter.client.locks.renewer._MAX_RETRY_PAUSE", 0.02)
    steps = []

    class Owner:
        def run_scheduled(self):
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


def test_no_thread_is_started_after_close():
    keeper = LeaseRenewer(None, lambda: 0.0)
    keeper.close()
    keeper.wake()

    assert own_threads() == []


def test_repeated_locking_rarely_wakes_the_thread(server_state, clock):
    transport = FakeLockBackend(server_state, "me", clock)
    transport.before = lambda _: threading.Event().wait(0.002)  # as a server takes some time
    locks = LeaseManager(transport)
    steps, step = [], locks.renewer.step
    locks.renewer.step = lambda: steps.append(step()) or steps[-1]

    for _ in range(60):
        locks.lease("a").acquire().release()
    locks.close()

    assert 1 <= len(steps) < 15


def test_a_very_long_lease_does_not_end_the_thread(server_state, clock):
    transport = FakeLockBackend(server_state, "me", clock)
    locks = LeaseManager(transport)
    steps, step = [], locks.renewer.step
    locks.renewer.step = lambda: steps.append(step()) or steps[-1]
    locks.lease("long", duration=1e12, max_hold=None).acquire()
    eventually(lambda: steps)
    short = locks.lease("short", duration=0.3).acquire()

    eventually(lambda: len(transport.requests) > 3)

    assert short.state in ("held", "expiring")
    locks.close()
