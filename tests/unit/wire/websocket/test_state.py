"""Lazy decoding of state messages."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.wire.lazy import LazyValue
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.packed_value import packed
from nanover_jupyter.wire.websocket.codec import decode_message
from nanover_jupyter.wire.websocket.state import lazy_change

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def message(**state: Any) -> bytes:
    packed_message: bytes = msgpack.packb({"state": state})
    return packed_message


@given(st.dictionaries(st.text(), VALUES), st.lists(st.text()))
def test_lazy_change_equals_the_fully_decoded_change(
    updates: dict[str, Any], removals: list[str]
) -> None:
    data = message(updates=updates, removals=removals)

    change = lazy_change(data)

    assert change is not None
    assert change == decode_message(data, bounded=True).change


def test_value_is_decoded_when_it_is_read() -> None:
    change = lazy_change(message(updates={"a": [1.0], "b": 2}, removals=["c"]))

    assert change is not None
    assert all(isinstance(value, LazyValue) for value in change.lazy_updates.values())
    assert change.updates == {"a": [1.0], "b": 2}
    assert change.removals == {"c"}


@pytest.mark.parametrize("state", [{}, {"updates": {}}, {"removals": []}, {"news": [1]}])
def test_change_without_anything_is_empty(state: dict[str, Any]) -> None:
    assert lazy_change(message(**state)) == DictionaryChange()


ODD = {
    "another key beside": msgpack.packb({"state": {}, "frame": {}}),
    "a command": msgpack.packb({"command": {}}),
    "a key that is not a string": message(updates={1: 2}),
    "a removal that is not a string": message(removals=[1]),
    "removals that are not a list": message(removals="ab"),
    "updates that are not a map": message(updates=[1]),
    "no state": b"\x81\xa5state\xc0",
    "an end in the middle": message(updates={"a": [1, 2]})[:-1],
    "something behind": message(updates={"a": 1}) + b"\xc0",
    "a key that is not UTF-8": b"\x81\xa5state\x81\xa7updates\x81\xa1\xff\x01",
    "no end of nesting": b"\x81\xa5state\x81\xa7updates\x81\xa1a" + b"\x91" * 5_000 + b"\x01",
    "nothing": b"",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_unexpected_message_is_left_to_the_full_decoder(data: bytes) -> None:
    assert lazy_change(data) is None


def test_invalid_value_affects_no_other_value() -> None:
    date = b"\xd4\xff\x00"  # of one byte, which no date has
    text = b"\xa1\xff"
    updates = b"\x83\xa1a" + date + b"\xa1b" + text + b"\xa1c\x01"

    change = lazy_change(b"\x81\xa5state\x81\xa7updates" + updates)

    assert change is not None
    assert change.updates == {"a": None, "b": "\ufffd", "c": 1}


@given(VALUES)
def test_packed_value_is_read_as_it_was(value: Any) -> None:
    kind, content = packed(value)

    read = content if kind is None else kind.decode(content)[0]
    assert read == value
    assert kind is not None or read is value


def test_packed_value_that_is_nested_too_deeply_to_be_read_is_null() -> None:
    value: Any = []
    for _ in range(1_024):
        value = [value]
    kind, content = packed(value)

    assert kind is not None
    assert kind.decode(content)[0] is None
