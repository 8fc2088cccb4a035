"""A lock backend with a real lock table on a fake clock, and injected faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nanover_jupyter.client.locks.renewer import RENEWED_EARLY
from nanover_jupyter.errors import ConnectionLost
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import LockKind, LockRequest
from tests.support.clock import FakeClock


class FakeLockBackend:
    """Implements `LockBackend`. `answer_after` seconds pass before each reply.

    `before` is called with each request, before the server sees it, and `wait` with the seconds
    of each pause between attempts.
    """

    renewed_early = RENEWED_EARLY
    address, transport_name, kind = "fake://locks", "fake", LockKind.SERVER

    def __init__(self, server_state: SharedState, token: str, clock: FakeClock) -> None:
        self._server_state = server_state
        self._token = token
        self._clock = clock
        self.requests: list[LockRequest] = []
        self.dead = ""
        self.lose_reply_once = False
        self.answer_after = 0.0
        self.before: Callable[[LockRequest], object] = lambda _: None
        self.wait: Callable[[float], object] = clock.pass_seconds
        self.waiting: list[str] = []

    def update_locks(
        self, request: LockRequest, _timeout: float | None, _until: float | None = None
    ) -> bool:
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

    def holds(self, key: str) -> bool:
        return not self._server_state.blocked(self._token, [key])

    def begin_waiting(self, keys: Iterable[str], _note: str) -> None:
        self.waiting.extend(keys)

    def end_waiting(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.waiting.remove(key)

    def wait_until_free(self, _keys: Iterable[str], pause: float, left: float) -> None:
        self.wait(min(pause, left))

    def hand_over(self, keys: Iterable[str], _client_id: str) -> None:
        self.update_locks(LockRequest({}, frozenset(keys)), None)

    def describe_holder(self, _keys: Iterable[str]) -> str:
        return ""

    def interrupt(self) -> None:
        pass

    def close(self, *, reachable: bool) -> None:
        pass
