"""Encoding and decoding of all gRPC messages."""

from __future__ import annotations

import contextlib
import inspect
import math
import struct
from fractions import Fraction

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from nanover_jupyter.wire.values import normalize
from tests.support.captures import captures, our_messages
from tests.support.ids import without_address
from tests.support.values import nested, same, states, texts, values

DECODERS = [
    function
    for name, function in inspect.getmembers(grpc_codec, inspect.isfunction)
    if name.startswith("decode_")
]


def over_the_wire(value):
    update = grpc_codec.encode_state_update(DictionaryChange({"key": value}))
    return grpc_codec.decode_state_update(update).updates["key"]


# known bytes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (
            grpc_codec.encode_state_update(
                DictionaryChange({"imd.velocity_reset_available": False})
            ),
            "0a240a220a1c696d642e76656c6f636974795f72657365745f617661696c61626c6512022000",
        ),
        (grpc_codec.encode_subscribe_request(1 / 30), "0d8988083d"),
        (grpc_codec.encode_subscribe_request(0), ""),
        (grpc_codec.encode_success(True), "0801"),  # noqa: FBT003 - the message is one bool
        (grpc_codec.encode_success(False), ""),  # noqa: FBT003
        (grpc_codec.encode_command_reply(None), ""),
        (grpc_codec.encode_command_reply({}), "0a00"),
        (grpc_codec.encode_command("playback/list", {}), "0a0d706c61796261636b2f6c6973741200"),
    ],
    ids=["update", "interval", "interval 0", "yes", "no", "no result", "empty result", "command"],
)
def test_messages_are_written_as_nanover_writes_them(encoded, expected):
    assert encoded.hex() == expected


def test_a_request_of_nanover_is_read_with_its_token_and_removals():
    captured = bytes.fromhex(
        "0a05746f6b2d3112270a250a0a0a04676f6e65120208000a170a016112122a100a0e0a017812091100000000"
        "0000f03f"
    )

    assert grpc_codec.decode_update_request(captured) == (
        "tok-1",
        DictionaryChange({"a": {"x": 1.0}}, {"gone"}),
    )


def test_a_locks_request_of_nanover_is_read_and_written():
    captured = bytes.fromhex(
        "0a05746f6b2d3112290a0e0a0162120911000000000000d03f0a070a0163120208000a0e0a0161120911"
        "0000000000001440"
    )
    ours = grpc_codec.encode_locks_request("tok-1", LockRequest({"a": 5, "b": 0.25}, {"c"}))

    for data in (captured, ours):
        token, durations = grpc_codec.decode_locks_request(data)
        assert token == "tok-1"
        assert same(durations, {"a": 5.0, "b": 0.25, "c": None})


def test_what_upstream_answers_to_a_list_of_simulations_is_read():
    captured = bytes.fromhex(
        "0a290a270a0b73696d756c6174696f6e73121832160a0a1a086e616e6f747562650a081a0631372d616c61"
    )

    assert grpc_codec.decode_command_reply(captured) == {"simulations": ["nanotube", "17-ala"]}


# there and back ------------------------------------------------------------------------


@given(states, st.sets(texts))
def test_a_change_survives_the_wire_to_the_bit(updates, removals):
    change = DictionaryChange(updates, removals - updates.keys())

    decoded = grpc_codec.decode_state_update(grpc_codec.encode_state_update(change))

    assert same(decoded.updates, updates)
    assert decoded.removals == change.removals


@given(states, st.sets(texts, max_size=1))
def test_joined_entries_are_the_message_of_the_change(updates, removals):
    change = DictionaryChange(updates, removals - updates.keys())
    entries = [grpc_codec.encode_state_entry(key, value) for key, value in updates.items()]

    joined = grpc_codec.join_state_entries(entries, list(change.removals))

    if change:
        assert joined == grpc_codec.encode_state_update(change)
    else:
        assert grpc_codec.decode_state_update(joined) == change


@given(texts, states)
def test_an_update_request_survives_the_wire(token, updates):
    request = grpc_codec.encode_update_request(token, DictionaryChange(updates))

    decoded_token, change = grpc_codec.decode_update_request(request)

    assert decoded_token == token
    assert same(change.updates, updates)


@given(texts, st.dictionaries(texts, values))
def test_a_command_survives_the_wire_with_its_nulls(name, arguments):
    decoded = grpc_codec.decode_command(grpc_codec.encode_command(name, arguments))

    assert same(list(decoded), [name, arguments])


@given(st.dictionaries(texts, st.dictionaries(texts, values, max_size=3), max_size=3))
def test_a_list_of_commands_survives_the_wire_in_its_order(commands):
    decoded = grpc_codec.decode_commands(grpc_codec.encode_commands(commands))

    assert same(decoded, commands)
    assert list(decoded) == list(commands)


@given(st.dictionaries(texts, values))
def test_a_result_survives_the_wire(result):
    reply = grpc_codec.encode_command_reply(result)

    assert same(grpc_codec.decode_command_reply(reply), result)


@given(
    st.dictionaries(texts, st.floats(allow_nan=False), max_size=4), st.frozensets(texts, max_size=4)
)
def test_a_locks_request_survives_the_wire(acquire, release):
    request = LockRequest(acquire, release - acquire.keys())

    _, durations = grpc_codec.decode_locks_request(grpc_codec.encode_locks_request("me", request))

    assert same(durations, {**acquire, **dict.fromkeys(request.release)})


@given(st.floats(width=32, allow_nan=False))
def test_an_interval_survives_the_wire(interval):
    request = grpc_codec.encode_subscribe_request(interval)

    assert grpc_codec.decode_subscribe_request(request) == interval


@pytest.mark.parametrize("success", [True, False])
def test_success_survives_the_wire(success):
    assert grpc_codec.decode_success(grpc_codec.encode_success(success)) is success


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (3, 3.0),
        (2**53 + 1, 9007199254740992.0),
        (2**60, 1.152921504606847e18),
        (-0.0, -0.0),
        (5e-324, 5e-324),
        (1.797e308, 1.797e308),
        (math.nan, math.nan),
        (-math.inf, -math.inf),
        (True, True),
        ("", ""),
        ("a\0b \U0010ffff", "a\0b \U0010ffff"),
        ([], []),
        ({}, {}),
        ([None, {"k": None}, [[None]]], [None, {"k": None}, [[None]]]),
        ((1, (2,)), [1.0, [2.0]]),
        ({"": {"": 0}}, {"": {"": 0.0}}),
        (np.float32(0.5), 0.5),
        (np.int16(7), 7.0),
        (np.array([[1, 2]], np.uint8), [[1.0, 2.0]]),
        (np.array([True]), [True]),
    ],
    ids=without_address,
)
def test_a_value_arrives_as_on_nanovers_wire(sent, back):
    assert same(over_the_wire(sent), back)


# null and what is unset ------------------------------------------------------------------


def test_none_in_updates_is_a_removal():
    update = grpc_codec.encode_state_update(DictionaryChange({"a": None, "b": 1.0}))

    assert grpc_codec.decode_state_update(update) == DictionaryChange({"b": 1.0}, {"a"})


def test_a_key_that_is_set_and_removed_in_one_change_is_removed():
    update = grpc_codec.encode_state_update(DictionaryChange({"a": 1.0}, {"a"}))

    assert grpc_codec.decode_state_update(update) == DictionaryChange(removals={"a"})


def test_a_value_with_nothing_set_is_read_as_null():
    message = protocol.StateUpdate()
    message.changed_keys.fields["top"].SetInParent()
    message.changed_keys.fields["list"].list_value.values.add()

    change = grpc_codec.decode_state_update(message.SerializeToString())

    assert change == DictionaryChange({"list": [None]}, {"top"})


def test_a_request_with_an_unset_value_is_an_error_and_one_with_nulls_is_not():
    update, locks, command = (
        protocol.UpdateStateRequest(),
        protocol.UpdateLocksRequest(),
        protocol.CommandMessage(),
    )
    for decode, message, fields in (
        (grpc_codec.decode_update_request, update, update.update.changed_keys.fields),
        (grpc_codec.decode_locks_request, locks, locks.lock_keys.fields),
        (grpc_codec.decode_command, command, command.arguments.fields),
    ):
        fields["a"].null_value = 0
        fields["b"].list_value.values.add().null_value = 0
        decode(message.SerializeToString())
        fields["b"].list_value.values.add()
        for _ in range(3):  # the last time, others like it have come before
            with pytest.raises(grpc_codec.UnsetValue):
                decode(message.SerializeToString())


def test_absent_fields_are_empty():
    assert grpc_codec.decode_update_request(b"") == ("", DictionaryChange())
    assert grpc_codec.decode_locks_request(b"") == ("", {})
    assert grpc_codec.decode_command(b"") == ("", {})
    assert grpc_codec.decode_commands(b"") == {}
    assert grpc_codec.decode_command_reply(b"") == {}
    assert grpc_codec.decode_state_update(b"") == DictionaryChange()


def test_unknown_fields_are_passed_over():
    unknown = bytes.fromhex("fa0603616263")  # field 111: "abc"

    assert grpc_codec.decode_success(b"\x08\x01" + unknown) is True


def test_a_command_listed_twice_counts_once_as_its_last():
    message = protocol.GetCommandsReply()
    for number in (1, 2):
        command = message.commands.add(name="x")
        command.arguments.fields["a"].number_value = number

    assert grpc_codec.decode_commands(message.SerializeToString()) == {"x": {"a": 2.0}}


# refusals ------------------------------------------------------------------------

REFUSED = [
    (b"raw", ()),
    ({1}, ()),
    (object(), ()),
    (Fraction(1, 2), ()),
    ({"b": [0, {"c": b"raw"}]}, ("b", 1, "c")),
    ([[], ({1},)], (1, 0)),
    ({"b": {2: "x"}}, ("b",)),
    ([{"ok": 1, None: 2}], (0,)),
    ("\ud800", ()),
    ({"b": ["\udc00"]}, ("b", 0)),
    ({"b": {"\ud800": 1}}, ("b",)),
    ([10**309], (0,)),
    (np.array([1, {2}], object), (1,)),
    (np.complex64(1), ()),
]


@pytest.mark.parametrize(("value", "path"), REFUSED, ids=lambda part: without_address(part)[:40])
@pytest.mark.parametrize(
    "encode",
    [
        lambda value: grpc_codec.encode_state_update(DictionaryChange({"ok": 1, "a": value})),
        lambda value: grpc_codec.encode_update_request("", DictionaryChange({"a": value})),
        lambda value: grpc_codec.encode_command("x", {"a": value}),
        lambda value: grpc_codec.encode_commands({"x": {"a": value}}),
        lambda value: grpc_codec.encode_command_reply({"a": value}),
    ],
    ids=["update", "request", "command", "commands", "reply"],
)
def test_values_that_cannot_be_sent_are_rejected_with_their_path(encode, value, path):
    with pytest.raises(InvalidValue) as caught:
        encode(value)

    assert caught.value.path == ("a", *path)


@pytest.mark.parametrize(
    "change", [{1: "x"}, {None: 1}, {b"k": 1}, {"\ud800": 1}], ids=without_address
)
def test_keys_that_are_not_strings_are_rejected(change):
    with pytest.raises(InvalidValue) as caught:
        grpc_codec.encode_state_update(DictionaryChange(change))
    with pytest.raises(InvalidValue):
        grpc_codec.encode_state_update(DictionaryChange(removals=set(change)))

    assert caught.value.path == ()


@pytest.mark.parametrize(
    "seconds",
    ["5", b"5", True, np.True_, [1], {}, 1j, math.nan, 10**400, Fraction(1, 2)],
    ids=without_address,
)
def test_a_duration_that_is_no_number_of_seconds_is_refused_with_its_key(seconds):
    with pytest.raises(InvalidValue) as caught:
        grpc_codec.encode_locks_request("me", LockRequest({"ok": 1.0, "scene": seconds}))

    assert caught.value.path == ("scene",)


@pytest.mark.parametrize(
    "seconds", [0, -1.5, math.inf, np.float32(2), np.int64(3)], ids=without_address
)
def test_any_number_of_seconds_passes(seconds):
    request = grpc_codec.encode_locks_request("me", LockRequest({"scene": seconds}))

    assert grpc_codec.decode_locks_request(request)[1] == {"scene": float(seconds)}


@pytest.mark.parametrize("request_", [LockRequest({3: 1.0}), LockRequest({}, frozenset({3}))])
def test_lock_keys_that_are_no_text_are_refused(request_):
    with pytest.raises(InvalidValue, match="the key 3 is an int"):
        grpc_codec.encode_locks_request("me", request_)


def test_a_list_within_itself_is_refused():
    items: list[object] = []
    items.append(items)

    with pytest.raises(InvalidValue, match="nested too deeply"):
        over_the_wire(items)


# nesting ------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "letter"), [(48, "l"), (32, "d")])
def test_as_many_containers_pass_as_nanover_takes_and_no_more(most, letter):
    def request(value):
        return grpc_codec.encode_update_request("me", DictionaryChange({"key": value}))

    value = nested(letter * most)
    assert grpc_codec.decode_update_request(request(value))[1].updates == {"key": value}
    with pytest.raises(InvalidValue, match="48 lists or 32 dicts"):
        request(nested(letter * (most + 1)))


@settings(deadline=None)
@given(
    st.text("ld", min_size=28, max_size=52),
    st.sampled_from([1.0, None, "x", [], {}, [{}]]),
)
def test_exactly_what_a_parser_takes_is_sent(kinds, leaf):
    value = nested(kinds, leaf)
    request = protocol.UpdateStateRequest()
    _write_unchecked(request.update.changed_keys.fields["key"], value)
    command = protocol.CommandMessage()
    _write_unchecked(command.arguments.fields["key"], value)

    change = DictionaryChange({"key": value})
    assert _passes(lambda: grpc_codec.encode_update_request("", change)) is _parses(request)
    assert _passes(lambda: normalize(value)) is _parses(request)
    assert _passes(lambda: grpc_codec.encode_command("", {"key": value})) is _parses(command)


def _write_unchecked(target, value):
    if isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _write_unchecked(target.list_value.values.add(), item)
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _write_unchecked(target.struct_value.fields[key], item)
    elif value is None:
        target.null_value = 0
    else:
        setattr(target, "string_value" if isinstance(value, str) else "number_value", value)


def _parses(message):
    try:
        type(message).FromString(message.SerializeToString())
    except DecodeError:
        return False
    return True


def _passes(encode):
    try:
        encode()
    except InvalidValue:
        return False
    return True


# invalid bytes ------------------------------------------------------------


@pytest.mark.parametrize("decode", DECODERS, ids=lambda decode: decode.__name__)
def test_bytes_that_are_no_message_are_a_protocol_error(decode):
    with pytest.raises(ProtocolError, match="cannot parse"):
        decode(b"\xff\xff\xff")


def test_text_that_is_no_utf8_is_a_protocol_error():
    broken = grpc_codec.encode_command("nnnn", {}).replace(b"nnnn", b"\xff\xfe\xfd\xfc")

    with pytest.raises(ProtocolError, match="cannot parse CommandMessage"):
        grpc_codec.decode_command(broken)


def _seeds():
    small = [
        data for capture in captures() for data in capture.messages()[:3] if 0 < len(data) < 3000
    ]
    return our_messages() + small


@st.composite
def mutated(draw):
    data = bytearray(draw(st.sampled_from(_SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["set", "insert", "cut", "repeat", "flip"])):
            case "set":
                data[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "insert":
                data[place:place] = draw(st.binary(max_size=8))
            case "cut":
                del data[place : place + draw(st.integers(1, 30))]
            case "repeat":
                data[place:place] = data[place : place + 40]
            case "flip" if place < len(data):
                data[place] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


_SEEDS = _seeds()


@settings(max_examples=150, deadline=None)
@given(mutated() | st.binary(max_size=64))
def test_mutated_bytes_give_a_message_or_a_protocol_error_and_nothing_else(data):
    for decode in DECODERS:
        with contextlib.suppress(ProtocolError):
            _require_plain(decode(data))


def _require_plain(decoded):
    if isinstance(decoded, DictionaryChange):
        decoded = [decoded.updates, list(decoded.removals)]
    if isinstance(decoded, dict):
        assert all(type(key) is str for key in decoded)
        decoded = list(decoded.values())
    if isinstance(decoded, list | tuple):
        for item in decoded:
            _require_plain(item)
    else:
        assert decoded is None or type(decoded) in (bool, float, str)


def test_a_mutation_can_do_harm_or_the_test_above_would_prove_little():
    data = our_messages()[0]
    halves = [data[: len(data) // 2], data[1:], struct.pack("<I", len(data)) + data]

    for half in halves:
        with pytest.raises(ProtocolError):
            grpc_codec.decode_state_update(half)
