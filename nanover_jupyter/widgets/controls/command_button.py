"""A button that runs one command, for use in custom layouts."""

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
from nanover_jupyter.widgets.lifecycle import CellDisplay, CellWidget, own_models
from nanover_jupyter.widgets.palette.secrets import hide_secrets

__all__ = ["CommandButton", "command_button"]

_STYLES: Final = {"running": "warning", "done": "", "failed": "danger", "cancelled": "warning"}
_MAX_CHARACTERS: Final = 200
# Seconds within which a second click confirms.
_CONFIRM_SECONDS: Final = 10.0


class CommandButton(CellWidget, ipywidgets.Button):  # type: ignore[misc]  # ipywidgets has no types
    """A button that runs a command; made by `command_button`.

    Palettes of the connection show its runs too. The button is disabled while a run is
    active, and its tooltip shows the result.
    """

    last_run = traitlets.Instance(Run, None, allow_none=True, help="The last run of this button.")

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
        # Present while the button asks for confirmation of a dangerous command.
        self._confirmation: _Confirmation | None = None
        self._description = description
        self._idle_tooltip = tooltip
        super().__init__(description=description, tooltip=tooltip, **options)
        self._own_models = own_models(self, options)
        self._bind(connection)
        self.on_click(lambda _: self._handle_click())
        self.cell_display = CellDisplay(self)

    @property
    def connection(self) -> Connection:
        """The connection whose command it runs."""
        return self._connection

    def rebind(self, source: Connection | BaseClient) -> None:
        """Use another connection for further runs; an active run continues.

        Raises:
            TypeError: `source` is neither a Connection nor a client.
        """
        connection = Connection.of(source)
        if connection is not self._connection:
            self._unbind()
            self._run_id = self._confirmation = None
            if self.last_run is not None and not self.last_run.is_over:
                self.last_run, self.button_style = None, ""
            self._bind(connection)

    def close(self) -> None:
        """Remove the button from all pages; an active run continues."""
        if "_unsubscribe" in self.__dict__:
            self._unbind()
        super().close()
        for model in self.__dict__.get("_own_models", ()):
            model.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self.cell_display.record_display()
        return super()._repr_mimebundle_(**kwargs)

    def _bind(self, connection: Connection) -> None:
        self._connection = connection
        self._dispatcher = MainThreadDispatcher.of(connection)
        self._unsubscribe: list[Unsubscribe] = [
            connection.runs.on_change(self._on_run),
            connection.client.on_status(self._on_status),
        ]
        connection.dependents.add(self)
        self._refresh()

    def _unbind(self) -> None:
        self._connection.dependents.discard(self)
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _handle_click(self) -> None:
        """Run the command; a dangerous one only after a second click."""
        # The page can send a second click before it knows that the button is disabled.
        if self._is_busy:
            return
        danger = _danger(COMMAND_DOCS.find(self._name), self._connection)
        if danger and self._confirmation is None:
            confirmation = self._confirmation = _Confirmation(danger)
            self._dispatcher.post_later(
                _CONFIRM_SECONDS, lambda: self._cancel_confirmation(confirmation)
            )
            self._refresh()
        else:
            self._confirmation = None
            self._start()

    @property
    def _is_busy(self) -> bool:
        """Whether a run is active."""
        run = self.last_run
        is_starting = self._run_id is not None and (run is None or run.id != self._run_id)
        return is_starting or (run is not None and not run.is_over)

    def _cancel_confirmation(self, confirmation: _Confirmation) -> None:
        if self._confirmation is confirmation:
            self._confirmation = None
            self._refresh()

    def _start(self) -> None:
        runs = self._connection.runs
        run_id = self._run_id = runs.new_id()
        self._refresh()
        # A command that cannot be sent is recorded as a failed run.
        with suppress(NanoverJupyterError):
            runs.start(self._name, self._arguments, run_id=run_id)

    def _on_run(self, run: Run | None) -> None:
        if run is not None and run.id == self._run_id:
            self._dispatcher.post(lambda: self._show(run))

    def _show(self, run: Run) -> None:
        # Checked again, as the connection may have been changed since.
        if run.id == self._run_id:
            self.last_run = run
            self.button_style = _STYLES[run.state]
            self._idle_tooltip = _run_tooltip(run)
            self._refresh()

    def _on_status(self, _: Status) -> None:
        self._dispatcher.post(self._refresh)

    def _refresh(self) -> None:
        """Update description, tooltip and state of the button."""
        status, confirmation = self._connection.status, self._confirmation
        self.disabled = self._is_busy or status.state != "connected"
        self.description = "Click again to run" if confirmation else self._description
        if status.state != "connected":
            reason = f" ({status.reason})" if status.reason else ""
            self.tooltip = f"{self._connection.name}: {status.state}{reason}"[:_MAX_CHARACTERS]
        else:
            self.tooltip = confirmation.danger if confirmation else self._idle_tooltip


@dataclass(frozen=True, slots=True, eq=False)
class _Confirmation:
    """A pending confirmation of a dangerous command.

    Attributes:
        danger: The warning to show.
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
    """Return a button that runs a command, for use in custom layouts.

        save = command_button(client, "user/checkpoint", name="before")
        HBox([save, command_button(client, "user/jump", height=1)])

    Args:
        source: A Connection, or a NanoverClient.
        name: The command's name.
        description: The label of the button; by default the label or name of the command.
        icon: The name of a Font Awesome icon, as for any ipywidgets button.
        layout: The layout, as for any ipywidgets widget.
        **arguments: Arguments that replace the server's defaults.

    Returns:
        An `ipywidgets.Button` with the trait `last_run`.

    Raises:
        TypeError: `source` is neither.
    """
    connection = Connection.of(source)
    docs = COMMAND_DOCS.find(name)
    listed = connection.client.available_commands.get(name)
    label = (listed.label if listed else None) or (docs.doc.label if docs else None)
    shown = hide_secrets(arguments, docs)
    call = ", ".join(f"{key}={value!r}" for key, value in shown.items())
    return CommandButton(
        connection,
        name,
        dict(arguments),
        description=description or label or name.rpartition("/")[2] or name,
        tooltip=f"{name}({call})"[:_MAX_CHARACTERS],
        icon=icon,
        **({} if layout is None else {"layout": layout}),
    )


def _danger(docs: Description | None, connection: Connection) -> str:
    """Return the warning that must be confirmed before the command runs, or an empty text."""
    if docs is None or not docs.doc.danger:
        return ""
    keys = connection.client.keys()
    others = any(key.startswith("avatar.") for key in keys)
    return docs.doc.danger if docs.doc.danger_to == "everybody" or others else ""


def _run_tooltip(run: Run) -> str:
    match run.state:
        case "running":
            return f"{run.name}: running"
        case "done":
            result = run.result.get("result") if isinstance(run.result, dict) else None
            text = result if isinstance(result, str) else f"{run.name}: done"
            return text[:_MAX_CHARACTERS]
        case "cancelled":
            return f"{run.name}: stopped waiting; the command may still be running on the server"
        case "failed":
            return str(run.error)[:_MAX_CHARACTERS]
