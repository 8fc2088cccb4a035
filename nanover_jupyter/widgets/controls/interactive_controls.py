"""Ready controls for what NanoVer's clients can be suggested."""

from __future__ import annotations

import html
from typing import Any, Final

import ipywidgets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.state.changes import KeyChange
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.traits.prefix import SharedPrefix, shared_prefix
from nanover_jupyter.widgets.cell_display import CellDisplay, CellWidget
from nanover_jupyter.widgets.closing import close_all, own_models
from nanover_jupyter.widgets.controls.parameter_row import ParameterRow
from nanover_jupyter.widgets.controls.suggested_parameters import (
    COLUMNS,
    KNOBS,
    OTHERS,
    PREFIX,
    ParameterSpec,
    parameter_for,
)

__all__ = ["InteractiveControls", "interactive_controls"]

# Each control costs the page several models; a server may have any number of keys.
_MOST_OTHERS: Final = 40


class InteractiveControls(CellWidget, ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Controls for the `suggested.*` keys of a server, which its clients act upon.

    Each one is bound both ways: it shows what anybody suggests, and suggests what is set
    here, in every page that shows it, also while a cell runs. A key that NanoVer's own
    clients do not know gets a control by the type of its value, while it is there; the
    first forty do, and how many more there are is said.

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
        # Keys that got no control, as there were too many.
        self._left_out: set[str] = set()
        self._more = ipywidgets.HTML()
        self._bind(Connection.of(source))
        self.cell_display = CellDisplay(self)

    @property
    def connection(self) -> Connection:
        """The connection whose clients are suggested something."""
        return self._connection

    def rebind(self, source: Connection | BaseClient) -> None:
        """Control another connection from now on.

        Raises:
            ClosedError: The client was closed.
            TypeError: `source` is something else.
        """
        connection = Connection.of(source)
        if connection is not self._connection:
            self._let_go()
            self._bind(connection)

    def close(self) -> None:
        """Let go of the server, and remove the controls from all pages."""
        parts: list[Any] = []
        if "_more" in self.__dict__:
            self._let_go()
            parts = [*self.children, self._more, *own_models(self)]
        super().close()
        for part in parts:
            close_all(part)

    def __repr__(self) -> str:
        return f"<InteractiveControls of {self._connection.name}: {len(self._rows)} controls>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            self.cell_display.displayed()
            data["text/plain"] = repr(self)
        return bundle

    # inside -----------------------------------------------------------------------

    def _bind(self, connection: Connection) -> None:
        self._connection = connection
        self._keys: SharedPrefix = shared_prefix(connection, PREFIX)
        for knob in KNOBS:
            self._rows[knob.key] = ParameterRow(connection, knob)
        self._keys.on_added(self._on_key, present=False)
        self._keys.on_changed(self._on_key)
        self._keys.on_removed(self._on_key_gone)
        for key in sorted(self._keys):
            self._add(parameter_for(key, self._keys.get(key)))
        delivery = MainThreadDispatcher.of(connection)
        self._unsubscribe = connection.client.on_status(lambda _: delivery.post(self._show_head))
        connection.dependents.add(self)
        self._show_head()
        self._say_more()
        self._arrange()

    def _let_go(self) -> None:
        self._connection.dependents.discard(self)
        self._unsubscribe()
        self._keys.close()
        self._left_out.clear()
        rows, self._rows = self._rows, {}
        for row in rows.values():
            row.close()

    def _on_key(self, change: KeyChange) -> None:
        """A key came or changed; called through the Delivery."""
        knob = parameter_for(change.key, change.value)
        known = self._rows.get(change.key)
        if known is None or known.knob != knob:
            self._drop(change.key)
            if self._add(knob):
                self._arrange()

    def _on_key_gone(self, change: KeyChange) -> None:
        self._left_out.discard(change.key)
        known = self._rows.get(change.key)
        if known is not None and known.knob.group == OTHERS:
            self._drop(change.key)
            for key in sorted(self._left_out)[:1]:
                self._add(parameter_for(key, self._keys.get(key)))
            self._arrange()
        self._say_more()

    def _add(self, knob: ParameterSpec) -> bool:
        """Make a control; False if there is one, or no place for it."""
        others = sum(row.knob.group == OTHERS for row in self._rows.values())
        if knob.group == OTHERS and others >= _MOST_OTHERS:
            self._left_out.add(knob.key)
            self._say_more()
            return False
        self._left_out.discard(knob.key)
        is_new = knob.key not in self._rows
        if is_new:
            self._rows[knob.key] = ParameterRow(self._connection, knob)
        return is_new

    def _drop(self, key: str) -> None:
        row = self._rows.pop(key, None)
        if row is not None:
            row.close()

    def _arrange(self) -> None:
        """Put the rows under the captions of their groups."""
        for name, group in self._groups.items():
            rows = [row for row in self._rows.values() if row.knob.group == name]
            if name == OTHERS:
                rows.sort(key=lambda row: row.knob.key)
            group.layout.display = None if rows else "none"
            caption = ipywidgets.HTML(f"<b>{html.escape(name)}</b>")
            old = group.children[:1]
            more = [self._more] if name == OTHERS else []
            group.children = [caption, *(row.box for row in rows), *more]
            for widget in old:
                close_all(widget)

    def _say_more(self) -> None:
        count = len(self._left_out)
        self._more.value = f"… and {count} more, without a control here." if count else ""
        self._more.layout.display = None if count else "none"

    def _show_head(self) -> None:
        # Of the connection there is by now: an earlier one's Delivery may still call this.
        name, status = html.escape(self._connection.name), self._connection.status
        state = "" if status.state == "connected" else f" · {html.escape(status.state)}"
        if status.reason:
            state += f": {html.escape(status.reason)}"
        self._head.value = (
            f"<div>Suggestions to everybody on <b>{name}</b>{state}</div>"
            '<div style="font-size: 12px; line-height: 16px; opacity: 0.8; white-space: normal">'
            "What is not suggested, everybody chooses alone.</div>"
        )


def interactive_controls(source: Connection | BaseClient) -> InteractiveControls:
    """Controls for what NanoVer's clients can be suggested, bound both ways.

        interactive_controls(connection)

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` is something else.
    """
    return InteractiveControls(source)
