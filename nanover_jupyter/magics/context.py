"""What a subcommand works with: the connections, the notebook's variables, ways to answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from IPython.display import display as ipython_display

from nanover_jupyter.magics.line.parser import MagicSyntaxError, ParsedLine
from nanover_jupyter.magics.line.tokenizer import Token, read_value
from nanover_jupyter.magics.text_block import Notice

if TYPE_CHECKING:
    from nanover_jupyter.client.base_client import BaseClient
    from nanover_jupyter.client.connection import Connection
    from nanover_jupyter.client.discovery import DiscoveredServer
    from nanover_jupyter.magics.registry import ConnectionRegistry
    from nanover_jupyter.widgets.panel import Panel

__all__ = ["MagicContext"]

_VARIABLE: Final = re.compile(r"\$([^\W\d]\w*)")


class MagicContext:
    """Where the subcommands find what they need. For the thread that runs cells.

    Args:
        shell: IPython's shell.
        sessions: The connections.
    """

    def __init__(self, shell: Any, sessions: ConnectionRegistry) -> None:
        self._shell = shell
        self.sessions = sessions
        # What `%nanover servers` heard of last, for completion.
        self.heard: tuple[DiscoveredServer, ...] = ()

    @property
    def variables(self) -> MutableMapping[str, Any]:
        """The notebook's own."""
        names: MutableMapping[str, Any] = self._shell.user_ns
        return names

    @property
    def has_page(self) -> bool:
        """Whether what is shown may reach a browser: a kernel has one, a terminal has none."""
        return hasattr(self._shell, "kernel")

    # what the line means -----------------------------------------------------------

    def connection(self, order: ParsedLine) -> Connection:
        """The connection that an order is for.

        Raises:
            ConnectError: There is none.
        """
        name = order.options.name
        return self.sessions.named(None if name is None else self.text(name))

    @contextmanager
    def client(self, order: ParsedLine) -> Iterator[BaseClient]:
        """The client that an order is for, waiting no longer than the order says.

        Calls of other threads that begin in the meantime wait as long.

        Raises:
            ConnectError: There is no connection.
        """
        client = self.connection(order).client
        seconds = order.options.timeout
        if seconds is None:
            yield client
            return
        before = client.call_timeout, client.command_timeout
        client.call_timeout = client.command_timeout = seconds
        try:
            yield client
        finally:
            client.call_timeout, client.command_timeout = before

    def text(self, word: str) -> str:
        """A word as text, with the value of each `$variable` in it that there is."""
        if isinstance(word, Token) and word.is_quoted:
            return str(word)

        def value(match: re.Match[str]) -> str:
            return str(self.variables.get(match[1], match[0]))

        return _VARIABLE.sub(value, word)

    def thing(self, word: Token) -> Any:
        """What a word stands for: the notebook's object where it is `$variable`, else text.

        Raises:
            MistakenLine: There is no such variable.
        """
        match = _VARIABLE.fullmatch(word.raw)
        return self.text(word) if match is None else self._variable(match[1])

    def value(self, written: str) -> Any:
        """The value that is written: the notebook's own for `$variable`, or JSON, or text.

        Raises:
            MistakenLine: There is no such variable, or it is broken JSON.
        """
        match = _VARIABLE.fullmatch(written)
        return read_value(written) if match is None else self._variable(match[1])

    def values(self, words: Iterable[Token]) -> dict[str, Any]:
        """The values of words like `name=value`.

        Raises:
            MistakenLine: One of them is none, or comes twice.
        """
        values: dict[str, Any] = {}
        for word in words:
            if not word.name:
                raise MagicSyntaxError(f"{str(word)!r} has no value: write {word}=VALUE")
            if word.name in values:
                raise MagicSyntaxError(f"{word.name!r} stands there twice")
            values[word.name] = self.value(word.value)
        return values

    def _variable(self, name: str) -> Any:
        if name not in self.variables:
            raise MagicSyntaxError(
                f"there is no variable {name!r} in this notebook (in single quotes, "
                f"'${name}' is a text)"
            )
        return self.variables[name]

    # answers -------------------------------------------------------------------------

    def say(self, order: ParsedLine, text: str) -> None:
        """Answer in a sentence, unless the order wants to hear nothing."""
        self.show(order, Notice(text))

    def show(self, order: ParsedLine, thing: object) -> None:
        """Show something, unless the order wants to see nothing."""
        if not order.options.quiet:
            ipython_display(thing)  # type: ignore[no-untyped-call]  # IPython has no types here

    def keep(self, order: ParsedLine, value: object) -> bool:
        """Give `value` the name in the notebook that the order asks for; False if it asks none."""
        name = order.options.output
        if name is not None:
            self.variables[name] = value
        return name is not None

    def panel(
        self, connection: Connection, widget: str, *, variant: str = "", **options: object
    ) -> Panel:
        """The widget of a kind for a connection: see `ConnectionRegistry.panel`."""
        import nanover_jupyter  # noqa: PLC0415 - widgets load when they are first shown

        kind = getattr(nanover_jupyter, widget)
        return self.sessions.panel(kind, connection.name, variant=variant, **options)
