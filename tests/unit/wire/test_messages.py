"""Changes, lock requests and capabilities."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.wire.grpc.codec import CAPABILITIES
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest

KEYS = st.sampled_from("abcd")
CHANGES = st.builds(
    lambda updates, removals: DictionaryChange(updates, removals - updates.keys()),
    st.dictionaries(KEYS, st.integers(0, 9)),
    st.sets(KEYS),
)


def applied(state, change):
    updates, removals = change
    return {key: value for key, value in (state | updates).items() if key not in removals}


def test_a_change_unpacks_as_updates_and_removals():
    updates, removals = DictionaryChange({"a": 1}, ["b", "b"])

    assert updates == {"a": 1}
    assert removals == {"b"}


def test_a_change_of_nothing_is_empty_and_false():
    change = DictionaryChange()

    assert (change.updates, change.removals) == ({}, set())
    assert not change


@pytest.mark.parametrize("change", [DictionaryChange({"a": None}), DictionaryChange(None, {"a"})])
def test_a_change_of_anything_is_true(change):
    assert change


def test_a_change_keeps_its_own_containers():
    updates, removals = {"a": 1}, {"b"}
    change = DictionaryChange(updates, removals)
    updates["c"] = 2
    removals.add("d")

    assert change == DictionaryChange({"a": 1}, {"b"})


def test_changes_are_equal_by_content_and_have_no_hash():
    assert DictionaryChange({"a": 1}, ["b"]) == DictionaryChange({"a": 1.0}, {"b"})
    assert DictionaryChange({"a": 1}) != DictionaryChange({"a": 2})
    assert DictionaryChange({}, {"a"}) != DictionaryChange({}, {"b"})
    assert DictionaryChange() != ({}, set())
    with pytest.raises(TypeError):
        hash(DictionaryChange())


def test_a_string_as_removals_is_rejected():
    with pytest.raises(TypeError, match=r"use \{'scene'\}"):
        DictionaryChange(removals="scene")


def test_a_change_has_a_repr():
    assert repr(DictionaryChange({"a": 1}, ["b"])) == (
        "DictionaryChange(updates={'a': 1}, removals={'b'})"
    )


@given(st.dictionaries(KEYS, st.integers(0, 9)), CHANGES, CHANGES)
def test_a_merged_change_has_the_effect_of_both_in_order(state, first, second):
    one_by_one = applied(applied(state, first), second)
    first.merge(second)

    assert applied(state, first) == one_by_one
    assert not first.updates.keys() & first.removals


def test_a_removal_of_a_new_key_stays_in_a_merged_change():
    change = DictionaryChange({"a": 1})
    change.merge(DictionaryChange(removals={"a"}))

    assert change == DictionaryChange(removals={"a"})


def test_a_lock_request_is_made_of_seconds_and_none():
    request = LockRequest.from_durations({"a": 5, "b": None, "c": 0.0})

    assert request == LockRequest({"a": 5, "c": 0.0}, frozenset({"b"}))


def test_capabilities_are_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CAPABILITIES.locks = False
