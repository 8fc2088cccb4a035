"""The parameters that can be suggested to NanoVer's clients. Data only.

The keys, ranges and choices are those of NanoVer's XR client and of the controls that
NanoVer's own server package shows in notebooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["COLUMNS", "OTHERS", "PREFIX", "SUGGESTED_PARAMETERS", "ParameterSpec", "parameter_for"]

PREFIX: Final = "suggested."
OTHERS: Final = "Other suggestions"
COLUMNS: Final = (("Interaction",), ("Simulation box", "Headset", OTHERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpec:
    """A suggested parameter.

    Attributes:
        key: Its key in the shared state.
        label: Its label.
        group: The heading below which it is shown.
        kind: The kind of its control.
        default: The value that clients use without a suggestion.
        sentence: What it does.
        low: The smallest value of a slider.
        high: The largest value of a slider.
        step: The step of a slider.
        unit: The unit of numbers, or empty.
        choices: Labels and values of a choice.
    """

    key: str
    label: str
    group: str
    kind: Literal["slider", "switch", "choice", "number", "text", "json"]
    default: Any
    sentence: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.1
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()


SUGGESTED_PARAMETERS: Final = (
    ParameterSpec(
        key="suggested.interaction.type",
        label="Force",
        group="Interaction",
        kind="choice",
        default="spring",
        sentence="How the force on an atom depends on its distance from the hand.",
        choices=(("Harmonic", "spring"), ("Gaussian", "gaussian"), ("Constant", "constant")),
    ),
    ParameterSpec(
        key="suggested.interaction.scale",
        label="Strength",
        group="Interaction",
        kind="slider",
        default=100.0,
        sentence="Multiplier of the force.",
        low=1,
        high=1000,
        step=1,
    ),
    ParameterSpec(
        key="suggested.interaction.range",
        label="Reach",
        group="Interaction",
        kind="slider",
        default=0.4,
        sentence="How close to the hand an atom must be, in meters of the real room.",
        low=0.1,
        high=2.0,
        step=0.05,
        unit="m",
    ),
    ParameterSpec(
        key="suggested.interaction.hydrogens",
        label="Hydrogens",
        group="Interaction",
        kind="switch",
        default=True,
        sentence="Hydrogen atoms can be grabbed.",
    ),
    ParameterSpec(
        key="suggested.box.locked",
        label="Locked",
        group="Simulation box",
        kind="switch",
        default=False,
        sentence="Clients cannot move, rotate or scale the box.",
    ),
    ParameterSpec(
        key="suggested.box.hidden",
        label="Hidden",
        group="Simulation box",
        kind="switch",
        default=False,
        sentence="The edges of the box are not drawn.",
    ),
    ParameterSpec(
        key="suggested.passthrough",
        label="Room",
        group="Headset",
        kind="slider",
        default=1.0,
        sentence="Visibility of the real room, from 0 (hidden) to 1 (fully visible).",
        low=0,
        high=1,
        step=0.01,
    ),
    ParameterSpec(
        key="suggested.avatars.hidden",
        label="Hide avatars",
        group="Headset",
        kind="switch",
        default=False,
        sentence="Headsets do not draw the avatars of other people.",
    ),
    ParameterSpec(
        key="suggested.report.connection.health",
        label="Reports",
        group="Headset",
        kind="switch",
        default=False,
        sentence="Headsets report their connection quality in report.connection.health.",
    ),
)

_BY_KEY: Final = {spec.key: spec for spec in SUGGESTED_PARAMETERS}


def parameter_for(key: str, value: object) -> ParameterSpec:
    """Return the parameter of a key; for unknown keys, one that fits the type of the value."""
    known = _BY_KEY.get(key)
    if known is not None:
        return known
    kind: Literal["switch", "number", "text", "json"] = "json"
    default: Any = None
    match value:
        case bool():
            kind, default = "switch", False
        case int() | float():
            kind, default = "number", 0.0
        case str():
            kind, default = "text", ""
    label = key.removeprefix(PREFIX)
    return ParameterSpec(
        key=key, label=label, group=OTHERS, kind=kind, default=default, sentence=""
    )
