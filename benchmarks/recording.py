"""What it costs to remember every change, as the inspector's history does, on both wires.

    python benchmarks/recording.py                 everything, as two tables, two minutes
    python benchmarks/recording.py keep WIRE WAY   one way: bytes per moment, ms per update
    python benchmarks/recording.py live ADDRESS WAY   one way: share of one core

The first table decodes updates of 100 avatars as a client does, in one process without a
network. The plain way keeps each value, read, in a list per key with its time. In the second
table a client follows 100 avatars at 30 Hz, with the server in a process of its own.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from avatars import avatars, update_of

from nanover_jupyter import NanoverServer, StateInspector, connect
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.websocket import codec as websocket_codec

_WIRES = ("grpc", "ws")
_KEEPING = ("nothing kept", "a list per key", "recorder", "recorder, full")
_LIVE = ("client alone", "recorder", "inspector that nobody looks at")
_AVATARS = 100
_VARIANTS = 10
_UPDATES = 300
# So many that the recorder's limits are reached long before the end.
_MANY = 3_000
_RATE = 30
_LIVE_SECONDS = 8.0
_LIVE_ROUNDS = 3


class _Source:
    """As much of a client as a recorder needs."""

    def __init__(self) -> None:
        self.tell: Callable[[DictionaryChange], object] = bool

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Callable[[], None]:
        self.tell = callback
        return lambda: None

    def received(self) -> dict[str, Any]:
        return {}


def _variants() -> Iterator[dict[str, Any]]:
    state = avatars(_AVATARS, seed=1)
    for beat in range(_VARIANTS):
        for value in state.values():
            value["color"][0] = float(beat)
        yield state


def _decode_websocket(message: bytes) -> DictionaryChange:
    change = websocket_codec.decode_message(message).change
    assert change is not None
    return change


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def keep(wire: str, way: str) -> None:
    """Measure one way of keeping, in a process that holds nothing else."""
    if wire == "grpc":
        decode = grpc_codec.decode_state_update
        messages = [update_of(state) for state in _variants()]
    else:
        decode = _decode_websocket
        messages = [websocket_codec.encode_change(DictionaryChange(s)) for s in _variants()]
    source = _Source()
    plain: dict[str, list[tuple[float, Any]]] = defaultdict(list)
    recorder: Recorder | None = None
    if way.startswith("recorder"):
        recorder = Recorder(cast("BaseClient", source))
    elif way == "a list per key":

        def add(change: DictionaryChange) -> None:
            now = time.monotonic()
            for key, value in change.updates.items():
                plain[key].append((now, value))

        source.tell = add
    updates = _MANY if way.endswith("full") else _UPDATES
    gc.collect()
    before, start = _resident(), time.process_time()
    for beat in range(updates):
        source.tell(decode(messages[beat % _VARIANTS]))
    seconds = time.process_time() - start
    gc.collect()
    kept = recorder.items if recorder else sum(map(len, plain.values()))
    taken = (_resident() - before) / max(1, kept)
    print(json.dumps([taken if kept else 0, seconds / updates * 1000, kept]))


def serve() -> None:
    """Serve moving avatars until standard input ends."""
    changes = [
        DictionaryChange({key: json.loads(json.dumps(value)) for key, value in state.items()})
        for state in _variants()
    ]
    with NanoverServer(websocket_port=0) as server:
        server.update_state(None, changes[0])
        print(json.dumps([server.port, server.websocket_port]), flush=True)
        slot = time.monotonic()
        # For as long as any measurement may take; the parent ends it sooner.
        for beat in range(_RATE * 3600):
            server.update_state(None, changes[beat % _VARIANTS])
            slot += 1 / _RATE
            time.sleep(max(0.0, slot - time.monotonic()))


@contextmanager
def avatar_server() -> Iterator[dict[str, int]]:
    """Run `serve` in a process of its own; gives its port by wire."""
    command = [sys.executable, str(Path(__file__)), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        try:
            yield dict(zip(_WIRES, ports, strict=True))
        finally:
            process.kill()


def live(address: str, way: str) -> None:
    """Measure one way of following a server, in a process that does nothing else."""
    with connect(address) as connection:
        inspector: StateInspector | None = None
        if way == "recorder":
            Recorder.of(connection.client)
        elif way.startswith("inspector"):
            inspector = StateInspector(connection)
        time.sleep(1.0)
        start = time.process_time()
        time.sleep(_LIVE_SECONDS)
        share = (time.process_time() - start) / _LIVE_SECONDS
        rate = connection.client.health.rate
        if inspector is not None:
            inspector.close()
    print(json.dumps([share, rate]))


def _measured(*arguments: str) -> list[float]:
    command = [sys.executable, str(Path(__file__)), *arguments]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    result: list[float] = json.loads(output)
    return result


def table() -> None:
    """Print all ways."""
    print("\n### Remembering 100 avatars that change\n")
    print("| wire | way | moments kept | bytes each | ms per update | above nothing kept |")
    print("|---|---|---|---|---|---|")
    for wire in _WIRES:
        nothing = 0.0
        for way in _KEEPING:
            size, cost, kept = _measured("keep", wire, way)
            nothing = nothing or cost
            above = cost - nothing
            print(
                f"| {wire} | {way} | {kept} | {size:.0f} | {cost:.2f} | {above:.2f} |", flush=True
            )
    print(f"\n### Following 100 avatars at {_RATE} Hz\n")
    print("| wire | way | updates/s | share of one core | above the client alone |")
    print("|---|---|---|---|---|")
    with avatar_server() as ports:
        for wire, port in ports.items():
            alone = 0.0
            for way in _LIVE:
                address = f"{wire}://127.0.0.1:{port}"
                runs = [_measured("live", address, way) for _ in range(_LIVE_ROUNDS)]
                share = statistics.median(run[0] for run in runs)
                rate = statistics.median(run[1] for run in runs)
                alone = alone or share
                above = share - alone
                print(f"| {wire} | {way} | {rate:.0f} | {share:.1%} | {above:.1%} |", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            table()
        case ["serve"]:
            serve()
        case ["keep", wire, way]:
            keep(wire, way)
        case ["live", address, way]:
            live(address, way)
        case _:
            sys.exit(__doc__)
