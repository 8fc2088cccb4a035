"""What NanoVer's clients can be suggested, and how people set it. Data only.

The keys, ranges and choices are those of NanoVer's XR client and of the controls that
NanoVer's own server package shows in notebooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["COLUMNS", "KNOBS", "OTHERS", "PREFIX", "ParameterSpec", "parameter_for"]

PREFIX: Final = "suggested."
OTHERS: Final = "Other suggestions"
COLUMNS: Final = (("Interaction",), ("Simulation box", "Headset", OTHERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpec:
    """One suggestion.

    Attributes:
        key: Its key in the shared state.
        label: What people call it.
        group: Which other knobs it stands with.
        kind: What sets it.
        default: What clients do while nothing is suggested.
        sentence: What it does, for people.
        low: The smallest value of a slider.
        high: The largest value of a slider.
        step: The distance between values of a slider.
        unit: What the numbers count, or empty.
        choices: Names and values to choose from.
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


KNOBS: Final = (
    ParameterSpec(
        key="suggested.interaction.type",
        label="Force",
        group="Interaction",
        kind="choice",
        default="spring",
        sentence="How the pull on an atom depends on the distance of the hand.",
        choices=(("Harmonic", "spring"), ("Gaussian", "gaussian"), ("Constant", "constant")),
    ),
    ParameterSpec(
        key="suggested.interaction.scale",
        label="Strength",
        group="Interaction",
        kind="slider",
        default=100.0,
        sentence="How strong the pull is, as a multiple.",
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
        sentence="How near to the hand an atom must be, as seen in the room.",
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
        sentence="Nobody can move, turn or scale the box.",
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
        sentence="How much of the real room shows: 0 is nothing, 1 is all of it.",
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
        sentence="Headsets write to report.connection.health how well they are connected.",
    ),
)

_BY_KEY: Final = {knob.key: knob for knob in KNOBS}


def parameter_for(key: str, value: object) -> ParameterSpec:
    """The knob of a key: one of ours, or one that fits the value it has."""
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
