"""What changes of the state mean for single keys."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter import DictionaryChange
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.state.key_changes import KeyChange, KeyTracker
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport


class Knowing:
    """The little of a client that a tracker asks of one."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state

    def keys(self) -> list[str]:
        return list(self._state)

    def peek(self, key: str, default: Any = None) -> Any:
        return self._state.get(key, default)


def tracker(state: dict[str, Any] | None = None) -> KeyTracker:
    return KeyTracker(Knowing(state or {}), lambda key: key.startswith("a"))  # type: ignore[arg-type]


def test_keys_come_change_and_go() -> None:
    watched = tracker({"a1": 1, "b": 1})

    told = [
        *watched.changes(DictionaryChange({"a1": 2, "a2": 5, "b": 3})),
        *watched.changes(DictionaryChange(removals={"a1", "b", "a9"})),
    ]

    assert told == [
        KeyChange("changed", "a1", 2, 1),
        KeyChange("added", "a2", 5, None),
        KeyChange("removed", "a1", None, 2),
    ]


@pytest.mark.parametrize("value", [1.0, [math.nan], {"x": [True]}, None])
def test_what_is_said_again_is_no_change(value: object) -> None:
    assert list(tracker({"a": value}).changes(DictionaryChange({"a": value}))) == []


def test_none_is_a_value() -> None:
    watched = tracker()

    told = [*watched.changes(DictionaryChange({"a": None}))]
    told += watched.changes(DictionaryChange({"a": 1}))

    assert told == [KeyChange("added", "a", None, None), KeyChange("changed", "a", 1, None)]


@given(
    changes=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["a1", "a2", "b"]), st.integers(0, 2)),
            st.sets(st.sampled_from(["a1", "a2", "b"])),
        )
    )
)
def test_what_was_told_adds_up_to_the_state(
    changes: list[tuple[dict[str, int], set[str]]],
) -> None:
    state: dict[str, Any] = {"a1": 0, "b": 0}
    watched = tracker(dict(state))
    told = {"a1": 0}
    for updates, removals in changes:
        change = DictionaryChange({k: v for k, v in updates.items() if k not in removals}, removals)
        state.update(change.updates)
        for key in removals:
            state.pop(key, None)
        for one in watched.changes(change):
            assert told.get(one.key) == one.old
            assert (one.key in told) == (one.kind != "added")
            if one.kind == "removed":
                del told[one.key]
            else:
                told[one.key] = one.value

    assert told == {key: value for key, value in state.items() if key.startswith("a")}


@pytest.fixture
def client() -> Iterator[BaseClient]:
    with BaseClient(FakeTransport({"a": [1.0], "b": 2.0})) as client:
        client.subscribe_all_state_updates()
        eventually(client.keys)
        yield client


def test_what_is_there_is_known(client: BaseClient) -> None:
    assert KeyTracker(client, lambda key: key == "a").known == {"a": [1.0]}
