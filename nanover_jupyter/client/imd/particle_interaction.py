"""Interactions as objects, with the attributes of NanoVer's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.client.simulation.interactions import DEFAULT_MAX_FORCE
from nanover_jupyter.client.simulation.particles import particle_indices
from nanover_jupyter.errors import InvalidArgument

__all__ = ["ParticleInteraction", "interaction_from_value", "value_of_interaction"]

_FIELDS: Final = (
    "position",
    "particles",
    "interaction_type",
    "scale",
    "mass_weighted",
    "reset_velocities",
    "max_force",
)


class ParticleInteraction:
    """The settings of a force on atoms.

    Args:
        position: Where to, three coordinates in nm.
        particles: The indices of the atoms.
        interaction_type: "spring", "gaussian" or "constant".
        scale: The factor of the force.
        mass_weighted: Whether heavier atoms get more of the force.
        reset_velocities: Whether the server resets the velocities of the atoms at the end.
        max_force: The largest total force in kJ/mol/nm.
        **properties: Further fields, such as `label`.

    Attributes:
        position: (3,) float64, nm.
        particles: The indices; two or more are sorted and unique.
        properties: The further fields.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - NanoVer's signature
        self,
        position: Iterable[float] = (0.0, 0.0, 0.0),
        particles: Iterable[int] = (),
        interaction_type: str = "gaussian",
        scale: float = 1.0,
        mass_weighted: bool = True,  # noqa: FBT001, FBT002 - NanoVer's signature
        reset_velocities: bool = False,  # noqa: FBT001, FBT002 - NanoVer's signature
        max_force: float = DEFAULT_MAX_FORCE,
        **properties: Any,
    ) -> None:
        indices = np.array(particle_indices(particles), dtype=int)
        self.position: npt.NDArray[np.float64] = np.array([float(each) for each in position])
        self.particles: npt.NDArray[Any] = indices if len(indices) < 2 else np.unique(indices)  # noqa: PLR2004
        self.interaction_type = interaction_type
        self.scale = float(scale)
        self.mass_weighted = mass_weighted
        self.reset_velocities = reset_velocities
        self.max_force = float(max_force)
        self.properties = properties
        if self.position.shape != (3,):
            raise InvalidArgument("position", f"{position!r:.60} is not three numbers")
        if not np.isfinite(self.scale):
            raise InvalidArgument("scale", f"{scale!r} is not finite")
        if not self.max_force >= 0:
            raise InvalidArgument("max_force", f"{max_force!r} is not a positive number")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParticleInteraction):
            return NotImplemented
        return value_of_interaction(self) == value_of_interaction(other)

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        fields = ", ".join(f"{key}={value!r}" for key, value in value_of_interaction(self).items())
        return f"ParticleInteraction({fields})"


def value_of_interaction(interaction: Any) -> dict[str, Any]:
    """Return the value in the shared state of an interaction object, ours or NanoVer's.

    Raises:
        TypeError: An attribute is missing.
    """
    try:
        fields = {name: getattr(interaction, name) for name in _FIELDS}
        properties = dict(interaction.properties)
    except AttributeError as error:
        raise TypeError(f"{interaction!r:.60} is not a ParticleInteraction: {error}") from error
    return {
        **properties,
        **fields,
        "position": [float(each) for each in fields["position"]],
        "particles": particle_indices(fields["particles"]),
    }


def interaction_from_value(value: Mapping[str, Any]) -> ParticleInteraction | None:
    """Return the interaction of a value in the shared state; None if it is malformed."""
    try:
        return ParticleInteraction(**value)
    except (TypeError, ValueError, OverflowError):
        return None
