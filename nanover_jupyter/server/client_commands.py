"""Commands that clients of a server offer to each other; knows no sockets."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from typing import Final

from nanover_jupyter.server.commands import CommandRegistry
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import Value
from nanover_jupyter.wire.websocket_codec import Reply, encode_request

__all__ = ["ClientCommands", "Offerer"]

_LOOK_SECONDS: Final = 0.5


class Offerer:
    """A client that offers commands, and the calls that wait for it.

    Args:
        send: Sends a message to the client.
        is_there: Whether the client is still connected.
    """

    def __init__(self, send: Callable[[bytes], None], is_there: Callable[[], bool]) -> None:
        self._send = send
        self._is_there = is_there
        self._numbers = itertools.count(1)
        # Guards the waiting calls.
        self._guard = threading.Lock()
        self._waiting: dict[int, tuple[threading.Event, list[Reply]]] = {}

    def call(self, name: str, arguments: Mapping[str, Value]) -> dict[str, Value] | None:
        """Let the client run a command, and wait for what comes of it.

        Raises:
            RuntimeError: The client said that it failed, or is gone.
        """
        number, answered, replies = next(self._numbers), threading.Event(), list[Reply]()
        with self._guard:
            self._waiting[number] = (answered, replies)
        try:
            if self._is_there():
                self._send(encode_request(number, name, arguments))
            # It may call itself; then nobody reads, and nobody could say that it is gone.
            while self._is_there() and not answered.wait(_LOOK_SECONDS):
                pass
        finally:
            with self._guard:
                self._waiting.pop(number, None)
        if not replies:
            raise RuntimeError(f"the client that offers {name!r} is gone")
        reply = replies[0]
        if reply.failure is not None:
            raise RuntimeError(reply.failure)
        if reply.result is None or isinstance(reply.result, dict):
            return reply.result
        return {"result": reply.result}

    def answered(self, reply: Reply) -> None:
        """Take a reply; one that nobody waits for is dropped."""
        with self._guard:
            found = self._waiting.get(reply.id) if isinstance(reply.id, int) else None
        if found is not None:
            found[1].append(reply)
            found[0].set()

    def gone(self) -> None:
        """Let all calls that wait go."""
        with self._guard:
            waiting = list(self._waiting.values())
        for answered, _ in waiting:
            answered.set()


class ClientCommands:
    """Adds what clients offer to a server's commands, with labels and icons.

    As with NanoVer's server, a name that is taken changes hands, and an offer outlives
    the client that made it: calls then fail.
    """

    def __init__(self, commands: CommandRegistry) -> None:
        self._commands = commands
        self._guard = threading.Lock()
        self._described: dict[str, CommandInfo] = {}

    def register(self, command: CommandInfo, offerer: Offerer) -> None:
        """Let `offerer` run `command` from now on."""
        name = command.name

        def call(**arguments: Value) -> dict[str, Value] | None:
            return offerer.call(name, arguments)

        with self._guard:
            self._described[name] = command
            self._commands.replace(name, call, command.arguments)

    def described(self, defaults: Mapping[str, Mapping[str, Value]]) -> list[CommandInfo]:
        """A server's commands, given by their defaults, with the labels of those offered."""
        with self._guard:
            offered = dict(self._described)
        return [
            offered[name] if name in offered else CommandInfo(name, **given)
            for name, given in defaults.items()
        ]
