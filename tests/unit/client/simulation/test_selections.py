"""The selections of a session as a live mapping, on both wires."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.simulation.selections import selected_particles
from nanover_jupyter.errors import InvalidArgument, UpdateRefused
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.fake_transport import FakeTransport


def test_a_selection_is_created_changed_and_removed(both, connection):
    selections = connection.client.selections
    made = selections.create("Protein", range(3), renderer="cartoon")

    assert both.copy_state()[made.id] == {
        "id": made.id,
        "name": "Protein",
        "selected": {"particle_ids": [0, 1, 2]},
        "properties": {
            "nanover.interaction.method": "single",
            "nanover.interaction.velocity_reset": False,
            "nanover.rendering.renderer": "cartoon",
            "nanover.rendering.hide": False,
        },
    }
    made.rename("Chain A")
    made.hide()
    made.particles = [5]
    made.renderer = {"render": "ball and stick", "scale": 0.2}
    made.interaction_method = "group"
    made.velocity_reset = True

    same = selections[made.id]
    assert same == made
    assert (same.name, same.hidden, same.particles) == ("Chain A", True, [5])
    assert same.renderer == {"render": "ball and stick", "scale": 0.2}
    assert (same.interaction_method, same.velocity_reset) == ("group", True)
    same.show()
    assert not made.hidden
    assert list(selections) == [made.id]

    made.remove()
    assert made.id not in selections
    assert not made.exists
    assert (made.name, made.particles, made.renderer) == ("", None, None)


def test_the_root_selection_is_first_and_has_all_atoms(both, connection):
    selections = connection.client.selections
    other = selections.create("A", [1])

    root = selections.root

    assert list(selections) == ["selection.root", other.id]
    assert root.particles is None
    assert selections.root == root
    selections.clear()
    assert len(selections) == 0
    assert not any(key.startswith("selection.") for key in both.copy_state())


def test_unknown_properties_are_kept(both, connection):
    value = {"selected": [1, 2.0], "extra": 7, "properties": {"mine": 1}}
    both.update_state(None, DictionaryChange({"selection.x": value, "selection.bad": "text"}))
    connection.client.catch_up()
    selection = connection.client.selections["selection.x"]
    assert (selection.name, selection.particles, selection.hidden) == ("", [1, 2], False)

    selection.name = "X"

    assert both.copy_state()["selection.x"] == {**value, "id": "selection.x", "name": "X"}
    with pytest.raises(KeyError):
        connection.client.selections["selection.bad"]


@pytest.mark.parametrize(
    ("value", "particles"),
    [
        ({}, None),
        ({"selected": None}, None),
        ({"selected": {}}, None),
        ({"selected": {"particle_ids": None}}, None),
        ({"selected": {"particle_ids": []}}, []),
        ({"selected": {"particle_ids": [1.0, "x", 2.5, True, 3]}}, [1, 3]),
        ({"selected": [4]}, [4]),
        ({"selected": "all"}, None),
    ],
)
def test_particles_are_read_tolerantly(value, particles):
    assert selected_particles(value) == particles


def test_a_locked_selection_is_reported_and_invalid_arguments_are_rejected():
    transport = FakeTransport({"selection.a": {}})
    with BaseClient(transport) as client:
        client.load_state(10)
        transport.held_elsewhere.add("selection.a")
        with pytest.raises(UpdateRefused, match=r"selection\.a"):
            client.selections["selection.a"].name = "x"
        with pytest.raises(InvalidArgument, match="invalid renderer"):
            client.selections["selection.a"].renderer = 5
        with pytest.raises(InvalidArgument, match="invalid particles"):
            client.selections["selection.a"].particles = ["x"]


def test_a_selection_that_was_removed_cannot_be_changed(both, connection):
    """It would come back with all atoms, and hiding it would hide all of them."""
    selection = connection.client.selections.create("Tail", [1, 2])
    both.update_state(None, DictionaryChange(removals=[selection.id]))

    with pytest.raises(InvalidArgument, match="was removed; create it again"):
        selection.hide()

    assert selection.id not in both.copy_state()


def test_the_root_selection_of_the_session_is_kept(both, open_connection):
    both.update_state(None, DictionaryChange({"selection.root": {"name": "Everything"}}))

    root = open_connection().client.selections.root

    assert root.name == "Everything"


def test_a_mask_is_refused(connection):
    with pytest.raises(InvalidArgument, match="flatnonzero"):
        connection.client.selections.create("Carbon", [True, False])
