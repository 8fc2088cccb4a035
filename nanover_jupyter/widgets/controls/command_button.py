"""One command with its arguments as an ordinary button, for one's own layouts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import ipywidgets
import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.commands.docs import COMMAND_DOCS, Description
from nanover_jupyter.client.commands.runs import Run
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.widgets.cell_display import CellDisplay, CellWidget
from nanover_jupyter.widgets.closing import own_models
from nanover_jupyter.widgets.palette.secrets import hide_secrets

__all__ = ["CommandButton", "command_button"]

_STYLES: Final = {"running": "warning", "done": "", "failed": "danger", "cancelled": "warning"}
_LONGEST: Final = 200
# Seconds after which a second press is no answer any more.
_PATIENCE: Final = 10.0


class CommandButton(CellWidget, ipywidgets.Button):  # type: ignore[misc]  # ipywidgets has no types
    """A button that runs a command; made by `command_button`.

    Its runs stand in the palettes of the connection too. While one is under way the
    button waits for it, and afterwards it says in its tooltip what came of it.
    """

    last_run = traitlets.Instance(
        Run, None, allow_none=True, help="The last run of this button, as it stands."
    )

    def __init__(
        self,
        connection: Connection,
        name: str,
        arguments: dict[str, object],
        *,
        description: str,
        tooltip: str,
        **options: Any,
    ) -> None:
        self._name = name
        self._arguments = arguments
        self._run_id: str | None = None
        self._question: _Question | None = None
        self._description = description
        # What is said of the last run; at first what the button is for.
        self._outcome = tooltip
        super().__init__(description=description, tooltip=tooltip, **options)
        self._own_models = own_models(self, options)
        self._bind(connection)
        self.on_click(lambda _: self._press())
        self.cell_display = CellDisplay(self)

    @property
    def connection(self) -> Connection:
        """The connection whose command it runs."""
        return self._connection

    def rebind(self, source: Connection | BaseClient) -> None:
        """Run the command through another connection from now on; a run goes on.

        Raises:
            TypeError: `source` is neither a Connection nor a client.
        """
        connection = Connection.of(source)
        if connection is not self._connection:
            self._let_go()
            self._run_id = self._question = None
            if self.last_run is not None and not self.last_run.is_over:
                self.last_run, self.button_style = None, ""
            self._bind(connection)

    def close(self) -> None:
        """Let go of the connection and remove the button from all pages; a run goes on."""
        if "_unsubscribe" in self.__dict__:
            self._let_go()
        super().close()
        for model in self.__dict__.get("_own_models", ()):
            model.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self.cell_display.displayed()
        return super()._repr_mimebundle_(**kwargs)

    def _bind(self, connection: Connection) -> None:
        self._connection = connection
        self._delivery = MainThreadDispatcher.of(connection)
        self._unsubscribe: list[Unsubscribe] = [
            connection.runs.on_change(self._on_run),
            connection.client.on_status(self._on_status),
        ]
        connection.dependents.add(self)
        self._say()

    def _let_go(self) -> None:
        self._connection.dependents.discard(self)
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _press(self) -> None:
        """A dangerous command asks first, by waiting for a second press."""
        # The page sends the second click of two before it hears that the button is off.
        if self._is_busy:
            return
        danger = _danger(COMMAND_DOCS.find(self._name), self._connection)
        if danger and self._question is None:
            question = self._question = _Question(danger)
            self._delivery.post_later(_PATIENCE, lambda: self._take_back(question))
            self._say()
        else:
            self._question = None
            self._start()

    @property
    def _is_busy(self) -> bool:
        """Whether it waits for the end of a run."""
        run = self.last_run
        begins = self._run_id is not None and (run is None or run.id != self._run_id)
        return begins or (run is not None and not run.is_over)

    def _take_back(self, question: _Question) -> None:
        if self._question is question:
            self._question = None
            self._say()

    def _start(self) -> None:
        runs = self._connection.runs
        run_id = self._run_id = runs.new_id()
        self._say()
        # The book tells of what could not be sent.
        with suppress(NanoverJupyterError):
            runs.start(self._name, self._arguments, run_id=run_id)

    def _on_run(self, run: Run | None) -> None:
        if run is not None and run.id == self._run_id:
            self._delivery.post(lambda: self._show(run))

    def _show(self, run: Run) -> None:
        # Again: the button may have turned to another connection meanwhile.
        if run.id == self._run_id:
            self.last_run = run
            self.button_style = _STYLES[run.state]
            self._outcome = _outcome(run)
            self._say()

    def _on_status(self, _: Status) -> None:
        self._delivery.post(self._say)

    def _say(self) -> None:
        """Be what things are like: its connection, its run, and what it asks."""
        status, question = self._connection.status, self._question
        self.disabled = self._is_busy or status.state != "connected"
        self.description = "Press again to run it" if question else self._description
        if status.state != "connected":
            reason = f" ({status.reason})" if status.reason else ""
            self.tooltip = f"{self._connection.name}: {status.state}{reason}"[:_LONGEST]
        else:
            self.tooltip = question.danger if question else self._outcome


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """Whether a dangerous command is really meant, asked once.

    Attributes:
        danger: What may come of it.
    """

    danger: str


def command_button(
    source: Connection | BaseClient,
    name: str,
    /,
    *,
    description: str | None = None,
    icon: str = "",
    layout: ipywidgets.Layout | None = None,
    **arguments: object,
) -> CommandButton:
    """A button that runs a command, to be put into one's own layouts.

        save = command_button(client, "user/checkpoint", name="before")
        HBox([save, command_button(client, "user/jump", height=1)])

    Args:
        source: A Connection, or a NanoverClient.
        name: The command's name.
        description: What stands on the button; by default its label or name.
        icon: The name of a Font Awesome icon, as for every ipywidgets button.
        layout: As for every ipywidgets widget.
        **arguments: The arguments, beside the server's defaults.

    Returns:
        An `ipywidgets.Button` with the trait `last_run`.

    Raises:
        TypeError: `source` is neither.
    """
    connection = Connection.of(source)
    known = COMMAND_DOCS.find(name)
    listed = connection.client.available_commands.get(name)
    label = (listed.label if listed else None) or (known.doc.label if known else None)
    shown = hide_secrets(arguments, known)
    written = ", ".join(f"{key}={value!r}" for key, value in shown.items())
    return CommandButton(
        connection,
        name,
        dict(arguments),
        description=description or label or name.rpartition("/")[2] or name,
        tooltip=f"{name}({written})"[:_LONGEST],
        icon=icon,
        **({} if layout is None else {"layout": layout}),
    )


def _danger(known: Description | None, connection: Connection) -> str:
    if known is None or not known.doc.danger:
        return ""
    keys = connection.client.keys()
    others = any(key.startswith("avatar.") for key in keys)
    return known.doc.danger if known.doc.danger_to == "everybody" or others else ""


def _outcome(run: Run) -> str:
    match run.state:
        case "running":
            return f"{run.name} is running"
        case "done":
            told = run.result.get("result") if isinstance(run.result, dict) else None
            words = told if isinstance(told, str) else f"{run.name} is done"
            return words[:_LONGEST]
        case "cancelled":
            return f"{run.name} is not waited for any more; the server may go on"
        case "failed":
            return str(run.error)[:_LONGEST]
