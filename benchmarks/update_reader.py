"""A process that receives the updates of a server in one of several ways.

    python update_reader.py READER PORT SECONDS     print updates/s and CPU seconds per update

raw                receives the messages without decoding them
protobuf           parses with protobuf, walks the result, and updates a dict under a lock
ours               NanoverClient; no value is read
ours-subscriber    NanoverClient with a subscriber that reads all values of each change
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
import protobuf_baselines
from sample_states import COUNTER

from nanover_jupyter import NanoverClient
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS
from nanover_jupyter.wire.grpc import codec as grpc_codec

CountUpdates = Callable[[], float]


def _read_stream(port: int, process: Callable[[bytes], None]) -> CountUpdates:
    """Receive messages on a thread. Return a function that returns their number."""
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
    stream: Any = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)(b"")
    count = 0

    def receive() -> None:
        nonlocal count
        for message in stream:
            process(message)
            count += 1

    threading.Thread(target=receive, daemon=True).start()
    return lambda: count


def raw(port: int) -> CountUpdates:
    """Discard the messages."""
    return _read_stream(port, lambda _: None)


def protobuf(port: int) -> CountUpdates:
    """Decode all values with protobuf."""
    state: dict[str, Any] = {}
    lock = threading.Lock()

    def process(message: bytes) -> None:
        change = protobuf_baselines.walk_decode(message)
        with lock:
            state.update(change)

    return _read_stream(port, process)


def ours(port: int) -> CountUpdates:
    """Receive with a client and read no values."""
    client = NanoverClient.insecure_channel(address="127.0.0.1", port=port)
    client.subscribe_all_state_updates(0)
    return lambda: float(client.peek(COUNTER, 0.0))  # type: ignore[arg-type]


def ours_subscriber(port: int) -> CountUpdates:
    """Receive with a client and a subscriber that reads all values."""
    client = NanoverClient.insecure_channel(address="127.0.0.1", port=port)
    client.on_change(lambda change: change.updates)
    client.subscribe_all_state_updates(0)
    return lambda: float(client.peek(COUNTER, 0.0))  # type: ignore[arg-type]


READERS = {
    "raw": raw,
    "protobuf": protobuf,
    "ours": ours,
    "ours-subscriber": ours_subscriber,
}


def main(reader: str, port: int, seconds: float) -> None:
    """Warm up for half a second, then measure."""
    count = READERS[reader](port)
    time.sleep(0.5)
    first, cpu, wall = count(), time.process_time(), time.monotonic()
    time.sleep(seconds)
    updates = count() - first
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    print(
        json.dumps(
            {
                "updates_per_s": updates / wall,
                "cpu_seconds_per_update": cpu / max(updates, 1),
                "cpu_share": cpu / wall,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
