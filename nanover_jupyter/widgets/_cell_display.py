"""Widgets in the cells of a notebook: one that is run again replaces its widgets."""

from __future__ import annotations

from typing import Any

from nanover_jupyter.client.cell_results import made_before, running_cell

__all__ = ["CellDisplay"]


class CellDisplay:
    """Closes the widget that the earlier run of a cell made in the place of another.

    One that another cell displayed since is left to that cell.

    Args:
        widget: The new widget.
    """

    def __init__(self, widget: Any) -> None:
        self._cell = _cell()
        self._is_elsewhere = False
        earlier = made_before(widget)
        if earlier is not None and not earlier.cell_display.is_elsewhere:
            earlier.close()

    @property
    def is_elsewhere(self) -> bool:
        """Whether a cell displayed it that did not make it."""
        return self._is_elsewhere

    def displayed(self) -> None:
        """The widget is displayed by the cell that runs now."""
        if _cell() != self._cell:
            self._is_elsewhere = True


def _cell() -> str | None:
    running = running_cell()
    return None if running is None else running.cell
