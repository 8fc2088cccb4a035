"""Reading `interaction.` keys and following their changes."""

from __future__ import annotations

import logging
import math

import pytest

from nanover_jupyter.server.demo.dynamics.interactions import (
    InteractionTracker,
    MalformedInteraction,
    parse_interaction,
)


def test_missing_fields_have_the_defaults_of_nanover():
    interaction = parse_interaction({})

    assert interaction.position.tolist() == [0, 0, 0]
    assert interaction.particles == ()
    assert interaction.kind == "gaussian"
    assert interaction.scale == 1
    assert interaction.mass_weighted is True
    assert interaction.reset_velocities is False
    assert interaction.max_force == 20000


def test_a_recorded_interaction_is_read_with_its_floats():
    interaction = parse_interaction(
        {
            "position": [2.0, 1.5, 3],
            "particles": [61.0, 60.0, 61.0],
            "interaction_type": "spring",
            "scale": 100,
            "mass_weighted": True,
            "reset_velocities": True,
            "max_force": math.inf,
            "owner.id": "someone",
            "label": "hand.right",
        }
    )

    assert interaction.particles == (60, 61)
    assert interaction.kind == "spring"
    assert interaction.max_force == math.inf
    assert interaction.reset_velocities


def test_the_field_type_of_the_documentation_is_ignored():
    assert parse_interaction({"type": "spring"}).kind == "gaussian"


def test_a_type_that_is_no_string_is_an_unknown_one():
    assert parse_interaction({"interaction_type": ["spring"]}).kind == "list"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "must be a dict"),
        ("text", "must be a dict"),
        ([1, 2, 3], "must be a dict"),
        ({"position": [1, 2]}, "position"),
        ({"position": "abc"}, "position"),
        ({"position": [0, 0, "x"]}, "position"),
        ({"position": [0, 0, math.nan]}, "position"),
        ({"position": [0, 0, 10**400]}, "position"),
        ({"particles": None}, "particles"),
        ({"particles": 3}, "particles"),
        ({"particles": "12"}, "particles"),
        ({"particles": [0] * 10_001}, "particles"),
        ({"particles": [math.nan]}, "particles"),
        ({"particles": [math.inf]}, "particles"),
        ({"particles": [[1]]}, "particles"),
        ({"scale": math.inf}, "scale"),
        ({"scale": math.nan}, "scale"),
        ({"scale": "strong"}, "scale"),
        ({"max_force": -1}, "max_force"),
        ({"max_force": math.nan}, "max_force"),
        ({"max_force": None}, "max_force"),
    ],
)
def test_malformed_values_are_rejected_with_the_field(value, message):
    with pytest.raises(MalformedInteraction, match=message):
        parse_interaction(value)


def test_a_malformed_value_is_logged_once_and_the_earlier_one_stays_active(caplog):
    tracker = InteractionTracker()
    tracker.update({"interaction.a": {"scale": 2.0}})
    malformed = {"interaction.a": {"scale": "strong"}, "interaction.b": 7}

    with caplog.at_level(logging.WARNING, "nanover_jupyter.server"):
        tracker.update(malformed)
        tracker.update(malformed)

    assert tracker.active.keys() == {"interaction.a"}
    assert tracker.active["interaction.a"].scale == 2
    assert len(caplog.messages) == 2
    assert "interaction.a" in caplog.messages[0]


def test_interactions_end_with_their_keys():
    tracker = InteractionTracker()
    tracker.update({"interaction.a": {}, "interaction.b": {}})
    tracker.update({"interaction.b": {}})

    assert tracker.active.keys() == {"interaction.b"}


def test_a_discarded_interaction_returns_when_it_is_written_again():
    tracker = InteractionTracker()
    values = {"interaction.a": {"scale": 1.0}}
    tracker.update(values)
    tracker.discard(["interaction.a", "interaction.unknown"])
    tracker.update(values)
    assert not tracker.active

    tracker.update({"interaction.a": {"scale": 1.0}})
    assert tracker.active
