"""What decoding, encoding and copying cost, without any network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
import orjson
import straightforward
from avatars import avatars, ids, mixed, update_of
from timing import in_turns

from nanover_jupyter.client.state.mirror import StateMirror
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.websocket import codec as websocket_codec

__all__ = ["figures", "messages"]

Row = tuple[str, str, float, float]
Ways = dict[str, Callable[[], object]]

WALK, NANOVER = "C parse + walk", "NanoVer's way"


def figures(rounds: int) -> Iterator[Row]:
    """What was done, the way, its milliseconds, and how often it fits into the baseline."""
    for title, state in (
        ("1 000 avatars", avatars(1000)),
        ("1 000 values that all differ in layout", mixed(1000)),
        ("one list of 100 000 ids", ids(100_000)),
    ):
        yield from _rows(f"decode {title}", _decoding(state), rounds)
        yield from _rows(f"encode {title}", _encoding(state), rounds)
    yield from _rows(
        "copy_state() of 10 000 avatars", _copying(avatars(10_000)), max(3, rounds // 3)
    )


def _rows(title: str, ways: Ways, rounds: int) -> Iterator[Row]:
    for way in ways.values():
        way()
    for way, timed in in_turns(ways, rounds=rounds).items():
        yield title, way, timed.seconds * 1000, timed.ratio


def _decoding(state: dict[str, Any]) -> Ways:
    data = update_of(state)
    assert grpc_codec.decode_state_update(data).updates == straightforward.walk_decode(data)
    ways: Ways = {
        WALK: lambda: straightforward.walk_decode(data),
        NANOVER: lambda: straightforward.nanover_decode(data),
        "ours, all read": lambda: grpc_codec.decode_state_update(data).updates,
        "ours, none read": lambda: grpc_codec.decode_state_update(data),
        "C parse alone": lambda: protocol.StateUpdate.FromString(data),
    }
    text = orjson.dumps(state)
    ways["ceiling: orjson"] = lambda: orjson.loads(text)
    packed = msgpack.packb(state)
    ways["ceiling: msgpack"] = lambda: msgpack.unpackb(packed)
    return ways


def _encoding(state: dict[str, Any]) -> Ways:
    change = DictionaryChange(state)
    ways: Ways = {
        WALK: lambda: straightforward.walk_encode(state),
        NANOVER: lambda: straightforward.nanover_encode(state),
        "ours": lambda: grpc_codec.encode_state_update(change),
        "ceiling: orjson": lambda: orjson.dumps(state),
    }
    if set(state) == {"selection"}:
        array = DictionaryChange({"selection": np.array(state["selection"])})
        ways["ours, a numpy array"] = lambda: grpc_codec.encode_state_update(array)
    ways["ceiling: msgpack"] = lambda: msgpack.packb(state)
    return ways


def messages(rounds: int) -> Iterator[tuple[str, float, float, float]]:
    """WebSocket messages: what is in one, microseconds of msgpack and of ours, times msgpack's."""
    for title, state, times in (
        ("one number", {"a": 1.0}, 10_000),
        ("one avatar", avatars(1), 3000),
        ("100 numbers", {f"key.{index}": float(index) for index in range(100)}, 1000),
        ("100 avatars", avatars(100), 50),
        ("one list of 100 000 ids", ids(100_000), 5),
    ):
        data = websocket_codec.encode_change(DictionaryChange(state))
        assert websocket_codec.decode_message(data).change == DictionaryChange(state)
        ways: Ways = {
            "msgpack": _repeated(msgpack.unpackb, data, times),
            "ours": _repeated(websocket_codec.decode_message, data, times),
        }
        in_turns(ways, rounds=1)
        timed = in_turns(ways, rounds=rounds)
        alone, ours = (timed[way].seconds / times * 1e6 for way in ways)
        yield title, alone, ours, 1 / timed["ours"].ratio


def _repeated(decode: Callable[[bytes], object], data: bytes, times: int) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(times):
            decode(data)

    return repeat


def _copying(state: dict[str, Any]) -> Ways:
    unread, read = StateMirror(), StateMirror()
    for mirror in (unread, read):
        mirror.apply(grpc_codec.decode_state_update(update_of(state)))
    read.snapshot()
    assert unread.copy() == read.copy() == state
    return {
        "through protobuf, walked": lambda: straightforward.walk_copy(state),
        "through protobuf, NanoVer's way": lambda: straightforward.nanover_copy(state),
        "ours, never read before": unread.copy,
        "ours, read before": read.copy,
        "json": lambda: json.loads(json.dumps(state)),
        "ceiling: orjson": lambda: orjson.loads(orjson.dumps(state)),
    }
