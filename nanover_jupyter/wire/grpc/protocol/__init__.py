"""The protobuf messages of NanoVer's gRPC protocol, as Python classes.

The classes live in a descriptor pool of their own. The default pool is one per
process and refuses a second file that declares the same message names, so
sharing it would make this package and NanoVer's own gRPC package impossible to
import in one kernel. A compiled descriptor set is also free of the version ties
between generated code and the protobuf runtime.

`scripts/compile_protocol` writes `nanover.binpb` from the `.proto` files here;
a test compiles them again and compares.
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
    "Struct",
    "SubscribeStateUpdatesRequest",
    "UpdateLocksRequest",
    "UpdateLocksResponse",
    "UpdateStateRequest",
    "UpdateStateResponse",
    "Value",
]

_pool = descriptor_pool.DescriptorPool()


def descriptors() -> descriptor_pb2.FileDescriptorSet:
    """The compiled `.proto` files, each call its own."""
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
