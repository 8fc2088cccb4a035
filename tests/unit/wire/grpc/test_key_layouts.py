"""Keys found by layout are those that protobuf finds."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.wire.grpc import key_layouts as grpc_key_layouts
from nanover_jupyter.wire.grpc.envelopes import strip_values
from nanover_jupyter.wire.grpc.key_layouts import KeyLayout, encoded_keys
from nanover_jupyter.wire.grpc.layout_cache import LayoutCache
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss
from tests.support.wire_bytes import UNKNOWN, field, legal_structs, state_update


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Start with an empty cache."""
    monkeypatch.setattr(grpc_key_layouts, "_layouts", LayoutCache())


def entry(key, value):
    return field(1, field(1, key) + field(2, value))


def found_by(look, update):
    try:
        return look(update)
    except DecodeError:
        return DecodeError


@given(legal_structs, st.data())
def test_whatever_came_before_the_keys_are_protobufs(struct, choose):
    update = state_update(struct)
    for _ in range(3):
        assert encoded_keys(update) == strip_values(update)
    changed = bytearray(update)
    for _ in range(choose.draw(st.integers(1, 3))):
        if changed:
            place = choose.draw(st.integers(0, len(changed) - 1))
            changed[place] = choose.draw(st.integers(0, 255))

    assert found_by(encoded_keys, bytes(changed)) == found_by(strip_values, bytes(changed))


def test_from_the_third_similar_update_on_protobuf_is_not_called(monkeypatch):
    kinds = [state_update(entry(b"a", bytes([0x20, n])) + entry(b"\xff", b"x")) for n in range(4)]
    first = [encoded_keys(update) for update in kinds[:2]]
    monkeypatch.delattr(grpc_key_layouts, "strip_values")

    assert encoded_keys(kinds[2]) == encoded_keys(kinds[3]) == first[0] == first[1]


@pytest.mark.parametrize(
    "other",
    [
        state_update(entry(b"b", b"\x20\x01") + entry(b"c", b"long")),
        state_update(entry(b"a", b"\x20\x01\x20\x01") + entry(b"c", b"ng")),
        state_update(entry(b"a", b"\x20\x01" + entry(b"c", b"lon"))),
    ],
    ids=bytes.hex,
)
def test_an_update_as_long_with_other_keys_or_values_of_other_lengths_does_not_fit(other):
    update = state_update(entry(b"a", b"\x20\x01") + entry(b"c", b"long"))
    layout = KeyLayout(update, strip_values(update))

    assert layout.fits(update.replace(b"long", b"song"))
    assert len(other) <= len(update)
    assert not layout.fits(other.ljust(len(update), b"\0"))


@pytest.mark.parametrize(
    "update",
    [
        *[state_update(entry(b"a", b"")) + unknown for unknown in UNKNOWN],
        *[state_update(entry(b"a", b"") + unknown) for unknown in UNKNOWN],
        *[state_update(field(1, field(1, b"a") + unknown)) for unknown in UNKNOWN],
        state_update(entry(b"a", b"")) + state_update(entry(b"b", b"")),
        state_update(field(1, field(2, b"") + field(1, b"a"))),
        state_update(field(1, field(1, b"a"))),
        state_update(field(1, field(1, b"a") + field(2, b"") + field(2, b""))),
        state_update(entry(b"a", b""))[:-1],
        b"\x0a",
    ],
    ids=bytes.hex,
)
def test_an_update_with_more_or_less_than_keys_and_values_has_no_layout(update):
    with pytest.raises(FastPathMiss):
        KeyLayout(update, b"")
