"""The contract between a client and whatever carries its messages.

Narrow on purpose: an in-memory fake for tests takes a page of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value

__all__ = ["Transport", "TransportListener"]


class TransportListener(Protocol):
    """Hears one run of a subscription. Both methods are called on its reader thread."""

    def on_change(self, change: DictionaryChange) -> None:
        """The server's state changed; the first change of a run is the whole state.

        A server whose state is empty sends nothing until something is in it.
        """

    def on_closed(self, reason: NanoverJupyterError | None) -> None:
        """The run is over: called exactly once, last. None: the transport was closed."""


class Transport(Protocol):
    """A way to one server. Any thread may call any method.

    The blocking calls raise the errors of `nanover_jupyter.errors` only; `timeout`
    is in seconds, None for no limit.
    """

    @property
    def address(self) -> str:
        """Where it leads, for people to read."""

    @property
    def capabilities(self) -> Capabilities:
        """What servers reached this way can do."""

    @property
    def last_received_at(self) -> float:
        """When something last came from the server, in monotonic seconds.

        Part of a message counts. Where the transport does not see that (gRPC), an open
        stream counts while its first message is on its way.
        """

    @property
    def received_bytes(self) -> int | None:
        """How much came over the current connection; None where that is not known."""

    def connect(self, timeout: float) -> None:
        """Open the connection, if it is not open.

        Raises:
            NanoverJupyterError: No server is reached within `timeout` seconds.
        """

    def start(self, listener: TransportListener, interval: float) -> None:
        """Begin a run of the subscription on a reader thread of its own.

        May be called again; a run that is still going on is ended first.

        Args:
            listener: Hears the changes and the end of this run.
            interval: Seconds between changes at the least, where the server lets
                clients choose.

        Raises:
            ClosedError: The transport was closed.
        """

    def update_state(self, change: DictionaryChange, timeout: float | None) -> bool:
        """Apply a change, all or nothing; False when a key is locked elsewhere."""

    def update_locks(self, request: LockRequest, timeout: float | None) -> bool:
        """Take and give back locks; False when a wanted key is locked elsewhere."""

    def list_commands(self, timeout: float | None) -> list[CommandInfo]:
        """The commands that the server offers now.

        Where replies come behind the state, `timeout` bounds the silence before the reply,
        and not the transfer of a large state.
        """

    def run_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> dict[str, Value]:
        """Run a command and return its result, {} if it has none."""

    def start_update(self, change: DictionaryChange, timeout: float | None) -> PendingCall[bool]:
        """As `update_state`, without waiting; what cannot be sent is raised at once."""

    def start_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> PendingCall[dict[str, Value]]:
        """As `run_command`, without waiting; what cannot be sent is raised at once."""

    def close(self) -> None:
        """End the run, its thread and whatever the transport opened. Idempotent."""
