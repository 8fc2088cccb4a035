"""What it costs to remember every change, as the inspector's history does.

    python benchmarks/recording.py            all ways, as a table
    python benchmarks/recording.py WAY        one way: bytes per moment and ms per update

Updates of 100 avatars come in as bytes and are decoded as a client decodes them. The plain
way keeps each value, read, in a list per key with its time.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from avatars import avatars, update_of

from nanover_jupyter.client.core import ClientCore
from nanover_jupyter.client.recording import Recorder
from nanover_jupyter.wire import grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange

_WAYS = ("nothing kept", "a list per key", "recorder", "recorder, full")
_AVATARS = 100
_UPDATES = 300
# So many that the recorder's limits are reached long before the end.
_MANY = 3_000


class _Source:
    """As much of a client as a recorder needs."""

    def __init__(self) -> None:
        self.tell: Callable[[DictionaryChange], object] = bool

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Callable[[], None]:
        self.tell = callback
        return lambda: None

    def received(self) -> dict[str, Any]:
        return {}


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main(way: str) -> None:
    """Measure one way, in a process that holds nothing else."""
    state = avatars(_AVATARS, seed=1)
    messages = []
    for beat in range(10):
        for value in state.values():
            value["color"][0] = float(beat)
        messages.append(update_of(state))
    source = _Source()
    plain: dict[str, list[tuple[float, Any]]] = defaultdict(list)
    recorder: Recorder | None = None
    if way.startswith("recorder"):
        recorder = Recorder(cast("ClientCore", source))
    elif way == "a list per key":

        def keep(change: DictionaryChange) -> None:
            now = time.monotonic()
            for key, value in change.updates.items():
                plain[key].append((now, value))

        source.tell = keep
    updates = _MANY if way.endswith("full") else _UPDATES
    gc.collect()
    before, start = _resident(), time.process_time()
    for beat in range(updates):
        source.tell(grpc_codec.decode_state_update(messages[beat % len(messages)]))
    seconds = time.process_time() - start
    gc.collect()
    kept = recorder.items if recorder else sum(map(len, plain.values()))
    taken = (_resident() - before) / max(1, kept)
    print(json.dumps([taken if kept else 0, seconds / updates * 1000, kept]))


def table() -> None:
    """Print all ways."""
    print("\n### Remembering 100 avatars that change\n")
    print("| way | moments kept | bytes each | CPU ms per update | more than nothing kept |")
    print("|---|---|---|---|---|")
    nothing = 0.0
    for way in _WAYS:
        command = [sys.executable, str(Path(__file__)), way]
        output = subprocess.run(command, capture_output=True, check=True).stdout
        size, cost, kept = json.loads(output)
        nothing = nothing or cost
        print(f"| {way} | {kept} | {size:.0f} | {cost:.2f} | {cost - nothing:.2f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) > 1 else table()
