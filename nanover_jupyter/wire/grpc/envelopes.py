"""Variants of NanoVer's protobuf messages that leave values and strings as bytes.

protobuf then parses a message in C at the cost of its keys, and values that are never read
are never decoded. Strings stay bytes because protobuf rejects a message with invalid UTF-8.
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
    "open_envelope",
    "strip_values",
]

_Field = descriptor_pb2.FieldDescriptorProto


def _values_as_bytes(message: descriptor_pb2.DescriptorProto) -> None:
    for inner in message.nested_type:
        _values_as_bytes(inner)
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


def _strings_as_bytes(message: descriptor_pb2.DescriptorProto) -> None:
    for inner in message.nested_type:
        _strings_as_bytes(inner)
    for field in message.field:
        if field.type == _Field.TYPE_STRING:
            field.type = _Field.TYPE_BYTES
    # On the wire a map is a list of entries.
    message.options.ClearField("map_entry")


def _pool(*changes: Callable[[descriptor_pb2.DescriptorProto], None]) -> Any:
    pool = descriptor_pool.DescriptorPool()
    for file in protocol.descriptors().file:
        # proto2 distinguishes an empty field from an absent one.
        file.syntax = "proto2"
        for message in file.message_type:
            for change in changes:
                change(message)
        pool.Add(file)
    return pool


def _envelope(pool: Any, name: str) -> Any:
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"nanover.protocol.{name}"))


_in_bytes = _pool(_values_as_bytes, _strings_as_bytes)

COMMAND: Final = _envelope(_in_bytes, "command.CommandMessage")
COMMAND_REPLY: Final = _envelope(_in_bytes, "command.CommandReply")
LOCKS_REQUEST: Final = _envelope(_in_bytes, "state.UpdateLocksRequest")
STATE_UPDATE: Final = _envelope(_in_bytes, "state.StateUpdate")
UPDATE_REQUEST: Final = _envelope(_in_bytes, "state.UpdateStateRequest")

_KEYS: Final = _envelope(_pool(_drop_values, _strings_as_bytes), "state.StateUpdate")


def strip_values(update: bytes) -> bytes:
    """Return a `StateUpdate` without its values, as bytes.

    The result is equal for updates of the same keys, and empty if there are no keys. Raises
    DecodeError.
    """
    message = _KEYS.FromString(update)
    if not message.changed_keys.fields:
        return b""
    message.DiscardUnknownFields()
    return bytes(message.SerializeToString())


def open_envelope(kind: Any, data: bytes) -> Any:
    """Parse a message as one of the classes above.

    Raises:
        FastPathMiss: It cannot be parsed, or has unknown or repeated fields; use the class
            in `protocol` instead.
    """
    try:
        message = kind.FromString(data)
    except DecodeError as error:
        raise FastPathMiss from error
    # protobuf merges a repeated `Value` but keeps only the last of repeated bytes, and drops
    # map entries with unknown fields. A different size reveals anything dropped.
    message.DiscardUnknownFields()
    if message.ByteSize() != len(data):
        raise FastPathMiss
    return message
