"""What a state of many keys takes in memory; run as a script, one way of holding it.

python memory.py WAY KEYS     prints bytes of resident memory and seconds taken
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import straightforward
from avatars import avatars, entries_of, numbered

from nanover_jupyter.client.mirror import StateMirror
from nanover_jupyter.wire import grpc_codec

__all__ = ["figures"]

_WAYS = ("plain dict, walked", "ours, unread", "ours, all read")
_PART = 1000


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
    mirror.apply(grpc_codec.decode_state_update(data))
    if way == "ours, all read":
        mirror.snapshot()
    return mirror


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main(way: str, keys: int) -> None:
    """Measure one way, in a process that holds nothing else."""
    # Made in parts, so that the memory they were made in is little.
    parts = [entries_of(avatars(_PART, seed)) for seed in range(keys // _PART)]
    data = numbered(b"".join(parts), 0.0)
    del parts
    gc.collect()
    before, start = _resident(), time.process_time()
    held = _hold(way, data)
    seconds = time.process_time() - start
    gc.collect()
    print(json.dumps([_resident() - before, seconds]))
    del held


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
