"""Messages parsed with their values left as bytes."""

from __future__ import annotations

import pytest
from google.protobuf import struct_pb2
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st

from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.envelopes import (
    COMMAND,
    COMMAND_REPLY,
    STATE_UPDATE,
    UPDATE_REQUEST,
    open_envelope,
    strip_values,
)
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss
from tests.support.values import same
from tests.support.wire_bytes import (
    UNKNOWN,
    by_protobuf,
    field,
    legal_structs,
    state_update,
    value_by_protobuf,
)


def entries(data):
    fields = open_envelope(STATE_UPDATE, data).changed_keys.fields
    return {entry.key.decode(): entry.value for entry in fields}


def entry(key, value):
    return field(1, field(1, key) + field(2, value))


def test_keys_are_separated_from_values():
    data = state_update(entry(b"a", b"\x20\x01") + entry(b"b", b"whatever"))

    assert entries(data) == {"a": b"\x20\x01", "b": b"whatever"}


@given(legal_structs)
def test_an_envelope_that_opens_holds_what_protobuf_finds(struct):
    data = state_update(struct)
    expected = by_protobuf(protocol.StateUpdate, data, ["changed_keys"])
    try:
        found = entries(data)
    except FastPathMiss:
        return

    assert same({key: value_by_protobuf(value) for key, value in found.items()}, expected)


def test_a_key_or_value_left_out_is_empty():
    assert entries(state_update(field(1, field(2, b"\x20\x01")))) == {"": b"\x20\x01"}
    assert entries(state_update(field(1, field(1, b"k")))) == {"k": b""}


def test_a_key_or_value_may_be_written_although_it_is_empty():
    assert entries(state_update(entry(b"", b""))) == {"": b""}


def test_the_last_of_several_entries_counts():
    assert entries(state_update(entry(b"a", b"1") + entry(b"a", b"2"))) == {"a": b"2"}


@pytest.mark.parametrize("unknown", UNKNOWN, ids=bytes.hex)
def test_unknown_fields_miss_the_fast_path(unknown):
    for data in (
        unknown,
        field(1, unknown),
        # The result depends on the implementation of protobuf: the common one drops entries
        # with unknown fields.
        field(1, field(1, field(1, b"k") + field(2, b"v") + unknown)),
    ):
        with pytest.raises(FastPathMiss):
            entries(data)


def test_an_update_in_two_parts_misses_the_fast_path():
    with pytest.raises(FastPathMiss):
        entries(state_update(entry(b"a", b"1")) + state_update(entry(b"b", b"2")))


@pytest.mark.parametrize(
    "struct",
    [
        field(1, field(1, b"k") + field(2, b"\x1a\x01a") + field(2, b"")),
        field(1, field(1, b"k") + field(1, b"l") + field(2, b"")),
        field(1, field(1, b"k", padding=1) + field(2, b"")),
        b"\x0a\x7f",
    ],
    ids=bytes.hex,
)
def test_repeated_fields_and_truncated_messages_miss_the_fast_path(struct):
    with pytest.raises(FastPathMiss):
        entries(state_update(struct))


@pytest.mark.parametrize(
    ("envelope", "kind"),
    [
        (STATE_UPDATE, protocol.StateUpdate),
        (UPDATE_REQUEST, protocol.UpdateStateRequest),
        (COMMAND, protocol.CommandMessage),
        (COMMAND_REPLY, protocol.CommandReply),
    ],
)
@given(data=st.binary(max_size=30))
@example(data=b"\x0a\x01\xff")
@example(data=b"\x0a\x08\x0a\x06\x0a\x01k\x12\x01\xff")
@example(data=b"\x12\x08\x0a\x06\x0a\x01k\x12\x01\xff")
def test_invalid_messages_miss_the_fast_path_or_contain_invalid_values(envelope, kind, data):
    try:
        opened = open_envelope(envelope, data)
    except FastPathMiss:
        return
    try:
        kind.FromString(data)
    except DecodeError:
        # The error is in the part left as bytes, where it affects nothing else.
        assert any(not holds for holds in hold_what_they_should(opened, kind.DESCRIPTOR))
    else:
        assert all(hold_what_they_should(opened, kind.DESCRIPTOR))


def hold_what_they_should(message, meant):
    """Yield for each bytes field of an envelope whether it is a valid string or value."""
    for envelopes_field, found in message.ListFields():
        kind = meant.fields_by_name[envelopes_field.name]
        single = isinstance(found, bytes | int | float) or hasattr(found, "ListFields")
        for each in [found] if single else found:
            if kind.message_type is None:
                yield kind.type != kind.TYPE_STRING or is_read_by(bytes.decode, each)
            elif kind.message_type.full_name == "google.protobuf.Value":
                yield is_read_by(struct_pb2.Value.FromString, each)
            else:
                yield from hold_what_they_should(each, kind.message_type)


def is_read_by(read, data):
    try:
        read(data)
    except (DecodeError, UnicodeDecodeError):
        return False
    return True


def test_invalid_utf8_affects_nothing_else():
    assert entries_raw(state_update(entry(b"\xff", b"v") + entry(b"k", b"w"))) == [b"\xff", b"k"]


def entries_raw(data):
    return [entry.key for entry in open_envelope(STATE_UPDATE, data).changed_keys.fields]


# keys alone ------------------------------------------------------------------------


def test_updates_of_the_same_keys_are_recognized_regardless_of_values():
    one = state_update(entry(b"a", b"\x20\x01") + entry(b"\xff", b"whatever"))
    other = state_update(entry(b"a", b"") + entry(b"\xff", b"\x1a\x01x"))

    assert strip_values(one) == strip_values(other)
    assert len(strip_values(one)) < len(one)
    assert strip_values(one) != strip_values(state_update(entry(b"a", b"\x20\x01")))


def test_an_update_without_keys_is_stripped_to_nothing():
    assert strip_values(b"") == strip_values(b"\x0a\x00") == strip_values(UNKNOWN[0]) == b""


def test_stripping_an_invalid_update_raises():
    with pytest.raises(DecodeError):
        strip_values(b"\x0a\x7f")
