"""What a state of many keys takes in memory; run as a script, one way of holding it.

python memory.py WAY KEYS     prints bytes of resident memory and seconds taken
"""

from __future__ import annotations

import ctypes
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import straightforward
from avatars import avatars, entries_of, numbered

from nanover_jupyter.client.state.mirror import StateMirror
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.websocket import codec as websocket_codec

__all__ = ["figures"]

_WAYS = (
    "plain dict, walked",
    "ours, unread",
    "ours, all read",
    "ours over WebSocket, unread",
    "ours over WebSocket, all read",
)
_PART = 1000
# What stands around the entries of a WebSocket message.
_UPDATES = b"\xa7updates"
_MAP_16 = 3
_NO_REMOVALS = b"\xa8removals\x90"


def figures(keys: int) -> Iterator[tuple[str, float, float, float]]:
    """Way, bytes per key, times the plain decoded dict, seconds to take the state over."""
    plain = None
    for way in _WAYS:
        command = [sys.executable, str(Path(__file__)), way, str(keys)]
        output = subprocess.run(command, capture_output=True, check=True).stdout
        taken, seconds = json.loads(output)
        plain = plain or taken
        yield way, taken / keys, taken / plain, seconds


def _hold(way: str, data: bytes) -> Any:
    if way == "plain dict, walked":
        return straightforward.walk_decode(data)
    mirror = StateMirror()
    if "WebSocket" in way:
        change = websocket_codec.decode_message(data).change
        assert change is not None
    else:
        change = grpc_codec.decode_state_update(data)
    mirror.apply(change)
    if way.endswith("all read"):
        mirror.snapshot()
    return mirror


def _packed_entries(state: dict[str, Any]) -> bytes:
    """Keys and values of at most 65 535 keys as they stand in a message."""
    message = websocket_codec.encode_change(DictionaryChange(state))
    return message.partition(_UPDATES)[2][_MAP_16 : -len(_NO_REMOVALS)]


def _state_message(parts: list[bytes], keys: int) -> bytes:
    return b"\x81\xa5state\x81" + _UPDATES + b"\xdf" + keys.to_bytes(4) + b"".join(parts)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main(way: str, keys: int) -> None:
    """Measure one way, in a process that holds nothing else."""
    # Made in parts, so that the memory they were made in is little.
    states = (avatars(_PART, seed) for seed in range(keys // _PART))
    if "WebSocket" in way:
        data = _state_message([_packed_entries(state) for state in states], keys)
    else:
        data = numbered(b"".join(map(entries_of, states)), 0.0)
    gc.collect()
    # What was used to make the message is not there for what is measured.
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
    before, start = _resident(), time.process_time()
    held = _hold(way, data)
    seconds = time.process_time() - start
    gc.collect()
    print(json.dumps([_resident() - before, seconds]))
    del held


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
