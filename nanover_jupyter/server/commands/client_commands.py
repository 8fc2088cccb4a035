"""Commands that clients register for each other; knows no sockets."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Final

from nanover_jupyter.server.commands.registry import CommandRegistry, complete
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket.codec import Reply, encode_request

__all__ = ["CommandProvider", "register_provided"]

# Calls that one client has not answered yet; more are refused.
_PENDING_LIMIT: Final = 1000


class CommandProvider:
    """A client that registered commands, and the calls that it has not answered yet.

    No method waits for the client. All methods may be called from any thread.

    Args:
        post: Sends a message to the client without waiting for it; False if the client
            takes no more messages.
    """

    def __init__(self, post: Callable[[bytes], bool]) -> None:
        self._post = post
        self._numbers = itertools.count(1)
        # Guards what follows. Futures are completed without it: their callbacks are others' code.
        self._guard = threading.Lock()
        self._pending: dict[int, tuple[str, Future[object]]] = {}
        self._disconnected = False

    def call(self, name: str, arguments: Mapping[str, Value]) -> Future[object]:
        """Send a call to the client.

        Returns:
            A future of its result, or of a RuntimeError with its message. It may be
            cancelled, which the client does not learn.

        Raises:
            RuntimeError: The client has disconnected, or has too many calls to answer.
            InvalidValue: An argument that cannot be sent.
        """
        number, future = next(self._numbers), Future[object]()
        message = encode_request(number, name, arguments)
        with self._guard:
            if self._disconnected:
                raise _disconnected(name)
            if len(self._pending) >= _PENDING_LIMIT:
                raise RuntimeError(
                    f"the client that registered {name!r} has too many calls waiting"
                )
            self._pending[number] = (name, future)
        # One that was cancelled is not waited for any more.
        future.add_done_callback(lambda _: self._take(number))
        if not self._post(message) and self._take(number) is not None:
            complete(future, error=RuntimeError(f"the client that registered {name!r} is too slow"))
        return future

    def answer(self, reply: Reply) -> None:
        """Complete the call that `reply` answers; ignore one that answers none."""
        pending = self._take(reply.id) if isinstance(reply.id, int) else None
        if pending is None:
            return
        if reply.error is not None:
            complete(pending[1], error=RuntimeError(reply.error))
        else:
            complete(pending[1], reply.result)

    def disconnect(self) -> None:
        """Fail all pending calls, and every later one."""
        with self._guard:
            self._disconnected = True
            # The commands stay registered, and would keep all of the connection.
            self._post = _refuse
            pending, self._pending = list(self._pending.values()), {}
        for name, future in pending:
            complete(future, error=_disconnected(name))

    def _take(self, number: int) -> tuple[str, Future[object]] | None:
        with self._guard:
            return self._pending.pop(number, None)


def _refuse(_: bytes) -> bool:
    return False


def _disconnected(name: str) -> RuntimeError:
    return RuntimeError(f"the client that registered {name!r} has disconnected")


def register_provided(
    commands: CommandRegistry, command: CommandInfo, provider: CommandProvider
) -> None:
    """Forward calls of `command` to the client that registered it, from now on.

    As with NanoVer's server, it replaces a command of the same name, and stays when the
    client disconnects: calls then fail.
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
