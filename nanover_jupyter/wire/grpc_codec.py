"""NanoVer's gRPC protocol: messages to bytes and back.

Where the wire is peculiar (null means removal, every number is a double, an
unset field is a default), it is so here and nowhere above. Decoders raise
ProtocolError for bytes that are no message; encoders raise InvalidValue, with
the path, for what the wire cannot carry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import DecodeError

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire import protocol
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockRequest
from nanover_jupyter.wire.values import (
    Value,
    check_integer,
    check_key,
    check_nesting,
    check_text,
    unfamiliar,
)

__all__ = [
    "CAPABILITIES",
    "COMMAND_SERVICE",
    "GET_COMMANDS",
    "RUN_COMMAND",
    "STATE_SERVICE",
    "SUBSCRIBE_STATE_UPDATES",
    "UPDATE_LOCKS",
    "UPDATE_STATE",
    "decode_command",
    "decode_command_reply",
    "decode_commands",
    "decode_locks_request",
    "decode_state_update",
    "decode_subscribe_request",
    "decode_success",
    "decode_update_request",
    "encode_command",
    "encode_command_reply",
    "encode_commands",
    "encode_locks_request",
    "encode_state_update",
    "encode_subscribe_request",
    "encode_success",
    "encode_update_request",
    "read_command",
    "write_command",
]

COMMAND_SERVICE: Final = "nanover.protocol.command.Command"
STATE_SERVICE: Final = "nanover.protocol.state.State"
GET_COMMANDS: Final = f"/{COMMAND_SERVICE}/GetCommands"
RUN_COMMAND: Final = f"/{COMMAND_SERVICE}/RunCommand"
SUBSCRIBE_STATE_UPDATES: Final = f"/{STATE_SERVICE}/SubscribeStateUpdates"
UPDATE_STATE: Final = f"/{STATE_SERVICE}/UpdateState"
UPDATE_LOCKS: Final = f"/{STATE_SERVICE}/UpdateLocks"

CAPABILITIES: Final = Capabilities(
    transport="gRPC",
    locks=True,
    acknowledged_updates=True,
    integers=False,
    null_values=False,
    command_labels=False,
    client_commands=False,
)

# How many messages surround the fields of each kind of Struct (see values.NESTING_LIMIT).
_UPDATE_NESTING = 4
_ARGUMENT_NESTING = 3


# values -------------------------------------------------------------------------


def _read_value(value: Any) -> Value:
    kind = value.WhichOneof("kind")
    if kind is None:
        return None  # a Value with nothing set; upstream's Rust server reads it as null too
    return _READERS[kind](value)


def _read_list(value: Any) -> Value:
    return [_read_value(item) for item in value.list_value.values]


def _read_struct(value: Any) -> Value:
    return _read_fields(value.struct_value)


def _read_fields(struct: Any) -> dict[str, Value]:
    return {key: _read_value(item) for key, item in struct.fields.items()}


_READERS: Final[dict[str, Callable[[Any], Value]]] = {
    "null_value": lambda _: None,
    "number_value": lambda value: value.number_value,
    "string_value": lambda value: value.string_value,
    "bool_value": lambda value: value.bool_value,
    "struct_value": _read_struct,
    "list_value": _read_list,
}


def _write_value(target: Any, value: object, nesting: int) -> None:
    kind = type(value)
    if value is None:
        target.null_value = 0
    elif kind is bool:
        target.bool_value = value
    elif kind is float or kind is int:
        if kind is int:
            check_integer(value)  # type: ignore[arg-type]
        target.number_value = value
    elif kind is str:
        check_text(value)  # type: ignore[arg-type]
        target.string_value = value
    elif kind is list or kind is tuple:
        _write_list(target.list_value, value, nesting)  # type: ignore[arg-type]
    elif kind is dict:
        target.struct_value.SetInParent()
        _write_fields(target.struct_value, value, nesting + 1)  # type: ignore[arg-type]
    else:
        _write_value(target, unfamiliar(value), nesting)


def _write_list(target: Any, items: list[object], nesting: int) -> None:
    target.SetInParent()
    check_nesting(nesting + (2 if items else 1))
    for index, item in enumerate(items):
        try:
            _write_value(target.values.add(), item, nesting + 2)
        except InvalidValue as error:
            raise error.within(index) from None


def _write_fields(target: Any, fields: Mapping[Any, object], nesting: int) -> None:
    check_nesting(nesting + (2 if fields else 0))
    for key, item in fields.items():
        name = check_key(key)
        try:
            _write_value(target.fields[name], item, nesting + 2)
        except InvalidValue as error:
            raise error.within(name) from None


def _parse(kind: Any, data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise ProtocolError(f"{kind.DESCRIPTOR.name} does not parse ({error})") from error


# state --------------------------------------------------------------------------


def encode_state_update(change: DictionaryChange) -> bytes:
    """A change as a `StateUpdate`. Raises InvalidValue."""
    message = protocol.StateUpdate()
    _write_change(message, change)
    return bytes(message.SerializeToString())


def decode_state_update(data: bytes) -> DictionaryChange:
    """A `StateUpdate` as a change. Raises ProtocolError."""
    return _read_change(_parse(protocol.StateUpdate, data))


def encode_update_request(access_token: str, change: DictionaryChange) -> bytes:
    """An `UpdateStateRequest`. Raises InvalidValue."""
    message = protocol.UpdateStateRequest(access_token=access_token)
    _write_change(message.update, change)
    return bytes(message.SerializeToString())


def decode_update_request(data: bytes) -> tuple[str, DictionaryChange]:
    """Access token and change of an `UpdateStateRequest`. Raises ProtocolError."""
    message = _parse(protocol.UpdateStateRequest, data)
    return message.access_token, _read_change(message.update)


def encode_subscribe_request(interval: float) -> bytes:
    """A `SubscribeStateUpdatesRequest` for one message every `interval` seconds at most."""
    message = protocol.SubscribeStateUpdatesRequest(update_interval=interval)
    return bytes(message.SerializeToString())


def decode_subscribe_request(data: bytes) -> float:
    """The interval in seconds of a `SubscribeStateUpdatesRequest`. Raises ProtocolError."""
    return float(_parse(protocol.SubscribeStateUpdatesRequest, data).update_interval)


def encode_success(success: bool) -> bytes:  # noqa: FBT001 - the message is one bool
    """An `UpdateStateResponse` or `UpdateLocksResponse`, which look alike."""
    return bytes(protocol.UpdateStateResponse(success=success).SerializeToString())


def decode_success(data: bytes) -> bool:
    """Whether an `UpdateStateResponse` or `UpdateLocksResponse` says yes. Raises ProtocolError."""
    return bool(_parse(protocol.UpdateStateResponse, data).success)


def _write_change(message: Any, change: DictionaryChange) -> None:
    _write_fields(message.changed_keys, change.updates, _UPDATE_NESTING - 2)
    for key in change.removals:
        message.changed_keys.fields[check_key(key)].null_value = 0


def _read_change(message: Any) -> DictionaryChange:
    change = DictionaryChange()
    for key, value in message.changed_keys.fields.items():
        decoded = _read_value(value)
        if decoded is None:
            change.removals.add(key)
        else:
            change.updates[key] = decoded
    return change


# locks --------------------------------------------------------------------------


def encode_locks_request(access_token: str, request: LockRequest) -> bytes:
    """An `UpdateLocksRequest`. Raises InvalidValue for a duration that is no number."""
    message = protocol.UpdateLocksRequest(access_token=access_token)
    message.lock_keys.SetInParent()
    for key, seconds in request.acquire.items():
        name = check_key(key)
        try:
            message.lock_keys.fields[name].number_value = _duration(seconds)
        except InvalidValue as error:
            raise error.within(name) from None
    for key in request.release:
        message.lock_keys.fields[check_key(key)].null_value = 0
    return bytes(message.SerializeToString())


def _duration(seconds: object) -> int | float:
    number = seconds if type(seconds) in (int, float) else unfamiliar(seconds)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InvalidValue((), f"a lock lasts a number of seconds, not {seconds!r}")
    if isinstance(number, int):
        check_integer(number)
    if math.isnan(number):
        raise InvalidValue((), "a lock that lasts NaN seconds would never end")
    return number


def decode_locks_request(data: bytes) -> tuple[str, dict[str, Value]]:
    """Access token and the raw durations of an `UpdateLocksRequest`. Raises ProtocolError."""
    message = _parse(protocol.UpdateLocksRequest, data)
    return message.access_token, _read_fields(message.lock_keys)


# commands -----------------------------------------------------------------------


def write_command(name: str, arguments: Mapping[str, object]) -> Any:
    """A protobuf `CommandMessage`. Raises InvalidValue."""
    message = protocol.CommandMessage(name=name)
    message.arguments.SetInParent()
    _write_fields(message.arguments, arguments, _ARGUMENT_NESTING - 2)
    return message


def read_command(message: Any) -> tuple[str, dict[str, Value]]:
    """Name and arguments of a protobuf `CommandMessage` of any package."""
    return message.name, _read_fields(message.arguments)


def encode_command(name: str, arguments: Mapping[str, object]) -> bytes:
    """A `CommandMessage`: the request of RunCommand. Raises InvalidValue."""
    return bytes(write_command(name, arguments).SerializeToString())


def decode_command(data: bytes) -> tuple[str, dict[str, Value]]:
    """Name and arguments of a `CommandMessage`. Raises ProtocolError."""
    return read_command(_parse(protocol.CommandMessage, data))


def encode_commands(commands: Mapping[str, Mapping[str, object]]) -> bytes:
    """A `GetCommandsReply` with the default arguments by command name. Raises InvalidValue."""
    message = protocol.GetCommandsReply()
    for name, arguments in commands.items():
        message.commands.append(write_command(name, arguments))
    return bytes(message.SerializeToString())


def decode_commands(data: bytes) -> dict[str, dict[str, Value]]:
    """The default arguments by command name of a `GetCommandsReply`. Raises ProtocolError."""
    reply = _parse(protocol.GetCommandsReply, data)
    return dict(read_command(command) for command in reply.commands)


def encode_command_reply(result: Mapping[str, object] | None) -> bytes:
    """A `CommandReply`; None leaves its result unset. Raises InvalidValue."""
    message = protocol.CommandReply()
    if result is not None:
        message.result.SetInParent()
        _write_fields(message.result, result, _ARGUMENT_NESTING - 2)
    return bytes(message.SerializeToString())


def decode_command_reply(data: bytes) -> dict[str, Value]:
    """The result of a `CommandReply`; empty when there was none. Raises ProtocolError."""
    return _read_fields(_parse(protocol.CommandReply, data).result)
