"""Closing widgets: when their cell runs again, and together with their helper models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import ipywidgets

from nanover_jupyter.client.cell_reruns import predecessor_of, running_cell

__all__ = ["CellDisplay", "CellWidget", "close_recursively", "own_models"]

_MODELS: Final = ("layout", "style")


class CellDisplay:
    """Closes the widget that an earlier run of the same cell created in the same place.

    An earlier widget stays open if another cell has displayed it or put it into a container.

    Args:
        widget: The new widget.
    """

    def __init__(self, widget: Any) -> None:
        self._cell = _current_cell()
        self._used_elsewhere = False
        earlier = predecessor_of(widget)
        if earlier is not None and not earlier.cell_display.used_elsewhere:
            earlier.close()

    @property
    def used_elsewhere(self) -> bool:
        """Whether a cell other than the one that created the widget uses it."""
        return self._used_elsewhere

    def record_display(self) -> None:
        """Record that the running cell displays the widget."""
        if _current_cell() != self._cell:
            self._used_elsewhere = True

    def record_reference(self) -> None:
        """Record that another model refers to the widget in the state it sends to the page.

        References outside of cells do not count: a reloaded page requests every model.
        """
        if _current_cell() not in (None, self._cell):
            self._used_elsewhere = True


class CellWidget:
    """Mixin for widgets that are replaced when their cell runs again.

    List it before the ipywidgets base class.

    Attributes:
        cell_display: The cell that displays the widget; set at the end of construction.
    """

    cell_display: CellDisplay

    @property
    def model_id(self) -> str:
        """The id of the model. Containers read it to refer to their children."""
        display = getattr(self, "cell_display", None)
        if display is not None:
            display.record_reference()
        model_id: str = super().model_id  # type: ignore[misc]  # defined by ipywidgets
        return model_id


def own_models(widget: Any, options: Mapping[str, object] | None = None) -> list[Any]:
    """Return the layout and style models that were created together with a widget.

    They are models of their own: `widget.close()` leaves them open, and ipywidgets keeps a
    reference to every open model.

    Args:
        widget: The widget.
        options: The options of the widget. A layout or style passed as an option belongs to
            the caller and is not returned.
    """
    given = options or {}
    return [
        getattr(widget, name)
        for name in _MODELS
        if widget.has_trait(name) and not isinstance(given.get(name), ipywidgets.Widget)
    ]


def close_recursively(widget: Any) -> None:
    """Close a widget with its models and children, all of which must belong to it."""
    for child in getattr(widget, "children", ()):
        close_recursively(child)
    models = own_models(widget)
    widget.close()
    for model in models:
        model.close()


def _current_cell() -> str | None:
    running = running_cell()
    return None if running is None else running.cell
