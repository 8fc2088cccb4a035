"""Marks in the stream of changes."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.state.barrier import StateBarrier
from nanover_jupyter.errors import ConnectionLost
from nanover_jupyter.wire.messages import DictionaryChange, UnparsedUpdate


def test_a_mark_has_arrived_when_its_removal_has():
    barrier = StateBarrier()
    key, arrival = barrier.mark()

    barrier.passed(DictionaryChange({"a": 1}, {"b"}))
    assert not arrival.done()
    barrier.passed(DictionaryChange({}, {"b", key}))

    assert arrival.result(0) is None


def test_every_mark_is_another():
    barrier = StateBarrier()
    (first, one), (second, two) = barrier.mark(), barrier.mark()

    barrier.passed(DictionaryChange({}, {second}))

    assert first != second
    assert (one.done(), two.done()) == (False, True)


def test_a_mark_that_can_never_arrive_says_why():
    barrier = StateBarrier()
    _, arrival = barrier.mark()

    barrier.broken(ConnectionLost("here", "following the state", "cable cut"))

    with pytest.raises(ConnectionLost, match="cable cut"):
        arrival.result(0)


def test_changes_are_not_parsed_while_no_caller_waits():
    barrier = StateBarrier()
    key, _ = barrier.mark()
    barrier.forget(key)
    change = DictionaryChange.unparsed(UnparsedUpdate(b"", b"", lambda _: pytest.fail("parsed")))

    barrier.passed(change)

    assert not change.is_parsed
