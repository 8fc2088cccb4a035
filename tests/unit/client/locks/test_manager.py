"""The lease manager: request order, failures, revalidation and closing."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from nanover_jupyter import NanoverClient
from nanover_jupyter.client.locks.manager import LeaseManager, request_timeout
from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    InvalidArgument,
    LeaseLost,
    LockRefused,
    NotSupported,
    UpdateRefused,
)
from nanover_jupyter.wire.messages import LockKind, LockRequest
from tests.support.eventually import eventually
from tests.support.fake_lock_backend import FakeLockBackend
from tests.support.renewal_time import pass_time


def row(locks, key):
    return locks.table.get(key)


# several leases on one key ------------------------------------------------------------


def test_a_key_is_released_with_its_last_lease(locks, server_state):
    outer = locks.lease("a").acquire()
    with locks.lease(["a", "b"]):
        pass

    assert server_state.blocked("stranger", ["a", "b"]) == ("a",)
    assert outer.state == "held"
    outer.release()
    assert server_state.blocked("stranger", ["a"]) == ()


def test_a_short_lease_inside_a_long_one_does_not_shorten_it(locks, clock):
    outer = locks.lease("a", duration=60, auto_renew=False).acquire()

    with locks.lease("a", duration=1):
        assert outer.left == 60

    assert outer.left == 60


def test_a_lease_does_not_release_a_lock_made_without_one(locks, server_state):
    locks.attempt_update({"a": 60})

    with locks.lease("a"):
        pass

    assert server_state.blocked("stranger", ["a"]) == ("a",)


def test_a_key_released_without_its_lease_ends_the_lease(locks):
    lease = locks.lease("a").acquire()

    locks.attempt_update({"a": None})

    assert lease.state == "released"
    assert not lease.lost.is_set()


def test_the_table_shows_whether_and_until_when_a_key_is_renewed(locks, clock):
    outer = locks.lease("a", max_hold=60).acquire()
    assert (row(locks, "a").auto_renew, row(locks, "a").deadline) == (True, clock() + 60)

    inner = locks.lease("a", max_hold=None).acquire()
    outer.release()
    assert (row(locks, "a").auto_renew, row(locks, "a").deadline) == (True, None)

    inner.auto_renew = False
    assert row(locks, "a").auto_renew is False


def test_the_row_of_a_key_that_is_still_held_follows_a_lease_that_is_acquired_again(locks, clock):
    lease = locks.lease("a", duration=2, max_hold=3).acquire()
    with locks.lease("a", duration=60):
        pass
    clock.pass_seconds(4)
    assert (lease.state, row(locks, "a").state) == ("lost", "held")

    lease.acquire()

    assert (row(locks, "a").auto_renew, row(locks, "a").deadline) == (True, clock() + 3)


def test_a_lease_ends_at_its_own_limit_although_another_holds_the_key(locks, server_state, clock):
    short = locks.lease("a", duration=10, max_hold=12).acquire()
    long = locks.lease("a", duration=10, max_hold=60).acquire()
    told = []
    short.on_lost(told.append)

    pass_time(locks, clock, 11.5)
    assert (short.state, round(short.left, 6)) == ("expiring", 0.5)
    pass_time(locks, clock, 1)

    assert (short.state, short.note) == ("lost", "reached its maximum hold time")
    assert told == [short]
    with pytest.raises(LeaseLost):
        short.check()
    assert long.state == "held"
    pass_time(locks, clock, 40)
    assert long.state in ("held", "expiring")
    assert server_state.blocked("stranger", ["a"]) == ("a",)
    pass_time(locks, clock, 10)
    assert server_state.blocked("stranger", ["a"]) == ()


def test_a_limit_wakes_the_renewer_if_the_key_is_held_for_longer(locks, clock):
    locks.lease("a", duration=60, auto_renew=False).acquire()
    woken = []
    locks.renewer.wake = lambda at=0.0: woken.append(at)

    lease = locks.lease("a", duration=10, max_hold=12).acquire()

    assert lease.left == 12
    assert min(woken) <= clock() + 12


@pytest.mark.parametrize("settled", [False, True])
def test_a_key_is_released_at_the_limit_of_its_last_lease(locks, server_state, clock, settled):
    last = locks.lease("a", duration=10, max_hold=12).acquire()
    with locks.lease("a", duration=60):
        pass
    assert server_state.blocked("stranger", ["a"]) == ("a",)

    clock.pass_seconds(12.5)
    if settled:
        locks.settle()
    assert last.state == "lost"
    pass_time(locks, clock, 0.2)

    assert server_state.blocked("stranger", ["a"]) == ()


def test_a_lease_at_its_limit_does_not_release_a_lock_made_without_one(locks, server_state, clock):
    locks.attempt_update({"a": 60})
    lease = locks.lease("a", duration=10, max_hold=12).acquire()

    pass_time(locks, clock, 13)

    assert lease.state == "lost"
    assert row(locks, "a").auto_renew is False
    assert server_state.blocked("stranger", ["a"]) == ("a",)


def test_a_key_is_no_longer_renewed_when_the_lease_that_renews_it_is_at_its_limit(locks, clock):
    once = locks.lease("a", duration=30, auto_renew=False).acquire()
    locks.lease("a", duration=10, max_hold=12).acquire()
    assert row(locks, "a").auto_renew

    pass_time(locks, clock, 13)

    assert not row(locks, "a").auto_renew
    assert once.left == 17


def test_a_lost_lease_does_not_release_a_key_that_was_acquired_again(locks, server_state, clock):
    old = locks.lease("a", duration=1, auto_renew=False).acquire()
    clock.pass_seconds(2)
    new = locks.lease("a", auto_renew=False).acquire()

    old.release()

    assert new.state == "held"
    assert server_state.blocked("stranger", ["a"]) == ("a",)
    new.release()
    assert server_state.blocked("stranger", ["a"]) == ()


def test_a_lease_that_lost_one_key_still_releases_the_others(locks, server_state, clock):
    lease = locks.lease(["a", "b"]).acquire()
    server_state.clear_locks()
    server_state.attempt_update_locks("stranger", LockRequest({"a": 60}))
    clock.pass_seconds(4)
    locks.renewer.step()
    assert lease.lost.is_set()

    lease.release()

    assert lease.state == "lost"
    assert server_state.blocked("another", ["a", "b"]) == ("a",)


# failed requests -----------------------------------------------------------------------


def test_a_key_locked_by_an_unanswered_request_is_released(locks, transport, server_state):
    transport.lose_reply_once = True
    with pytest.raises(ConnectionLost):
        locks.lease("a").acquire()
    assert server_state.blocked("stranger", ["a"]) == ("a",)
    assert row(locks, "a").note.endswith("unknown whether the server granted the lock")

    locks.run_scheduled()

    assert server_state.blocked("stranger", ["a"]) == ()


def test_a_lease_is_free_after_an_unanswered_request(locks, transport):
    transport.dead = "cable cut"
    lease = locks.lease("a")

    with pytest.raises(ConnectionLost):
        lease.acquire()

    assert lease.state == "free"


def test_an_unanswered_renewal_releases_nothing(locks, transport, server_state):
    locks.attempt_update({"a": 60})
    transport.lose_reply_once = True
    with pytest.raises(ConnectionLost):
        locks.attempt_update({"a": 60})

    locks.run_scheduled()

    assert server_state.blocked("stranger", ["a"]) == ("a",)


def test_the_keys_of_an_interrupted_request_are_released(locks, transport, server_state):
    def interrupt(_):
        transport.before = lambda _: None
        raise KeyboardInterrupt

    transport.before = interrupt
    lease = locks.lease("a")
    with pytest.raises(KeyboardInterrupt):
        lease.acquire()

    locks.run_scheduled()

    assert lease.state == "free"
    assert transport.requests == [LockRequest({}, frozenset({"a"}))]


def test_an_interrupt_while_waiting_leaves_no_pending_row(transport, server_state, clock):
    def interrupt(_):
        raise KeyboardInterrupt

    transport.wait = interrupt
    locks = LeaseManager(transport, clock=clock)
    server_state.attempt_update_locks("stranger", LockRequest({"a": 60}))

    with pytest.raises(KeyboardInterrupt):
        locks.lease("a").acquire(wait=True)

    assert row(locks, "a") is None
    locks.close()


def test_a_release_without_a_server_is_noted(locks, transport, server_state):
    lease = locks.lease("a").acquire()
    transport.dead = "cable cut"
    lease.release()

    assert lease.state == "released"
    assert "the server could not be reached" in lease.note
    assert "the server could not be reached" in row(locks, "a").note
    transport.dead = ""
    locks.revalidate("it was away", "taken")
    assert server_state.blocked("stranger", ["a"]) == ()


def test_a_reply_after_the_lock_expired_is_a_lost_lease(locks, transport):
    transport.answer_after = 3

    with pytest.raises(LeaseLost, match="before the server replied"):
        locks.lease("a", duration=2).acquire()


def test_no_request_is_sent_to_a_server_without_locks(server_state, clock):
    class NoLocks(FakeLockBackend):
        kind = LockKind.NONE

    locks = LeaseManager(NoLocks(server_state, "me", clock))

    with pytest.raises(NotSupported):
        locks.lease("a")
    with pytest.raises(NotSupported):
        locks.attempt_update({"a": 5})


# releases during other requests ----------------------------------------------------------


def test_a_lease_released_during_its_request_is_released(locks, transport, server_state):
    lease = locks.lease("a")
    releasing = threading.Thread(target=lease.release)

    def give_back_meanwhile(request):
        if "a" in request.acquire and releasing.ident is None:
            releasing.start()
            releasing.join(0.1)  # blocked by the request lock

    transport.before = give_back_meanwhile
    lease.acquire()
    releasing.join(5)

    assert lease.state == "released"
    assert server_state.blocked("stranger", ["a"]) == ()
    assert locks.table.leases_on("a") == []


def test_a_waiting_renewal_does_not_lock_a_released_key_again(
    locks, transport, server_state, monkeypatch
):
    lease = locks.lease("a").acquire()
    renewing = threading.Thread(target=lambda: locks.renew([lease]))
    settle = locks.settle

    def renew_meanwhile(request):
        if "a" in request.release and renewing.ident is None:
            renewing.start()
            renewing.join(0.1)  # blocked by the request lock

    def settle_late():
        if threading.current_thread() is not renewing:
            renewing.join(5)
        return settle()

    transport.before = renew_meanwhile
    monkeypatch.setattr(locks, "settle", settle_late)
    locks.attempt_update({"a": None})

    assert server_state.blocked("stranger", ["a"]) == ()
    assert lease.state == "released"


def test_releasing_one_key_of_a_lease_releases_all_its_keys(locks, server_state):
    lease = locks.lease(["a", "b"]).acquire()

    locks.attempt_update({"a": None})

    assert lease.state == "released"
    assert server_state.blocked("stranger", ["a", "b"]) == ()


def test_no_request_for_a_lock_waits_longer_than_its_caller(locks, transport, monkeypatch):
    given = []
    ask = transport.update_locks

    def update_locks(request, timeout, until):
        given.append(timeout)
        return ask(request, timeout, until)

    monkeypatch.setattr(transport, "update_locks", update_locks)
    locks.lease("a").acquire(timeout=1)
    locks.lease("b").acquire(timeout=0)
    locks.lease("c").acquire()
    locks.lease("d").acquire(call_timeout=3)
    locks.attempt_update({"e": 5}, 4)

    assert given[0] <= 1
    assert 0 < given[1] <= 1
    assert given[2:] == [20, 3, 4]


# revalidation ---------------------------------------------------------------------------


def test_revalidation_acquires_free_keys_and_marks_taken_ones_as_lost(locks, server_state):
    mine, theirs = locks.lease("a").acquire(), locks.lease("b").acquire()
    locks.attempt_update({"bare": 60})
    server_state.clear_locks()
    server_state.attempt_update_locks("stranger", LockRequest({"b": 60}))

    locks.revalidate("all locks were cleared", "acquired by another client")

    assert (mine.state, mine.continuous, mine.note) == ("held", False, "all locks were cleared")
    assert theirs.lost.is_set()
    assert theirs.note == "acquired by another client"
    assert server_state.blocked("another", ["a", "b", "bare"]) == ("a", "b", "bare")


def test_revalidation_does_not_prolong_leases_without_renewal(locks, clock):
    once = locks.lease("a", duration=60, auto_renew=False).acquire()
    kept = locks.lease("b", duration=60).acquire()
    clock.pass_seconds(15)

    locks.revalidate("doubt", "taken")

    assert (once.left, kept.left) == (45, 60)


def test_revalidation_does_not_prolong_a_lock_beyond_its_limit(locks, server_state, clock):
    lease = locks.lease("a", duration=10, max_hold=12).acquire()
    clock.pass_seconds(4)
    lease.renew()
    clock.pass_seconds(6)

    locks.revalidate("the connection was lost", "gone")

    assert lease.left <= 2
    clock.pass_seconds(2.5)
    assert server_state.blocked("stranger", ["a"]) == ()
    assert lease.state == "lost"


def test_revalidating_many_keys_takes_few_requests(locks, transport, server_state):
    locks.lease([f"key-{number}" for number in range(1000)]).acquire()
    server_state.clear_locks()
    server_state.attempt_update_locks("stranger", LockRequest({"key-500": 60}))
    begun = len(transport.requests)

    locks.revalidate("doubt", "taken")

    assert len(transport.requests) - begun <= 22
    assert len(locks.table.held_keys()) == 999


@pytest.mark.parametrize("dead", ["", "it ended"])
def test_locks_need_revalidation_until_the_server_was_asked(locks, transport, dead):
    locks.lease("a").acquire()
    assert not locks.table.needs_revalidation

    locks.revalidate_soon("all locks were cleared", "taken")

    assert locks.table.needs_revalidation
    transport.dead = dead
    locks.run_scheduled()
    assert not locks.table.needs_revalidation


def test_expired_locks_are_not_revalidated(locks, transport, clock):
    locks.lease("a", duration=1, auto_renew=False).acquire()
    clock.pass_seconds(2)
    begun = len(transport.requests)

    locks.revalidate("doubt", "taken")

    assert len(transport.requests) == begun


def test_two_clients_may_believe_that_they_hold_a_key_after_all_locks_were_cleared(
    locks, server_state, clock
):
    first = locks.lease("a", duration=9).acquire()
    server_state.clear_locks()
    others = LeaseManager(FakeLockBackend(server_state, "other", clock), clock=clock)
    others.renewer.wake = lambda at=0.0: None
    second = others.lease("a", duration=9).acquire()
    assert (first.state, second.state) == ("held", "held")

    clock.pass_seconds(3)
    locks.renewer.step()

    assert (first.state, first.continuous) == ("lost", False)
    assert not row(locks, "a").continuous
    assert (second.state, second.continuous) == ("held", True)
    others.close()


def test_a_released_lease_knows_whether_it_was_held_without_a_gap(locks):
    with locks.lease("a") as kept:
        pass
    with locks.lease("a") as doubted:
        locks.revalidate("all locks were cleared", "taken")

    assert (kept.continuous, doubted.continuous) == (True, False)
    assert doubted.acquire().continuous


def test_a_revalidation_is_in_the_history(locks, server_state):
    locks.lease("a").acquire()
    locks.revalidate("all locks were cleared", "taken")

    assert [(event.key, event.kind) for event in locks.table.history()] == [
        ("a", "acquired"),
        ("a", "reacquired"),
    ]


# closing ------------------------------------------------------------------------------------


def test_closing_releases_all_keys_and_stops_renewals(locks, transport, server_state, clock):
    lease = locks.lease("a").acquire()
    locks.attempt_update({"bare": 60})
    locks.close()
    clock.pass_seconds(5)

    locks.renewer.step()

    assert lease.state == "released"
    assert not lease.lost.is_set()
    assert transport.requests[-1] == LockRequest({}, frozenset({"a", "bare"}))
    assert server_state.blocked("stranger", ["a", "bare"]) == ()
    with pytest.raises(ClosedError):
        lease.acquire()


def test_keys_are_polled_once_per_interval_however_often_they_are_added(locks, transport, clock):
    for _ in range(5):
        locks.watch_keys(["a", "b"])
        locks.watched.remove(["a", "b"])
    locks.watch_keys("a")
    locks.run_scheduled()
    assert len(transport.requests) == 1

    clock.pass_seconds(2)
    locks.run_scheduled()
    assert len(transport.requests) == 2

    locks.watched.remove("a")
    clock.pass_seconds(2)
    assert locks.run_scheduled() == math.inf
    locks.watch_keys("b")
    locks.run_scheduled()
    assert len(transport.requests) == 3


def test_closing_ends_waiting(transport, server_state):
    locks = LeaseManager(transport)
    server_state.attempt_update_locks("stranger", LockRequest({"a": math.inf}))
    caught = []

    def wait():
        try:
            locks.lease("a").acquire(wait=True)
        except ClosedError as error:
            caught.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    eventually(lambda: row(locks, "a") and row(locks, "a").note)
    locks.close()
    waiter.join(5)

    assert caught
    assert not waiter.is_alive()


def test_a_lease_released_before_a_retry_stays_released(transport, server_state):
    class Turn:
        """Releases the lease just before the second request."""

        def __init__(self):
            self.turn, self.is_next = threading.RLock(), False

        def __enter__(self):
            if self.is_next:
                self.is_next = False
                server_state.clear_locks()
                lease.release()
            self.turn.acquire()

        def __exit__(self, *_):
            self.turn.release()

        def acquire(self, **options):
            return self.turn.acquire(**options)

        def release(self):
            self.turn.release()

    turn = Turn()
    transport.wait = lambda _: setattr(turn, "is_next", True)
    locks = LeaseManager(transport)
    locks._requests.request_lock = turn
    lease = locks.lease("a")
    server_state.attempt_update_locks("stranger", LockRequest({"a": math.inf}))

    with pytest.raises(LeaseLost, match="released while waiting"):
        lease.acquire(wait=True)

    assert lease.state == "free"
    assert server_state.blocked("stranger", ["a"]) == ()
    locks.close()


def test_closing_does_not_hang_on_a_request_that_hangs(transport, monkeypatch):
    monkeypatch.setattr("nanover_jupyter.client.locks.lock_requests._CLOSE_TIMEOUT", 0.02)
    locks = LeaseManager(transport)
    hanging, go_on = threading.Event(), threading.Event()
    transport.before = lambda _: (hanging.set(), go_on.wait(60))
    asking = threading.Thread(target=locks.attempt_update, args=({"a": 5},))
    asking.start()
    assert hanging.wait(10)

    locks.close()

    assert asking.is_alive()
    go_on.set()
    asking.join(10)


def test_noticing_that_a_lease_expired_does_not_end_its_next_acquisition(locks, clock):
    lease = locks.lease("a", duration=1, auto_renew=False).acquire()
    clock.pass_seconds(2)
    status = locks.table.status

    def status_then_acquire(lease):
        # As another thread would, after the renewal thread saw that the lease expired.
        locks.table.status = status
        expired = status(lease)
        lease.acquire()
        return expired

    locks.table.status = status_then_acquire
    locks.settle()
    locks.table.status = status

    assert (lease.state == "held") == locks.table.is_held("a")


def test_a_listener_of_the_table_may_acquire_locks(locks, server_state):
    def take_another():
        if row(locks, "b") is None:
            locks.lease("b").acquire()

    locks.table.subscribe(take_another)
    locks.lease("a").acquire()

    assert server_state.blocked("stranger", ["a", "b"]) == ("a", "b")


# on a real server -----------------------------------------------------------------------------


def test_two_clients_racing_for_one_key_never_both_hold_it(make_client):
    """Two clients acquire it a hundred times each, and check that they hold it alone."""
    holders, most, taken, refused = [], [0], [0, 0], [0, 0]
    guard = threading.Lock()

    def race(number, client):
        while taken[number] < 100:
            try:
                lease = client.lock("scene", duration=30, wait=False)
            except LockRefused:
                refused[number] += 1
                continue
            with guard:
                holders.append(number)
                most[0] = max(most[0], len(holders))
            lease.check()
            with guard:
                holders.remove(number)
            lease.release()
            taken[number] += 1

    racers = [threading.Thread(target=race, args=(n, make_client())) for n in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)

    assert taken == [100, 100]
    assert most == [1]
    assert sum(refused) > 0


def test_waiting_clients_take_turns_and_lose_no_edit(make_client):
    """Reading, changing and writing under a lock loses no update."""
    clients = [make_client() for _ in range(3)]

    def count(client):
        for _ in range(5):
            with client.edit("counter", wait=True, timeout=30) as counter:
                counter.value = (counter.value or 0) + 1

    threads = [threading.Thread(target=count, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    clients[0].catch_up()
    assert clients[0].peek("counter") == 15


def test_renewals_go_on_while_the_main_thread_is_blocked(make_client, server):
    client = make_client()
    with client.lock("scene", duration=0.6) as lease:
        once_over = client.leases.get("scene").ends_at
        renewed = threading.Event()

        def look():
            if client.leases.get("scene").asked_at > once_over:
                renewed.set()

        client.leases.subscribe(look)

        assert renewed.wait(20)  # blocks this thread, as a busy cell does
        assert lease.state == "held"
        with pytest.raises(UpdateRefused):
            server.update_locks("stranger", {"scene": 0})


def test_renewals_go_on_while_the_main_thread_computes_and_is_interrupted(make_client, server):
    client = make_client()
    with client.lock("scene", duration=1.2) as lease:
        asked_at = client.leases.get("scene").asked_at
        interrupts = 0
        while interrupts <= 10 or client.leases.get("scene").asked_at == asked_at:
            try:
                # Longer than the switch interval of the interpreter: faster interrupts would
                # starve the other threads.
                sum(number * number for number in range(300_000))
                signal.raise_signal(signal.SIGINT)  # as the stop button of a notebook
            except KeyboardInterrupt:
                interrupts += 1

        assert lease.state == "held"
        assert lease.continuous
        with pytest.raises(UpdateRefused):
            server.update_locks("stranger", {"scene": 0})


BUSY = """
import signal, sys, threading
from nanover_jupyter import NanoverClient
client = NanoverClient.insecure_channel(address="127.0.0.1", port=int(sys.argv[1]))
client.lock("scene", duration=float(sys.argv[2]))
print("locked", flush=True)
if sys.argv[3] == "wait":
    threading.Event().wait(60)
"""


def run_holder(server, seconds, then):
    arguments = [sys.executable, "-c", BUSY, str(server.port), str(seconds), then]
    holder = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "locked\n"
    return holder


def test_the_lock_of_a_killed_process_lasts_until_it_expires(make_client, server, monkeypatch):
    client = make_client()
    with run_holder(server, 60, "wait") as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        with pytest.raises(LockRefused):
            client.lock("scene")

        monkeypatch.setattr(server._state._locks, "_clock", lambda: time.monotonic() + 60)
        client.lock("scene")


def test_a_process_that_ends_without_closing_releases_its_locks(make_client, server):
    with run_holder(server, 60, "end") as holder:
        assert holder.wait(20) == 0

    make_client().lock("scene")


def test_a_garbage_collected_client_releases_its_locks(server, make_client):
    forgotten = NanoverClient.insecure_channel(address="127.0.0.1", port=server.port)
    forgotten.lock("scene", duration=60)
    del forgotten

    make_client().lock("scene", timeout=5)


@pytest.mark.parametrize("bad", [{"duration": "10"}, {"duration": 0}, {"max_hold": -1}])
def test_invalid_options_leave_no_trace(make_client, bad):
    client = make_client()

    with pytest.raises(InvalidArgument):
        client.lock("scene", **bad)

    assert client.leases.rows() == []


@pytest.mark.parametrize(
    ("timeout", "waited", "limit"),
    [(None, 3.0, None), (5.0, 2.0, 3.0), (5.0, 4.9, 0.5), (0.0, 0.0, 0.5), (1.0, 9.0, 0.5)],
)
def test_a_request_takes_no_longer_than_is_left(timeout, waited, limit):
    assert request_timeout(timeout, waited) == limit
