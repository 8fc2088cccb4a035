"""Markers in the stream of changes."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.state.barrier import StateBarrier
from nanover_jupyter.errors import ConnectionLost
from nanover_jupyter.wire.messages import DictionaryChange, UnparsedUpdate


def test_a_marker_is_complete_when_its_removal_is_received():
    barrier = StateBarrier()
    key, arrival = barrier.add_marker()

    barrier.on_change(DictionaryChange({"a": 1}, {"b"}))
    assert not arrival.done()
    barrier.on_change(DictionaryChange({}, {"b", key}))

    assert arrival.result(0) is None


def test_every_marker_is_unique():
    barrier = StateBarrier()
    (first, one), (second, two) = barrier.add_marker(), barrier.add_marker()

    barrier.on_change(DictionaryChange({}, {second}))

    assert first != second
    assert (one.done(), two.done()) == (False, True)


def test_a_marker_fails_with_the_reason():
    barrier = StateBarrier()
    _, arrival = barrier.add_marker()

    barrier.fail(ConnectionLost("here", "following the state", "cable cut"))

    with pytest.raises(ConnectionLost, match="cable cut"):
        arrival.result(0)


def test_changes_are_not_parsed_while_no_caller_waits():
    barrier = StateBarrier()
    key, _ = barrier.add_marker()
    barrier.discard_marker(key)
    change = DictionaryChange.unparsed(UnparsedUpdate(b"", b"", lambda _: pytest.fail("parsed")))

    barrier.on_change(change)

    assert not change.is_parsed
