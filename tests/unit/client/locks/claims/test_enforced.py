"""Locks of gRPC clients, which the server enforces, published as claims."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.claims import board, enforced
from nanover_jupyter.errors import LockRefused, TimedOut
from nanover_jupyter.wire.claims import LOCK_PREFIX
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.unit.client.locks.claims.conftest import start_waiting


@pytest.fixture
def gus(join, quick_claims):
    return join("Gus", grpc=True)


@pytest.fixture
def hal(join, quick_claims):
    return join("Hal", grpc=True)


def lock_keys(server):
    return [key for key in server.copy_state() if key.startswith(LOCK_PREFIX)]


def test_others_see_who_holds_a_lock_of_the_server(gus, hal, both):
    lease = gus.lock("scene")
    eventually(lambda: hal.claims.holder("scene"))

    holder = hal.claims.holder("scene")
    assert (holder.name, holder.state, holder.enforced) == ("Gus", "held", True)
    assert holder.until > holder.since
    with pytest.raises(LockRefused, match=r"Gus \(until"):
        hal.lock("scene")

    lease.release()
    eventually(lambda: not lock_keys(both))


def test_a_client_without_a_name_is_another_client(gus, hal):
    gus.claims.name = ""
    with gus.lock("scene", max_hold=None):
        eventually(lambda: hal.claims.holder("scene"))
        with pytest.raises(LockRefused, match="another client holds it"):
            hal.lock("scene")


def test_quick_locks_are_not_published(join, both, monkeypatch):
    monkeypatch.setattr(enforced, "_WRITE_DELAY", 60.0)
    client = join("Ida", grpc=True)
    for _ in range(20):
        client.lock("scene").release()

    assert lock_keys(both) == []


def test_clients_that_wait_are_seen(gus, hal):
    lease = gus.lock("scene")
    waiting = start_waiting(hal, note="hi")
    eventually(lambda: [each.message for each in gus.claims.requests()] == ["hi"])

    lease.release()
    waiting.join(10)

    assert hal.leases.is_held("scene")


def test_a_key_can_be_handed_over(gus, hal, join):
    other = join("Other", grpc=True)
    gus.lock(["scene", "rest"])
    hal.claims.request_release("scene")
    eventually(lambda: hal.claims.holder("scene"))
    hal.claims.request_release("scene")
    eventually(gus.claims.requests)
    (request,) = gus.claims.requests()

    gus.locks.hand_over("scene", request.client_id)

    eventually(lambda: any(each.claim.offer for _, each in other._board.blocking(["scene"])))
    with pytest.raises(LockRefused, match="Gus"):
        other.lock("scene")
    eventually(lambda: not hal._board.blocking(["scene"]))
    assert hal.lock("scene").state == "held"
    assert gus.leases.held_keys() == []


def test_a_lost_own_key_loses_no_lock_of_the_server(gus, both, hal):
    lease = gus.lock("scene", duration=0.6)
    eventually(lambda: lock_keys(both))
    (key,) = lock_keys(both)
    both.update_state("another", DictionaryChange(removals=[key]))

    eventually(lambda: hal.claims.holder("scene"))
    assert lease.state in ("held", "expiring")
    assert lock_keys(both) != [key]


def test_closing_removes_the_claims(gus, both):
    gus.lock("scene")
    eventually(lambda: lock_keys(both))
    gus.close()

    assert lock_keys(both) == []


def test_a_released_lock_is_free_for_others_at_once(gus, ben, both, monkeypatch):
    monkeypatch.setattr(enforced, "_WRITE_DELAY", 60.0)
    lease = gus.lock("scene")
    gus._board.flush_quietly()
    eventually(lambda: ben.claims.holder("scene"))

    lease.release()
    eventually(lambda: not lock_keys(both))
    ben.lock("scene", timeout=5).release()


def test_others_see_a_new_time_until_which_a_lock_is_held(gus, hal):
    lease = gus.lock("scene", max_hold=20)
    eventually(lambda: hal.claims.holder("scene"))
    before = hal.claims.holder("scene").until
    lease.max_hold = 600

    eventually(lambda: hal.claims.holder("scene").until > before + 500)


def test_a_claim_that_others_could_not_read_is_written_once(gus, both):
    gus.lock(["a", "k" * 600], max_hold=1e12)
    eventually(lambda: lock_keys(both))
    (key,) = lock_keys(both)

    assert both.copy_state()[key]["claims"].keys() == {"a"}
    gus.catch_up()
    gus._board.flush_quietly()
    assert lock_keys(both) == [key]


def test_a_client_that_waits_keeps_its_id(gus, hal, monkeypatch):
    monkeypatch.setattr(board, "_WAITING_TTL", 0.3)
    monkeypatch.setattr(board, "_WAITING_INTERVAL", 0.1)
    lease = gus.lock("scene")
    waiting = start_waiting(hal)
    eventually(gus.claims.requests)
    client_id = hal._board.protocol.client_id
    beat = hal._board.protocol.beat

    eventually(lambda: hal._board.protocol.beat > beat + 6)
    assert hal._board.protocol.client_id == client_id
    lease.release()
    waiting.join(10)


def test_handing_over_without_an_answer_loses_the_lease(gus, hal, monkeypatch):
    lease = gus.lock(["scene", "rest"])
    hal.claims.request_release("scene")

    def fail(*_):
        raise TimedOut("changing locks", 1.0)

    with monkeypatch.context() as patched:
        patched.setattr(gus._locks._backend, "hand_over", fail)
        with pytest.raises(TimedOut):
            gus.locks.hand_over("scene", "another")

    assert lease.state == "lost"
    assert "handing over failed" in lease.note
    assert gus.leases.held_keys() == []
