"""`%nanover`: thin; parses a line, does one thing, shows what came of it."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display as ipython_display

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.magics._parse import MistakenLine, Order, help_text, parse, subcommands
from nanover_jupyter.magics._render import Listing, Notice

if TYPE_CHECKING:
    from nanover_jupyter.client.connection import Connection
    from nanover_jupyter.magics._sessions import EmbeddedServer, Reached, Sessions
    from nanover_jupyter.widgets._panel import Panel

__all__ = ["NanoverMagics"]


@magics_class
class NanoverMagics(Magics):
    """The `%nanover` magic and the connection it holds."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._made: Sessions | None = None

    @line_magic
    def nanover(self, line: str) -> Any:
        """Connect to NanoVer servers and show their control room.

        %nanover connect        to the server on this machine, or to a demo world
        %nanover help           everything else
        """
        try:
            order = parse(line)
            return self._orders[order.subcommand](self, order)
        except (MistakenLine, NanoverJupyterError) as error:
            # IPython prints a UsageError itself, but none of its subclasses, as one line.
            raise UsageError(str(error)) from error

    def close(self) -> None:
        """Close what was opened. Idempotent."""
        atexit.unregister(self.close)
        if self._made is not None:
            self._made.close()

    @property
    def _sessions(self) -> Sessions:
        if self._made is None:
            from nanover_jupyter.magics._sessions import Sessions  # noqa: PLC0415 - imports grpc

            self._made = Sessions()
            atexit.register(self.close)
        return self._made

    # subcommands -------------------------------------------------------------------

    def _connect(self, order: Order) -> None:
        options = order.options
        if options.find is not None and options.address is not None:
            raise MistakenLine("%nanover connect takes an address or --find, not both")
        address = options.address if options.find is None else _found(options.find)
        reached = self._sessions.connect(address, name=options.name, timeout=options.timeout)
        if options.output and self.shell is not None:
            self.shell.user_ns[options.output] = reached.connection.client
        if options.quiet:
            return
        _display(Notice(_connected(reached, self._sessions.embedded)))
        self._show("ControlRoom")

    def _disconnect(self, order: Order) -> None:
        had_server = self._sessions.embedded is not None
        connection = self._sessions.disconnect()
        if order.options.quiet:
            return
        if connection is None:
            _display(Notice("There was no connection."))
            return
        stopped = had_server and self._sessions.embedded is None
        also = " and stopped the demo world" if stopped else ""
        _display(Notice(f"Disconnected from {connection.name}{also}."))

    def _servers(self, order: Order) -> None:
        from nanover_jupyter.client.discovery import discover  # noqa: PLC0415 - seldom needed

        found = discover(order.options.timeout, port=order.options.port)
        if not found.servers:
            _display(Notice(found.explanation))
            return
        rows = tuple(
            (
                server.urls[0],
                f"{server.name}, by {' and '.join(server.protocols)}, {_heard(server.age)}",
            )
            for server in found
        )
        _display(
            Listing(
                "Servers on this network:",
                rows,
                "%nanover connect ADDRESS or %nanover connect --find NAME connects.",
            )
        )

    def _status(self, _: Order) -> None:
        sessions = self._sessions
        lines = []
        if sessions.connection is not None:
            lines.append(_described(sessions.connection))
        if sessions.embedded is not None:
            lines.append(f"A server runs here, at {sessions.embedded.address}.")
        _display(Notice(" ".join(lines) or "Not connected. %nanover connect begins."))

    def _serve(self, order: Order) -> None:
        options, sessions = order.options, self._sessions
        running = sessions.embedded
        if options.stop:
            sessions.stop_server()
            said = f"Stopped the server at {running.address}." if running else "No server ran here."
        elif running is not None:
            said = f"A server already runs here, at {running.address}. Stop it with --stop."
        else:
            started = sessions.serve(port=options.port, demo=not options.empty)
            said = (
                f"Serving {started.what} at {started.address}, for this machine only. "
                "Stop it with %nanover serve --stop."
            )
        if not options.quiet:
            _display(Notice(said))

    def _panel(self, order: Order) -> None:
        self._show(_WIDGETS[order.subcommand], height=order.options.height)

    def _help(self, order: Order) -> None:
        about = order.options.about
        if about is not None:
            _display(Notice(help_text(about)))
            return
        above = "%nanover SUBCOMMAND:"
        below = "%nanover help SUBCOMMAND tells its options."
        _display(Listing(above, tuple(subcommands().items()), below))

    def _show(self, widget: str, **options: int) -> None:
        import nanover_jupyter  # noqa: PLC0415 - widgets load when they are first shown

        _display(self._sessions.panel(getattr(nanover_jupyter, widget), **options))

    _orders: dict[str, Callable[[NanoverMagics, Order], None]] = {  # noqa: RUF012 - a constant
        "connect": _connect,
        "disconnect": _disconnect,
        "servers": _servers,
        "status": _status,
        "serve": _serve,
        "panel": _panel,
        "palette": _panel,
        "locks": _panel,
        "inspector": _panel,
        "help": _help,
    }


_WIDGETS = {
    "panel": "ControlRoom",
    "palette": "CommandPalette",
    "locks": "LockManager",
    "inspector": "StateInspector",
}


def _display(thing: Notice | Listing | Panel) -> None:
    ipython_display(thing)  # type: ignore[no-untyped-call]  # IPython has no types here


def _connected(reached: Reached, embedded: EmbeddedServer | None) -> str:
    connection = reached.connection
    what = connection.address
    if reached.embedded and embedded is not None:
        what = f"{embedded.what} at {what}"
    if reached.reused:
        return f"Already connected to {what}: {_counts(connection)}."
    return f"Connected to {what}: {_counts(connection)}. Stop it with %nanover disconnect."


def _described(connection: Connection) -> str:
    status, health = connection.status, connection.client.health
    for_how_long = f"for {_ago(time.monotonic() - status.since)}"
    if status.state == "connected":
        held = len(connection.client.leases.held_keys())
        locks = f", {_many(held, 'lock')} held" if held else ""
        return (
            f"Connected to {connection.name} ({connection.address}) {for_how_long}: "
            f"{_counts(connection)}, {health.rate:.0f} updates/s{locks}."
        )
    if status.state == "lost":
        tries = f", tried again {_many(status.attempt, 'time')}" if status.attempt else ""
        return (
            f"Lost {connection.name} ({connection.address}) {for_how_long}: {status.reason}{tries}."
        )
    return f"{connection.name} ({connection.address}) is {status.state}."


def _counts(connection: Connection) -> str:
    client = connection.client
    commands = _many(len(client.available_commands), "command")
    return f"{commands}, {_many(client.health.keys, 'key')}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _found(name: str) -> str:
    from nanover_jupyter.client.discovery import discover  # noqa: PLC0415 - seldom needed

    return discover().named(name).url


def _heard(age: float) -> str:
    return f"heard {age:.1f} s ago"


def _ago(seconds: float) -> str:
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
