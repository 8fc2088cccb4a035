"""Editing under a lock."""

from __future__ import annotations

import math

import pytest

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.editing import StateDraft
from nanover_jupyter.errors import (
    ConnectionLost,
    InvalidArgument,
    InvalidValue,
    LeaseLost,
    LockRefused,
    TimedOut,
    UpdateRefused,
)
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.fake_transport import FakeTransport

# the draft ----------------------------------------------------------------------------


def changes(draft):
    change = draft.change()
    return change.updates, change.removals


def test_an_unchanged_draft_is_an_empty_change():
    assert changes(StateDraft(("a",), {"a": [math.nan, 0.0, {"b": None}]})) == ({}, set())


def test_a_value_changed_in_place_is_a_change():
    draft = StateDraft(("a",), {"a": {"list": [1.0, 2.0]}})
    draft.value["list"].append(3.0)

    assert changes(draft) == ({"a": {"list": [1.0, 2.0, 3.0]}}, set())


def test_a_replaced_scalar_is_a_change():
    draft = StateDraft(("a",), {"a": 1.0})
    draft.value = 2.0

    assert changes(draft) == ({"a": 2.0}, set())
    assert draft.value == 2.0


def test_keys_can_be_removed_and_locked_keys_added():
    draft = StateDraft(("a", "b"), {"a": 1.0})
    del draft["a"]
    draft["b"] = (1, 2)

    assert changes(draft) == ({"b": [1, 2]}, {"a"})
    assert (dict(draft), len(draft)) == ({"b": (1, 2)}, 1)


def test_a_key_that_is_not_locked_cannot_be_set():
    with pytest.raises(KeyError, match="not locked"):
        StateDraft(("a",), {})["b"] = 1


def test_a_key_that_does_not_exist_has_no_value_yet():
    draft = StateDraft(("a",), {})

    assert draft.value is None
    assert "a" not in draft


def test_value_needs_exactly_one_key():
    with pytest.raises(InvalidArgument, match=r"2 keys are locked; use draft\["):
        _ = StateDraft(("a", "b"), {}).value


def test_the_error_names_the_value_that_cannot_be_sent():
    draft = StateDraft(("a",), {"a": {"set": 1}})
    draft.value["set"] = {1, 2}

    with pytest.raises(InvalidValue, match=r"a\['set'\]"):
        draft.change()


# through a client -----------------------------------------------------------------------


@pytest.fixture
def transport():
    return FakeTransport({"a": [1.0], "b": 2.0})


@pytest.fixture
def client(transport):
    with BaseClient(transport) as client:
        yield client


def test_locked_returns_the_values_and_releases_the_locks(client, transport):
    with client.locked("a", "b", "missing") as state:
        assert state == {"a": [1.0], "b": 2.0}
        state["a"].append(5)
        assert client.leases.held_keys() == ["a", "b", "missing"]

    assert client.leases.held_keys() == []
    assert transport.state["a"] == [1.0]


def test_edit_writes_all_changes_in_one_update(client, transport):
    with client.edit("a", "b") as draft:
        draft["a"].append(2.0)
        del draft["b"]

    assert transport.state == {"a": [1.0, 2.0]}
    assert client.leases.held_keys() == []


def edit(client, after=lambda: None, **options):
    """Append to the list of `a`, then call `after` before the block ends."""
    with client.edit("a", **options) as draft:
        draft.value.append(2.0)
        after()


def test_an_exception_in_the_block_writes_nothing_and_releases_the_lock(client, transport):
    with pytest.raises(ZeroDivisionError):
        edit(client, lambda: 1 / 0)

    assert transport.state["a"] == [1.0]
    assert client.leases.held_keys() == []


def test_nothing_is_locked_before_the_block_is_entered(client, transport):
    client.locked("a")
    client.edit("a")

    assert transport.lock_requests == []


def test_a_lock_lost_in_the_block_writes_nothing(client, transport):
    with pytest.raises(LeaseLost, match="acquired by another client"):
        edit(client, lambda: client.leases.record_lost(["a"], "acquired by another client"))

    assert transport.state["a"] == [1.0]


def test_too_little_time_left_writes_nothing(client, transport):
    with pytest.raises(LeaseLost, match="less than the 20 s needed"):
        edit(client, margin=20)

    assert transport.state["a"] == [1.0]


def test_a_change_that_the_server_refuses_raises_lease_lost(client, transport):
    with pytest.raises(LeaseLost, match="server refused"):
        edit(client, lambda: transport.held_elsewhere.add("a"))


def test_a_key_of_another_client_is_not_edited(client, transport):
    transport.held_elsewhere.add("a")

    with pytest.raises(LockRefused), client.edit("a"):
        pytest.fail("entered")


def test_a_stream_that_ends_while_waiting_raises(client, transport):
    client.load_state(10)
    transport.change = lambda *_: transport.die("cable cut")

    with pytest.raises(ConnectionLost, match="cable cut"), client.edit("a"):
        pytest.fail("entered")

    assert client.leases.held_keys() == []


def test_a_stalled_stream_raises(client, transport):
    client.load_state(10)
    client.call_timeout = 0.05
    transport.change = lambda *_: None

    with pytest.raises(TimedOut, match="catching up"):
        client.catch_up()


def test_the_values_are_not_older_than_the_lock(make_client, server):
    """With a slow stream, a write just before the lock is visible under it."""
    client = make_client()
    client.subscribe_all_state_updates(interval=0.1)
    client.catch_up()
    for number in range(3):
        server.update_state("someone", DictionaryChange({"scene": float(number)}))

        with client.edit("scene") as scene:
            assert scene.value == number


def test_other_clients_cannot_write_inside_the_block(make_client, server):
    server.update_state("someone", DictionaryChange({"scene": 1.0}))

    with make_client().edit("scene") as scene:
        with pytest.raises(UpdateRefused):
            server.update_state("someone", DictionaryChange({"scene": 5.0}))
        scene.value += 1

    assert server.copy_state() == {"scene": 2.0}


def test_catching_up_subscribes_and_leaves_no_trace(make_client, server):
    client = make_client()

    client.catch_up()

    assert server.copy_state() == {}
    assert client.copy_state() == {}
    assert client.status.state == "connected"
