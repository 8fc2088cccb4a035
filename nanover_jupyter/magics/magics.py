"""`%nanover`: reads a line, lets one function carry it out, tells what went wrong."""

from __future__ import annotations

import atexit
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
from nanover_jupyter.magics.line.completion_source import CompletionSource
from nanover_jupyter.magics.line.matcher import Matcher
from nanover_jupyter.magics.line.parser import MagicSyntaxError, ParsedLine, parse
from nanover_jupyter.magics.text_block import LONGEST
from nanover_jupyter.redaction import redact_text
from nanover_jupyter.text_format import visible

__all__ = ["HANDLERS", "Interrupted", "NanoverMagics"]

# The module and the function that carry a subcommand out. Loaded when first asked for.
HANDLERS: Final = {
    "connect": "connect.connect",
    "disconnect": "connect.disconnect",
    "reconnect": "connect.reconnect",
    "use": "connect.use",
    "list": "connect.list_",
    "status": "connect.status",
    "servers": "connect.servers",
    "trust": "trust.trust",
    "serve": "connect.serve",
    "commands": "run.commands",
    "run": "run.run",
    "state": "state.state",
    "get": "state.get",
    "set": "state.set_",
    "unset": "state.unset",
    "update": "state.update",
    "watch": "watch.watch",
    "lock": "locks.lock",
    "unlock": "locks.unlock",
    "locks": "show.locks",
    "panel": "show.panel",
    "palette": "show.palette",
    "inspector": "show.inspector",
    "help": "help.help_",
}


# What to type next, where the error itself cannot know that there are magics.
_NEXT_STEPS: Final = {
    ClosedError: "%nanover reconnect",
    ConnectionLost: "%nanover reconnect tries again",
    LockRefused: "--wait SECONDS waits for it",
    TimedOut: "--timeout SECONDS waits longer",
    UpdateRefused: "%nanover lock KEY --wait SECONDS waits for it",
}


class Interrupted(KeyboardInterrupt):
    """A subcommand was interrupted; shown as one line, and still a KeyboardInterrupt."""

    def _render_traceback_(self) -> list[str]:
        return [f"Interrupted: {self}"]


@magics_class
class NanoverMagics(Magics):
    """The `%nanover` magic and the connections it holds."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._made: MagicContext | None = None
        self.matcher = Matcher(shell, CompletionSource(lambda: self._made))

    # IPython would put values for {...} and $..., which JSON and keys may hold.
    @no_var_expand
    @line_cell_magic
    def nanover(self, line: str, cell: str | None = None) -> Any:
        """Connect to NanoVer servers: their control room, commands, state and locks.

        %nanover connect        to the server on this machine, or to a demo world
        %nanover help           everything else
        """
        try:
            order = parse(line, cell)
            return _carrier(order)(self.desk, order)
        except (MagicSyntaxError, NanoverJupyterError) as error:
            # IPython prints a UsageError itself, but none of its subclasses, as one line.
            message = redact_text(f"{error}{_next_step(error)}")
            raise UsageError(visible(message, LONGEST)) from error
        except KeyboardInterrupt as error:
            raise Interrupted(
                "what was asked of the server may be carried out all the same"
            ) from error

    @property
    def desk(self) -> MagicContext:
        """What the subcommands work with."""
        if self._made is None:
            from nanover_jupyter.magics.registry import ConnectionRegistry  # noqa: PLC0415 - imports grpc

            self._made = MagicContext(self.shell, ConnectionRegistry())
            atexit.register(self.close)
        return self._made

    def close(self) -> None:
        """Close what was opened, and complete no more. Idempotent."""
        self.matcher.remove()
        atexit.unregister(self.close)
        made, self._made = self._made, None
        if made is not None:
            made.sessions.close()


def _next_step(error: Exception) -> str:
    for kind, step in _NEXT_STEPS.items():
        if isinstance(error, kind):
            return f" ({step})"
    return ""


def _carrier(order: ParsedLine) -> Callable[[MagicContext, ParsedLine], Any]:
    module, _, function = HANDLERS[order.subcommand].rpartition(".")
    carrier: Callable[[MagicContext, ParsedLine], Any] = getattr(
        import_module(f"nanover_jupyter.magics.commands.{module}"), function
    )
    return carrier
