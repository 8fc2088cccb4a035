"""The command palette: find a command, fill in its arguments, run it, see the result."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.widgets._page_values import from_page, to_page
from nanover_jupyter.widgets._palette_messages import CommandBody, CommandsBody, RunResult
from nanover_jupyter.widgets._panel import Panel, asset
from nanover_jupyter.widgets._picture import note, table, visible
from nanover_jupyter.widgets._requests import Answer, BadRequest, Handler, field_of

__all__ = ["CommandPalette", "PaletteTool"]

_PICTURED: Final = 60


class PaletteTool:
    """The kernel half of the palette; implements `Tool`."""

    needs_state: ClassVar[bool] = False
    label: ClassVar[str] = "Commands"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._connection = connection
        self._client = connection.client
        self._post = post
        self._error: str | None = None
        self._unsubscribe = [
            self._client.on_commands(self._tell),
            self._client.on_status(self._on_status),
        ]
        if not self._client.available_commands and self._client.status.state != "closed":
            connection.calls.submit(self._fetch)

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {"run": self._run, "refresh_commands": self._refresh}

    def greet(self, client: str) -> None:
        """Tell the list of commands."""
        self._post("commands", self._body(), client=client)

    def beat(self) -> None:
        """Commands change when they are fetched again, not by the clock."""

    def picture(self) -> str:
        """The commands with their arguments."""
        commands = sorted(self._client.available_commands.values(), key=lambda known: known.name)
        rows = [
            (visible(known.name), visible(known.label or ""), visible(", ".join(known.arguments)))
            for known in commands[:_PICTURED]
        ]
        if not rows:
            return note("No commands.")
        left = len(commands) - len(rows)
        return table(("Command", "Label", "Arguments"), rows) + (
            note(f"… {left} more") if left else ""
        )

    def close(self) -> None:
        """Stop listening to the client."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _run(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        name = field_of(body, "name", str)
        try:
            arguments = {
                key: from_page(value) for key, value in field_of(body, "arguments", dict).items()
            }
        except ValueError as error:
            raise BadRequest(str(error)) from error

        def run() -> RunResult:
            begun = time.perf_counter()
            result = self._client.run_command(name, **arguments)
            return RunResult(result=to_page(result), seconds=time.perf_counter() - begun)

        answer.later(run)

    def _refresh(self, _: str, body: dict[str, Any], answer: Answer) -> None:  # noqa: ARG002
        def refresh() -> int:
            # A list that changed is told by the client's own event.
            count = len(self._client.update_available_commands())
            if self._error is not None:
                self._error = None
                self._tell()
            return count

        answer.later(refresh)

    def _fetch(self) -> None:
        try:
            self._client.update_available_commands()
            self._error = None
        except NanoverJupyterError as error:
            self._error = str(error)
            self._tell()

    def _on_status(self, status: Status) -> None:
        if status.state == "connected" and self._error is not None:
            self._connection.calls.submit(self._fetch)

    def _tell(self) -> None:
        self._post("commands", self._body())

    def _body(self) -> CommandsBody:
        commands = self._client.available_commands.values()
        listed = [
            CommandBody(
                name=command.name,
                arguments={name: to_page(value) for name, value in command.arguments.items()},
                label=command.label,
                icon=command.icon,
            )
            for command in sorted(commands, key=lambda command: command.name)
        ]
        return CommandsBody(commands=listed, error=self._error)


class CommandPalette(Panel):
    """The server's commands: find, fill in, run, see the result.

        CommandPalette(connection)

    Args:
        source: A Connection, or a NanoverClient.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("palette.js")
    _css = asset("panel.css")
    tools = (PaletteTool,)
