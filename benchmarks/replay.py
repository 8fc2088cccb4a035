"""A server process that sends ready-made updates as fast as they are taken, or at a rate.

    python replay.py KEYS RATE      prints its port; RATE 0 is as fast as possible

The first message of a stream sets KEYS avatars, those after it as well, each with a
counter. RATE below 0 sends the first message only. Commands answer with their arguments.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from avatars import avatars, entries_of, numbered

from nanover_jupyter.wire.grpc import codec as grpc_codec


def main(keys: int, rate: float) -> None:
    """Serve until standard input ends."""
    variants = [_moved(keys, seed) for seed in range(8 if rate >= 0 else 1)]

    def updates(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        slot = time.monotonic()
        for number in itertools.count():
            yield numbered(variants[number % len(variants)], float(number))
            if rate < 0:
                while context.is_active():
                    time.sleep(0.01)
            if rate > 0:
                slot += 1 / rate
                time.sleep(max(0.0, slot - time.monotonic()))

    def command(request: bytes, _context: grpc.ServicerContext) -> bytes:
        return grpc_codec.encode_command_reply(grpc_codec.decode_command(request)[1])

    methods: dict[str, dict[str, Any]] = {
        grpc_codec.STATE_SERVICE: {
            "SubscribeStateUpdates": grpc.unary_stream_rpc_method_handler(updates)
        },
        grpc_codec.COMMAND_SERVICE: {"RunCommand": grpc.unary_unary_rpc_method_handler(command)},
    }
    server = grpc.server(
        ThreadPoolExecutor(16),
        handlers=[
            grpc.method_handlers_generic_handler(service, handlers)
            for service, handlers in methods.items()
        ],
        options=[("grpc.max_send_message_length", -1)],
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None)


def _moved(keys: int, seed: int) -> bytes:
    """The same avatars with other numbers."""
    state = avatars(keys)
    for avatar, other in zip(state.values(), avatars(keys, seed).values(), strict=True):
        avatar["components"], avatar["color"] = other["components"], other["color"]
    return entries_of(state)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
