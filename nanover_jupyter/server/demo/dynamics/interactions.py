"""The `interaction.` keys of the shared state, checked and in the units of the simulation."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.system import Floats

__all__ = ["Interaction", "InteractionTracker", "MalformedInteraction", "parse_interaction"]

logger = logging.getLogger("nanover_jupyter.server")

_DEFAULT_MAX_FORCE: Final = 20000.0

# The systems of the demo are small. Reading a long list would delay the next frame.
_PARTICLES_LIMIT: Final = 10_000

# More would take longer than a frame lasts.
_INTERACTIONS_LIMIT: Final = 256


class MalformedInteraction(ValueError):
    """A value of the shared state does not describe an interaction."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interaction:
    """A force that a user applies to some particles.

    Attributes:
        position: (3,), the point that attracts the particles, in nm.
        particles: Indices of particles; negative ones count from the end.
        kind: The shape of the potential. It may be unknown; see `interaction_forces`.
        scale: A factor of energy and force. Negative values repel.
        mass_weighted: Whether the force is distributed in proportion to the masses.
        reset_velocities: Whether to remove the mean velocity of the particles at the end.
        max_force: The limit of the total force in kJ/mol/nm, which may be infinite.
    """

    position: Floats
    particles: tuple[int, ...] = ()
    kind: str = "gaussian"
    scale: float = 1.0
    mass_weighted: bool = True
    reset_velocities: bool = False
    max_force: float = _DEFAULT_MAX_FORCE


def parse_interaction(value: object) -> Interaction:
    """Return the interaction that a value of the shared state describes.

    Missing fields have NanoVer's defaults, and other fields are ignored. Two or more
    particles are sorted, without duplicates.

    Raises:
        MalformedInteraction: The value is not a mapping, or a field has an invalid value.
    """
    if not isinstance(value, Mapping):
        raise MalformedInteraction(f"an interaction must be a dict, not {type(value).__name__}")
    position = value.get("position", (0.0, 0.0, 0.0))
    if not isinstance(position, list | tuple) or len(position) != 3:  # noqa: PLR2004
        raise MalformedInteraction("position must be a list of three numbers")
    particles = value.get("particles", ())
    if not isinstance(particles, list | tuple):
        name = type(particles).__name__
        raise MalformedInteraction(f"particles must be a list of integers, not {name}")
    if len(particles) > _PARTICLES_LIMIT:
        raise MalformedInteraction(f"{len(particles)} particles are too many")
    indices = [_integer(particle) for particle in particles]
    kind = value.get("interaction_type", "gaussian")
    max_force = _float("max_force", value.get("max_force", _DEFAULT_MAX_FORCE))
    if not max_force >= 0:
        raise MalformedInteraction(f"max_force must be zero or positive, not {max_force!r}")
    return Interaction(
        position=np.array([_finite("position", number) for number in position]),
        particles=tuple(sorted(set(indices))) if len(indices) > 1 else tuple(indices),
        kind=kind if isinstance(kind, str) else type(kind).__name__,
        scale=_finite("scale", value.get("scale", 1.0)),
        mass_weighted=bool(value.get("mass_weighted", True)),
        reset_velocities=bool(value.get("reset_velocities", False)),
        max_force=max_force,
    )


class InteractionTracker:
    """The interactions that are active, by key. Not thread-safe.

    A malformed value is logged once, and the earlier valid value of its key stays active.
    """

    def __init__(self) -> None:
        self._seen: dict[str, object] = {}
        self._active: dict[str, Interaction] = {}

    @property
    def active(self) -> Mapping[str, Interaction]:
        """The active interactions by key, in the order of their first appearance."""
        return self._active

    def update(self, values: Mapping[str, object]) -> None:
        """Replace the interactions by those of the shared state.

        Args:
            values: All values of `interaction.` keys. They must never be modified, because
                an unchanged value is recognized by its identity.
        """
        for key in self._seen.keys() - values.keys():
            del self._seen[key]
            self._active.pop(key, None)
        for key, value in values.items():
            if key in self._seen and self._seen[key] is value:
                continue
            self._seen[key] = value
            if key not in self._active and len(self._active) >= _INTERACTIONS_LIMIT:
                logger.warning("! ignored the interaction %.80r: there are too many", key)
                continue
            try:
                self._active[key] = parse_interaction(value)
            except MalformedInteraction as error:
                logger.warning("! ignored the malformed interaction %.80r: %s", key, error)

    def discard(self, keys: Iterable[str]) -> None:
        """End interactions until they are written again."""
        for key in keys:
            self._active.pop(key, None)


def _integer(particle: object) -> int:
    number = _finite("particles", particle)
    return particle if isinstance(particle, int) else int(number)


def _finite(name: str, value: object) -> float:
    number = _float(name, value)
    if not math.isfinite(number):
        raise MalformedInteraction(f"{name} must be finite, not {number!r}")
    return number


def _float(name: str, value: object) -> float:
    if not isinstance(value, int | float):
        raise MalformedInteraction(f"{name} must be a number, not {type(value).__name__}")
    try:
        return float(value)
    except OverflowError:
        raise MalformedInteraction(f"{name} is too large") from None
