"""A transport to a real lock table on a fake clock, with injected faults."""

from __future__ import annotations

from collections.abc import Callable

from nanover_jupyter.errors import ConnectionLost
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import LockRequest
from tests.support.clock import FakeClock


class FakeLockTransport:
    """The part of `Transport` that locks use. `answer_after` seconds pass before each reply.

    `before` is called with each request, before the server sees it.
    """

    address, capabilities = "fake://locks", grpc_codec.CAPABILITIES

    def __init__(self, server_state: SharedState, token: str, clock: FakeClock) -> None:
        self._server_state = server_state
        self._token = token
        self._clock = clock
        self.requests: list[LockRequest] = []
        self.dead = ""
        self.lose_reply_once = False
        self.answer_after = 0.0
        self.before: Callable[[LockRequest], object] = lambda _: None

    def update_locks(self, request: LockRequest, _timeout: float | None) -> bool:
        grpc_codec.encode_locks_request(self._token, request)
        self.before(request)
        self.requests.append(request)
        if self.dead:
            raise ConnectionLost(self.address, "changing locks", self.dead)
        granted = self._server_state.attempt_update_locks(self._token, request)
        self._clock.pass_seconds(self.answer_after)
        if self.lose_reply_once:
            self.lose_reply_once = False
            raise ConnectionLost(self.address, "changing locks", "the answer was lost")
        return granted
