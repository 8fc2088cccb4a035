"""Running a cell again replaces what it made, and nothing else."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.client.cell_reruns import predecessor_of, running_cell, tracking_disabled
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


class Named:
    """Has a name and an address, as a connection."""

    def __init__(self, name: str, address: str = "") -> None:
        self.name = name
        self.address = address or name


def make(*kinds: type) -> tuple[list[object], list[object]]:
    """What a cell makes, and what each of that replaces."""
    made = [kind() for kind in kinds]
    return made, [predecessor_of(thing) for thing in made]


def test_a_second_run_replaces_objects_of_the_first_in_order(cells: NotebookCells) -> None:
    with cells.run("a"):
        first, replaced = make(Thing, Thing, OtherThing)
        assert replaced == [None, None, None]
    with cells.run("a"):
        second, replaced = make(OtherThing, Thing, Thing)
        assert replaced == [first[2], first[0], first[1]]
    with cells.run("a"):
        _, replaced = make(OtherThing)
        assert replaced == [second[0]]


def test_objects_that_a_run_does_not_replace_are_replaced_by_a_later_one(
    cells: NotebookCells,
) -> None:
    with cells.run("a"):
        first, _ = make(Thing, Thing)
    with cells.run("a"):
        second, _ = make(Thing)
    with cells.run("a"):
        _, replaced = make(Thing, Thing, Thing)

    assert replaced == [second[0], first[1], None]


def replaced_by(cells: NotebookCells, before: list[Named], *after: Named) -> list[str]:
    """The names of what each object of the second run replaces; "" for nothing."""
    with cells.run("a"):
        for thing in before:
            predecessor_of(thing)
    with cells.run("a"):
        replaced = [predecessor_of(thing) for thing in after]
    return [old.name if isinstance(old, Named) else "" for old in replaced]


@pytest.mark.parametrize(
    ("after", "replaced"),
    [
        pytest.param("viz", ["viz"], id="first line removed"),
        pytest.param("viz sim", ["viz", "sim"], id="swapped"),
        pytest.param("sim other", ["sim", "viz"], id="second line altered"),
        pytest.param("other viz", ["sim", "viz"], id="first line altered"),
        pytest.param("sim viz other", ["sim", "viz", ""], id="line added"),
        pytest.param("other sim viz", ["sim", "", "viz"], id="line inserted"),
    ],
)
def test_object_with_a_name_replaces_the_one_with_the_same_name(
    cells: NotebookCells, after: str, replaced: list[str]
) -> None:
    before = [Named("sim"), Named("viz")]

    assert replaced_by(cells, before, *map(Named, after.split())) == replaced


def test_name_counts_before_the_address_and_the_address_before_the_order(
    cells: NotebookCells,
) -> None:
    before = [Named("sim", "one"), Named("viz", "two"), Named("three")]
    after = [Named("renamed", "three"), Named("viz", "one"), Named("sim", "four")]

    assert replaced_by(cells, before, *after) == ["three", "viz", "sim"]


def test_an_object_is_replaced_when_a_later_run_makes_it_again(
    cells: NotebookCells,
) -> None:
    before = [Named("sim"), Named("viz")]
    assert replaced_by(cells, before, Named("viz")) == ["viz"]

    with cells.run("a"):
        assert predecessor_of(Named("sim")) is before[0]


def test_another_cell_replaces_nothing(cells: NotebookCells) -> None:
    with cells.run("a"):
        first, _ = make(Thing)
    with cells.run("b"):
        assert make(Thing)[1] == [None]

    assert first


def test_a_collected_object_is_not_replaced(cells: NotebookCells) -> None:
    for _ in range(2):
        with cells.run("a"):
            assert predecessor_of(Thing()) is None


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


def test_a_thread_of_a_cell_does_not_belong_to_it(cells: NotebookCells) -> None:
    found = []
    with cells.run("a"):
        thread = threading.Thread(target=lambda: found.append(running_cell()))
        thread.start()
        thread.join()

    assert found == [None]


def test_objects_made_with_tracking_disabled_are_not_replaced(cells: NotebookCells) -> None:
    with cells.run("a"), tracking_disabled():
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


def test_connection_that_the_cell_no_longer_makes_stays_open(
    cells: NotebookCells, server: NanoverServer
) -> None:
    with NanoverServer(port=0) as other_server, cells.run("a"):
        urls = [f"127.0.0.1:{each.port}" for each in (server, other_server)]
        simulation, picture = map(connect, urls)
        shower = Shower(simulation)
        with cells.run("a"):
            again = connect(urls[1])

        assert shower.shown is simulation
        assert simulation.status.state == "connected"
        assert picture.is_closed
        simulation.close()
        again.close()


def test_earlier_connection_stays_when_the_new_one_fails(
    cells: NotebookCells, server: NanoverServer, unused_port: int
) -> None:
    with cells.run("a"):
        first = connect(f"127.0.0.1:{server.port}")
    with cells.run("a"), pytest.raises(Exception, match="connection refused"):
        connect(f"127.0.0.1:{unused_port}")

    assert first.status.state == "connected"
    first.close()
