"""Encoding and decoding of WebSocket messages, including captured ones."""

from __future__ import annotations

import functools
import math

import msgpack
import pytest

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import DictionaryChange, LockKind
from nanover_jupyter.wire.values import same_value
from nanover_jupyter.wire.websocket.codec import (
    CAPABILITIES,
    Registration,
    Reply,
    Request,
    command_list,
    decode_command_list,
    decode_message,
    encode_change,
    encode_change_entry,
    encode_exception,
    encode_registration,
    encode_request,
    encode_response,
    is_frame,
    join_change_entries,
)
from tests.support.golden import GOLDEN, golden_bytes, golden_json, golden_stream, needs_golden

LISTED = CommandInfo.labeled("me/greet", {"name": "you"}, label="Greet", icon="👋")


def packed(message):
    return decode_message(msgpack.packb(message))


# to the wire ------------------------------------------------------------------------


def test_a_change_is_encoded_with_updates_and_removals():
    change = DictionaryChange({"a": (1, None), "none": None}, {"gone"})

    assert msgpack.unpackb(encode_change(change)) == {
        "state": {"updates": {"a": [1, None], "none": None}, "removals": ["gone"]}
    }


@pytest.mark.parametrize("keys", [0, 1, 15, 16, 70_000])
def test_joined_entries_are_the_message_of_the_change(keys):
    change = DictionaryChange({str(key): [key, None, {"b": b"x"}] for key in range(keys)}, {"gone"})
    entries = [encode_change_entry(key, value) for key, value in change.updates.items()]

    assert join_change_entries(entries, list(change.removals)) == encode_change(change)


def test_an_entry_that_cannot_be_sent_is_rejected_with_its_path():
    with pytest.raises(InvalidValue, match="cannot send big") as caught:
        encode_change_entry("big", [{"n": 2**64}])

    assert caught.value.path == ("big", 0, "n")


def test_a_request_has_a_name_arguments_and_an_id():
    assert msgpack.unpackb(encode_request(7, "user/x", {"a": (1,)})) == {
        "command": {"request": {"name": "user/x", "arguments": {"a": [1]}, "id": 7}}
    }


def test_a_reply_echoes_the_request():
    request = {"name": "x", "id": "odd", "more": [1]}

    assert msgpack.unpackb(encode_response(request, (1,))) == {
        "command": {"request": request, "response": [1]}
    }
    assert msgpack.unpackb(encode_exception(request, "no \ud800")) == {
        "command": {"request": request, "exception": "no ?"}
    }


def test_values_that_cannot_be_sent_are_rejected_with_their_full_path():
    for encode in (
        lambda: encode_change(DictionaryChange({"ok": 1, "a": [{1}]})),
        lambda: encode_request(1, "x", {"a": [{1}]}),
    ):
        with pytest.raises(InvalidValue) as caught:
            encode()
        assert caught.value.path == ("a", 0)
    with pytest.raises(InvalidValue, match=r"cannot send result\[0\]: a set"):
        encode_response({}, [{1}])


@pytest.mark.parametrize("key", [1, None, b"k", "\ud800"])
def test_keys_that_are_not_strings_are_rejected(key):
    with pytest.raises(InvalidValue):
        encode_change(DictionaryChange({key: 1}))
    with pytest.raises(InvalidValue):
        encode_change(DictionaryChange(removals=[key]))
    with pytest.raises(InvalidValue):
        encode_request(1, "x", {key: 1})


# from the wire ------------------------------------------------------------------------


def test_a_change_may_leave_out_either_half():
    assert packed({"state": {"updates": {"a": None}}}).change == DictionaryChange({"a": None})
    assert packed({"state": {"removals": ["a"]}}).change == DictionaryChange(removals={"a"})
    assert packed({"state": {}}).change == DictionaryChange()


def test_a_key_both_set_and_removed_is_removed():
    change = packed({"state": {"updates": {"a": 1, "b": 2}, "removals": ["a"]}}).change

    assert change == DictionaryChange({"b": 2}, {"a"})


@pytest.mark.parametrize("key", [1, None, b"raw", b""], ids=repr)
def test_received_keys_that_are_not_strings_become_strings(key):
    data = msgpack.packb({"state": {"updates": {"a": 1, key: [2]}}})

    assert decode_message(data).change == DictionaryChange({"a": 1, str(key): [2]})


def test_commands_come_alone_or_in_a_list():
    request = {"name": "x", "id": 3}
    alone = packed({"command": {"request": request}})
    several = packed({"command": [{"request": request}, {"request": request, "response": 4}]})

    assert alone.commands == (Request("x", {}, request),)
    assert several.commands == (Request("x", {}, request), Reply(3, 4, None))


def test_an_exception_is_a_reply_with_its_text():
    (reply,) = packed({"command": {"request": {"id": 3}, "exception": "no"}}).commands

    assert reply == Reply(3, None, "no")


def test_a_registration_describes_a_command():
    (registration,) = decode_message(encode_registration(LISTED)).commands

    assert registration == Registration(LISTED)
    assert registration.command.label == "Greet"


def test_unknown_and_several_fields_are_accepted():
    message = packed({"news": 1, "state": {"updates": {"a": 1}}, "frame": {"frame.index": 3}})

    assert message.change == DictionaryChange({"a": 1})
    assert message.frame == {"frame.index": 3}
    assert packed({}) == packed({"other": 1})


def test_a_frame_is_recognized_without_decoding():
    assert is_frame(msgpack.packb({"frame": {"particle.positions": b"x" * 100}}))
    assert not is_frame(msgpack.packb({"state": {}}))
    assert not is_frame(msgpack.packb({"frames": {}}))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ([1], "a message must be a map, not a list"),
        (3, "a message must be a map, not an int"),
        ({"state": None}, "state must be a map, not null"),
        ({"state": {"updates": []}}, "updates must be a map, not a list"),
        ({"state": {"removals": "ab"}}, "the removals must be a list of keys"),
        ({"state": {"removals": [1]}}, "the removals must be a list of keys"),
        ({"command": 1}, "command must be a map"),
        ({"command": {}}, "a request, a reply or a registration"),
        ({"command": {"request": []}}, "request must be a map"),
        ({"command": {"request": {"arguments": [1]}}}, "arguments must be a map"),
        ({"command": {"register": {"name": 1}}}, "the name of a command must be a string"),
    ],
    ids=repr,
)
def test_invalid_messages_are_rejected_with_the_reason(message, reason):
    with pytest.raises(ProtocolError) as caught:
        packed(message)

    assert reason in caught.value.reason


def test_an_invalid_frame_does_not_affect_the_rest_of_a_message():
    message = packed({"frame": 1, "command": {"request": {"name": "go", "id": 1}}})

    assert (message.frame, message.frame_problem) == (
        None,
        "not a valid NanoVer message: frame must be a map, not an int",
    )
    assert [command.name for command in message.commands] == ["go"]


def test_a_frame_that_is_nested_too_deeply_is_ignored_in_a_bounded_message():
    deep = functools.reduce(lambda inner, _: [inner], range(150))
    raw = msgpack.packb({"state": {"updates": {"a": 1}}, "frame": {"deep": deep}})

    message = decode_message(raw, bounded=True)

    assert message.change == DictionaryChange({"a": 1})
    assert message.frame is None
    assert "nested too deeply" in message.frame_problem


def test_a_text_message_is_rejected():
    with pytest.raises(ProtocolError, match="received a text message"):
        decode_message("hello")


# lists of commands ------------------------------------------------------------------------


def test_both_forms_of_the_list_of_commands_are_decoded():
    new = {"commands": [{"name": "b"}, {"name": "a", "arguments": {"n": 1}, "label": "A"}]}
    old = {"list": {"b": {}, "a": {"n": 1}}}

    assert decode_command_list(new) == [
        CommandInfo.labeled("a", {"n": 1}, label="A"),
        CommandInfo("b"),
    ]
    assert decode_command_list(old) == [CommandInfo("a", n=1), CommandInfo("b")]


def test_a_list_of_commands_comes_back_as_it_was():
    commands = [CommandInfo("a", n=1), LISTED]
    (reply,) = decode_message(encode_response({"id": 1}, command_list(commands))).commands

    assert decode_command_list(reply.result) == commands
    assert set(reply.result["list"]) == {"a", "me/greet"}
    assert set(reply.result["commands"][0]) == {"name", "arguments"}


def test_a_default_that_cannot_be_sent_is_left_out_of_a_command(caplog):
    offered = {"name": "odd", "arguments": {"bytes": b"raw", "n": 1}}

    (command,) = decode_command_list({"commands": [offered]})

    assert (command.name, command.arguments) == ("odd", {"n": 1})
    assert "'bytes' of command 'odd'" in caplog.text


@pytest.mark.parametrize("result", [None, [], {}, {"commands": {}}, {"list": [1]}], ids=repr)
def test_an_invalid_list_of_commands_is_rejected(result):
    with pytest.raises(ProtocolError):
        decode_command_list(result)


def test_capabilities_say_what_the_wire_has():
    assert CAPABILITIES.locks is LockKind.COOPERATIVE
    assert not CAPABILITIES.acknowledged_updates
    assert CAPABILITIES.integers
    assert CAPABILITIES.null_values
    assert CAPABILITIES.client_commands


# as captured ------------------------------------------------------------------------


def captured_value(value):
    """Return the value that the JSON of a capture represents."""
    if isinstance(value, dict):
        if "$bytes_hex" in value:
            return bytes.fromhex(value["$bytes_hex"])
        return {key: captured_value(item) for key, item in value.items()}
    return [captured_value(item) for item in value] if isinstance(value, list) else value


def captures(prefix=""):
    names = sorted(path.stem for path in (GOLDEN / "ws").glob(f"{prefix}*.bin"))
    return names or ["live_state_first"]


@needs_golden
@pytest.mark.parametrize("name", captures())
def test_every_captured_message_is_decoded(name):
    framing = {c["name"]: c["framing"] for c in golden_json("manifest", "ws")["captures"]}
    single = framing[name] == "single"
    messages = [golden_bytes(name, "ws")] if single else golden_stream(name, "ws")

    for message in messages:
        decoded = decode_message(message)
        assert decoded.change is not None or decoded.commands or decoded.frame
        assert is_frame(message) == (decoded.frame is not None)


@needs_golden
@pytest.mark.parametrize("name", captures("value_"))
def test_captured_values_are_what_upstream_read(name):
    change = decode_message(golden_bytes(name, "ws")).change
    expected = captured_value(golden_json(name, "ws")["message"]["state"])

    assert same_value(change.updates, expected["updates"])
    assert change.removals == set(expected["removals"])


@needs_golden
def test_our_request_is_upstreams_to_the_byte():
    assert encode_request(7, "nope", {}) == golden_bytes("request_nope", "ws")


@needs_golden
def test_defaults_that_cannot_be_sent_are_left_out_of_a_registration():
    deep: object = 1
    for _ in range(47):
        deep = [deep]
    arguments = {"deep": deep, b"": 1, "scale": 2}
    message = msgpack.packb({"command": {"register": {"name": "x", "arguments": arguments}}})

    (registration,) = decode_message(message).commands

    assert registration.command.arguments == {"scale": 2}


def test_our_registration_is_upstreams_to_the_byte():
    command = CommandInfo.labeled(
        "user/notify", {"text": "hi", "n": 1}, label="Notify me", icon="🔔"
    )

    assert encode_registration(command) == golden_bytes("register", "ws")


@needs_golden
def test_non_finite_numbers_were_captured_as_they_are():
    updates = decode_message(golden_bytes("value_floats_nonfinite", "ws")).change.updates

    assert math.isnan(updates["nan"])
    assert updates["inf"] == -updates["ninf"] == math.inf
