"""What can be suggested."""

from __future__ import annotations

import pytest

from nanover_jupyter.widgets.controls.suggested_parameters import (
    COLUMNS,
    KNOBS,
    OTHERS,
    PREFIX,
    parameter_for,
)


def test_every_knob_has_a_place_and_a_sentence() -> None:
    places = {name for column in COLUMNS for name in column}

    assert {knob.group for knob in KNOBS} | {OTHERS} == places
    for knob in KNOBS:
        assert knob.key.startswith(PREFIX)
        assert knob.sentence.endswith(".")
    assert len({knob.key for knob in KNOBS}) == len(KNOBS)


def test_defaults_can_be_shown() -> None:
    for knob in KNOBS:
        match knob.kind:
            case "slider":
                assert knob.low <= knob.default <= knob.high
            case "choice":
                assert knob.default in [value for _, value in knob.choices]
            case "switch":
                assert isinstance(knob.default, bool)


def test_known_keys_have_their_knob_whatever_they_hold() -> None:
    assert parameter_for("suggested.interaction.scale", "strange").label == "Strength"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "switch"),
        (3, "number"),
        (0.5, "number"),
        ("x", "text"),
        ([1], "json"),
        (None, "json"),
    ],
)
def test_other_keys_get_a_knob_by_their_value(value: object, kind: str) -> None:
    knob = parameter_for("suggested.speed.of.light", value)

    assert (knob.kind, knob.label, knob.group) == (kind, "speed.of.light", OTHERS)


def test_hiding_the_avatars_is_a_switch_among_what_headsets_show() -> None:
    knob = parameter_for("suggested.avatars.hidden", None)

    assert (knob.kind, knob.group, knob.default) == ("switch", "Headset", False)
