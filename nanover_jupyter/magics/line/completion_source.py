"""The names and values that completion offers: from open connections and nanover.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from nanover_jupyter.magics import config
from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS, CompletionKind
from nanover_jupyter.magics.line.tokenizer import Token
from nanover_jupyter.wire.values import ABSENT

if TYPE_CHECKING:
    from nanover_jupyter.client.base_client import BaseClient
    from nanover_jupyter.magics.context import MagicContext

__all__ = ["CompletionSource"]

# Subcommands that also take the name of a closed connection.
_REOPENING: Final = frozenset({"connect", "reconnect"})


class CompletionSource:
    """Implements `LiveNames` for a context. Never asks a server.

    Args:
        context: Returns the context, or None before the first `%nanover` line.
    """

    def __init__(self, context: Callable[[], MagicContext | None]) -> None:
        self._context = context

    def names(
        self, kind: CompletionKind, line: Sequence[Token], connection: str | None
    ) -> Iterable[str]:
        """See `LiveNames.names`."""
        match kind:
            case "subcommand":
                return list(SUBCOMMANDS)
            case "server":
                return self._servers()
            case "connection":
                return self._connections(with_closed=bool(line) and line[0] in _REOPENING)
            case "announced":
                context = self._context()
                return [] if context is None else [server.name for server in context.discovered]
        client = self._client(connection)
        return [] if client is None else _names_of(client, kind, line)

    def value(self, kind: CompletionKind, line: Sequence[Token], connection: str | None) -> Any:
        """See `LiveNames.value`."""
        client = self._client(connection)
        if client is None:
            raise LookupError(kind)
        if kind == "argument":
            return _command_arguments(client, line)[line[-1]]
        value = client.peek(line[-1], ABSENT)
        if value is ABSENT:
            raise LookupError(kind)
        return value

    def _connections(self, *, with_closed: bool) -> list[str]:
        context = self._context()
        if context is None:
            return []
        names = [connection.name for connection in context.registry.connections]
        return [*names, *context.registry.closed_names] if with_closed else names

    def _servers(self) -> list[str]:
        names: list[str] = []
        # `%nanover connect` reports an invalid file; completion stays silent.
        with suppress(MagicError):
            names += config.load().servers
        context = self._context()
        if context is not None:
            names += [connection.address for connection in context.registry.connections]
            names += [url for server in context.discovered for url in server.urls]
        return list(dict.fromkeys(names))

    def _client(self, connection: str | None) -> BaseClient | None:
        context = self._context()
        if context is None:
            return None
        for candidate in context.registry.connections:
            if candidate.name == connection:
                return candidate.client
        current = context.registry.current
        return current.client if connection is None and current is not None else None


def _names_of(client: BaseClient, kind: CompletionKind, line: Sequence[Token]) -> Iterable[str]:
    match kind:
        case "command":
            return sorted(client.available_commands)
        case "argument":
            return list(_command_arguments(client, line))
        case "held":
            return client.leases.held_keys()
        case "frame":
            return _frame_keys(client)
        case "key" | "pattern" | "assignment":
            return sorted(client.keys())
    return []


def _frame_keys(client: BaseClient) -> list[str]:
    # Reading the frame of a gRPC server would ask it for frames.
    frame = None if client.frame_age is None else client.frame
    return [] if frame is None else sorted(frame)


def _command_arguments(client: BaseClient, line: Sequence[Token]) -> dict[str, Any]:
    if len(line) < 2:  # noqa: PLR2004 - run COMMAND
        return {}
    command = client.available_commands.get(line[1])
    return {} if command is None else dict(command.arguments)
