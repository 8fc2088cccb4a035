"""Widgets in the cells of a notebook: one that is run again replaces its widgets."""

from __future__ import annotations

from typing import Any

from nanover_jupyter.client.cell_reruns import predecessor_of, running_cell

__all__ = ["CellDisplay", "CellWidget"]


class CellDisplay:
    """Closes the widget that the earlier run of a cell made in the place of another.

    One that another cell has displayed since, or has put into a container, is left to that
    cell. A container that the same cell made goes with the widget.

    Args:
        widget: The new widget.
    """

    def __init__(self, widget: Any) -> None:
        self._cell = _cell()
        self._is_elsewhere = False
        earlier = predecessor_of(widget)
        if earlier is not None and not earlier.cell_display.is_elsewhere:
            earlier.close()

    @property
    def is_elsewhere(self) -> bool:
        """Whether a cell uses it that did not make it."""
        return self._is_elsewhere

    def displayed(self) -> None:
        """The widget is displayed by the cell that runs now."""
        if _cell() != self._cell:
            self._is_elsewhere = True

    def referenced(self) -> None:
        """Another model refers to the widget, in the state that it sends to the page.

        Outside of cells that means nothing: a page that is reloaded asks for every model.
        """
        if _cell() not in (None, self._cell):
            self._is_elsewhere = True


class CellWidget:
    """Base of widgets that a cell replaces; comes before the class of ipywidgets.

    Attributes:
        cell_display: Which cell displays it; set when the widget is complete.
    """

    cell_display: CellDisplay

    @property
    def model_id(self) -> str:
        """The id of the model. Containers read it to refer to their children."""
        display = getattr(self, "cell_display", None)
        if display is not None:
            display.referenced()
        model_id: str = super().model_id  # type: ignore[misc]  # of the class of ipywidgets
        return model_id


def _cell() -> str | None:
    running = running_cell()
    return None if running is None else running.cell
