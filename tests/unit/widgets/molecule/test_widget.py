"""The traits of the molecular view."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from traitlets import TraitError

from nanover_jupyter import Connection, ControlRoom, MoleculeView, SimulationPanel


@pytest.fixture
def view(connection: Connection) -> MoleculeView:
    return MoleculeView(connection)


def test_options_are_traits(connection: Connection) -> None:
    view = MoleculeView(connection, representation="tube", selected=range(3), height=500)

    assert (view.representation, view.selected, view.height) == ("tube", [0, 1, 2], 500)
    with pytest.raises(TypeError, match="did you mean 'selected'"):
        MoleculeView(connection, select=[1])


def test_selected_atoms_are_sorted_and_unique(view: MoleculeView) -> None:
    view.selected = np.array([5, 1, 5])
    assert view.selected == [1, 5]
    for wrong in ([-1], [True], "a", [1.5]):
        with pytest.raises(TraitError):
            view.selected = wrong


def test_panels_with_an_inspector_call_them_selected_atoms(connection: Connection) -> None:
    room = ControlRoom(connection, selected="scene", selected_atoms=[2, 1])

    assert (room.selected, room.selected_atoms) == ("scene", [1, 2])
    assert SimulationPanel(connection, selected_atoms=[3]).selected_atoms == [3]


def test_colors_are_a_scheme_or_an_array(view: MoleculeView) -> None:
    view.color_by = [1.0, 2.0]
    assert view.get_state("color_by") == {"color_by": "array"}
    # What a page sends back.
    view.set_state({"color_by": "array"})
    assert view.color_by.tolist() == [1.0, 2.0]
    view.color_by = "chain"
    for wrong in ("array", "rainbow", np.zeros((2, 2)), None, ["a"]):
        with pytest.raises(TraitError):
            view.color_by = wrong
    assert view.color_by == "chain"


def test_an_array_does_not_change_with_its_source(view: MoleculeView) -> None:
    source = np.zeros(3)
    view.color_by = source
    source[0] = 5

    assert view.color_by[0] == 0


@pytest.mark.parametrize(
    "camera",
    [
        {"target": [1, 2]},
        {"target": [1, 2, float("nan")]},
        {"rotation": [0, 0, 0, 0]},
        {"height": 0},
        {"height": "x"},
        {"zoom": 1},
    ],
)
def test_invalid_cameras_are_refused(view: MoleculeView, camera: Any) -> None:
    with pytest.raises(TraitError, match="camera"):
        view.camera = camera
    assert view.camera == {}


@pytest.mark.parametrize(
    ("name", "value"), [("representation", "cartoon"), ("layers", ["x"]), ("quality", "best")]
)
def test_unknown_names_are_refused(view: MoleculeView, name: str, value: Any) -> None:
    with pytest.raises(TraitError):
        setattr(view, name, value)
