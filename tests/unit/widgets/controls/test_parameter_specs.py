"""The table of suggested parameters."""

from __future__ import annotations

import pytest

from nanover_jupyter.widgets.controls.parameter_specs import (
    COLUMNS,
    OTHERS,
    PREFIX,
    SUGGESTED_PARAMETERS,
    parameter_for,
)


def test_every_parameter_has_a_group_and_a_description() -> None:
    places = {name for column in COLUMNS for name in column}

    assert {spec.group for spec in SUGGESTED_PARAMETERS} | {OTHERS} == places
    for spec in SUGGESTED_PARAMETERS:
        assert spec.key.startswith(PREFIX)
        assert spec.sentence.endswith(".")
    assert len({spec.key for spec in SUGGESTED_PARAMETERS}) == len(SUGGESTED_PARAMETERS)


def test_defaults_can_be_shown() -> None:
    for spec in SUGGESTED_PARAMETERS:
        match spec.kind:
            case "slider":
                assert spec.low <= spec.default <= spec.high
            case "choice":
                assert spec.default in [value for _, value in spec.choices]
            case "switch":
                assert isinstance(spec.default, bool)


def test_known_keys_have_their_control_for_any_value() -> None:
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
def test_other_keys_get_a_control_by_their_value(value: object, kind: str) -> None:
    spec = parameter_for("suggested.speed.of.light", value)

    assert (spec.kind, spec.label, spec.group) == (kind, "speed.of.light", OTHERS)


def test_hiding_the_avatars_is_a_switch_for_headsets() -> None:
    spec = parameter_for("suggested.avatars.hidden", None)

    assert (spec.kind, spec.group, spec.default) == ("switch", "Headset", False)
