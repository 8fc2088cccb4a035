"""What completion can offer of the session: only what is here already, nobody is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from nanover_jupyter.magics import config as _config
from nanover_jupyter.magics.line.grammar import SUBCOMMANDS, Live
from nanover_jupyter.magics.line.tokenizer import MagicSyntaxError, Token
from nanover_jupyter.wire.values import ABSENT

if TYPE_CHECKING:
    from nanover_jupyter.client.base_client import BaseClient
    from nanover_jupyter.magics.context import MagicContext

__all__ = ["CompletionSource"]

# Where a name may also be that of a connection that was closed.
_REVIVING: Final = frozenset({"connect", "reconnect"})


class CompletionSource:
    """Implements `Known` for a desk, which may not be in use yet.

    Args:
        desk: Gives the desk, or None while nothing was done.
    """

    def __init__(self, desk: Callable[[], MagicContext | None]) -> None:
        self._desk = desk

    def names(self, live: Live, line: Sequence[Token], name: str | None) -> Iterable[str]:
        """See `Known.names`."""
        match live:
            case "subcommand":
                return list(SUBCOMMANDS)
            case "server":
                return self._servers()
            case "connection":
                return self._connections(revivable=bool(line) and line[0] in _REVIVING)
            case "announced":
                desk = self._desk()
                return [] if desk is None else [server.name for server in desk.heard]
        client = self._client(name)
        if client is None:
            return []
        match live:
            case "command":
                return sorted(client.available_commands)
            case "argument":
                return list(self._arguments(client, line))
            case "held":
                return client.leases.held_keys()
            case "key" | "pattern" | "assignment":
                return sorted(client.keys())
        return []

    def value(self, live: Live, line: Sequence[Token], name: str | None) -> Any:
        """See `Known.value`."""
        client = self._client(name)
        if client is None:
            raise LookupError(live)
        if live == "argument":
            return self._arguments(client, line)[line[-1]]
        value = client.peek(line[-1], ABSENT)
        if value is ABSENT:
            raise LookupError(live)
        return value

    def _arguments(self, client: BaseClient, line: Sequence[Token]) -> dict[str, Any]:
        if len(line) < 2:  # noqa: PLR2004 - run COMMAND
            return {}
        command = client.available_commands.get(line[1])
        return {} if command is None else dict(command.arguments)

    def _connections(self, *, revivable: bool) -> list[str]:
        desk = self._desk()
        if desk is None:
            return []
        names = [connection.name for connection in desk.sessions.connections]
        return [*names, *desk.sessions.former_names] if revivable else names

    def _servers(self) -> list[str]:
        names: list[str] = []
        # A broken file is told when somebody connects, not at every key press.
        with suppress(MagicSyntaxError):
            names += _config.load().servers
        desk = self._desk()
        if desk is not None:
            names += [connection.address for connection in desk.sessions.connections]
            names += [url for server in desk.heard for url in server.urls]
        return list(dict.fromkeys(names))

    def _client(self, name: str | None) -> BaseClient | None:
        desk = self._desk()
        if desk is None:
            return None
        for connection in desk.sessions.connections:
            if connection.name == name:
                return connection.client
        current = desk.sessions.current
        return current.client if name is None and current is not None else None
