"""The `%nanover` magic: parses a line, runs its subcommand and reports errors."""

from __future__ import annotations

import atexit
import builtins
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    LockRefused,
    NanoverJupyterError,
    TimedOut,
    UpdateRefused,
)
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.completion_source import CompletionSource
from nanover_jupyter.magics.line.matcher import Matcher
from nanover_jupyter.magics.line.parser import ParsedLine, parse
from nanover_jupyter.magics.line.subcommands import Subcommand
from nanover_jupyter.magics.output import MAX_LINE
from nanover_jupyter.redaction import redact_text
from nanover_jupyter.text_format import visible

__all__ = ["Interrupted", "NanoverMagics", "handler_of"]

# The remedy for errors that are raised below the magics.
_REMEDIES: Final = {
    ClosedError: "run %nanover reconnect",
    ConnectionLost: "run %nanover reconnect to retry",
    LockRefused: "use --wait SECONDS to retry",
    TimedOut: "use --timeout SECONDS to wait longer",
    UpdateRefused: "use %nanover lock KEY --wait SECONDS to wait for the lock",
}


class Interrupted(KeyboardInterrupt):
    """A KeyboardInterrupt that IPython shows as one line, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Interrupted: {self}"]


@magics_class
class NanoverMagics(Magics):
    """The `%nanover` magic and its connections."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._context: MagicContext | None = None
        self.matcher = Matcher(shell, CompletionSource(lambda: self._context))

    # IPython would expand {...} and $..., which JSON and keys may contain.
    @no_var_expand
    @line_cell_magic
    def nanover(self, line: str, cell: str | None = None) -> Any:
        """Connect to NanoVer servers: control room, commands, shared state and locks.

        %nanover connect        connect to the server on this machine, or to a demo world
        %nanover help           list all subcommands
        """
        try:
            parsed = parse(line, cell)
            return handler_of(parsed.subcommand)(self.context, parsed)
        except (MagicError, NanoverJupyterError) as error:
            # IPython shows a UsageError as one line, but none of its subclasses.
            message = redact_text(f"{error}{_remedy(error)}")
            raise UsageError(visible(message, MAX_LINE)) from error
        except KeyboardInterrupt as error:
            raise Interrupted("the server may still complete the request") from error

    @property
    def context(self) -> MagicContext:
        """The context of the subcommands, made at the first use."""
        if self._context is None:
            from nanover_jupyter.magics.connection_registry import (  # noqa: PLC0415 - imports grpc
                ConnectionRegistry,
            )

            self._context = MagicContext(self.shell, ConnectionRegistry())
            atexit.register(self.close)
        return self._context

    def close(self) -> None:
        """Close all connections and end completion. Idempotent."""
        self.matcher.remove()
        atexit.unregister(self.close)
        context, self._context = self._context, None
        if context is not None:
            context.registry.close()


def handler_of(subcommand: Subcommand) -> Callable[[MagicContext, ParsedLine], Any]:
    """Import and return the function that runs a subcommand.

    It has the name of the subcommand; an underscore follows the name of a builtin.
    """
    module = import_module(f"nanover_jupyter.magics.commands.{subcommand.module}")
    name = f"{subcommand.name}_" if hasattr(builtins, subcommand.name) else subcommand.name
    handler: Callable[[MagicContext, ParsedLine], Any] = getattr(module, name)
    return handler


def _remedy(error: Exception) -> str:
    for kind, remedy in _REMEDIES.items():
        if isinstance(error, kind):
            return f" ({remedy})"
    return ""
