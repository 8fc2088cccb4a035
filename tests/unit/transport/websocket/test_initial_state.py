"""Buffer of the state before there is a listener."""

from __future__ import annotations

import pytest

from nanover_jupyter.transport.websocket.initial_state import InitialStateBuffer, ListenerFailed
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.run_listener import RunListener


def test_buffered_state_is_one_change_and_later_changes_are_passed_on():
    state, listener = InitialStateBuffer(), RunListener()
    state.flush(None)
    state.add(DictionaryChange({"a": 1, "gone": 2}), None)
    state.add(DictionaryChange({"b": None}, {"gone", "never"}), None)

    state.flush(listener)
    state.flush(listener)
    state.add(DictionaryChange({"c": 3}, {"a"}), listener)

    assert listener.changes == [
        DictionaryChange({"a": 1, "b": None}),
        DictionaryChange({"c": 3}, {"a"}),
    ]


def test_an_empty_state_is_not_sent():
    state, listener = InitialStateBuffer(), RunListener()
    state.add(DictionaryChange({"a": 1}), None)
    state.add(DictionaryChange(removals={"a"}), None)

    state.flush(listener)

    assert listener.changes == []


def test_a_change_while_the_listener_is_attached_is_part_of_the_state():
    state, listener = InitialStateBuffer(), RunListener()

    state.add(DictionaryChange({"a": 1}), listener)
    state.flush(listener)

    assert listener.changes == [DictionaryChange({"a": 1})]


def test_an_error_of_the_listener_is_distinguished_from_one_of_the_network():
    class Failing(RunListener):
        def on_change(self, change):
            raise OSError("disk full")

    state = InitialStateBuffer()
    state.flush(Failing())

    with pytest.raises(ListenerFailed, match="disk full") as caught:
        state.add(DictionaryChange({"a": 1}), Failing())

    assert isinstance(caught.value.__cause__, OSError)
