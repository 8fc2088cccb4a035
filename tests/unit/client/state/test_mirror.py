"""The client's copy of the shared state."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given

from nanover_jupyter.client.state.mirror import MirrorHealth, StateMirror
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.values import same, states


@pytest.fixture
def mirror(clock):
    return StateMirror(clock)


def test_a_change_replaces_and_removes_values(mirror):
    mirror.apply(DictionaryChange({"a": {"x": 1}, "b": 2}))
    mirror.apply(DictionaryChange({"a": {"y": 1}}, {"b", "never there"}))

    assert mirror.copy() == {"a": {"y": 1}}


def test_replacing_returns_the_difference(mirror):
    mirror.apply(DictionaryChange({"same": [1], "other": 1, "gone": 1}))

    changed = mirror.replace({"same": [1], "other": 2, "new": None})

    assert changed == DictionaryChange({"other": 2, "new": None}, {"gone"})
    assert mirror.copy() == {"same": [1], "other": 2, "new": None}


def test_replacing_by_the_same_changes_nothing(mirror):
    mirror.replace({"a": [1, {"b": 2}]})

    assert not mirror.replace({"a": [1, {"b": 2}]})


@given(states, states)
def test_replacing_is_the_change_from_the_old_state_to_the_new(old, new):
    mirror = StateMirror()
    mirror.replace(old)
    replayed = StateMirror()
    replayed.replace(old)

    replayed.apply(mirror.replace(new))

    assert same(mirror.copy(), new)
    assert replayed.copy().keys() == new.keys()
    for key, value in replayed.copy().items():
        # -0.0 equals 0.0 and True equals 1.0: between those there is no change.
        assert same(value, new[key]) or value == new[key]


def test_a_copy_is_deep(mirror):
    mirror.apply(DictionaryChange({"a": {"b": [1]}}))
    mirror.copy()["a"]["b"].append(2)

    assert mirror.copy() == {"a": {"b": [1]}}


def test_a_snapshot_is_a_copy(mirror):
    mirror.apply(DictionaryChange({"a": 1}))
    snapshot = mirror.snapshot()
    snapshot["b"] = 2
    mirror.apply(DictionaryChange({"a": 3}))

    assert snapshot == {"a": 1, "b": 2}
    assert mirror.copy() == {"a": 3}


def test_single_keys_can_be_looked_up(mirror):
    mirror.apply(DictionaryChange({"a": 1}))

    assert mirror.get("a") == 1
    assert mirror.get("b") is None
    assert mirror.get("b", 5) == 5
    assert "a" in mirror
    assert "b" not in mirror
    assert len(mirror) == 1


def test_updates_wait_until_the_lock_is_released(mirror):
    mirror.apply(DictionaryChange({"a": 1}))
    started = threading.Event()

    def update():
        started.set()
        mirror.apply(DictionaryChange({"a": 2}))

    with mirror.lock() as state:
        thread = threading.Thread(target=update)
        thread.start()
        assert started.wait(10)
        thread.join(0.1)
        assert thread.is_alive()
        assert state == {"a": 1}
        assert mirror.copy() == {"a": 1}
    thread.join(10)

    assert mirror.copy() == {"a": 2}


def test_changes_of_the_locked_dict_have_no_effect(mirror):
    with mirror.lock() as state:
        state["mine"] = 1

    assert mirror.copy() == {}


def test_an_empty_mirror_has_no_age(mirror):
    assert mirror.health() == MirrorHealth(keys=0, age=None, rate=0.0)


def test_health_counts_the_updates_of_the_last_three_seconds(mirror, clock):
    for _ in range(30):
        mirror.apply(DictionaryChange({"a": 1}))
        clock.pass_seconds(0.1)

    health = mirror.health()
    assert health.keys == 1
    assert health.age == pytest.approx(0.1)
    assert math.isclose(health.rate, 10, abs_tol=0.5)


def test_health_fades_when_nothing_comes(mirror, clock):
    mirror.apply(DictionaryChange({"a": 1}))
    clock.pass_seconds(4)

    assert mirror.health() == MirrorHealth(keys=1, age=4.0, rate=0.0)


def test_a_deeply_nested_value_does_not_affect_others(caplog):
    def deep():
        value = []
        for _ in range(1000):
            value = [value]
        return value

    mirror = StateMirror()
    mirror.apply(DictionaryChange({"deep": deep(), "well": [1.0]}))

    assert mirror.copy() == {"deep": None, "well": [1.0]}
    assert "nested too deeply; using null" in caplog.text
    assert mirror.replace({"deep": deep(), "well": [1.0]}).lazy_updates.keys() == {"deep"}


def test_a_value_of_another_type_is_a_difference(mirror):
    mirror.replace({"flag": 1, "zero": 0.0, "same": math.nan})

    told = mirror.replace({"flag": True, "zero": -0.0, "same": math.nan})

    assert told.updates.keys() == {"flag", "zero"}
