"""Widgets are replaced when their cell runs again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances

from nanover_jupyter import Connection, NanoverServer, StateInspector, connect
from nanover_jupyter.widgets.lifecycle import close_recursively
from tests.support.notebook_cells import NotebookCells
from tests.unit.widgets.test_garbage_collection import Make, every_widget


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> NotebookCells:
    return NotebookCells(monkeypatch)


def is_open(widget: Any) -> bool:
    return widget.comm is not None


@every_widget
def test_widget_of_the_earlier_run_is_closed(
    make: Make, cells: NotebookCells, connection: Connection
) -> None:
    with cells.run("a"):
        first = make(connection)
        first._repr_mimebundle_()
    with cells.run("b"):
        other = make(connection)
    with cells.run("a"):
        second = make(connection)

    assert [is_open(widget) for widget in (first, other, second)] == [False, True, True]
    other.close()
    second.close()


@every_widget
def test_widget_that_another_cell_displays_stays(
    make: Make, cells: NotebookCells, connection: Connection
) -> None:
    with cells.run("a"):
        first = make(connection)
    with cells.run("b"):
        first._repr_mimebundle_()
    with cells.run("a"):
        second = make(connection)

    assert is_open(first)
    first.close()
    second.close()


def in_new_container(_: ipywidgets.VBox, widget: Any) -> ipywidgets.VBox:
    return ipywidgets.VBox([ipywidgets.Accordion([widget])])


def in_container_of_the_first_cell(box: ipywidgets.VBox, widget: Any) -> ipywidgets.VBox:
    box.children = [widget]
    return box


@pytest.mark.parametrize("show", [in_new_container, in_container_of_the_first_cell])
@every_widget
def test_widget_that_another_cell_puts_into_a_container_stays(
    make: Make,
    show: Callable[[ipywidgets.VBox, Any], ipywidgets.VBox],
    cells: NotebookCells,
    connection: Connection,
) -> None:
    with cells.run("a"):
        first = make(connection)
        box = ipywidgets.VBox()
    with cells.run("b"):
        container = show(box, first)
    with cells.run("a"):
        second = make(connection)

    assert is_open(first)
    close_recursively(container)
    box.close()
    second.close()


@every_widget
def test_widget_in_a_container_of_the_same_cell_is_closed(
    make: Make, cells: NotebookCells, connection: Connection
) -> None:
    def run() -> tuple[Any, ipywidgets.VBox]:
        with cells.run("a"):
            widget = make(connection)
            box = ipywidgets.VBox([widget])
            box._repr_mimebundle_()
        return widget, box

    first, box = run()
    # A reloaded page requests every model, which does not count as use by a cell.
    box.send_state()
    second, other_box = run()

    assert [is_open(first), is_open(second)] == [False, True]
    close_recursively(other_box)
    box.close()


def test_cell_that_connects_and_displays_a_hundred_times_leaves_one_of_each(
    cells: NotebookCells, server: NanoverServer
) -> None:
    def run() -> tuple[Connection, StateInspector]:
        with cells.run("a"):
            connection = connect(f"127.0.0.1:{server.port}")
            inspector = StateInspector(connection)
            inspector._ipython_display_()
        return connection, inspector

    connection, inspector = run()
    before = len(_instances)
    for _ in range(100):
        earlier, (connection, inspector) = connection, run()
        assert earlier.is_closed

    assert len(_instances) == before
    assert inspector.connection is connection
    inspector.close()
    connection.close()
