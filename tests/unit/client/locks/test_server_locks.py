"""Requests for locks in one order, and what becomes of them when things go wrong."""

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
from nanover_jupyter.client.locks.server_locks import Locks
from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    InvalidArgument,
    LeaseLost,
    LockRefused,
    NotSupported,
    UpdateRefused,
)
from nanover_jupyter.wire.messages import LockRequest
from tests.support.eventually import eventually
from tests.support.keeper_time import pass_time
from tests.support.lock_road import FakeLockTransport


def row(locks, key):
    return locks.book.get(key)


# several leases on one key ------------------------------------------------------------


def test_a_key_is_given_back_with_its_last_lease(locks, table):
    outer = locks.lease("a").acquire()
    with locks.lease(["a", "b"]):
        pass

    assert table.blocked("stranger", ["a", "b"]) == ("a",)
    assert outer.state == "held"
    outer.release()
    assert table.blocked("stranger", ["a"]) == ()


def test_a_short_lease_inside_a_long_one_does_not_shorten_it(locks, clock):
    outer = locks.lease("a", duration=60, keep=False).acquire()

    with locks.lease("a", duration=1):
        assert outer.left == 60

    assert outer.left == 60


def test_a_lease_leaves_alone_what_was_locked_without_one(locks, table):
    locks.attempt_update({"a": 60})

    with locks.lease("a"):
        pass

    assert table.blocked("stranger", ["a"]) == ("a",)


def test_a_key_given_back_without_its_lease_releases_the_lease(locks):
    lease = locks.lease("a").acquire()

    locks.attempt_update({"a": None})

    assert lease.state == "released"
    assert not lease.lost.is_set()


def test_the_book_tells_whether_and_until_when_a_key_is_renewed(locks, clock):
    outer = locks.lease("a", max_hold=60).acquire()
    assert (row(locks, "a").keep, row(locks, "a").cap_at) == (True, clock() + 60)

    inner = locks.lease("a", max_hold=None).acquire()
    outer.release()
    assert (row(locks, "a").keep, row(locks, "a").cap_at) == (True, None)

    inner.keep = False
    assert row(locks, "a").keep is False


def test_a_lease_ends_at_its_own_limit_whoever_else_is_on_the_key(locks, table, clock):
    short = locks.lease("a", duration=10, max_hold=12).acquire()
    long = locks.lease("a", duration=10, max_hold=60).acquire()
    told = []
    short.on_lost(told.append)

    pass_time(locks, clock, 11.5)
    assert (short.state, round(short.left, 6)) == ("expiring", 0.5)
    pass_time(locks, clock, 1)

    assert (short.state, short.note) == ("lost", "it was held for as long as it was allowed to be")
    assert told == [short]
    with pytest.raises(LeaseLost):
        short.check()
    assert long.state == "held"
    pass_time(locks, clock, 40)
    assert long.state in ("held", "expiring")
    assert table.blocked("stranger", ["a"]) == ("a",)
    pass_time(locks, clock, 10)
    assert table.blocked("stranger", ["a"]) == ()


def test_a_limit_wakes_the_keeper_where_the_key_is_held_for_longer(locks, clock):
    locks.lease("a", duration=60, keep=False).acquire()
    woken = []
    locks.keeper.wake = lambda at=0.0: woken.append(at)

    lease = locks.lease("a", duration=10, max_hold=12).acquire()

    assert lease.left == 12
    assert min(woken) <= clock() + 12


@pytest.mark.parametrize("settled", [False, True])
def test_a_key_is_given_back_at_the_limit_of_its_last_lease(locks, table, clock, settled):
    last = locks.lease("a", duration=10, max_hold=12).acquire()
    with locks.lease("a", duration=60):
        pass
    assert table.blocked("stranger", ["a"]) == ("a",)

    clock.pass_seconds(12.5)
    if settled:
        locks.settle()
    assert last.state == "lost"
    pass_time(locks, clock, 0.2)

    assert table.blocked("stranger", ["a"]) == ()


def test_a_lease_at_its_limit_leaves_alone_what_was_locked_without_one(locks, table, clock):
    locks.attempt_update({"a": 60})
    lease = locks.lease("a", duration=10, max_hold=12).acquire()

    pass_time(locks, clock, 13)

    assert lease.state == "lost"
    assert row(locks, "a").keep is False
    assert table.blocked("stranger", ["a"]) == ("a",)


def test_a_key_is_no_longer_renewed_when_the_lease_that_renews_it_is_at_its_limit(locks, clock):
    once = locks.lease("a", duration=30, keep=False).acquire()
    locks.lease("a", duration=10, max_hold=12).acquire()
    assert row(locks, "a").keep

    pass_time(locks, clock, 13)

    assert not row(locks, "a").keep
    assert once.left == 17


def test_a_lost_lease_does_not_give_back_what_was_taken_anew(locks, table, clock):
    old = locks.lease("a", duration=1, keep=False).acquire()
    clock.pass_seconds(2)
    new = locks.lease("a", keep=False).acquire()

    old.release()

    assert new.state == "held"
    assert table.blocked("stranger", ["a"]) == ("a",)
    new.release()
    assert table.blocked("stranger", ["a"]) == ()


def test_a_lease_that_lost_one_key_still_gives_back_the_others(locks, table, clock):
    lease = locks.lease(["a", "b"]).acquire()
    table.clear_locks()
    table.attempt_update_locks("stranger", LockRequest({"a": 60}))
    clock.pass_seconds(4)
    locks.keeper.step()
    assert lease.lost.is_set()

    lease.release()

    assert lease.state == "lost"
    assert table.blocked("another", ["a", "b"]) == ("a",)


# requests that go wrong ----------------------------------------------------------------


def test_what_was_locked_without_our_hearing_of_it_is_given_back(locks, road, table):
    road.deaf_once = True
    with pytest.raises(ConnectionLost):
        locks.lease("a").acquire()
    assert table.blocked("stranger", ["a"]) == ("a",)
    assert row(locks, "a").note.endswith("whether the server locked it is unknown")

    locks.run_errands()

    assert table.blocked("stranger", ["a"]) == ()


def test_a_lease_without_an_answer_is_free(locks, road):
    road.dead = "cable cut"
    lease = locks.lease("a")

    with pytest.raises(ConnectionLost):
        lease.acquire()

    assert lease.state == "free"


def test_a_renewal_without_an_answer_gives_nothing_back(locks, road, table):
    locks.attempt_update({"a": 60})
    road.deaf_once = True
    with pytest.raises(ConnectionLost):
        locks.attempt_update({"a": 60})

    locks.run_errands()

    assert table.blocked("stranger", ["a"]) == ("a",)


def test_an_interrupted_request_is_given_back(locks, road, table):
    def interrupt(_):
        road.before = lambda _: None
        raise KeyboardInterrupt

    road.before = interrupt
    lease = locks.lease("a")
    with pytest.raises(KeyboardInterrupt):
        lease.acquire()

    locks.run_errands()

    assert lease.state == "free"
    assert road.requests == [LockRequest({}, frozenset({"a"}))]


def test_an_interrupt_while_waiting_leaves_no_pending_row(road, table, clock):
    def interrupt(_):
        raise KeyboardInterrupt

    locks = Locks(road, clock=clock, pause=interrupt)
    table.attempt_update_locks("stranger", LockRequest({"a": 60}))

    with pytest.raises(KeyboardInterrupt):
        locks.lease("a").acquire(wait=True)

    assert row(locks, "a") is None
    locks.close()


def test_giving_back_to_a_server_that_is_away_says_that_it_was_not_told(locks, road, table):
    lease = locks.lease("a").acquire()
    road.dead = "cable cut"
    lease.release()

    assert lease.state == "released"
    assert "the server could not be told" in lease.note
    assert "the server could not be told" in row(locks, "a").note
    road.dead = ""
    locks.prove("it was away", "taken")
    assert table.blocked("stranger", ["a"]) == ()


def test_an_answer_later_than_the_lock_lasts_is_a_lost_lease(locks, road):
    road.answer_after = 3

    with pytest.raises(LeaseLost, match="before the server had answered"):
        locks.lease("a", duration=2).acquire()


def test_a_server_without_locks_is_asked_nothing(table, clock):
    class NoLocks(FakeLockTransport):
        class capabilities:  # noqa: N801 - stands for an attribute
            locks, transport = False, "websocket"

    locks = Locks(NoLocks(table, "me", clock))

    with pytest.raises(NotSupported):
        locks.lease("a")
    with pytest.raises(NotSupported):
        locks.attempt_update({"a": 5})


# what is given back while something else is on its way ----------------------------------


def test_a_lease_given_back_while_its_request_is_on_its_way_is_given_back(locks, road, table):
    lease = locks.lease("a")
    releasing = threading.Thread(target=lease.release)

    def give_back_meanwhile(request):
        if "a" in request.acquire and releasing.ident is None:
            releasing.start()
            releasing.join(0.1)  # it waits for its turn, which we have

    road.before = give_back_meanwhile
    lease.acquire()
    releasing.join(5)

    assert lease.state == "released"
    assert table.blocked("stranger", ["a"]) == ()
    assert locks.leases_of("a") == []


def test_a_renewal_that_waited_does_not_take_again_what_was_given_back(
    locks, road, table, monkeypatch
):
    lease = locks.lease("a").acquire()
    renewing = threading.Thread(target=lambda: locks.renew([lease]))
    settle = locks.settle

    def renew_meanwhile(request):
        if "a" in request.release and renewing.ident is None:
            renewing.start()
            renewing.join(0.1)  # it waits for its turn

    def settle_late():
        if threading.current_thread() is not renewing:
            renewing.join(5)
        return settle()

    road.before = renew_meanwhile
    monkeypatch.setattr(locks, "settle", settle_late)
    locks.attempt_update({"a": None})

    assert table.blocked("stranger", ["a"]) == ()
    assert lease.state == "released"


def test_a_lease_of_which_one_key_is_given_back_is_given_back_whole(locks, table):
    lease = locks.lease(["a", "b"]).acquire()

    locks.attempt_update({"a": None})

    assert lease.state == "released"
    assert table.blocked("stranger", ["a", "b"]) == ()


def test_no_request_for_a_lock_waits_longer_than_its_caller(locks, road, monkeypatch):
    given = []
    ask = road.update_locks

    def update_locks(request, timeout):
        given.append(timeout)
        return ask(request, timeout)

    monkeypatch.setattr(road, "update_locks", update_locks)
    locks.lease("a").acquire(timeout=1)
    locks.lease("b").acquire(timeout=0)
    locks.lease("c").acquire()

    assert given[0] <= 1
    assert 0 < given[1] <= 1
    assert given[2] is None or given[2] > 1


# when others may have had our locks -----------------------------------------------------


def test_proving_takes_what_is_free_and_tells_what_is_taken(locks, table):
    mine, theirs = locks.lease("a").acquire(), locks.lease("b").acquire()
    locks.attempt_update({"bare": 60})
    table.clear_locks()
    table.attempt_update_locks("stranger", LockRequest({"b": 60}))

    locks.prove("all locks were cleared", "someone took it when all locks were cleared")

    assert (mine.state, mine.continuous, mine.note) == ("held", False, "all locks were cleared")
    assert theirs.lost.is_set()
    assert theirs.note == "someone took it when all locks were cleared"
    assert table.blocked("another", ["a", "b", "bare"]) == ("a", "b", "bare")


def test_proving_does_not_prolong_what_is_not_kept(locks, clock):
    once = locks.lease("a", duration=60, keep=False).acquire()
    kept = locks.lease("b", duration=60).acquire()
    clock.pass_seconds(15)

    locks.prove("doubt", "taken")

    assert (once.left, kept.left) == (45, 60)


def test_proving_does_not_prolong_a_lock_beyond_its_cap(locks, table, clock):
    lease = locks.lease("a", duration=10, max_hold=12).acquire()
    clock.pass_seconds(4)
    lease.renew()
    clock.pass_seconds(6)

    locks.prove("the connection was lost", "gone")

    assert lease.left <= 2
    clock.pass_seconds(2.5)
    assert table.blocked("stranger", ["a"]) == ()
    assert lease.state == "lost"


def test_proving_many_costs_few_requests(locks, road, table):
    locks.lease([f"key-{number}" for number in range(1000)]).acquire()
    table.clear_locks()
    table.attempt_update_locks("stranger", LockRequest({"key-500": 60}))
    begun = len(road.requests)

    locks.prove("doubt", "taken")

    assert len(road.requests) - begun <= 22
    assert len(locks.book.held_keys()) == 999


@pytest.mark.parametrize("dead", ["", "it ended"])
def test_locks_are_in_doubt_until_the_server_was_asked(locks, road, dead):
    locks.lease("a").acquire()
    assert not locks.book.is_in_doubt

    locks.prove_soon("all locks were cleared", "taken")

    assert locks.book.is_in_doubt
    road.dead = dead
    locks.run_errands()
    assert not locks.book.is_in_doubt


def test_what_ran_out_is_not_proven(locks, road, clock):
    locks.lease("a", duration=1, keep=False).acquire()
    clock.pass_seconds(2)
    begun = len(road.requests)

    locks.prove("doubt", "taken")

    assert len(road.requests) == begun


def test_two_clients_may_believe_that_they_hold_a_key_after_all_locks_were_cleared(
    locks, table, clock
):
    first = locks.lease("a", duration=9).acquire()
    table.clear_locks()
    others = Locks(FakeLockTransport(table, "other", clock), clock=clock)
    others.keeper.wake = lambda at=0.0: None
    second = others.lease("a", duration=9).acquire()
    assert (first.state, second.state) == ("held", "held")

    clock.pass_seconds(3)
    locks.keeper.step()

    assert (first.state, first.continuous) == ("lost", False)
    assert not row(locks, "a").continuous
    assert (second.state, second.continuous) == ("held", True)
    others.close()


def test_whether_a_lease_was_kept_all_the_time_is_known_after_it_was_given_back(locks):
    with locks.lease("a") as kept:
        pass
    with locks.lease("a") as doubted:
        locks.prove("all locks were cleared", "taken")

    assert (kept.continuous, doubted.continuous) == (True, False)
    assert doubted.acquire().continuous


def test_a_doubt_is_in_the_history(locks, table):
    locks.lease("a").acquire()
    locks.prove("all locks were cleared", "taken")

    assert [(event.key, event.news) for event in locks.book.history()] == [
        ("a", "taken"),
        ("a", "doubted"),
    ]


# the end ------------------------------------------------------------------------------------


def test_closing_gives_everything_back_and_renews_nothing_afterwards(locks, road, table, clock):
    lease = locks.lease("a").acquire()
    locks.attempt_update({"bare": 60})
    locks.close()
    clock.pass_seconds(5)

    locks.keeper.step()

    assert lease.state == "released"
    assert not lease.lost.is_set()
    assert road.requests[-1] == LockRequest({}, frozenset({"a", "bare"}))
    assert table.blocked("stranger", ["a", "bare"]) == ()
    with pytest.raises(ClosedError):
        lease.acquire()


def test_keys_are_looked_at_once_a_round_however_often_they_were_left_out(locks, road, clock):
    for _ in range(5):
        locks.watch_keys(["a", "b"])
        locks.watch.remove(["a", "b"])
    locks.watch_keys("a")
    locks.run_errands()
    assert len(road.requests) == 1

    clock.pass_seconds(2)
    locks.run_errands()
    assert len(road.requests) == 2

    locks.watch.remove("a")
    clock.pass_seconds(2)
    assert locks.run_errands() == math.inf
    locks.watch_keys("b")
    locks.run_errands()
    assert len(road.requests) == 3


def test_closing_ends_waiting(road, table):
    locks = Locks(road)
    table.attempt_update_locks("stranger", LockRequest({"a": math.inf}))
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


def test_a_lease_that_is_given_back_while_its_waiter_waits_for_its_turn_stays_so(road, table):
    class Turn:
        """Lets somebody give the lease back just before the waiter's second request."""

        def __init__(self):
            self.turn, self.is_next = threading.RLock(), False

        def __enter__(self):
            if self.is_next:
                self.is_next = False
                table.clear_locks()
                lease.release()
            self.turn.acquire()

        def __exit__(self, *_):
            self.turn.release()

        def acquire(self, **options):
            return self.turn.acquire(**options)

        def release(self):
            self.turn.release()

    turn = Turn()
    locks = Locks(road, pause=lambda _: setattr(turn, "is_next", True))
    locks._requests.turn = turn
    lease = locks.lease("a")
    table.attempt_update_locks("stranger", LockRequest({"a": math.inf}))

    with pytest.raises(LeaseLost, match="given back"):
        lease.acquire(wait=True)

    assert lease.state == "free"
    assert table.blocked("stranger", ["a"]) == ()
    locks.close()


def test_closing_does_not_hang_on_a_request_that_hangs(road, monkeypatch):
    monkeypatch.setattr("nanover_jupyter.client.locks.requests._RELEASE_SECONDS", 0.02)
    locks = Locks(road)
    hanging, go_on = threading.Event(), threading.Event()
    road.before = lambda _: (hanging.set(), go_on.wait(60))
    asking = threading.Thread(target=locks.attempt_update, args=({"a": 5},))
    asking.start()
    assert hanging.wait(10)

    locks.close()

    assert asking.is_alive()
    go_on.set()
    asking.join(10)


def test_a_listener_to_the_book_may_ask_for_locks(locks, table):
    def take_another():
        if row(locks, "b") is None:
            locks.lease("b").acquire()

    locks.book.subscribe(take_another)
    locks.lease("a").acquire()

    assert table.blocked("stranger", ["a", "b"]) == ("a", "b")


# on a real server -----------------------------------------------------------------------------


def test_two_clients_racing_for_one_key_never_both_hold_it(make_client):
    """Taken two hundred times, by whoever is first; each checks that it is alone."""
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
    """The story of the locks: read, alter and write under a lock loses no update."""
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


def test_renewals_go_on_while_the_main_thread_is_held_up(make_client, server):
    client = make_client()
    with client.lock("scene", duration=0.6) as lease:
        once_over = client.leases.get("scene").ends_at
        renewed = threading.Event()

        def look():
            if client.leases.get("scene").asked_at > once_over:
                renewed.set()

        client.leases.subscribe(look)

        assert renewed.wait(20)  # as a busy cell does: nothing else may depend on this thread
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
                # Longer than a thread waits for the interpreter: interrupts that come closer
                # than that, as by hand they never do, keep all other threads from it.
                sum(number * number for number in range(300_000))
                signal.raise_signal(signal.SIGINT)  # what the stop button of a notebook sends
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


def test_a_killed_process_holds_its_lock_until_its_time_is_over(make_client, server, monkeypatch):
    client = make_client()
    with run_holder(server, 60, "wait") as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        with pytest.raises(LockRefused):
            client.lock("scene")

        monkeypatch.setattr(server._state, "_clock", lambda: time.monotonic() + 60)
        client.lock("scene")


def test_a_process_that_ends_without_closing_gives_its_locks_back(make_client, server):
    with run_holder(server, 60, "end") as holder:
        assert holder.wait(20) == 0

    make_client().lock("scene")


def test_a_client_that_nobody_has_any_more_gives_its_locks_back(server, make_client):
    forgotten = NanoverClient.insecure_channel(address="127.0.0.1", port=server.port)
    forgotten.lock("scene", duration=60)
    del forgotten

    make_client().lock("scene", timeout=5)


@pytest.mark.parametrize("bad", [{"duration": "10"}, {"duration": 0}, {"max_hold": -1}])
def test_bad_terms_leave_no_trace(make_client, bad):
    client = make_client()

    with pytest.raises(InvalidArgument):
        client.lock("scene", **bad)

    assert client.leases.leases() == []
