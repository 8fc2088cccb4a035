"""Codec of NanoVer's gRPC protocol: messages to bytes and back.

The peculiarities of the protocol (null is a removal, every number is a double, an unset
field is a default) are handled here and nowhere above. Decoders raise ProtocolError for
invalid bytes. Encoders raise InvalidValue, with the path, for values that cannot be sent.
A value with no type set is an error in requests (UnsetValue), as in NanoVer's server, and
null in what a client receives.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.envelopes import (
    COMMAND,
    COMMAND_REPLY,
    LOCKS_REQUEST,
    UPDATE_REQUEST,
    open_envelope,
)
from nanover_jupyter.wire.grpc.layout_cache import read_by_layout, write_by_layout
from nanover_jupyter.wire.grpc.updates import change_of, received_update
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss, holds_unset, read_fields
from nanover_jupyter.wire.grpc.value_writer import delimited, write_fields, write_value
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockKind, LockRequest
from nanover_jupyter.wire.values import Value, check_integer, check_key, to_plain

__all__ = [
    "CAPABILITIES",
    "COMMAND_SERVICE",
    "GET_COMMANDS",
    "RUN_COMMAND",
    "STATE_SERVICE",
    "SUBSCRIBE_FRAMES",
    "SUBSCRIBE_LATEST_FRAMES",
    "SUBSCRIBE_STATE_UPDATES",
    "TRAJECTORY_SERVICE",
    "UPDATE_LOCKS",
    "UPDATE_STATE",
    "UnsetValue",
    "decode_command",
    "decode_command_reply",
    "decode_commands",
    "decode_frame_request",
    "decode_locks_request",
    "decode_state_update",
    "decode_subscribe_request",
    "decode_success",
    "decode_update_request",
    "encode_command",
    "encode_command_reply",
    "encode_commands",
    "encode_frame_request",
    "encode_locks_request",
    "encode_state_entry",
    "encode_state_update",
    "encode_subscribe_request",
    "encode_success",
    "encode_update_request",
    "join_state_entries",
    "read_command",
    "write_command",
]

COMMAND_SERVICE: Final = "nanover.protocol.command.Command"
STATE_SERVICE: Final = "nanover.protocol.state.State"
TRAJECTORY_SERVICE: Final = "nanover.protocol.trajectory.TrajectoryService"
GET_COMMANDS: Final = f"/{COMMAND_SERVICE}/GetCommands"
RUN_COMMAND: Final = f"/{COMMAND_SERVICE}/RunCommand"
SUBSCRIBE_STATE_UPDATES: Final = f"/{STATE_SERVICE}/SubscribeStateUpdates"
UPDATE_STATE: Final = f"/{STATE_SERVICE}/UpdateState"
SUBSCRIBE_FRAMES: Final = f"/{TRAJECTORY_SERVICE}/SubscribeFrames"
SUBSCRIBE_LATEST_FRAMES: Final = f"/{TRAJECTORY_SERVICE}/SubscribeLatestFrames"
UPDATE_LOCKS: Final = f"/{STATE_SERVICE}/UpdateLocks"

CAPABILITIES: Final = Capabilities(
    transport="gRPC",
    locks=LockKind.SERVER,
    acknowledged_updates=True,
    integers=False,
    null_values=False,
    command_labels=False,
    client_commands=False,
)


class UnsetValue(ProtocolError):
    """A request contains a value with no type set."""


# The number of messages around a value, at most (a request may contain the update).
_UPDATE_NESTING = 2
_ARGUMENT_NESTING = 1

# Tags of the first two fields of a message, which contain a string or another message.
_FIELD_1 = b"\x0a"
_FIELD_2 = b"\x12"

# values -------------------------------------------------------------------------


def _read_struct(struct: Any) -> dict[str, Value]:
    """Return the fields of a `Struct` whose values are bytes."""
    return {str(entry.key, "utf-8"): read_by_layout(entry.value)[0] for entry in struct.fields}


def _write_struct(fields: Mapping[str, object], nesting: int) -> bytes:
    return write_fields(fields, nesting, write_by_layout)


def _write_text(text: str) -> bytes:
    """Return a string as the first field of a message; nothing if it is empty."""
    return delimited(_FIELD_1, check_key(text).encode()) if text else b""


@functools.lru_cache(maxsize=256)
def _write_token(access_token: str) -> bytes:
    """See `_write_text`. Cached, as a client sends the same token with every request."""
    return _write_text(access_token)


def _parse(kind: Any, data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise ProtocolError(f"cannot parse {kind.DESCRIPTOR.name} ({error})") from error


def _parse_request(kind: Any, data: bytes) -> Any:
    message = _parse(kind, data)
    if holds_unset(message):
        raise UnsetValue(f"{kind.DESCRIPTOR.name} contains a value with no type set")
    return message


# state --------------------------------------------------------------------------


def encode_state_update(change: DictionaryChange) -> bytes:
    """Encode a change as a `StateUpdate`. Raises InvalidValue."""
    fields = {**change.updates, **dict.fromkeys(change.removals)}
    return delimited(_FIELD_1, _write_struct(fields, _UPDATE_NESTING)) if fields else b""


def encode_state_entry(key: str, value: Value) -> bytes:
    """Encode one key of a `StateUpdate` and its value, for `join_state_entries`.

    None is a removal, because this protocol has no null values.

    Raises:
        InvalidValue: The value cannot be sent over gRPC.
    """
    return _write_struct({key: value}, _UPDATE_NESTING)


def join_state_entries(entries: Sequence[bytes], removals: Sequence[str]) -> bytes:
    """Return a `StateUpdate` of results of `encode_state_entry`, and of removals."""
    removed = _write_struct(dict.fromkeys(removals), _UPDATE_NESTING)
    return delimited(_FIELD_1, b"".join((*entries, removed)))


def decode_state_update(data: bytes) -> DictionaryChange:
    """Decode a `StateUpdate`. Raises ProtocolError.

    The update is parsed when it is first read, and its lists and dicts are decoded when they
    are first read. An invalid value does not affect other keys: invalid UTF-8 is replaced
    with U+FFFD, and any other invalid value is None, with a warning in the log.
    """
    return received_update(data)


def encode_update_request(access_token: str, change: DictionaryChange) -> bytes:
    """Encode an `UpdateStateRequest`. Raises InvalidValue."""
    update = encode_state_update(change)
    return _write_token(access_token) + (delimited(_FIELD_2, update) if update else b"")


def decode_update_request(data: bytes) -> tuple[str, DictionaryChange]:
    """Decode an `UpdateStateRequest`: access token and change. Raises ProtocolError, UnsetValue."""
    try:
        envelope = open_envelope(UPDATE_REQUEST, data)
        token = str(envelope.access_token, "utf-8")
        return token, change_of(_read_struct(envelope.update.changed_keys))
    except (FastPathMiss, UnicodeDecodeError):
        message = _parse_request(protocol.UpdateStateRequest, data)
        return message.access_token, change_of(read_fields(message.update.changed_keys))


def encode_subscribe_request(interval: float) -> bytes:
    """Encode a `SubscribeStateUpdatesRequest`; `interval` is the minimum seconds per message."""
    message = protocol.SubscribeStateUpdatesRequest(update_interval=interval)
    return bytes(message.SerializeToString())


def decode_subscribe_request(data: bytes) -> float:
    """Decode a `SubscribeStateUpdatesRequest`: its interval. Raises ProtocolError."""
    return float(_parse(protocol.SubscribeStateUpdatesRequest, data).update_interval)


def encode_frame_request(interval: float) -> bytes:
    """Encode a `GetFrameRequest`; `interval` is the minimum seconds per message."""
    return bytes(protocol.GetFrameRequest(frame_interval=interval).SerializeToString())


def decode_frame_request(data: bytes) -> float:
    """Decode a `GetFrameRequest`: its interval. Raises ProtocolError."""
    return float(_parse(protocol.GetFrameRequest, data).frame_interval)


def encode_success(success: bool) -> bytes:  # noqa: FBT001 - the message is one bool
    """Encode an `UpdateStateResponse` or `UpdateLocksResponse`, which are the same."""
    return bytes(protocol.UpdateStateResponse(success=success).SerializeToString())


def decode_success(data: bytes) -> bool:
    """Decode an `UpdateStateResponse` or `UpdateLocksResponse`. Raises ProtocolError."""
    return bool(_parse(protocol.UpdateStateResponse, data).success)


# locks --------------------------------------------------------------------------


def encode_locks_request(access_token: str, request: LockRequest) -> bytes:
    """Encode an `UpdateLocksRequest`. Raises InvalidValue for a duration that is not a number."""
    fields: dict[str, float | None] = {}
    for key, seconds in request.acquire.items():
        name = check_key(key)
        try:
            fields[name] = _duration(seconds)
        except InvalidValue as error:
            raise error.within(name) from None
    if request.release:
        fields.update(dict.fromkeys(request.release))
    lock_keys = write_fields(fields, _ARGUMENT_NESTING, write_value)
    return _write_token(access_token) + delimited(_FIELD_2, lock_keys)


def _duration(seconds: object) -> int | float:
    if type(seconds) is float and not math.isnan(seconds):
        return seconds
    number = seconds if type(seconds) in (int, float) else to_plain(seconds)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InvalidValue(
            (), f"the duration of a lock must be a number of seconds, not {seconds!r}"
        )
    if isinstance(number, int):
        check_integer(number)
    if math.isnan(number):
        raise InvalidValue((), "a lock duration must not be NaN (the lock would never expire)")
    return number


def decode_locks_request(data: bytes) -> tuple[str, dict[str, Value]]:
    """Decode an `UpdateLocksRequest`: access token and durations.

    Raises ProtocolError, UnsetValue.
    """
    try:
        envelope = open_envelope(LOCKS_REQUEST, data)
        return str(envelope.access_token, "utf-8"), _read_struct(envelope.lock_keys)
    except (FastPathMiss, UnicodeDecodeError):
        message = _parse_request(protocol.UpdateLocksRequest, data)
        return message.access_token, read_fields(message.lock_keys)


# commands -----------------------------------------------------------------------


def write_command(name: str, arguments: Mapping[str, object]) -> Any:
    """Return a protobuf `CommandMessage`. Raises InvalidValue."""
    return protocol.CommandMessage.FromString(encode_command(name, arguments))


def read_command(message: Any) -> tuple[str, dict[str, Value]]:
    """Return name and arguments of a protobuf `CommandMessage` of any package."""
    return message.name, read_fields(message.arguments)


def encode_command(name: str, arguments: Mapping[str, object]) -> bytes:
    """Encode a `CommandMessage`, the request of RunCommand. Raises InvalidValue."""
    return _write_command(name, arguments, _ARGUMENT_NESTING)


def _write_command(name: str, arguments: Mapping[str, object], nesting: int) -> bytes:
    return _write_text(name) + delimited(_FIELD_2, _write_struct(arguments, nesting))


def decode_command(data: bytes) -> tuple[str, dict[str, Value]]:
    """Decode a `CommandMessage`: name and arguments. Raises ProtocolError, UnsetValue."""
    try:
        envelope = open_envelope(COMMAND, data)
        return str(envelope.name, "utf-8"), _read_struct(envelope.arguments)
    except (FastPathMiss, UnicodeDecodeError):
        return read_command(_parse_request(protocol.CommandMessage, data))


def encode_commands(commands: Mapping[str, Mapping[str, object]]) -> bytes:
    """Encode a `GetCommandsReply`: default arguments by command name. Raises InvalidValue."""
    return b"".join(
        delimited(_FIELD_1, encode_command(name, arguments)) for name, arguments in commands.items()
    )


def decode_commands(data: bytes) -> dict[str, dict[str, Value]]:
    """Decode a `GetCommandsReply`: default arguments by command name. Raises ProtocolError."""
    reply = _parse(protocol.GetCommandsReply, data)
    return dict(read_command(command) for command in reply.commands)


def encode_command_reply(result: Mapping[str, object] | None) -> bytes:
    """Encode a `CommandReply`. None leaves its result unset. Raises InvalidValue."""
    if result is None:
        return b""
    return delimited(_FIELD_1, _write_struct(result, _ARGUMENT_NESTING))


def decode_command_reply(data: bytes) -> dict[str, Value]:
    """Decode a `CommandReply`: its result, or {} if it has none. Raises ProtocolError."""
    try:
        return _read_struct(open_envelope(COMMAND_REPLY, data).result)
    except (FastPathMiss, UnicodeDecodeError):
        return read_fields(_parse(protocol.CommandReply, data).result)
