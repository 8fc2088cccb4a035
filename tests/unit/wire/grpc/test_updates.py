"""Lazy decoding of updates, and handling of invalid content."""

from __future__ import annotations

import copy
import logging
import pickle

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.value_reader import holds_unset
from nanover_jupyter.wire.lazy import LazyValue
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.values import nested, same, states
from tests.support.wire_bytes import (
    by_protobuf,
    field,
    known_structs,
    legal_structs,
    legal_values,
    state_update,
)


def entry(key, value):
    return field(1, field(1, key) + field(2, value))


def updates_of(*entries):
    return grpc_codec.decode_state_update(state_update(b"".join(entries))).updates


def test_an_update_leaves_lists_and_dicts_undecoded_until_they_are_read():
    sent = {"dict": {"a": 1.0}, "list": [1.0], "number": 1.0, "text": "x", "bool": True}
    change = grpc_codec.decode_state_update(
        grpc_codec.encode_state_update(DictionaryChange(sent, {"gone"}))
    )

    undecoded = {k for k, v in change.lazy_updates.items() if isinstance(v, LazyValue)}

    assert undecoded == {"dict", "list"}
    assert change.removals == {"gone"}
    assert same(change.updates, sent)
    assert type(change.updates) is dict
    assert change.updates is change.updates


@given(states)
def test_a_change_is_the_same_whether_read_or_not(updates):
    def change():
        sent = grpc_codec.encode_state_update(DictionaryChange(updates, {"gone-\0"}))
        return grpc_codec.decode_state_update(sent)

    merged = DictionaryChange({"old": 1.0})
    merged.merge(change())
    copied = change().copy()
    copied.updates["mine"] = 1.0

    assert same(
        merged.updates,
        {"old": 1.0} | updates | ({"old": updates["old"]} if "old" in updates else {}),
    )
    assert same(copied.updates, updates | {"mine": 1.0})
    assert same(copy.deepcopy(change()).updates, updates)
    assert same(pickle.loads(pickle.dumps(change())).updates, updates)
    assert bool(change())


def test_updates_can_be_replaced():
    change = grpc_codec.decode_state_update(state_update(entry(b"a", b"\x32\x00")))
    change.updates = {"b": 1}

    assert change == DictionaryChange({"b": 1})


# as protobuf reads it ----------------------------------------------------------------------


@given(legal_structs)
def test_an_update_is_what_protobuf_reads_in_it(struct):
    data = state_update(struct)
    expected = by_protobuf(protocol.StateUpdate, data, ["changed_keys"])

    change = grpc_codec.decode_state_update(data)

    assert same({**change.updates, **dict.fromkeys(change.removals)}, expected)


@given(legal_structs, st.data())
def test_an_argument_is_read_if_and_as_protobuf_reads_it(struct, choose):
    data = bytearray(field(1, b"name") + field(2, struct))
    for _ in range(choose.draw(st.integers(0, 3))):
        place = choose.draw(st.integers(0, len(data)))
        data[place : place + choose.draw(st.integers(0, 2))] = choose.draw(st.binary(max_size=2))
    try:
        expected = by_protobuf(protocol.CommandMessage, bytes(data), ["arguments"])
        unset = holds_unset(protocol.CommandMessage.FromString(bytes(data)))
    except DecodeError:
        with pytest.raises(ProtocolError):
            grpc_codec.decode_command(bytes(data))
        return
    if unset:
        with pytest.raises(grpc_codec.UnsetValue):
            grpc_codec.decode_command(bytes(data))
    else:
        assert same(grpc_codec.decode_command(bytes(data))[1], expected)


@given(legal_values, legal_values)
def test_a_value_in_two_parts_is_merged(one, other):
    split = field(1, field(1, b"k") + field(2, one) + field(2, other))

    assert same(updates_of(split), updates_of(entry(b"k", one + other)))


@pytest.mark.parametrize(("most", "letter"), [(48, "l"), (32, "d")])
def test_lists_and_dicts_of_an_update_are_read_to_protobufs_own_depth(most, letter):
    def update(depth):
        data = field(3, b"x")
        for _ in range(depth):
            inner = field(1, data)
            data = field(6, inner) if letter == "l" else field(5, entry(b"k", data))
        return state_update(entry(b"key", data))

    assert grpc_codec.decode_state_update(update(most)).updates == {
        "key": nested(letter * most, "x")
    }
    with pytest.raises(DecodeError):
        protocol.StateUpdate.FromString(update(most + 1))
    assert grpc_codec.decode_state_update(update(most + 1)).updates == {"key": None}
    assert grpc_codec.decode_state_update(update(5000)).updates == {"key": None}


# what cannot be decoded ------------------------------------------------------------------


def test_invalid_utf8_is_replaced_and_affects_no_other_key():
    updates = updates_of(
        entry(b"k\xff", b"\x20\x01"),
        entry(b"text", field(3, b"a\xe4b")),
        entry(b"deep", field(5, entry(b"\xfe", field(6, field(1, field(3, b"\xff")))))),
        entry(b"well", field(3, b"ok")),
    )

    assert updates == {
        "k\ufffd": True,
        "text": "a\ufffdb",
        "deep": {"\ufffd": ["\ufffd"]},
        "well": "ok",
    }


@pytest.mark.parametrize(
    "value", [field(6, b"\xff\xff"), field(5, b"\x0a\x7f"), field(6, field(1, b"\x11\x00"))]
)
def test_an_invalid_value_is_none_and_affects_no_other_key(value, caplog):
    with caplog.at_level(logging.WARNING):
        updates = updates_of(entry(b"bad", value), entry(b"well", field(6, b"")))

    assert updates == {"bad": None, "well": []}
    assert "using null" in caplog.text


def test_an_invalid_plain_value_is_null_too():
    data = state_update(entry(b"bad", b"\x11\x00") + entry(b"well", b"\x20\x01"))

    change = grpc_codec.decode_state_update(data)

    assert change == DictionaryChange({"well": True}, {"bad"})


# many updates in a row ---------------------------------------------------------------


@given(st.lists(known_structs, min_size=1, max_size=8))
def test_updates_merged_before_they_are_parsed_equal_updates_applied_one_by_one(structs):
    total = DictionaryChange()
    expected = {}
    for struct in structs:
        data = state_update(struct)
        total.merge(grpc_codec.decode_state_update(data))
        expected |= by_protobuf(protocol.StateUpdate, data, ["changed_keys"])

    assert same({**total.updates, **dict.fromkeys(total.removals)}, expected)


def test_number_of_unparsed_updates_is_bounded():
    total = DictionaryChange()
    for number in range(1000):
        sent = grpc_codec.encode_state_update(DictionaryChange({f"a{number}": [1.0]}))
        total.merge(grpc_codec.decode_state_update(sent))
        assert len(total._unparsed) <= 64

    assert total == DictionaryChange({f"a{number}": [1.0] for number in range(1000)})


def test_an_update_of_the_same_keys_replaces_an_unparsed_one():
    total = DictionaryChange()
    for number in range(9):
        for keys in ("ab", "bc", "cb"):
            sent = DictionaryChange({key: [float(number)] for key in keys})
            total.merge(grpc_codec.decode_state_update(grpc_codec.encode_state_update(sent)))

    assert len(total._unparsed) == 3
    assert total == DictionaryChange({key: [8.0] for key in "abc"})


def test_large_updates_are_parsed_at_once():
    sent = grpc_codec.encode_state_update(DictionaryChange({"a": "x" * 5_000_000}))
    total = DictionaryChange()

    total.merge(grpc_codec.decode_state_update(sent))

    assert total.is_parsed
    assert len(total.updates["a"]) == 5_000_000


def test_plain_and_received_changes_can_be_merged_in_any_order():
    def received(**values):
        sent = DictionaryChange(values)
        return grpc_codec.decode_state_update(grpc_codec.encode_state_update(sent))

    total = received(a=[1.0], b=[1.0])
    total.merge(DictionaryChange({"b": 2, "c": 2}, {"a"}))
    total.merge(received(a=[3.0], c=None))
    total.merge(DictionaryChange(removals={"d"}))

    assert total == DictionaryChange({"a": [3.0], "b": 2}, {"c", "d"})


def test_a_copied_change_does_not_share_containers():
    one = grpc_codec.decode_state_update(state_update(entry(b"a", field(6, b""))))
    copied = one.copy()
    copied.removals.add("b")
    copied.updates["c"] = 1

    assert one == DictionaryChange({"a": []})


def test_keys_with_invalid_utf8_survive_a_merge():
    total = grpc_codec.decode_state_update(state_update(entry(b"\xff", b"\x20\x01")))
    total.merge(grpc_codec.decode_state_update(state_update(entry(b"k", b"\x20\x01"))))

    assert total == DictionaryChange({"\ufffd": True, "k": True})


def test_removals_can_be_replaced():
    change = grpc_codec.decode_state_update(state_update(entry(b"a", b"")))
    change.removals = {"b"}

    assert change == DictionaryChange(removals={"b"})


def test_an_update_without_keys_is_an_empty_change():
    assert not grpc_codec.decode_state_update(b"\x0a\x00")
    assert not grpc_codec.decode_state_update(b"")
