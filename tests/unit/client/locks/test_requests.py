"""Requests for locks, one at a time."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.client.locks.requests import LockRequests
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import ClosedError, ConnectionLost, InvalidValue
from nanover_jupyter.wire.messages import LockRequest
from tests.support.eventually import eventually
from tests.support.interrupts import count_inside
from tests.support.lock_road import FakeLockTransport


@pytest.fixture
def road(table, clock):
    return FakeLockTransport(table, "me", clock)


@pytest.fixture
def requests(road, clock):
    return LockRequests(road, LeaseTable(clock), lambda: 5.0)


def test_no_request_is_sent_while_another_is_on_its_way(requests, road):
    inside, most = [0], [0]

    def linger(_):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        # The others wait for their turn, or are here too.
        eventually(lambda: count_inside("asking", "ask") == 4 - len(road.requests))
        inside[0] -= 1

    road.before = linger
    calls = [
        threading.Thread(target=requests.ask, args=(LockRequest({f"key-{n}": 5}), 5), name="asking")
        for n in range(4)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join(5)

    assert len(road.requests) == 4
    assert most == [1]


def test_a_duration_that_is_no_number_leaves_no_trace(requests, road):
    with pytest.raises(InvalidValue):
        requests.ask(LockRequest({"a": "long"}), 0)

    assert requests.holds("a") is False
    assert road.requests == []


def test_an_answer_that_never_came_is_given_back_once(requests, road, table):
    road.deaf_once = True
    with pytest.raises(ConnectionLost):
        requests.ask(LockRequest({"a": 60}), 60)

    requests.give_back_unclear()
    requests.give_back_unclear()

    assert table.blocked("stranger", ["a"]) == ()
    assert len(road.requests) == 2


def test_a_key_that_became_ours_meanwhile_is_not_given_back(requests, road, table):
    road.deaf_once = True
    with pytest.raises(ConnectionLost):
        requests.ask(LockRequest({"a": 60}), 60)
    requests.ask(LockRequest({"a": 60}), 60)

    requests.give_back_unclear()

    assert table.blocked("stranger", ["a"]) == ("a",)


def test_ten_thousand_keys_are_renewed_in_parts(requests, road):
    durations = {f"key-{number}": 60.0 for number in range(10_000)}
    requests.ask(LockRequest(durations), 60)

    requests.renew(durations, "taken")

    assert [len(request.acquire) for request in road.requests[1:]] == [2000] * 5


def test_after_close_nothing_is_asked(requests, road):
    requests.ask(LockRequest({"a": 60}), 60)
    requests.close()
    asked = len(road.requests)

    for ask in (
        lambda: requests.ask(LockRequest({"b": 60}), 60),
        lambda: requests.renew({"a": 60}, "taken"),
        lambda: requests.all_free(["b"]),
    ):
        with pytest.raises(ClosedError):
            ask()

    assert len(road.requests) == asked


def test_a_pause_ends_with_close(requests):
    waiter = threading.Thread(target=requests.pause, args=(60,))
    waiter.start()
    requests.close()

    eventually(lambda: not waiter.is_alive())
