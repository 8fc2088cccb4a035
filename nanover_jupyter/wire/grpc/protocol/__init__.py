"""Python classes of the protobuf messages in NanoVer's gRPC protocol.

The classes have their own descriptor pool. The default pool is shared by the process and
rejects a second file with the same message names, so this package and NanoVer's own gRPC
package could not be imported together. A compiled descriptor set also works with any
version of the protobuf runtime, unlike generated code.

`scripts/compile_protocol` writes `nanover.binpb` from the `.proto` files here, and a test
checks that it is up to date.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = [
    "CommandMessage",
    "CommandReply",
    "GetCommandsReply",
    "GetCommandsRequest",
    "GetFrameRequest",
    "GetFrameResponse",
    "StateUpdate",
    "StringArray",
    "Struct",
    "SubscribeStateUpdatesRequest",
    "UpdateLocksRequest",
    "UpdateLocksResponse",
    "UpdateStateRequest",
    "UpdateStateResponse",
    "Value",
    "ValueArray",
]

_pool = descriptor_pool.DescriptorPool()


def descriptors() -> descriptor_pb2.FileDescriptorSet:
    """Return a new copy of the compiled `.proto` files."""
    return descriptor_pb2.FileDescriptorSet.FromString(
        files(__name__).joinpath("nanover.binpb").read_bytes()
    )


def _load() -> None:
    for file in descriptors().file:
        _pool.Add(file)


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(name))


_load()

Struct = _message("google.protobuf.Struct")
Value = _message("google.protobuf.Value")
ValueArray = _message("nanover.protocol.ValueArray")
StringArray = _message("nanover.protocol.StringArray")
CommandMessage = _message("nanover.protocol.command.CommandMessage")
CommandReply = _message("nanover.protocol.command.CommandReply")
GetCommandsReply = _message("nanover.protocol.command.GetCommandsReply")
GetCommandsRequest = _message("nanover.protocol.command.GetCommandsRequest")
GetFrameRequest = _message("nanover.protocol.trajectory.GetFrameRequest")
GetFrameResponse = _message("nanover.protocol.trajectory.GetFrameResponse")
StateUpdate = _message("nanover.protocol.state.StateUpdate")
SubscribeStateUpdatesRequest = _message("nanover.protocol.state.SubscribeStateUpdatesRequest")
UpdateLocksRequest = _message("nanover.protocol.state.UpdateLocksRequest")
UpdateLocksResponse = _message("nanover.protocol.state.UpdateLocksResponse")
UpdateStateRequest = _message("nanover.protocol.state.UpdateStateRequest")
UpdateStateResponse = _message("nanover.protocol.state.UpdateStateResponse")
