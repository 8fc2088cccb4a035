"""Bytes captured from real NanoVer servers, if they are on this machine.

They are not part of the project, because some contain sessions recorded by other people.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden"

needs_golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"the captured streams are not on this machine ({GOLDEN})"
)


def golden_bytes(name: str, wire: str = "grpc") -> bytes:
    """Return a captured message, such as "live_get_commands_reply"."""
    return (GOLDEN / wire / f"{name}.bin").read_bytes()


def golden_stream(name: str, wire: str = "grpc") -> list[bytes]:
    """Return the messages of a captured stream, each preceded by its length as uint32."""
    data, messages = golden_bytes(name, wire), []
    while data:
        (length,) = struct.unpack_from("<I", data)
        messages.append(data[4 : 4 + length])
        data = data[4 + length :]
    return messages


def golden_json(name: str, wire: str = "grpc") -> Any:
    """Return the captured content as decoded by NanoVer's own client."""
    return json.loads((GOLDEN / wire / f"{name}.json").read_text())


def golden_final_state(name: str) -> dict[str, Any]:
    """Return the state after all changes of a captured stream; null removes a key."""
    state: dict[str, Any] = {}
    for change in golden_json(name):
        state.update(change)
    return {key: value for key, value in state.items() if value is not None}
