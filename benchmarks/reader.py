"""A reader process: follows the updates of a server in one of several ways.

    python reader.py WAY PORT SECONDS     prints updates/s and processor seconds per update

raw              takes the messages and decodes nothing
straightforward  parses with protobuf, walks the result, keeps a dict under a lock
ours             NanoverClient; nobody reads a value
ours-subscriber  NanoverClient with a subscriber that reads every value of every change
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
import straightforward
from avatars import COUNTER

from nanover_jupyter import NanoverClient
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS
from nanover_jupyter.wire.grpc import codec as grpc_codec

Count = Callable[[], float]


def _plain_stream(port: int, take: Callable[[bytes], None]) -> Count:
    """Follow the stream on a thread; returns what tells how many messages came."""
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
    stream: Any = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)(b"")
    count = 0

    def follow() -> None:
        nonlocal count
        for message in stream:
            take(message)
            count += 1

    threading.Thread(target=follow, daemon=True).start()
    return lambda: count


def raw(port: int) -> Count:
    """Decode nothing."""
    return _plain_stream(port, lambda _: None)


def straight(port: int) -> Count:
    """Decode everything the straightforward way."""
    state: dict[str, Any] = {}
    lock = threading.Lock()

    def take(message: bytes) -> None:
        change = straightforward.walk_decode(message)
        with lock:
            state.update(change)

    return _plain_stream(port, take)


def ours(port: int) -> Count:
    """Our client, unread."""
    client = NanoverClient.insecure_channel(address="127.0.0.1", port=port)
    client.subscribe_all_state_updates(0)
    return lambda: float(client.peek(COUNTER, 0.0))  # type: ignore[arg-type]


def subscriber(port: int) -> Count:
    """Our client, and somebody who reads all."""
    client = NanoverClient.insecure_channel(address="127.0.0.1", port=port)
    client.on_change(lambda change: change.updates)
    client.subscribe_all_state_updates(0)
    return lambda: float(client.peek(COUNTER, 0.0))  # type: ignore[arg-type]


WAYS = {"raw": raw, "straightforward": straight, "ours": ours, "ours-subscriber": subscriber}


def main(way: str, port: int, seconds: float) -> None:
    """Warm up for half a second, then measure."""
    count = WAYS[way](port)
    time.sleep(0.5)
    first, processor, wall = count(), time.process_time(), time.monotonic()
    time.sleep(seconds)
    updates = count() - first
    processor, wall = time.process_time() - processor, time.monotonic() - wall
    print(
        json.dumps(
            {
                "updates_per_s": updates / wall,
                "processor_per_update": processor / max(updates, 1),
                "processor_share": processor / wall,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
