"""Lock requests to the server, and finding the keys that it refuses."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.locks.lock_requests import LockRequests, refused_keys
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    InvalidValue,
    LockRefused,
    UpdateRefused,
)
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from tests.support.eventually import eventually
from tests.support.fake_lock_backend import FakeLockBackend
from tests.support.interrupts import count_inside


@pytest.fixture
def transport(server_state, clock):
    return FakeLockBackend(server_state, "me", clock)


@pytest.fixture
def table(clock):
    return LeaseTable(clock)


@pytest.fixture
def server_locks(transport, table):
    return LockRequests(transport, table, lambda: 5.0)


def test_no_request_is_sent_while_another_is_on_its_way(server_locks, transport):
    inside, most = [0], [0]

    def linger(_):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        # The others wait for the request lock, or are in here too.
        eventually(lambda: count_inside("asking", "update") == 4 - len(transport.requests))
        inside[0] -= 1

    transport.before = linger
    calls = [
        threading.Thread(
            target=server_locks.update, args=(LockRequest({f"key-{n}": 5}), 5), name="asking"
        )
        for n in range(4)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join(5)

    assert len(transport.requests) == 4
    assert most == [1]


def test_a_duration_that_is_not_a_number_leaves_no_trace(server_locks, transport, table):
    with pytest.raises(InvalidValue):
        server_locks.update(LockRequest({"a": "long"}), 0)

    assert not table.is_held("a")
    assert transport.requests == []


def test_keys_of_an_unanswered_request_are_released_once(server_locks, transport, server_state):
    transport.lose_reply_once = True
    with pytest.raises(ConnectionLost):
        server_locks.update(LockRequest({"a": 60}), 60)

    server_locks.release_unanswered()
    server_locks.release_unanswered()

    assert server_state.blocked("stranger", ["a"]) == ()
    assert len(transport.requests) == 2


def test_a_key_that_was_granted_meanwhile_is_not_released(server_locks, transport, server_state):
    transport.lose_reply_once = True
    with pytest.raises(ConnectionLost):
        server_locks.update(LockRequest({"a": 60}), 60)
    server_locks.update(LockRequest({"a": 60}), 60)

    server_locks.release_unanswered()

    assert server_state.blocked("stranger", ["a"]) == ("a",)


def test_ten_thousand_keys_are_renewed_in_parts(server_locks, transport):
    durations = {f"key-{number}": 60.0 for number in range(10_000)}
    server_locks.update(LockRequest(durations), 60)

    server_locks.renew(durations, "taken")

    assert [len(request.acquire) for request in transport.requests[1:]] == [2000] * 5


def test_no_request_is_sent_after_close(server_locks, transport):
    server_locks.update(LockRequest({"a": 60}), 60)
    server_locks.close()
    asked = len(transport.requests)

    for ask in (
        lambda: server_locks.update(LockRequest({"b": 60}), 60),
        lambda: server_locks.renew({"a": 60}, "taken"),
        lambda: server_locks.find_blocking_keys(["b"]),
    ):
        with pytest.raises(ClosedError):
            ask()

    assert len(transport.requests) == asked


KEYS = [f"key-{number}" for number in range(64)]


@given(st.sets(st.sampled_from(KEYS)), st.integers(0, 64))
def test_bisection_finds_exactly_the_refused_keys_in_their_order(refused, count):
    asked = []

    def accepts(keys):
        asked.append(list(keys))
        return not refused & set(keys)

    keys = KEYS[:count]
    found = list(refused_keys(keys, accepts))

    assert found == [key for key in keys if key in refused]
    assert len(asked) <= 1 + 2 * math.ceil(math.log2(count or 1)) * len(found)


def test_the_search_stops_at_its_limit(server_locks, transport, server_state):
    server_state.attempt_update_locks("stranger", LockRequest(dict.fromkeys(KEYS, 60)))

    assert server_locks.find_blocking_keys(KEYS, 2) == KEYS[:2]
    assert len(transport.requests) < 10


def test_finding_the_blocking_key_locks_nothing(make_client, server):
    server.update_locks("someone", {"b": 60})
    client = make_client()
    with pytest.raises(LockRefused):
        client.lock(["a", "b", "c"])

    assert client.find_blocking_keys(["a", "b", "c"]) == ["b"]

    server.update_state("another", DictionaryChange({"a": 1, "c": 1}))


def test_checking_our_own_key_does_not_end_our_lock(make_client, server):
    client = make_client()
    client.lock("mine")

    assert client.find_blocking_keys("mine") == []

    with pytest.raises(UpdateRefused):
        server.update_locks("stranger", {"mine": 1})
