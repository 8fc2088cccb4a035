"""The interface between a client and a transport, which carries its messages.

It is small on purpose, so that a fake transport for tests takes a page of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.frames.message import FrameMessage
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value

__all__ = ["FrameListener", "Transport", "TransportListener"]


class TransportListener(Protocol):
    """Callbacks of a subscription. Both are called on the reader thread."""

    def on_change(self, change: DictionaryChange) -> None:
        """Handle a change of the state. The first change is the full state.

        A server with an empty state sends no first change until a key is added.
        """

    def on_closed(self, reason: NanoverJupyterError | None) -> None:
        """Handle the end of the subscription. Called once; None if the transport was closed."""


class FrameListener(Protocol):
    """Callbacks for the frames of a simulation. Called on a reader thread, and must be fast."""

    def on_frame(self, message: FrameMessage) -> None:
        """Handle a frame, which is not decoded."""

    def on_frames_unavailable(self, error: NanoverJupyterError) -> None:
        """Handle that the server sends no frames, and never will over this connection."""


class Transport(Protocol):
    """A connection to a server. Any thread may call any method.

    Blocking calls only raise errors of `nanover_jupyter.errors`. `timeout` is in seconds;
    None means no limit.

    Attributes:
        frame_listener: Receives the frames. Set once, before the transport is used.
    """

    frame_listener: FrameListener | None

    @property
    def address(self) -> str:
        """The address of the server, for messages."""

    @property
    def capabilities(self) -> Capabilities:
        """The features that this protocol supports."""

    @property
    def last_received_at(self) -> float:
        """When data was last received from the server, in monotonic seconds.

        Part of a message counts. Over gRPC, which does not report parts, an open stream counts
        while its first message is in transit.
        """

    @property
    def received_bytes(self) -> int | None:
        """The number of bytes received over the current connection; None if unknown."""

    def connect(self, timeout: float) -> None:
        """Open the connection, unless it is open.

        Raises:
            NanoverJupyterError: The server cannot be reached within `timeout` seconds.
        """

    def start(self, listener: TransportListener, interval: float) -> None:
        """Subscribe to the state, on a new reader thread.

        Ends the previous subscription, if there is one.

        Args:
            listener: Receives the changes and the end of this subscription.
            interval: The minimum seconds between changes, if the server supports this.

        Raises:
            ClosedError: The transport was closed.
        """

    def request_frames(self) -> None:
        """Ask the server for frames, now and after a reconnection. Idempotent and cheap.

        A WebSocket server sends frames without being asked.

        Raises:
            ClosedError: The transport was closed.
        """

    def publish_frame(self, frame: Mapping[str, object], timeout: float | None) -> None:
        """Send a frame, which the server passes on to all clients.

        Raises:
            InvalidValue: A value cannot be sent; nothing was sent.
            NotSupported: The protocol has no such message; nothing was sent.
        """

    def update_state(self, change: DictionaryChange, timeout: float | None) -> bool:
        """Apply a change. Returns False, and changes nothing, if another client locked a key."""

    def update_locks(self, request: LockRequest, timeout: float | None) -> bool:
        """Acquire and release locks. Returns False if another client locked a key."""

    def list_commands(self, timeout: float | None) -> list[CommandInfo]:
        """Return the commands that the server offers.

        If replies wait behind the state, `timeout` limits the silence before the reply, not the
        transfer of a large state.
        """

    def run_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> dict[str, Value]:
        """Run a command and return its result, or {} if it has none."""

    def start_update(self, change: DictionaryChange, timeout: float | None) -> PendingCall[bool]:
        """Start `update_state` without waiting. Raises InvalidValue immediately."""

    def start_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> PendingCall[dict[str, Value]]:
        """Start `run_command` without waiting. Raises InvalidValue immediately."""

    def close(self) -> None:
        """End the subscription and its thread, and close what the transport opened. Idempotent."""
