"""Decoding of captured messages to the form of the JSON files beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.grpc import value_reader as grpc_value_reader
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from tests.support.golden import GOLDEN, golden_bytes, golden_json, golden_stream


@dataclass(frozen=True)
class Capture:
    name: str
    type: str
    framed: bool

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> Any:
        """The protobuf class of its messages."""
        return getattr(protocol, self.type.rpartition(".")[2])

    def messages(self) -> list[bytes]:
        return golden_stream(self.name) if self.framed else [golden_bytes(self.name)]

    def contents(self) -> list[Any]:
        content = golden_json(self.name)
        return list(content) if self.framed else [content]


def captures() -> list[Capture]:
    """Return all captures; none if the folder is missing."""
    manifest = GOLDEN / "grpc" / "manifest.json"
    if not manifest.is_file():
        return []
    return [
        Capture(entry["name"], entry["type"], entry["framing"] != "single")
        for entry in json.loads(manifest.read_text())["captures"]
    ]


def decoded(capture: Capture, data: bytes) -> Any:
    """Return `data` decoded by the codec, or by protobuf if the codec does not support it."""
    return _DECODERS[capture.kind](data)


def encoded(capture: Capture, content: Any) -> bytes:
    """Return content encoded by the codec. Raises KeyError if it does not support it."""
    return _ENCODERS[capture.kind](content)


def _change(json_form: dict[str, Any]) -> DictionaryChange:
    removals = {key for key, value in json_form.items() if value is None}
    updates = {key: value for key, value in json_form.items() if value is not None}
    return DictionaryChange(updates, removals)


def _changed_keys(change: DictionaryChange) -> dict[str, Any]:
    return {**change.updates, **dict.fromkeys(change.removals)}


def _update_request(data: bytes) -> dict[str, Any]:
    token, change = grpc_codec.decode_update_request(data)
    return {"access_token": token, "changed_keys": _changed_keys(change)}


def _command(data: bytes) -> dict[str, Any]:
    name, arguments = grpc_codec.decode_command(data)
    present = protocol.CommandMessage.FromString(data).HasField("arguments")
    return {"name": name, "has_arguments": present, "arguments": arguments}


def _reply(data: bytes) -> dict[str, Any]:
    present = protocol.CommandReply.FromString(data).HasField("result")
    return {"has_result": present, "result": grpc_codec.decode_command_reply(data)}


def _commands(data: bytes) -> list[dict[str, Any]]:
    listed = grpc_codec.decode_commands(data)
    return [{"name": name, "arguments": arguments} for name, arguments in listed.items()]


def _frame(data: bytes) -> dict[str, Any]:
    message = protocol.GetFrameResponse.FromString(data)
    arrays = {}
    for key, array in message.frame.arrays.items():
        kind = array.WhichOneof("values")
        arrays[key] = {"kind": kind, "values": list(getattr(array, kind).values)}
    values = {key: grpc_value_reader.read_value(v) for key, v in message.frame.values.items()}
    return {"frame_index": message.frame_index, "values": values, "arrays": arrays}


def _frame_request(data: bytes) -> dict[str, Any]:
    message = protocol.GetFrameRequest.FromString(data)
    fields = grpc_value_reader.read_fields(message.data)
    return {"data": fields, "frame_interval": message.frame_interval}


def _success(data: bytes) -> dict[str, Any]:
    return {"success": grpc_codec.decode_success(data)}


_DECODERS: dict[Any, Callable[[bytes], Any]] = {
    protocol.StateUpdate: lambda data: _changed_keys(grpc_codec.decode_state_update(data)),
    protocol.UpdateStateRequest: _update_request,
    protocol.UpdateStateResponse: _success,
    protocol.UpdateLocksResponse: _success,
    protocol.SubscribeStateUpdatesRequest: lambda data: {
        "update_interval": grpc_codec.decode_subscribe_request(data)
    },
    protocol.CommandMessage: _command,
    protocol.CommandReply: _reply,
    protocol.GetCommandsReply: _commands,
    protocol.GetFrameRequest: _frame_request,
    protocol.GetFrameResponse: _frame,
}

_ENCODERS: dict[Any, Callable[[Any], bytes]] = {
    protocol.StateUpdate: lambda content: grpc_codec.encode_state_update(_change(content)),
    protocol.UpdateStateRequest: lambda content: grpc_codec.encode_update_request(
        content["access_token"], _change(content["changed_keys"])
    ),
    protocol.UpdateStateResponse: lambda content: grpc_codec.encode_success(content["success"]),
    protocol.UpdateLocksResponse: lambda content: grpc_codec.encode_success(content["success"]),
    protocol.SubscribeStateUpdatesRequest: lambda content: grpc_codec.encode_subscribe_request(
        content["update_interval"]
    ),
    protocol.CommandMessage: lambda content: grpc_codec.encode_command(
        content["name"], content["arguments"]
    ),
    protocol.CommandReply: lambda content: grpc_codec.encode_command_reply(
        content["result"] if content["has_result"] else None
    ),
    protocol.GetCommandsReply: lambda content: grpc_codec.encode_commands(
        {command["name"]: command["arguments"] for command in content}
    ),
}


def our_messages() -> list[bytes]:
    """Return one message of each kind that the codec encodes."""
    rich = {"a": [1.0, None, {"b": "é\0"}], "n": float("nan"), "e": {}, "t": True}
    return [
        grpc_codec.encode_state_update(DictionaryChange(rich, {"gone"})),
        grpc_codec.encode_update_request("token", DictionaryChange(rich, {"gone"})),
        grpc_codec.encode_locks_request("token", LockRequest({"a": 5.0}, frozenset({"b"}))),
        grpc_codec.encode_subscribe_request(0.25),
        grpc_codec.encode_success(True),  # noqa: FBT003 - the message is one bool
        grpc_codec.encode_command("playback/load", rich),
        grpc_codec.encode_commands({"x": rich, "y": {}}),
        grpc_codec.encode_command_reply(rich),
    ]
