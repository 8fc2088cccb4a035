"""An in-memory server and transport with simulated faults."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from nanover_jupyter.errors import ClosedError, CommandFailed, ConnectionLost, InvalidValue
from nanover_jupyter.transport.base import FrameListener, TransportListener
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest


class FakeTransport:
    """Implements `Transport`. `change`, `commands` and `held_elsewhere` control the server."""

    address, capabilities = "fake://server", grpc_codec.CAPABILITIES
    last_received_at, received_bytes = 0.0, None
    frame_listener: FrameListener | None = None

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self.state: dict[str, Any] = dict(state or {})
        self.commands: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {}
        self.held_elsewhere: set[str] = set()
        self.lock_requests: list[LockRequest] = []
        self.published: list[Mapping[str, object]] = []
        self._dead = ""
        self._refusing = self._closed = self.frames_requested = False
        self._reader: threading.Thread | None = None
        self._incoming: queue.SimpleQueue[DictionaryChange | None] = queue.SimpleQueue()

    def change(self, updates: Mapping[str, Any], removals: set[str] = frozenset()) -> None:
        gone = {*removals, *(key for key, value in updates.items() if value is None)}
        self.state = {k: v for k, v in (self.state | updates).items() if k not in gone}
        self._incoming.put(DictionaryChange({k: updates[k] for k in updates.keys() - gone}, gone))

    def die(self, reason: str) -> None:
        """Make all calls fail until `come_back`."""
        self._dead = reason
        self._incoming.put(None)

    def come_back(self, state: Mapping[str, Any]) -> None:
        self._dead, self.state = "", dict(state)

    def refuse_updates(self) -> None:
        self._refusing = True

    def connect(self, _timeout: float) -> None:
        self._require_server("connecting")

    def start(self, listener: TransportListener, _interval: float) -> None:
        if self._closed:
            raise ClosedError(self.address)
        self._incoming = queue.SimpleQueue()
        if self._dead or self.state:
            self._incoming.put(None if self._dead else DictionaryChange(self.state))
        arguments = (listener, self._incoming)
        self._reader = threading.Thread(target=self._read, args=arguments, name="nanover-reader")
        self._reader.start()

    def request_frames(self) -> None:
        self.frames_requested = True

    def publish_frame(self, frame: Mapping[str, object], _timeout: float | None) -> None:
        self.published.append(frame)

    def update_state(self, change: DictionaryChange, _timeout: float | None) -> bool:
        grpc_codec.encode_state_update(change)
        self._require_server("changing the shared state")
        if self._refusing or self.held_elsewhere & {*change.updates, *change.removals}:
            return False
        self.change(*change)
        return True

    def update_locks(self, request: LockRequest, _timeout: float | None) -> bool:
        grpc_codec.encode_locks_request("", request)
        self._require_server("changing locks")
        self.lock_requests.append(request)
        return not self.held_elsewhere & request.acquire.keys()

    def list_commands(self, _timeout: float | None) -> list[CommandInfo]:
        self._require_server("listing the commands")
        return [CommandInfo(name, **defaults) for name, (_, defaults) in self.commands.items()]

    def run_command(
        self, name: str, arguments: Mapping[str, Any], _timeout: float | None
    ) -> dict[str, Any]:
        grpc_codec.encode_command(name, arguments)
        self._require_server(f"running {name!r}")
        if name not in self.commands:
            raise CommandFailed(name, f"Unknown command: {name}")
        callback, defaults = self.commands[name]
        try:
            return callback(**{**defaults, **arguments}) or {}
        except Exception as error:
            raise CommandFailed(name, str(error)) from error

    def start_update(self, change: DictionaryChange, timeout: float | None) -> PendingCall[bool]:
        return self._start(self.update_state, change, timeout)

    def start_command(
        self, name: str, arguments: Mapping[str, Any], timeout: float | None
    ) -> PendingCall[dict[str, Any]]:
        return self._start(self.run_command, name, arguments, timeout)

    @staticmethod
    def _start(call: Callable[..., Any], *arguments: Any) -> PendingCall[Any]:
        """Return a call that is already done, as a fast server may."""
        pending: PendingCall[Any] = PendingCall(lambda: None)
        pending.settle(lambda: call(*arguments))
        if isinstance(pending.exception(), InvalidValue):
            pending.result()
        return pending

    def close(self) -> None:
        self._closed = True
        self._incoming.put(None)
        if self._reader not in (None, threading.current_thread()):
            self._reader.join()

    def _require_server(self, doing: str) -> None:
        if self._closed:
            raise ClosedError(self.address)
        if self._dead:
            raise ConnectionLost(self.address, doing, self._dead)

    def _read(
        self, listener: TransportListener, incoming: queue.SimpleQueue[DictionaryChange | None]
    ) -> None:
        while (change := incoming.get()) is not None:
            listener.on_change(change)
        lost = ConnectionLost(self.address, "following the state", self._dead)
        listener.on_closed(None if self._closed else lost)
