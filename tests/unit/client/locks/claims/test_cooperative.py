"""Locks of WebSocket clients, which agree by claims in the shared state."""

from __future__ import annotations

import math
import threading
import time

import pytest

from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import (
    ClosedError,
    InvalidArgument,
    InvalidValue,
    LeaseLost,
    LockRefused,
    TimedOut,
)
from nanover_jupyter.wire.claims import LOCK_PREFIX
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.unit.client.locks.claims.conftest import start_waiting


def lock_keys(server):
    return [key for key in server.copy_state() if key.startswith(LOCK_PREFIX)]


def change(**updates):
    return DictionaryChange(updates)


def test_a_lock_excludes_other_clients_until_it_is_released(ada, ben, both):
    lease = ada.lock("scene")
    assert lease.state == "held"
    with pytest.raises(LockRefused, match=r"Ada \(until \d\d:\d\d:\d\d\) holds it"):
        ben.lock("scene")
    assert not ben.attempt_update_state(change(scene=1))
    assert ada.attempt_update_state(change(scene=2))
    assert ben.update_state_async(change(scene=1)).result(10) is False

    lease.release()

    with ben.lock("scene", wait=True):
        assert both.copy_state()["scene"] == 2
    eventually(lambda: not lock_keys(both))


def test_all_keys_are_locked_or_none(ada, ben):
    with ada.lock("b"):
        with pytest.raises(LockRefused):
            ben.lock(["a", "b"])
        assert ben.leases.held_keys() == []
        ada.attempt_update_locks({"a": 5.0, "b": None})
        assert ada.leases.held_keys() == ["a"]


def test_blocking_keys_are_found_without_locking(ada, ben, both):
    with ada.lock(["a", "b"]):
        ben.catch_up()
        before = both.copy_state()
        assert ben.find_blocking_keys(["a", "x", "b"]) == ["a", "b"]
        assert ada.find_blocking_keys(["a", "x"]) == []
        assert both.copy_state() == before


def test_values_are_edited_under_the_lock(ada, ben):
    ada.attempt_update_state(change(scene=[1.0]))
    with ben.edit("scene", wait=True) as draft:
        draft.value.append(2.0)
    with ada.locked("scene", timeout=10) as state:
        assert state == {"scene": [1.0, 2.0]}


def test_a_client_that_waits_is_seen_and_gets_the_lock(ada, ben):
    lease = ada.lock("scene")
    waiting = start_waiting(ben, note="mine")
    eventually(ada.claims.requests)

    (request,) = ada.claims.requests()
    assert (request.name, request.message, request.keys) == ("Ben", "mine", ("scene",))
    lease.release()
    waiting.join(10)

    assert ben.leases.is_held("scene")
    eventually(lambda: not ada.claims.waiting("scene"))


def test_a_key_can_be_handed_over(ada, ben, join):
    cem = join("Cem")
    ada.lock("scene")
    waiting = start_waiting(ben)
    eventually(ada.claims.requests)
    (request,) = ada.claims.requests()

    ada.locks.hand_over("scene", request.client_id)
    with pytest.raises(LockRefused):
        ada.lock("scene")

    waiting.join(10)
    assert ben.leases.is_held("scene")
    assert not ada.leases.is_held("scene")
    with pytest.raises(LockRefused, match="Ben"):
        cem.lock("scene")
    with pytest.raises(LeaseLost, match="not held"):
        ada.locks.hand_over("scene", request.client_id)


def test_a_request_is_shown_until_the_key_is_free(ada, ben):
    lease = ada.lock("scene")
    eventually(lambda: ben.claims.holder("scene"))
    assert ben.claims.request_release(["scene", "free"], "one minute") == ["scene"]
    eventually(lambda: [each.message for each in ada.claims.requests()] == ["one minute"])

    lease.release()

    eventually(lambda: not ada.claims.waiting("scene"))
    assert ada.claims.requests() == []


def test_a_lost_connection_ends_all_leases(ada):
    lease = ada.lock("scene")
    lost = threading.Event()
    lease.on_lost(lambda _: lost.set())

    ada.mark_lost("cable cut")

    assert lease.state == "lost"
    assert lease.note == "the connection was lost"
    assert lost.wait(10)


@pytest.mark.parametrize("value", [None, "mine", {"claims": {}}])
def test_a_claim_that_another_client_changes_is_lost(ada, both, value):
    lease = ada.lock("scene")
    (key,) = lock_keys(both)
    eventually(lambda: both.copy_state()[key]["claims"]["scene"]["state"] == "held")
    ada.catch_up()
    both.update_state("another", DictionaryChange({key: value}, [] if value else [key]))

    assert lease.lost.wait(10)
    assert "another client" in lease.note
    eventually(lambda: not lock_keys(both))


def test_writes_of_clients_that_ignore_locks_are_noticed(ada, both):
    ada.attempt_update_state(change(scene=0))
    lease = ada.lock("scene")
    told = threading.Event()
    lease.on_overwritten(lambda _: told.set())
    for value in (1, 2.5, [3], {"four": math.nan}):
        ada.attempt_update_state(change(scene=value))
    ada.attempt_update_state(DictionaryChange(removals=["scene"]))
    ada.catch_up()
    assert lease.overwrites == 0

    both.update_state("a headset", change(scene=9))
    assert told.wait(10)

    assert lease.overwrites == 1
    assert [each.kind for each in ada.leases.history()] == ["acquired", "overwritten"]
    assert lease.state == "held"


def test_a_lock_that_is_not_renewed_is_withdrawn(ada, both):
    ada.lock("scene", duration=0.2, auto_renew=False)
    assert lock_keys(both)

    eventually(lambda: not lock_keys(both))
    assert ada.leases.get("scene").state == "lost"


def test_a_renewed_lock_lasts(ada, ben):
    lease = ada.lock("scene", duration=0.6)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert lease.state in ("held", "expiring")
        with pytest.raises(LockRefused):
            ben.lock("scene", duration=0.6)
    lease.release()


def test_closing_removes_the_claims(ada, both):
    ada.lock(["a", "b"])
    ada.close()

    eventually(lambda: not lock_keys(both))


def test_closing_ends_waiting(ada, ben):
    ada.lock("scene")
    errors = []

    def wait():
        try:
            ben.lock("scene", wait=True)
        except ClosedError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    eventually(ada.claims.requests)
    ben.close()
    waiting.join(10)

    assert len(errors) == 1


def test_a_server_that_sends_nothing_is_a_timeout(both, monkeypatch):
    with NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{both.websocket_port}") as client:
        client.load_state(10)
        client._stream._observers.clear()
        with pytest.raises(TimedOut, match="acquiring locks"):
            client.lock("scene", call_timeout=0.1)
        assert client.leases.held_keys() == []
        assert not client._board.protocol.held_keys(math.inf)


@pytest.mark.parametrize(
    ("key", "seconds", "reason"),
    [
        ("a", math.inf, "at most 22 hours"),
        ("a", math.nan, "must be a number"),
        ("a", "5", "must be a number"),
        ("x" * 501, 5.0, "at most 500 characters"),
    ],
)
def test_claims_that_others_could_not_read_are_refused(ada, both, key, seconds, reason):
    with pytest.raises(InvalidValue, match=reason):
        ada.attempt_update_locks({key: seconds})

    assert lock_keys(both) == []
    assert ada.leases.rows() == []


def test_a_name_is_one_that_can_be_sent(ada, ben):
    ada.claims.name = "A\ud800" + "x" * 500
    ada.lock("scene")

    eventually(lambda: ben.claims.holder("scene"))
    assert ben.claims.holder("scene").name == ("A?" + "x" * 500)[:120]


def test_without_claims_nothing_is_sent_or_decoded(ada, both):
    ada.attempt_update_state(change(a=1))
    ada.catch_up()

    assert lock_keys(both) == []
    assert ada._board.is_idle


def test_a_switch_of_the_simulation_clears_no_cooperative_lock(ada, both):
    lease = ada.lock("scene")
    both.update_state("server", change(**{"simulation.name": "other"}))
    both.update_state("server", DictionaryChange(removals=["selection.a", "interaction.b"]))
    ada.catch_up()

    assert not ada.leases.needs_revalidation
    assert lease.continuous


def test_a_renewal_does_not_acquire_what_was_lost(ada, both, monkeypatch):
    lease = ada.lock(["a", "b"], duration=5, auto_renew=False)
    monkeypatch.setattr(ada._board, "on_lost", lambda _: None)
    ada._board.lose_all("test")

    with pytest.raises(LeaseLost):
        lease.renew()

    eventually(lambda: not lock_keys(both))
    assert ada.leases.held_keys() == []


def test_a_claim_that_is_lost_before_it_was_granted_is_reported(ada, monkeypatch):
    ada.load_state(10)
    send = ada._board._send

    def lose(change, timeout):
        sent = send(change, timeout)
        if any(key.startswith(LOCK_PREFIX) for key in change.updates):
            ada._board.lose_all("test")
        return sent

    monkeypatch.setattr(ada._board, "_send", lose)
    with pytest.raises(LeaseLost, match="its claim was lost"):
        ada.lock("scene")
    assert ada.leases.held_keys() == []


def test_a_connection_without_locks_has_no_thread_for_them(ada):
    ada.catch_up()

    assert not [each for each in threading.enumerate() if each.name == "nanover-leases"]


def test_zero_seconds_release_a_key(ada, ben, both):
    ada.attempt_update_locks({"k": 60.0})
    assert ada.attempt_update_locks({"k": 0.0})

    assert ada.leases.held_keys() == []
    eventually(lambda: not lock_keys(both))


def test_a_shorter_duration_is_kept(ada, both):
    ada.attempt_update_locks({"k": 60.0})
    ada.attempt_update_locks({"k": 0.2})

    eventually(lambda: not lock_keys(both))
    assert ada.leases.get("k").state == "lost"


def test_bytes_are_no_foreign_write(ada):
    with ada.lock("scene") as lease:
        ada.attempt_update_state(change(scene=b"abc"))
        ada.attempt_update_state(change(scene=[1, b"abc"]))
        ada.catch_up()
        assert lease.overwrites == 0


def test_a_client_that_is_not_subscribed_loads_the_claims_first(ada, both):
    with (
        ada.lock("k"),
        NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{both.websocket_port}") as late,
    ):
        ada.catch_up()
        assert late.find_blocking_keys("k") == ["k"]


def test_a_listener_may_lock(ada, both):
    ada.lock("a")
    eventually(lambda: both.copy_state()[lock_keys(both)[0]]["claims"]["a"]["state"] == "held")
    ada.catch_up()
    results = []

    def lock_another():
        if not results:
            results.append("called")
            results.append(ada.attempt_update_locks({"b": 5.0}))

    ada.leases.subscribe(lock_another)
    both.update_state("another", DictionaryChange(removals=lock_keys(both)))

    eventually(lambda: results == ["called", True])


def test_a_request_stays_when_waiting_ends(ada, ben):
    lease = ada.lock("scene")
    eventually(lambda: ben.claims.holder("scene"))
    ben.claims.request_release("scene", "please")
    with pytest.raises(LockRefused):
        ben.lock("scene", timeout=0.2)

    ada.catch_up()
    ben.catch_up()
    eventually(lambda: [each.message for each in ada.claims.requests()] == ["please"])
    lease.release()


@pytest.mark.parametrize("name", [5, None, b"Ada"])
def test_a_name_is_a_string(ada, name):
    with pytest.raises(InvalidArgument, match="is not a string"):
        ada.claims.name = name


def test_a_closed_client_requests_nothing(ada):
    ada.close()

    with pytest.raises(ClosedError):
        ada.claims.request_release("scene")
