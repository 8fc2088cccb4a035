"""The cost of decoding, encoding and copying, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
import orjson
import protobuf_baselines
from sample_states import avatars, encode_update, id_list, mixed_layouts
from timing import measure_interleaved

from nanover_jupyter.client.state.mirror import StateMirror
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.websocket import codec as websocket_codec

__all__ = ["codec_rows", "message_rows"]

Row = tuple[str, str, float, float]
Functions = dict[str, Callable[[], object]]

WALK, NANOVER = "protobuf + walk", "NanoVer's client"


def codec_rows(rounds: int) -> Iterator[Row]:
    """Yield operation, method, milliseconds, and speed relative to the baseline."""
    for title, state in (
        ("1 000 avatars", avatars(1000)),
        ("1 000 values that all differ in layout", mixed_layouts(1000)),
        ("one list of 100 000 ids", id_list(100_000)),
    ):
        yield from _rows(f"decode {title}", _decoders(state), rounds)
        yield from _rows(f"encode {title}", _encoders(state), rounds)
    yield from _rows(
        "copy_state() of 10 000 avatars", _copiers(avatars(10_000)), max(3, rounds // 3)
    )


def _rows(title: str, functions: Functions, rounds: int) -> Iterator[Row]:
    for function in functions.values():
        function()
    for name, timing in measure_interleaved(functions, rounds=rounds).items():
        yield title, name, timing.seconds * 1000, timing.speedup


def _decoders(state: dict[str, Any]) -> Functions:
    data = encode_update(state)
    assert grpc_codec.decode_state_update(data).updates == protobuf_baselines.walk_decode(data)
    functions: Functions = {
        WALK: lambda: protobuf_baselines.walk_decode(data),
        NANOVER: lambda: protobuf_baselines.nanover_decode(data),
        "ours, all read": lambda: grpc_codec.decode_state_update(data).updates,
        "ours, none read": lambda: grpc_codec.decode_state_update(data),
        "protobuf parse only": lambda: protocol.StateUpdate.FromString(data),
    }
    text = orjson.dumps(state)
    functions["reference: orjson"] = lambda: orjson.loads(text)
    packed = msgpack.packb(state)
    functions["reference: msgpack"] = lambda: msgpack.unpackb(packed)
    return functions


def _encoders(state: dict[str, Any]) -> Functions:
    change = DictionaryChange(state)
    functions: Functions = {
        WALK: lambda: protobuf_baselines.walk_encode(state),
        NANOVER: lambda: protobuf_baselines.nanover_encode(state),
        "ours": lambda: grpc_codec.encode_state_update(change),
        "reference: orjson": lambda: orjson.dumps(state),
    }
    if set(state) == {"selection"}:
        array = DictionaryChange({"selection": np.array(state["selection"])})
        functions["ours, a numpy array"] = lambda: grpc_codec.encode_state_update(array)
    functions["reference: msgpack"] = lambda: msgpack.packb(state)
    return functions


def message_rows(rounds: int) -> Iterator[tuple[str, float, float, float]]:
    """Yield message content, microseconds of msgpack and of ours, and their ratio."""
    for title, state, times in (
        ("one number", {"a": 1.0}, 10_000),
        ("one avatar", avatars(1), 3000),
        ("100 numbers", {f"key.{index}": float(index) for index in range(100)}, 1000),
        ("100 avatars", avatars(100), 50),
        ("one list of 100 000 ids", id_list(100_000), 5),
    ):
        data = websocket_codec.encode_change(DictionaryChange(state))
        assert websocket_codec.decode_message(data).change == DictionaryChange(state)
        functions: Functions = {
            "msgpack": _repeated(msgpack.unpackb, data, times),
            "ours": _repeated(websocket_codec.decode_message, data, times),
        }
        measure_interleaved(functions, rounds=1)
        timings = measure_interleaved(functions, rounds=rounds)
        alone, ours = (timing.seconds / times * 1e6 for timing in timings.values())
        yield title, alone, ours, 1 / timings["ours"].speedup


def _repeated(decode: Callable[[bytes], object], data: bytes, times: int) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(times):
            decode(data)

    return repeat


def _copiers(state: dict[str, Any]) -> Functions:
    unread, read = StateMirror(), StateMirror()
    for mirror in (unread, read):
        mirror.apply(grpc_codec.decode_state_update(encode_update(state)))
    read.snapshot()
    assert unread.copy() == read.copy() == state
    return {
        "protobuf + walk": lambda: protobuf_baselines.walk_copy(state),
        "protobuf, NanoVer's client": lambda: protobuf_baselines.nanover_copy(state),
        "ours, never read before": unread.copy,
        "ours, read before": read.copy,
        "json": lambda: json.loads(json.dumps(state)),
        "reference: orjson": lambda: orjson.loads(orjson.dumps(state)),
    }
