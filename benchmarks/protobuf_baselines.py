"""Baselines: decoding and encoding of gRPC state updates with protobuf.

`walk_*` parses with protobuf in C and reads the result field by field with `WhichOneof`.
`nanover_*` uses the dict-like interface of protobuf's `Struct`, as NanoVer's own client does.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.struct_pb2 import Struct

from nanover_jupyter.wire.grpc import protocol, value_reader

__all__ = [
    "nanover_copy",
    "nanover_decode",
    "nanover_encode",
    "walk_copy",
    "walk_decode",
    "walk_encode",
]


def walk_decode(data: bytes) -> dict[str, Any]:
    return value_reader.read_fields(protocol.StateUpdate.FromString(data).changed_keys)


def walk_encode(state: dict[str, Any]) -> bytes:
    message = protocol.StateUpdate()
    for key, value in state.items():
        _set(message.changed_keys.fields[key], value)
    return bytes(message.SerializeToString())


def walk_copy(state: dict[str, Any]) -> dict[str, Any]:
    return walk_decode(walk_encode(state))


def _set(target: Any, value: Any) -> None:
    if value is None:
        target.null_value = 0
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _set(target.struct_value.fields[key], item)
    else:
        target.list_value.SetInParent()
        for item in value:
            _set(target.list_value.values.add(), item)


def nanover_encode(state: dict[str, Any]) -> bytes:
    struct = Struct()
    struct.update(state)
    return bytes(struct.SerializeToString())


def nanover_decode(data: bytes) -> Any:
    return _to_python(protocol.StateUpdate.FromString(data).changed_keys)


def nanover_copy(state: dict[str, Any]) -> Any:
    struct, copied = Struct(), Struct()
    struct.update(state)
    copied.CopyFrom(struct)
    return _to_python(copied)


def _to_python(value: Any) -> Any:
    kind = type(value).__name__
    if kind == "Struct":
        return {key: _to_python(item) for key, item in value.items()}
    if kind == "ListValue":
        return [_to_python(item) for item in value]
    return value
