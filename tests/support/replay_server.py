"""A gRPC server that replays captured bytes on the real method paths.

It does not decode messages, so it does not depend on the codec under test.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import grpc

from tests.support.golden import golden_bytes, golden_stream

_RECORDED_CALLS = ("live_run_playback_list", "live_run_commands_list", "live_run_playback_play")


class ReplayServer:
    """Serves one captured state stream to every subscriber, then keeps the stream open."""

    def __init__(self, stream: str) -> None:
        self._updates = golden_stream(stream)
        self._replies = {
            golden_bytes(f"{call}_request"): golden_bytes(f"{call}_reply")
            for call in _RECORDED_CALLS
        }
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8))
        self._server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(
                    "nanover.protocol.state.State",
                    {
                        "SubscribeStateUpdates": grpc.unary_stream_rpc_method_handler(
                            self._subscribe
                        ),
                        "UpdateState": _answer(golden_bytes("update_state_response_true")),
                        "UpdateLocks": _answer(golden_bytes("update_locks_response_true")),
                    },
                ),
                grpc.method_handlers_generic_handler(
                    "nanover.protocol.command.Command",
                    {
                        "GetCommands": _answer(golden_bytes("live_get_commands_reply")),
                        "RunCommand": grpc.unary_unary_rpc_method_handler(self._run),
                    },
                ),
            )
        )
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop(grace=0).wait()

    def _subscribe(self, _request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        gone = threading.Event()
        # Also called when the server stops. Returns False if the client has left.
        if not context.add_callback(gone.set):
            return
        yield from self._updates
        gone.wait()

    def _run(self, request: bytes, _context: grpc.ServicerContext) -> bytes:
        return self._replies.get(request, b"")


def _answer(reply: bytes) -> grpc.RpcMethodHandler[bytes, bytes]:
    def handler(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        return reply

    return grpc.unary_unary_rpc_method_handler(handler)
