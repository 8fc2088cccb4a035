"""The memory of a state with many keys, in several representations.

python memory.py REPRESENTATION KEYS     print bytes of resident memory and CPU seconds
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

import protobuf_baselines
from sample_states import avatars, encode_entries, update_with_counter

from nanover_jupyter.client.state.mirror import StateMirror
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.websocket import codec as websocket_codec

__all__ = ["memory_rows"]

_REPRESENTATIONS = (
    "plain dict, walked",
    "ours, unread",
    "ours, all read",
    "ours over WebSocket, unread",
    "ours over WebSocket, all read",
)
_CHUNK = 1000
# The MessagePack bytes around the entries of a WebSocket message.
_UPDATES = b"\xa7updates"
_MAP_16 = 3
_NO_REMOVALS = b"\xa8removals\x90"


def memory_rows(keys: int) -> Iterator[tuple[str, float, float, float]]:
    """Yield representation, bytes per key, ratio to a plain dict, seconds to load the state."""
    plain = None
    for representation in _REPRESENTATIONS:
        command = [sys.executable, str(Path(__file__)), representation, str(keys)]
        output = subprocess.run(command, capture_output=True, check=True).stdout
        size, seconds = json.loads(output)
        plain = plain or size
        yield representation, size / keys, size / plain, seconds


def _load(representation: str, data: bytes) -> Any:
    if representation == "plain dict, walked":
        return protobuf_baselines.walk_decode(data)
    mirror = StateMirror()
    if "WebSocket" in representation:
        change = websocket_codec.decode_message(data).change
        assert change is not None
    else:
        change = grpc_codec.decode_state_update(data)
    mirror.apply(change)
    if representation.endswith("all read"):
        mirror.snapshot()
    return mirror


def _packed_entries(state: dict[str, Any]) -> bytes:
    """Return the encoded entries of at most 65 535 keys."""
    message = websocket_codec.encode_change(DictionaryChange(state))
    return message.partition(_UPDATES)[2][_MAP_16 : -len(_NO_REMOVALS)]


def _state_message(parts: list[bytes], keys: int) -> bytes:
    return b"\x81\xa5state\x81" + _UPDATES + b"\xdf" + keys.to_bytes(4) + b"".join(parts)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main(representation: str, keys: int) -> None:
    """Measure one representation in a process that holds nothing else."""
    # Create the message in chunks, to limit temporary memory.
    states = (avatars(_CHUNK, seed) for seed in range(keys // _CHUNK))
    if "WebSocket" in representation:
        data = _state_message([_packed_entries(state) for state in states], keys)
    else:
        data = update_with_counter(b"".join(map(encode_entries, states)), 0.0)
    gc.collect()
    # Return the temporary memory to the system, so that it is not reused.
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
    before, start = _resident_bytes(), time.process_time()
    state = _load(representation, data)
    seconds = time.process_time() - start
    gc.collect()
    print(json.dumps([_resident_bytes() - before, seconds]))
    del state


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
