"""The command palette: find a command, fill in its arguments, run it, see the result."""

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
    checked_name,
)
from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.wire.values import Value

__all__ = ["CommandPalette"]


class CommandPalette(Panel):
    """The server's commands: find, fill in, run, see the result.

        CommandPalette(connection)
        palette = CommandPalette(client, filter="user/*", result_name="answer")
        await palette.run("user/jump", height=0.5)

    Every palette of a connection shows the same runs. `running` and `history` change by
    themselves, on the kernel's main thread or, while a cell keeps that busy, on
    `nanover-traits`.

    Args:
        source: A Connection, or a NanoverClient.
        filter: Patterns with commas between: "user/*, playback/*"; `*` stands for any text,
            `?` for one character.
        query: What stands in the search box at first.
        selected: The command whose form is open at first.
        result_name: A variable of the notebook that is given the result of each run.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("palette.js")
    _css = asset("panel.css")
    tools = (PaletteController,)
    own_options: ClassVar[tuple[str, ...]] = ("filter", "result_name")

    filter = traitlets.Unicode("", help="Which commands are shown: patterns with commas between.")
    result_name = traitlets.Unicode("", help="The variable that is given each result.")
    running = traitlets.Tuple((), help="The runs under way, the newest first.")
    history = traitlets.Tuple((), help="The runs that ended, the newest first.")

    def __init__(self, source: Connection | BaseClient, **options: Any) -> None:
        self._guide = CommandDocs(fallback=COMMAND_DOCS)
        self._stop_following: Unsubscribe | None = None
        super().__init__(source, **options)
        self.observe(lambda _: self._apply_settings(), ["filter", "result_name"])

    @property
    def last_result(self) -> Value:
        """What the last run that succeeded returned; None before."""
        for run in self.connection.runs.runs():
            if run.state == "done":
                return run.result
        return None

    def run(self, name: str, /, **arguments: object) -> PendingCall[dict[str, Value]]:
        """Run a command as a press on its button does, and return at once.

        Args:
            name: The command's name.
            **arguments: Its arguments, beside the server's defaults.

        Returns:
            The call: `await` it, ask for its `result()`, or `cancel()` it. A cell that
            waits for `result()` shows the palette's progress only where the frontend
            updates widgets meanwhile.

        Raises:
            NanoverJupyterError: Nothing could be sent; the palette shows that too.
        """
        return self._binding.tool(PaletteController).start(name, arguments)

    def describe(self, name: str, about: str | CommandDoc = "", /, **arguments: Argument) -> None:
        """Say to this palette what a command does and takes.

            palette.describe("user/jump", "Everybody jumps.", height=Float(1.0, min=0, unit="m"))

        `nanover_jupyter.client.commands` has the kinds of arguments, and `describe`,
        which describes a command for all palettes.

        Raises:
            InvalidArgument: (a ValueError) An argument without a kind.
        """
        self._guide.describe(name, about, **arguments)

    @traitlets.validate("result_name")
    def _check_name(self, proposal: Any) -> str:
        try:
            return checked_name(proposal["value"])
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error

    def close(self) -> None:
        """Remove the widget from all pages; the runs go on."""
        self._unfollow()
        super().close()

    def _bind(self, connection: Connection) -> None:
        super()._bind(connection)
        self._unfollow()
        delivery = MainThreadDispatcher.of(connection)

        self._stop_following = connection.runs.on_change(lambda _: delivery.post(self._take_runs))
        delivery.post(self._take_runs)
        self._apply_settings()

    def _unfollow(self) -> None:
        if self._stop_following is not None:
            self._stop_following()
        self._stop_following = None

    def _apply_settings(self) -> None:
        def take_name(name: str) -> None:
            delivery = MainThreadDispatcher.of(self.connection)
            delivery.post(lambda: setattr(self, "result_name", name))

        self._binding.tool(PaletteController).use(
            PaletteSettings(
                filter=self.filter,
                guide=self._guide,
                result_name=self.result_name,
                on_result_name=take_name,
            )
        )

    def _take_runs(self) -> None:
        """Bring the traits up to date; where the delivery has it."""
        runs = self.connection.runs.runs()
        self.running = tuple(run for run in runs if not run.is_over)
        self.history = tuple(run for run in runs if run.is_over)
