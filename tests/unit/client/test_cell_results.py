"""Running a cell again replaces what it made, and nothing else."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.client.cell_results import apart_from_cells, made_before, running_cell
from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.server import NanoverServer
from tests.support.notebook_cells import NotebookCells


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> NotebookCells:
    return NotebookCells(monkeypatch)


class Thing:
    pass


class OtherThing:
    pass


def make(*kinds: type) -> tuple[list[object], list[object]]:
    """What a cell makes, and what each of that replaces."""
    made = [kind() for kind in kinds]
    return made, [made_before(thing) for thing in made]


def test_second_run_replaces_what_the_first_made_in_the_same_order(cells: NotebookCells) -> None:
    with cells.run("a"):
        first, replaced = make(Thing, Thing, OtherThing)
        assert replaced == [None, None, None]
    with cells.run("a"):
        second, replaced = make(OtherThing, Thing, Thing)
        assert replaced == [first[2], first[0], first[1]]
    with cells.run("a"):
        _, replaced = make(OtherThing)
        assert replaced == [second[0]]


def test_what_a_run_does_not_replace_is_replaced_by_a_later_one(cells: NotebookCells) -> None:
    with cells.run("a"):
        first, _ = make(Thing, Thing)
    with cells.run("a"):
        second, _ = make(Thing)
    with cells.run("a"):
        _, replaced = make(Thing, Thing, Thing)

    assert replaced == [second[0], first[1], None]


def test_another_cell_replaces_nothing(cells: NotebookCells) -> None:
    with cells.run("a"):
        first, _ = make(Thing)
    with cells.run("b"):
        assert make(Thing)[1] == [None]

    assert first


def test_what_was_collected_is_not_replaced(cells: NotebookCells) -> None:
    for _ in range(2):
        with cells.run("a"):
            assert made_before(Thing()) is None


@pytest.mark.parametrize(
    ("cell", "msg_type"), [(None, "execute_request"), ("a", "comm_msg")], ids=["no id", "callback"]
)
def test_without_a_known_cell_nothing_is_replaced(
    cells: NotebookCells, cell: str | None, msg_type: str
) -> None:
    made = []
    for _ in range(2):
        with cells.run(cell, msg_type):
            assert running_cell() is None
            things, replaced = make(Thing)
            made += things
            assert replaced == [None]


def test_thread_that_a_cell_started_is_no_cell(cells: NotebookCells) -> None:
    found = []
    with cells.run("a"):
        thread = threading.Thread(target=lambda: found.append(running_cell()))
        thread.start()
        thread.join()

    assert found == [None]


def test_what_is_made_apart_from_cells_is_not_replaced(cells: NotebookCells) -> None:
    with cells.run("a"), apart_from_cells():
        first, _ = make(Thing)
    with cells.run("a"):
        assert make(Thing)[1] == [None]

    assert first


# connections --------------------------------------------------------------------------------


class Shower:
    """Shows a connection, as widgets and shared values do."""

    def __init__(self, connection: Connection) -> None:
        self.shown = connection
        connection.dependents.add(self)

    def rebind(self, source: Connection) -> None:
        self.shown = source


def test_cell_that_connects_again_closes_its_earlier_connection(
    cells: NotebookCells, server: NanoverServer
) -> None:
    url = f"127.0.0.1:{server.port}"
    with cells.run("a"):
        first = connect(url)
    with cells.run("b"):
        other = connect(url)
        shower = Shower(first)
    with cells.run("a"):
        second = connect(url)

    assert first.is_closed
    assert shower.shown is second
    assert second.status.state == other.status.state == "connected"
    second.close()
    other.close()


def test_earlier_connection_stays_when_the_new_one_fails(
    cells: NotebookCells, server: NanoverServer, unused_port: int
) -> None:
    with cells.run("a"):
        first = connect(f"127.0.0.1:{server.port}")
    with cells.run("a"), pytest.raises(Exception, match="nothing listens"):
        connect(f"127.0.0.1:{unused_port}")

    assert first.status.state == "connected"
    first.close()
