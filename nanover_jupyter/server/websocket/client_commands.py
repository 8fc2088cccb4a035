"""Commands that clients register for each other."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Final

from nanover_jupyter.server.command_registry import CommandRegistry, complete
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket.codec import Reply, encode_request

__all__ = ["CommandProvider", "register_client_command"]

# The limit of pending calls to one client.
_PENDING_LIMIT: Final = 1000


class CommandProvider:
    """A client that registered commands, and its pending calls. Thread-safe.

    No method waits for the client.

    Args:
        post: Queues a message to the client. Returns False if the queue is closed or full.
    """

    def __init__(self, post: Callable[[bytes], bool]) -> None:
        self._post = post
        self._numbers = itertools.count(1)
        # Guards the next two fields. Not held when a future is completed, because that runs
        # callbacks.
        self._lock = threading.Lock()
        self._pending: dict[int, tuple[str, Future[object]]] = {}
        self._disconnected = False

    def call(self, name: str, arguments: Mapping[str, Value]) -> Future[object]:
        """Send a call to the client.

        Returns:
            A future of the result, or of a RuntimeError with the client's message.
            Cancelling the future does not notify the client.

        Raises:
            RuntimeError: The client has disconnected or has too many pending calls.
            InvalidValue: An argument cannot be serialized.
        """
        number, future = next(self._numbers), Future[object]()
        message = encode_request(number, name, arguments)
        with self._lock:
            if self._disconnected:
                raise _disconnected_error(name)
            if len(self._pending) >= _PENDING_LIMIT:
                raise RuntimeError(
                    f"the client that registered {name!r} has too many pending calls"
                )
            self._pending[number] = (name, future)
        # Drop the call if it is cancelled.
        future.add_done_callback(lambda _: self._pop_pending(number))
        if not self._post(message) and self._pop_pending(number) is not None:
            complete(future, error=RuntimeError(f"the client that registered {name!r} is too slow"))
        return future

    def handle_reply(self, reply: Reply) -> None:
        """Complete the call that `reply` is for. Ignore a reply to an unknown call."""
        pending = self._pop_pending(reply.id) if isinstance(reply.id, int) else None
        if pending is None:
            return
        if reply.error is not None:
            complete(pending[1], error=RuntimeError(reply.error))
        else:
            complete(pending[1], reply.result)

    def disconnect(self) -> None:
        """Fail all pending and future calls."""
        with self._lock:
            self._disconnected = True
            # The commands stay registered and would keep the connection in memory.
            self._post = _drop
            pending, self._pending = list(self._pending.values()), {}
        for name, future in pending:
            complete(future, error=_disconnected_error(name))

    def _pop_pending(self, number: int) -> tuple[str, Future[object]] | None:
        with self._lock:
            return self._pending.pop(number, None)


def _drop(_: bytes) -> bool:
    return False


def _disconnected_error(name: str) -> RuntimeError:
    return RuntimeError(f"the client that registered {name!r} has disconnected")


def register_client_command(
    commands: CommandRegistry, command: CommandInfo, provider: CommandProvider
) -> None:
    """Register a command that forwards its calls to a client.

    As on NanoVer's server, it replaces a command of the same name. It stays registered when
    the client disconnects, and its calls then fail.
    """

    def call(**arguments: Value) -> Future[object]:
        return provider.call(command.name, arguments)

    commands.register(
        command.name,
        call,
        command.arguments,
        label=command.label,
        icon=command.icon,
        replace=True,
    )
