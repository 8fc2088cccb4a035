"""The cost of the inspector's history, which records every change, on both protocols.

    python benchmarks/history.py                       print two tables, two minutes
    python benchmarks/history.py record PROTOCOL METHOD   print bytes per sample and ms per update
    python benchmarks/history.py live ADDRESS METHOD      print the share of one core

The first table decodes updates of 100 avatars as a client does, in one process without a
network. The baseline stores each decoded value with its time in a list per key. In the second
table, a client receives 100 avatars at 30 Hz from a server in a separate process.
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

from sample_states import avatars, encode_update

from nanover_jupyter import NanoverServer, StateInspector, connect
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.websocket import codec as websocket_codec

_PROTOCOLS = ("grpc", "ws")
_RECORD_METHODS = ("no recording", "a list per key", "recorder", "recorder, full")
_LIVE_METHODS = ("client alone", "recorder", "inspector, not visible")
_AVATARS = 100
_VARIANTS = 10
_UPDATES = 300
# Enough to exceed the recorder's limits.
_MANY_UPDATES = 3_000
_RATE = 30
_LIVE_SECONDS = 8.0
_LIVE_ROUNDS = 3


class _Source:
    """The part of a client that a recorder uses."""

    def __init__(self) -> None:
        self.notify: Callable[[DictionaryChange], object] = bool

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Callable[[], None]:
        self.notify = callback
        return lambda: None

    def received(self) -> dict[str, Any]:
        return {}


def _variants() -> Iterator[dict[str, Any]]:
    state = avatars(_AVATARS, seed=1)
    for number in range(_VARIANTS):
        for value in state.values():
            value["color"][0] = float(number)
        yield state


def _decode_websocket(message: bytes) -> DictionaryChange:
    change = websocket_codec.decode_message(message).change
    assert change is not None
    return change


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def record(protocol: str, method: str) -> None:
    """Measure one method of recording, in a process that holds nothing else."""
    if protocol == "grpc":
        decode = grpc_codec.decode_state_update
        messages = [encode_update(state) for state in _variants()]
    else:
        decode = _decode_websocket
        messages = [websocket_codec.encode_change(DictionaryChange(s)) for s in _variants()]
    source = _Source()
    plain: dict[str, list[tuple[float, Any]]] = defaultdict(list)
    recorder: Recorder | None = None
    if method.startswith("recorder"):
        recorder = Recorder(cast("BaseClient", source))
    elif method == "a list per key":

        def add(change: DictionaryChange) -> None:
            now = time.monotonic()
            for key, value in change.updates.items():
                plain[key].append((now, value))

        source.notify = add
    updates = _MANY_UPDATES if method.endswith("full") else _UPDATES
    gc.collect()
    before, start = _resident_bytes(), time.process_time()
    for number in range(updates):
        source.notify(decode(messages[number % _VARIANTS]))
    seconds = time.process_time() - start
    gc.collect()
    samples = recorder.items if recorder else sum(map(len, plain.values()))
    size = (_resident_bytes() - before) / samples if samples else 0
    print(json.dumps([size, seconds / updates * 1000, samples]))


def serve() -> None:
    """Serve moving avatars until standard input ends."""
    changes = [
        DictionaryChange({key: json.loads(json.dumps(value)) for key, value in state.items()})
        for state in _variants()
    ]
    with NanoverServer(websocket_port=0) as server:
        server.update_state(None, changes[0])
        print(json.dumps([server.port, server.websocket_port]), flush=True)
        due = time.monotonic()
        # Longer than any measurement; the parent ends the process.
        for number in range(_RATE * 3600):
            server.update_state(None, changes[number % _VARIANTS])
            due += 1 / _RATE
            time.sleep(max(0.0, due - time.monotonic()))


@contextmanager
def avatar_server() -> Iterator[dict[str, int]]:
    """Run `serve` in a separate process. Yield its ports by protocol."""
    command = [sys.executable, str(Path(__file__)), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        try:
            yield dict(zip(_PROTOCOLS, ports, strict=True))
        finally:
            process.kill()


def live(address: str, method: str) -> None:
    """Measure one method of receiving updates, in a process that does nothing else."""
    with connect(address) as connection:
        inspector: StateInspector | None = None
        if method == "recorder":
            Recorder.of(connection.client)
        elif method.startswith("inspector"):
            inspector = StateInspector(connection)
        time.sleep(1.0)
        start = time.process_time()
        time.sleep(_LIVE_SECONDS)
        share = (time.process_time() - start) / _LIVE_SECONDS
        rate = connection.client.health.rate
        if inspector is not None:
            inspector.close()
    print(json.dumps([share, rate]))


def _measure(*arguments: str) -> list[float]:
    command = [sys.executable, str(Path(__file__)), *arguments]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    result: list[float] = json.loads(output)
    return result


def table() -> None:
    """Print both tables."""
    print("\n### Recording 100 changing avatars\n")
    print("| protocol | method | samples | bytes each | ms per update | above no recording |")
    print("|---|---|---|---|---|---|")
    for protocol in _PROTOCOLS:
        baseline = 0.0
        for method in _RECORD_METHODS:
            size, cost, samples = _measure("record", protocol, method)
            baseline = baseline or cost
            row = [str(samples), f"{size:.0f}", f"{cost:.2f}", f"{cost - baseline:.2f}"]
            print(f"| {protocol} | {method} | {' | '.join(row)} |", flush=True)
    print(f"\n### Receiving 100 avatars at {_RATE} Hz\n")
    print("| protocol | method | updates/s | share of one core | above the client alone |")
    print("|---|---|---|---|---|")
    with avatar_server() as ports:
        for protocol, port in ports.items():
            alone = 0.0
            for method in _LIVE_METHODS:
                address = f"{protocol}://127.0.0.1:{port}"
                runs = [_measure("live", address, method) for _ in range(_LIVE_ROUNDS)]
                share = statistics.median(run[0] for run in runs)
                rate = statistics.median(run[1] for run in runs)
                alone = alone or share
                row = [f"{rate:.0f}", f"{share:.1%}", f"{share - alone:.1%}"]
                print(f"| {protocol} | {method} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            table()
        case ["serve"]:
            serve()
        case ["record", protocol, method]:
            record(protocol, method)
        case ["live", address, method]:
            live(address, method)
        case _:
            sys.exit(__doc__)
