"""The command palette widget."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.commands.arguments import Argument, CommandDoc
from nanover_jupyter.client.commands.docs import COMMAND_DOCS, CommandDocs
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.palette.controller import (
    PaletteController,
    PaletteSettings,
    check_variable_name,
)
from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.wire.values import Value

__all__ = ["CommandPalette"]


class CommandPalette(Panel):
    """A searchable list of the server's commands, with forms to run them.

        CommandPalette(connection)
        palette = CommandPalette(client, filter="user/*", result_name="answer")
        await palette.run("user/jump", height=0.5)

    All palettes of a connection show the same runs. `running` and `history` are updated on the
    kernel's main thread or, while a cell runs, on the thread `nanover-traits`.

    Args:
        source: A Connection, or a NanoverClient.
        filter: Comma-separated patterns: "user/*, playback/*"; `*` matches any text, `?` one
            character.
        query: The initial search text.
        selected: The command whose form is open at first.
        result_name: A notebook variable to which the result of each run is assigned.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("palette.js")
    _css = asset("panel.css")
    tools = (PaletteController,)
    own_options: ClassVar[tuple[str, ...]] = ("query", "selected", "filter", "result_name")

    query = traitlets.Unicode("", help="The search text.").tag(sync=True)
    selected = traitlets.Unicode(None, allow_none=True, help="The command whose form is open.").tag(
        sync=True
    )
    filter = traitlets.Unicode("", help="Comma-separated patterns for the commands to show.")
    result_name = traitlets.Unicode("", help="The notebook variable for results.")
    running = traitlets.Tuple((), help="The active runs, newest first.")
    history = traitlets.Tuple((), help="The finished runs, newest first.")

    def __init__(self, source: Connection | BaseClient, **options: Any) -> None:
        self._command_docs = CommandDocs(fallback=COMMAND_DOCS)
        self._unsubscribe_runs: Unsubscribe | None = None
        super().__init__(source, **options)
        self.observe(lambda _: self._apply_settings(), ["filter", "result_name"])

    @property
    def last_result(self) -> Value:
        """The result of the last successful run, or None."""
        for run in self.connection.runs.runs():
            if run.state == "done":
                return run.result
        return None

    def run(self, name: str, /, **arguments: object) -> PendingCall[dict[str, Value]]:
        """Run a command as the Run button does, and return immediately.

        Args:
            name: The command's name.
            **arguments: Arguments that replace the server's defaults.

        Returns:
            The call: `await` it, get its `result()`, or `cancel()` it. While a cell waits for
            `result()`, the palette shows progress only if the frontend updates widgets
            meanwhile.

        Raises:
            NanoverJupyterError: The command cannot be sent; the palette shows the error too.
        """
        return self._binding.tool(PaletteController).start(name, arguments)

    def describe(self, name: str, about: str | CommandDoc = "", /, **arguments: Argument) -> None:
        """Document a command and its arguments for this palette.

            palette.describe("user/jump", "All avatars jump.", height=Float(1.0, min=0, unit="m"))

        `nanover_jupyter.client.commands` provides the types of arguments, and a function
        `describe` that documents a command for all palettes.

        Raises:
            InvalidArgument: (a ValueError) An argument has no type.
        """
        self._command_docs.describe(name, about, **arguments)

    @traitlets.validate("result_name")
    def _check_name(self, proposal: Any) -> str:
        try:
            return check_variable_name(proposal["value"])
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error

    def close(self) -> None:
        """Remove the widget from all pages; runs continue."""
        self._unobserve_runs()
        super().close()

    def _bind(self, connection: Connection) -> None:
        super()._bind(connection)
        self._unobserve_runs()
        dispatcher = MainThreadDispatcher.of(connection)
        self._unsubscribe_runs = connection.runs.on_change(
            lambda _: dispatcher.post(self._update_runs)
        )
        dispatcher.post(self._update_runs)
        self._apply_settings()

    def _unobserve_runs(self) -> None:
        if self._unsubscribe_runs is not None:
            self._unsubscribe_runs()
        self._unsubscribe_runs = None

    def _apply_settings(self) -> None:
        def set_name(name: str) -> None:
            dispatcher = MainThreadDispatcher.of(self.connection)
            dispatcher.post(lambda: setattr(self, "result_name", name))

        self._binding.tool(PaletteController).configure(
            PaletteSettings(
                filter=self.filter,
                command_docs=self._command_docs,
                result_name=self.result_name,
                on_result_name=set_name,
            )
        )

    def _update_runs(self) -> None:
        """Update the traits; called by the dispatcher."""
        runs = self.connection.runs.runs()
        self.running = tuple(run for run in runs if not run.is_over)
        self.history = tuple(run for run in runs if run.is_over)
