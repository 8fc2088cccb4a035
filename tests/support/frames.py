"""Frame messages for tests."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np

from nanover_jupyter.wire.frames.message import FrameMessage
from nanover_jupyter.wire.grpc import protocol
from nanover_jupyter.wire.websocket.frame_reader import frame_message


def packed_frame(index: int, **fields: Any) -> bytes:
    """Return a WebSocket message with a frame; `__` in a name stands for a dot."""
    by_key = {key.replace("__", "."): _packable(value) for key, value in fields.items()}
    packed: bytes = msgpack.packb({"frame": {"frame.index": index, **by_key}})
    return packed


def received_frame(index: int, **fields: Any) -> FrameMessage:
    """Return a frame as a client receives it over WebSocket."""
    return frame_message(packed_frame(index, **fields))


def grpc_frame(index: int, **fields: Any) -> bytes:
    """Return a `GetFrameResponse` of numbers, strings and arrays of floats."""
    message = protocol.GetFrameResponse(frame_index=index)
    for name, value in fields.items():
        key = name.replace("__", ".")
        if isinstance(value, np.ndarray):
            message.frame.arrays[key].float_values.values.extend(value.reshape(-1).tolist())
        elif isinstance(value, str):
            message.frame.values[key].string_value = value
        else:
            message.frame.values[key].number_value = value
    return bytes(message.SerializeToString())


def positions(count: int, value: float = 0.0) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return positions that all have the same coordinates."""
    return np.full((count, 3), value, "<f4")


def _packable(value: Any) -> Any:
    return value.tobytes() if isinstance(value, np.ndarray) else value
