"""Which keys someone else holds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.locks.probe import find_blocking_keys_among
from nanover_jupyter.errors import LockRefused, UpdateRefused
from nanover_jupyter.wire.messages import DictionaryChange

KEYS = [f"key-{number}" for number in range(64)]


@given(st.sets(st.sampled_from(KEYS)), st.integers(0, 64))
def test_exactly_the_blocked_keys_are_found_in_their_order(blocked, count):
    asked = []

    def free(keys):
        asked.append(list(keys))
        return not blocked & set(keys)

    keys = KEYS[:count]
    found = find_blocking_keys_among(keys, free)

    assert found == [key for key in keys if key in blocked]
    assert len(asked) <= 1 + 2 * math.ceil(math.log2(count or 1)) * len(found)


def test_it_stops_when_enough_are_found():
    asked = []
    found = find_blocking_keys_among(KEYS, asked.append, most=2)

    assert found == KEYS[:2]
    assert len(asked) < 10


def test_asking_names_the_blocker_and_locks_nothing(make_client, server):
    server.update_locks("someone", {"b": 60})
    client = make_client()
    with pytest.raises(LockRefused):
        client.lock(["a", "b", "c"])

    assert client.who_blocks(["a", "b", "c"]) == ["b"]

    server.update_state("another", DictionaryChange({"a": 1, "c": 1}))


def test_asking_about_our_own_key_does_not_end_our_lock(make_client, server):
    client = make_client()
    client.lock("mine")

    assert client.who_blocks("mine") == []

    with pytest.raises(UpdateRefused):
        server.update_locks("stranger", {"mine": 1})
