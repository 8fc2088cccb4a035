"""What every subcommand needs: connections, the notebook's variables, and output."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from IPython.display import display

from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.line.tokenizer import Token
from nanover_jupyter.magics.line.values import read_value
from nanover_jupyter.magics.output import Line

if TYPE_CHECKING:
    from nanover_jupyter.client.connection import Connection
    from nanover_jupyter.client.discovery import DiscoveredServer
    from nanover_jupyter.magics.connection_registry import ConnectionRegistry
    from nanover_jupyter.widgets.panel import Panel

__all__ = ["MagicContext", "matching"]

_VARIABLE: Final = re.compile(r"\$([^\W\d]\w*)")


class MagicContext:
    """The connections, variables and output of `%nanover`. For the thread that runs cells.

    Args:
        shell: IPython's shell.
        registry: The connections.

    Attributes:
        registry: The connections.
        discovered: What `%nanover servers` found last, for completion.
    """

    def __init__(self, shell: Any, registry: ConnectionRegistry) -> None:
        self._shell = shell
        self.registry = registry
        self.discovered: tuple[DiscoveredServer, ...] = ()

    @property
    def variables(self) -> MutableMapping[str, Any]:
        """The variables of the notebook."""
        names: MutableMapping[str, Any] = self._shell.user_ns
        return names

    @property
    def has_frontend(self) -> bool:
        """Whether widgets can be shown: in a kernel, not in a terminal."""
        return hasattr(self._shell, "kernel")

    # arguments ---------------------------------------------------------------------

    def connection(self, line: ParsedLine) -> Connection:
        """Return the connection that a line is for.

        Raises:
            MagicError: There is none.
        """
        name = line.options.name
        return self.registry.named(None if name is None else self.expand(name))

    def expand(self, token: str) -> str:
        """Return the text of a token, with each known `$variable` replaced by its value."""
        if isinstance(token, Token) and token.is_quoted:
            return str(token)

        def value(match: re.Match[str]) -> str:
            return str(self.variables.get(match[1], match[0]))

        return _VARIABLE.sub(value, token)

    def resolve(self, token: Token) -> Any:
        """Return the object if the token is `$variable`, else its expanded text.

        Raises:
            MagicError: There is no such variable.
        """
        match = _VARIABLE.fullmatch(token.raw)
        return self.expand(token) if match is None else self._variable(match[1])

    def value(self, raw: str) -> Any:
        """Return the object if `raw` is `$variable`, else the value as JSON or text.

        Raises:
            MagicError: There is no such variable, or the JSON is not valid.
        """
        match = _VARIABLE.fullmatch(raw)
        return read_value(raw) if match is None else self._variable(match[1])

    def assignments(self, tokens: Iterable[Token]) -> dict[str, Any]:
        """Return the values of `NAME=VALUE` tokens by name.

        Raises:
            MagicError: A token has no name or no value, or a name is repeated.
        """
        values: dict[str, Any] = {}
        for token in tokens:
            if not token.name:
                raise MagicError(f"{str(token)!r} has no value. Write {token}=VALUE.")
            if token.name in values:
                raise MagicError(f"{token.name!r} is set twice.")
            values[token.name] = self.value(token.value)
        return values

    def _variable(self, name: str) -> Any:
        if name not in self.variables:
            raise MagicError(
                f"Variable {name!r} is not defined. To send it as text, write '${name}' in "
                "single quotes."
            )
        return self.variables[name]

    # output ------------------------------------------------------------------------

    def show_line(self, line: ParsedLine, text: str) -> None:
        """Show one line of text, unless `--quiet` is given."""
        self.show(line, Line(text))

    def show(self, line: ParsedLine, output: object) -> None:
        """Display an object, unless `--quiet` is given."""
        if not line.options.quiet:
            display(output)  # type: ignore[no-untyped-call]  # IPython has no types here

    def store(self, line: ParsedLine, value: object) -> bool:
        """Store `value` in the variable of `--output`; return False if none is given."""
        name = line.options.output
        if name is not None:
            self.variables[name] = value
        return name is not None

    def panel(
        self, connection: Connection, widget: str, *, variant: str = "", **options: object
    ) -> Panel:
        """Return the widget of a class for a connection: see `ConnectionRegistry.panel`."""
        import nanover_jupyter  # noqa: PLC0415 - imports widgets only when one is shown

        kind = getattr(nanover_jupyter, widget)
        return self.registry.panel(kind, connection.name, variant=variant, **options)


def matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """Return the names that match a pattern, in their order; all of them without a pattern.

    A pattern is a part of a name, ignoring case, or the full name with the wildcards `*` and
    `?`.
    """
    if pattern is None:
        return list(names)
    return list(filter(key_pattern(pattern, part=True), names))
