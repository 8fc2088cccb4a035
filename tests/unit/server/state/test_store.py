"""The rules of the shared state and its locks, with a manually advanced clock."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest

ANNA, IVAN = "anna", "ivan"


@pytest.fixture
def state(clock) -> SharedState:
    return SharedState(clock=clock)


def put(state, token, **updates) -> bool:
    return state.attempt_update(token, DictionaryChange(updates))


def remove(state, token, *keys) -> bool:
    return state.attempt_update(token, DictionaryChange(removals=keys))


def lock(state, token, **durations) -> bool:
    return state.attempt_update_locks(token, LockRequest.from_durations(durations))


def test_an_update_sets_and_removes_at_once(state):
    put(state, ANNA, old=1, kept=2)

    assert state.attempt_update(ANNA, DictionaryChange({"new": 3}, {"old"}))
    assert state.copy() == {"kept": 2, "new": 3}


def test_values_are_replaced_not_merged(state):
    put(state, ANNA, a={"x": 1})
    put(state, ANNA, a={"y": 2})

    assert state.copy() == {"a": {"y": 2}}


def test_none_is_a_value(state):
    put(state, ANNA, a=1)
    put(state, ANNA, a=None)

    assert state.copy() == {"a": None}


def test_derived_keys_change_with_the_keys_they_depend_on():
    state = SharedState(derive=lambda updates: {"b": updates["a"]} if "a" in updates else {})
    with state.subscribe() as subscription:
        assert state.attempt_update(ANNA, DictionaryChange({"a": 1}, {"b"}))

        assert subscription.take().change == DictionaryChange({"a": 1, "b": 1})
    assert state.copy() == {"a": 1, "b": 1}


def test_a_key_both_updated_and_removed_is_removed(state):
    assert state.attempt_update(ANNA, DictionaryChange({"a": 1}, {"a"}))
    assert state.copy() == {}


def test_one_locked_key_blocks_all_of_the_update(state):
    lock(state, ANNA, b=10)

    assert not put(state, IVAN, a=1, b=2)
    assert state.copy() == {}
    assert state.blocked(IVAN, ["a", "b"]) == ("b",)


def test_a_lock_blocks_removals_by_others(state):
    put(state, ANNA, a=1)
    lock(state, ANNA, a=10)

    assert not remove(state, IVAN, "a")
    assert remove(state, ANNA, "a")


def test_the_owner_may_update_locked_keys(state):
    lock(state, ANNA, a=10)

    assert put(state, ANNA, a=1)


def test_a_lock_expires(state, clock):
    lock(state, ANNA, a=10)
    clock.now += 9.99
    assert not put(state, IVAN, a=1)
    clock.now += 0.01
    assert put(state, IVAN, a=1)


@pytest.mark.parametrize("seconds", [0, -1, -math.inf, False])
def test_a_lock_of_zero_duration_expires_at_once(state, seconds):
    assert lock(state, ANNA, a=seconds)
    assert put(state, IVAN, a=1)


@pytest.mark.parametrize("seconds", [math.inf, math.nan])
def test_an_infinite_lock_lasts_until_released(state, clock, seconds):
    assert lock(state, ANNA, a=seconds)
    clock.now += 1e12
    assert not put(state, IVAN, a=1)
    assert lock(state, ANNA, a=None)
    assert put(state, IVAN, a=1)


def test_acquiring_ones_own_lock_again_restarts_and_may_shorten_it(state, clock):
    lock(state, ANNA, a=100)
    assert lock(state, ANNA, a=1)
    clock.now += 1
    assert lock(state, IVAN, a=1)


def test_a_blocked_request_locks_and_releases_nothing(state):
    lock(state, ANNA, mine=100)
    lock(state, IVAN, his=100)

    assert not lock(state, ANNA, his=5, free=5, mine=None)
    assert not put(state, IVAN, mine=1)
    assert put(state, IVAN, free=1)


def test_releasing_a_lock_of_another_token_does_nothing(state):
    lock(state, ANNA, a=100)

    assert lock(state, IVAN, a=None, never_locked=None)
    assert not put(state, IVAN, a=1)


def test_a_lock_does_not_require_the_key_to_exist(state):
    assert lock(state, ANNA, a=100)
    put(state, ANNA, a=1)
    remove(state, ANNA, "a")

    assert not put(state, IVAN, a=2)


def test_clearing_releases_the_locks_of_all_tokens(state):
    lock(state, ANNA, a=100)
    lock(state, IVAN, b=math.inf)
    state.clear_locks()

    assert put(state, "someone", a=1, b=2)


def test_any_object_may_be_a_token(state):
    token = object()
    lock(state, token, a=100)
    lock(state, None, b=100)

    assert not put(state, None, a=1)
    assert not put(state, token, b=1)
    assert put(state, token, a=1)
    assert put(state, None, b=1)


def test_an_empty_token_is_a_valid_token(state):
    lock(state, "", a=100)

    assert put(state, "", a=1)
    assert not put(state, ANNA, a=1)


@pytest.mark.parametrize("seconds", ["5", [5], {}])
def test_a_duration_that_is_not_a_number_is_an_error_and_changes_nothing(state, seconds):
    lock(state, ANNA, mine=100)

    with pytest.raises(InvalidValue, match="number of seconds"):
        lock(state, ANNA, a=seconds, mine=None)
    assert not put(state, IVAN, mine=1)


def test_a_numpy_duration_is_a_number(state):
    assert lock(state, ANNA, a=np.int64(5), b=np.float32(5))
    assert not put(state, IVAN, a=1)


def test_expired_locks_are_dropped(state, clock):
    for number in range(1000):
        lock(state, ANNA, **{f"key-{number}": 1})
        clock.now += 1

    assert len(state._locks) < 100


def test_values_are_copied_and_normalized(state):
    mine = {"ids": (1, 2)}
    put(state, ANNA, a=mine, b=np.array([1.5]))
    mine["later"] = 3

    assert state.copy() == {"a": {"ids": [1, 2]}, "b": [1.5]}


def test_a_copy_is_independent_of_the_state(state):
    put(state, ANNA, a=[1])
    state.copy()["a"].append(2)

    assert state.copy() == {"a": [1]}


def test_an_unserializable_value_is_rejected_with_its_path(state):
    put(state, ANNA, a=1)

    with pytest.raises(InvalidValue) as caught:
        put(state, ANNA, a=2, b={"c": [0, {1, 2}]})
    assert caught.value.path == ("b", "c", 1)
    assert state.copy() == {"a": 1}


def test_a_frozen_state_rejects_updates_and_still_grants_locks(state):
    put(state, ANNA, a=1)
    state.freeze()

    assert state.frozen
    assert not put(state, ANNA, a=2)
    assert lock(state, ANNA, a=5)
    assert state.copy() == {"a": 1}


# subscribers ----------------------------------------------------------------------


def test_the_first_message_is_the_full_state(state):
    put(state, ANNA, a=1, b=2)

    with state.subscribe() as subscription:
        assert subscription.take(0).change == DictionaryChange({"a": 1, "b": 2})
        assert subscription.take(0) is None


def test_an_empty_state_has_no_message_before_the_first_change(state):
    with state.subscribe() as subscription:
        assert subscription.take(0) is None
        put(state, ANNA, a=1)
        assert subscription.take(0).change == DictionaryChange({"a": 1})


def test_subscribers_receive_updates_to_an_equal_value(state):
    put(state, ANNA, a=1)
    with state.subscribe() as subscription:
        subscription.take(0)
        put(state, ANNA, a=1)

        assert subscription.take(0).change == DictionaryChange({"a": 1})


def test_subscribers_receive_removals_of_absent_keys(state):
    with state.subscribe() as subscription:
        assert remove(state, ANNA, "never")

        assert subscription.take(0).change == DictionaryChange(removals={"never"})


def test_an_empty_update_succeeds_and_is_not_sent(state):
    with state.subscribe() as subscription:
        assert state.attempt_update(ANNA, DictionaryChange())
        assert subscription.take(0) is None


def test_a_rejected_update_is_not_sent(state):
    lock(state, ANNA, a=10)
    with state.subscribe() as subscription:
        put(state, IVAN, a=1)

        assert subscription.take(0) is None


def test_freezing_ends_subscriptions_after_pending_changes(state):
    put(state, ANNA, a=1)
    with state.subscribe() as subscription:
        state.freeze()

        assert subscription.take().change == DictionaryChange({"a": 1})
        assert subscription.take() is None
        assert subscription.ended


def test_subscribing_to_a_frozen_state_yields_it_once(state):
    put(state, ANNA, a=1)
    state.freeze()

    with state.subscribe() as subscription:
        deltas = list(subscription.paced(1e9))

    assert [delta.change for delta in deltas] == [DictionaryChange({"a": 1})]


def test_a_subscription_ends_with_its_block(state):
    with state.subscribe() as subscription:
        pass

    assert subscription.ended
    assert state.log.subscribers == 0


# threads --------------------------------------------------------------------------


def test_updates_of_other_threads_wait_during_exclusive_access(state):
    put(state, ANNA, a=1)
    started = threading.Event()

    def update():
        started.set()
        put(state, IVAN, a=2)

    other = threading.Thread(target=update)
    with state.exclusive() as values:
        other.start()
        assert started.wait(5)
        other.join(0.05)
        assert other.is_alive()
        assert values == {"a": 1}
        assert put(state, ANNA, b=3)  # the calling thread may still update it
        assert values == {"a": 1}
    other.join(5)

    assert state.copy() == {"a": 2, "b": 3}


def test_two_racing_tokens_never_both_acquire_a_lock(state):
    granted: list[int] = []
    barrier = threading.Barrier(2)

    def race(token):
        for number in range(200):
            barrier.wait(5)
            if lock(state, token, **{f"key-{number}": 10}):
                granted.append(number)

    racers = [threading.Thread(target=race, args=(token,)) for token in (ANNA, IVAN)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(20)

    assert sorted(granted) == list(range(200))


def test_every_subscriber_converges_to_the_state_of_concurrent_writers(state):
    def write(token):
        for number in range(200):
            put(state, token, shared=f"{token} {number}", **{token: number})
            remove(state, token, token)

    with state.subscribe() as first, state.subscribe() as second:
        writers = [threading.Thread(target=write, args=(token,)) for token in (ANNA, IVAN)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(20)

        expected = DictionaryChange(state.copy(), {ANNA, IVAN})
        assert first.take(0).change == second.take(0).change == expected
