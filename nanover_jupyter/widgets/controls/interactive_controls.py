"""Controls for the parameters that a session suggests to NanoVer's clients."""

from __future__ import annotations

import html
from typing import Any, Final

import ipywidgets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.state.changes import KeyChange
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.traits.prefix import SharedPrefix, shared_prefix
from nanover_jupyter.widgets.controls.parameter_row import ParameterRow
from nanover_jupyter.widgets.controls.parameter_specs import (
    COLUMNS,
    OTHERS,
    PREFIX,
    SUGGESTED_PARAMETERS,
    ParameterSpec,
    parameter_for,
)
from nanover_jupyter.widgets.lifecycle import CellDisplay, CellWidget, close_recursively, own_models

__all__ = ["InteractiveControls", "interactive_controls"]

# Each control consists of several models, and a server may have any number of keys.
_MAX_OTHERS: Final = 40


class InteractiveControls(CellWidget, ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Controls for the `suggested.*` keys of a server, which its clients follow.

    Each control shows the current suggestion and sets it, in every page that shows it, also
    while a cell runs. Keys that NanoVer's own clients do not use get a control by the type of
    their value; at most 40 of them are shown.

    Args:
        source: A Connection, or a client.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` is something else.
    """

    def __init__(self, source: Connection | BaseClient) -> None:
        self._head = ipywidgets.HTML()
        self._groups = {name: ipywidgets.VBox() for column in COLUMNS for name in column}
        columns = [
            ipywidgets.VBox(
                [self._groups[name] for name in column],
                layout=ipywidgets.Layout(flex="1 1 340px", min_width="0"),
            )
            for column in COLUMNS
        ]
        wrap = ipywidgets.Layout(flex_flow="row wrap", overflow="hidden")
        panel = ipywidgets.HBox(columns, layout=wrap)
        super().__init__([self._head, panel])
        self._rows: dict[str, ParameterRow] = {}
        # Keys beyond the limit, without a control.
        self._hidden_keys: set[str] = set()
        self._more = ipywidgets.HTML()
        self._bind(Connection.of(source))
        self.cell_display = CellDisplay(self)

    @property
    def connection(self) -> Connection:
        """The connection to whose clients parameters are suggested."""
        return self._connection

    def rebind(self, source: Connection | BaseClient) -> None:
        """Use another connection.

        Raises:
            ClosedError: The client was closed.
            TypeError: `source` is something else.
        """
        connection = Connection.of(source)
        if connection is not self._connection:
            self._unbind()
            self._bind(connection)

    def close(self) -> None:
        """Unsubscribe from the server, and remove the controls from all pages."""
        parts: list[Any] = []
        if "_more" in self.__dict__:
            self._unbind()
            parts = [*self.children, self._more, *own_models(self)]
        super().close()
        for part in parts:
            close_recursively(part)

    def __repr__(self) -> str:
        return f"<InteractiveControls of {self._connection.name}: {len(self._rows)} controls>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            self.cell_display.record_display()
            data["text/plain"] = repr(self)
        return bundle

    # internals ---------------------------------------------------------------------

    def _bind(self, connection: Connection) -> None:
        self._connection = connection
        self._keys: SharedPrefix = shared_prefix(connection, PREFIX)
        for spec in SUGGESTED_PARAMETERS:
            self._rows[spec.key] = ParameterRow(connection, spec)
        self._keys.on_added(self._on_key, present=False)
        self._keys.on_changed(self._on_key)
        self._keys.on_removed(self._on_key_removed)
        for key in sorted(self._keys):
            self._add(parameter_for(key, self._keys.get(key)))
        dispatcher = MainThreadDispatcher.of(connection)
        self._unsubscribe = connection.client.on_status(lambda _: dispatcher.post(self._show_head))
        connection.dependents.add(self)
        self._show_head()
        self._show_hidden_count()
        self._layout_rows()

    def _unbind(self) -> None:
        self._connection.dependents.discard(self)
        self._unsubscribe()
        self._keys.close()
        self._hidden_keys.clear()
        rows, self._rows = self._rows, {}
        for row in rows.values():
            row.close()

    def _on_key(self, change: KeyChange) -> None:
        """Handle an added or changed key; called by the dispatcher."""
        spec = parameter_for(change.key, change.value)
        row = self._rows.get(change.key)
        if row is None or row.spec != spec:
            self._remove(change.key)
            if self._add(spec):
                self._layout_rows()

    def _on_key_removed(self, change: KeyChange) -> None:
        self._hidden_keys.discard(change.key)
        row = self._rows.get(change.key)
        if row is not None and row.spec.group == OTHERS:
            self._remove(change.key)
            for key in sorted(self._hidden_keys)[:1]:
                self._add(parameter_for(key, self._keys.get(key)))
            self._layout_rows()
        self._show_hidden_count()

    def _add(self, spec: ParameterSpec) -> bool:
        """Create a control; return False if there is one, or if the limit is reached."""
        others = sum(row.spec.group == OTHERS for row in self._rows.values())
        if spec.group == OTHERS and others >= _MAX_OTHERS:
            self._hidden_keys.add(spec.key)
            self._show_hidden_count()
            return False
        self._hidden_keys.discard(spec.key)
        is_new = spec.key not in self._rows
        if is_new:
            self._rows[spec.key] = ParameterRow(self._connection, spec)
        return is_new

    def _remove(self, key: str) -> None:
        row = self._rows.pop(key, None)
        if row is not None:
            row.close()

    def _layout_rows(self) -> None:
        """Put the rows below the headings of their groups."""
        for name, group in self._groups.items():
            rows = [row for row in self._rows.values() if row.spec.group == name]
            if name == OTHERS:
                rows.sort(key=lambda row: row.spec.key)
            group.layout.display = None if rows else "none"
            heading = ipywidgets.HTML(f"<b>{html.escape(name)}</b>")
            old = group.children[:1]
            more = [self._more] if name == OTHERS else []
            group.children = [heading, *(row.box for row in rows), *more]
            for widget in old:
                close_recursively(widget)

    def _show_hidden_count(self) -> None:
        count = len(self._hidden_keys)
        self._more.value = f"… {count} more" if count else ""
        self._more.layout.display = None if count else "none"

    def _show_head(self) -> None:
        # Reads the current connection: the previous one may still call this.
        name, status = html.escape(self._connection.name), self._connection.status
        state = "" if status.state == "connected" else f" · {html.escape(status.state)}"
        if status.reason:
            state += f": {html.escape(status.reason)}"
        self._head.value = (
            f"<div>Suggested parameters for all clients of <b>{name}</b>{state}</div>"
            '<div style="font-size: 12px; line-height: 16px; opacity: 0.8; white-space: normal">'
            "Without a suggestion, each client uses its own setting.</div>"
        )


def interactive_controls(source: Connection | BaseClient) -> InteractiveControls:
    """Return controls for the parameters suggested to NanoVer's clients.

        interactive_controls(connection)

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` is something else.
    """
    return InteractiveControls(source)
