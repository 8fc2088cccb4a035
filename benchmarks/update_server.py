"""A server process that sends pre-encoded updates.

    python update_server.py KEYS RATE      print the port, then serve until standard input ends

Each message updates KEYS avatars and a counter. RATE is the number of messages per second; 0
sends as fast as possible, and a negative RATE sends only one message. Commands return their
arguments.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from sample_states import avatars, encode_entries, update_with_counter

from nanover_jupyter.wire.grpc import codec as grpc_codec


def main(keys: int, rate: float) -> None:
    """Serve until standard input ends."""
    variants = [_variant(keys, seed) for seed in range(8 if rate >= 0 else 1)]

    def updates(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        due = time.monotonic()
        for number in itertools.count():
            yield update_with_counter(variants[number % len(variants)], float(number))
            if rate < 0:
                while context.is_active():
                    time.sleep(0.01)
            if rate > 0:
                due += 1 / rate
                time.sleep(max(0.0, due - time.monotonic()))

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


def _variant(keys: int, seed: int) -> bytes:
    """Return the same avatars with other numbers."""
    state = avatars(keys)
    for avatar, other in zip(state.values(), avatars(keys, seed).values(), strict=True):
        avatar["components"], avatar["color"] = other["components"], other["color"]
    return encode_entries(state)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
