"""NanoVer's messages as protobuf parses them, with the values in them left as bytes.

A message with a hundred keys is taken apart in C, at the cost of its keys, and says
nothing about values that nobody may ever look at. The classes are those of
`protocol`, but values among the fields of a Struct, and all texts, stay in their
bytes: text that is no UTF-8 must not cost the rest of a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss

__all__ = [
    "COMMAND",
    "COMMAND_REPLY",
    "LOCKS_REQUEST",
    "STATE_UPDATE",
    "UPDATE_REQUEST",
    "keys_alone",
    "open_envelope",
]

_Field = descriptor_pb2.FieldDescriptorProto


def _leave_values(message: descriptor_pb2.DescriptorProto) -> None:
    for inner in message.nested_type:
        _leave_values(inner)
    for field in message.field:
        if field.type_name == ".google.protobuf.Value":
            field.type = _Field.TYPE_BYTES
            field.ClearField("type_name")


def _drop_values(message: descriptor_pb2.DescriptorProto) -> None:
    for inner in message.nested_type:
        _drop_values(inner)
    fields = [field for field in message.field if field.type_name != ".google.protobuf.Value"]
    del message.field[:]
    message.field.extend(fields)


def _leave_texts(message: descriptor_pb2.DescriptorProto) -> None:
    for inner in message.nested_type:
        _leave_texts(inner)
    for field in message.field:
        if field.type == _Field.TYPE_STRING:
            field.type = _Field.TYPE_BYTES
    # To the wire a map is its entries, one after the other.
    message.options.ClearField("map_entry")


def _pool(*changes: Callable[[descriptor_pb2.DescriptorProto], None]) -> Any:
    pool = descriptor_pool.DescriptorPool()
    for file in protocol.descriptors().file:
        # The older syntax tells a field that is empty from one that is absent.
        file.syntax = "proto2"
        for message in file.message_type:
            for change in changes:
                change(message)
        pool.Add(file)
    return pool


def _envelope(pool: Any, name: str) -> Any:
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"nanover.protocol.{name}"))


_in_bytes = _pool(_leave_values, _leave_texts)

COMMAND: Final = _envelope(_in_bytes, "command.CommandMessage")
COMMAND_REPLY: Final = _envelope(_in_bytes, "command.CommandReply")
LOCKS_REQUEST: Final = _envelope(_in_bytes, "state.UpdateLocksRequest")
STATE_UPDATE: Final = _envelope(_in_bytes, "state.StateUpdate")
UPDATE_REQUEST: Final = _envelope(_in_bytes, "state.UpdateStateRequest")

_KEYS: Final = _envelope(_pool(_drop_values, _leave_texts), "state.StateUpdate")


def keys_alone(update: bytes) -> bytes:
    """What is left of a `StateUpdate` without the values: as long as its keys.

    Equal for updates of the same keys; empty where there are none. Raises DecodeError.
    """
    message = _KEYS.FromString(update)
    if not message.changed_keys.fields:
        return b""
    message.DiscardUnknownFields()
    return bytes(message.SerializeToString())


def open_envelope(kind: Any, data: bytes) -> Any:
    """A message of one of the classes above.

    Raises:
        Unusual: It does not parse, holds what nobody knows, or says a thing twice; ask
            the class in `protocol`.
    """
    try:
        message = kind.FromString(data)
    except DecodeError as error:
        raise FastPathMiss from error
    # Where a value comes in two parts, protobuf merges them, but of bytes it keeps the
    # last; and it drops an entry of a map in which something is unknown. Whatever is
    # lost so, or should have been, is missing when the message is written again.
    message.DiscardUnknownFields()
    if message.ByteSize() != len(data):
        raise FastPathMiss
    return message
