"""A row for one suggested parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nanover_jupyter import Connection, DictionaryChange, NanoverServer
from nanover_jupyter.widgets.controls.parameter_row import ParameterRow
from nanover_jupyter.widgets.controls.parameter_specs import ParameterSpec, parameter_for
from tests.support.eventually import eventually
from tests.support.shared_state import put

MakeRow = Callable[[ParameterSpec], ParameterRow]


@pytest.fixture
def make_row(connection: Connection) -> Iterator[MakeRow]:
    rows: list[ParameterRow] = []

    def make(spec: ParameterSpec) -> ParameterRow:
        rows.append(ParameterRow(connection, spec))
        return rows[-1]

    yield make
    for row in rows:
        row.close()


def note(row: ParameterRow) -> str:
    return str(row._note.value)


@pytest.mark.parametrize(
    ("key", "there", "meant"),
    [
        ("suggested.interaction.scale", 250.0, 300.0),
        ("suggested.interaction.type", "gaussian", "constant"),
        ("suggested.box.locked", True, False),
        ("suggested.own.number", 2.5, 3.5),
        ("suggested.own.text", "<b>", "x"),
        ("suggested.own.switch", False, True),
    ],
)
def test_every_kind_of_control_is_bound_both_ways(
    make_row: MakeRow, server: NanoverServer, key: str, there: Any, meant: Any
) -> None:
    row = make_row(parameter_for(key, there))
    put(server, key, there)
    eventually(lambda: row.control.value == there)

    row.control.value = meant

    eventually(lambda: server.copy_state()[key] == meant)


def test_lists_are_lines_of_json(make_row: MakeRow, server: NanoverServer) -> None:
    row = make_row(parameter_for("suggested.list", [1]))
    put(server, "suggested.list", [1, {"a": None}])
    eventually(lambda: row.control.value == '[1.0, {"a": null}]')

    row.control.value = "[2"
    assert "Expecting" in note(row)
    row.control.value = "[2]"

    eventually(lambda: server.copy_state()["suggested.list"] == [2])
    assert "Expecting" not in note(row)


def test_without_a_suggestion_the_default_is_shown_and_not_written(
    make_row: MakeRow, server: NanoverServer
) -> None:
    row = make_row(parameter_for("suggested.interaction.scale", None))

    assert row.control.value == 100.0
    assert "No suggestion." in note(row)
    assert row._clear.disabled
    assert "suggested.interaction.scale" not in server.copy_state()


def test_a_suggestion_can_be_cleared(make_row: MakeRow, server: NanoverServer) -> None:
    row = make_row(parameter_for("suggested.box.hidden", None))
    row.control.value = True
    eventually(lambda: not row._clear.disabled and "suggested.box.hidden" in server.copy_state())

    row._clear.click()

    eventually(lambda: "suggested.box.hidden" not in server.copy_state())
    eventually(lambda: row._clear.disabled and row.control.value is False)


def test_an_unknown_choice_becomes_an_option(make_row: MakeRow, server: NanoverServer) -> None:
    row = make_row(parameter_for("suggested.interaction.type", None))

    put(server, "suggested.interaction.type", "<i>magnetic</i>")

    eventually(lambda: row.control.value == "<i>magnetic</i>")
    assert row.control.options[-1] == ("<i>magnetic</i>", "<i>magnetic</i>")


def test_a_second_unknown_choice_replaces_the_first(
    make_row: MakeRow, server: NanoverServer
) -> None:
    row = make_row(parameter_for("suggested.interaction.type", None))
    known = len(row.control.options)
    for value in ("magnetic", "x" * 1000, "gaussian"):
        put(server, "suggested.interaction.type", value)
        eventually(lambda value=value: row.control.value == value)
        assert len(row.control.options) <= known + 1
        assert len(row.control.options[-1][0]) <= 61

    assert len(row.control.options) == known


def test_adding_an_option_does_not_change_the_value(
    make_row: MakeRow, server: NanoverServer
) -> None:
    row = make_row(parameter_for("suggested.interaction.type", None))
    put(server, "suggested.interaction.type", "gaussian")
    eventually(lambda: row.control.value == "gaussian")
    chosen: list[str] = []
    row.value.observe(lambda change: chosen.append(change.new), "value")

    put(server, "suggested.interaction.type", "magnetic")

    eventually(lambda: row.control.value == "magnetic")
    assert chosen == ["magnetic"]


def test_a_value_out_of_range_is_reported(make_row: MakeRow, server: NanoverServer) -> None:
    row = make_row(parameter_for("suggested.interaction.scale", None))

    put(server, "suggested.interaction.scale", 5000.0)

    eventually(lambda: "Current value: 5000 (out of range)." in note(row))
    assert row.control.value == 1000.0


def test_a_rejected_value_is_reported_and_rolled_back(
    make_row: MakeRow, server: NanoverServer
) -> None:
    server.update_state("a test", DictionaryChange({"suggested.box.locked": False}))
    row = make_row(parameter_for("suggested.box.locked", None))
    eventually(lambda: row.value.exists)
    server.update_locks("a test", {"suggested.box.locked": 60.0})

    row.control.value = True

    eventually(lambda: "another client holds a lock" in note(row))
    assert row.control.value is False


def test_messages_of_the_server_are_escaped(make_row: MakeRow, server: NanoverServer) -> None:
    row = make_row(parameter_for("suggested.interaction.scale", None))

    put(server, "suggested.interaction.scale", "<img src=x onerror=alert(1)>" * 100)

    eventually(lambda: "does not fit the trait" in note(row))
    assert "<img" not in note(row)
    assert len(note(row)) < 1000
