"""The state before and after there is somebody to hear it."""

from __future__ import annotations

import pytest

from nanover_jupyter.transport.websocket.initial_state import InitialStateBuffer, ListenerFailed
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.run_listener import RunListener


def test_what_came_before_the_listener_is_one_change_and_what_comes_after_is_as_it_is():
    told, listener = InitialStateBuffer(), RunListener()
    told.pass_on(None)
    told.take(DictionaryChange({"a": 1, "gone": 2}), None)
    told.take(DictionaryChange({"b": None}, {"gone", "never"}), None)

    told.pass_on(listener)
    told.pass_on(listener)
    told.take(DictionaryChange({"c": 3}, {"a"}), listener)

    assert listener.changes == [
        DictionaryChange({"a": 1, "b": None}),
        DictionaryChange({"c": 3}, {"a"}),
    ]


def test_an_empty_state_is_not_told():
    told, listener = InitialStateBuffer(), RunListener()
    told.take(DictionaryChange({"a": 1}), None)
    told.take(DictionaryChange(removals={"a"}), None)

    told.pass_on(listener)

    assert listener.changes == []


def test_a_change_in_the_moment_the_listener_comes_is_told_with_the_state():
    told, listener = InitialStateBuffer(), RunListener()

    told.take(DictionaryChange({"a": 1}), listener)
    told.pass_on(listener)

    assert listener.changes == [DictionaryChange({"a": 1})]


def test_an_error_of_the_listener_is_told_from_one_of_the_network():
    class Failing(RunListener):
        def on_change(self, change):
            raise OSError("disk full")

    told = InitialStateBuffer()
    told.pass_on(Failing())

    with pytest.raises(ListenerFailed, match="disk full") as caught:
        told.take(DictionaryChange({"a": 1}), Failing())

    assert isinstance(caught.value.__cause__, OSError)
