"""The forces of user interactions, by the formulas of NanoVer.

An interaction pulls the center of its particles, c, to its position g. With d = c - g and
r = |d|, the energy e and the force f per unit of `scale` are:

    spring     e = r^2                 f = -2 d
    gaussian   e = 1 - exp(-r^2/2)     f = -d exp(-r^2/2)
    constant   e = r                   f = -d/r

`max_force / scale` limits |f|, unless the scale is negative: the spring stops growing at the
limit, the gaussian is scaled down as a whole if its peak exceeds it, and the constant force
is cut off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.interactions import Interaction
from nanover_jupyter.server.demo.dynamics.system import Floats

__all__ = ["KINDS", "InteractionError", "ParticleIndexError", "interaction_forces"]

_SPRING_CONSTANT: Final = 2.0
# The largest force of a gaussian with a width of 1 nm.
_GAUSSIAN_PEAK: Final = math.exp(-0.5)


class InteractionError(Exception):
    """The interaction of `key` cannot be computed for `reason`."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.key:.80}: {self.reason}"


class ParticleIndexError(InteractionError):
    """The interaction refers to a particle that does not exist."""


def interaction_forces(
    positions: Floats,
    masses: Floats,
    interactions: Mapping[str, Interaction],
    box: Floats | None = None,
) -> tuple[float, Floats]:
    """Return the total energy in kJ/mol and the forces (N, 3) in kJ/mol/nm.

    Args:
        positions: (N, 3), in nm.
        masses: (N,), in amu.
        interactions: The interactions by key.
        box: (3,), the lengths of a periodic box in nm, whose minimum image is used.

    Raises:
        ParticleIndexError: An index is out of range.
        InteractionError: The kind is unknown, or several particles have no mass.
    """
    # In single precision, as NanoVer adds them up.
    forces = np.zeros((len(positions), 3), dtype=np.float32)
    energy = 0.0
    for key, interaction in interactions.items():
        if interaction.particles:
            energy += _add_forces(key, interaction, positions, masses, box, forces)
    return energy, forces.astype(np.float64)


def _add_forces(  # noqa: PLR0913, PLR0917 - the arguments of the only caller
    key: str,
    interaction: Interaction,
    positions: Floats,
    masses: Floats,
    box: Floats | None,
    forces: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> float:
    """Add the forces of one interaction and return its energy."""
    _check_indices(key, interaction.particles, len(positions))
    particles = list(interaction.particles)
    displacement = _center(key, positions[particles], masses[particles], box) - interaction.position
    if box is not None:
        displacement -= box * np.round(displacement / box)
    potential = KINDS.get(interaction.kind)
    if potential is None:
        raise InteractionError(key, f"unknown interaction type {interaction.kind!r:.80}")
    scale = interaction.scale
    limited = math.isfinite(interaction.max_force) and scale > 0
    energy, force = potential(displacement, interaction.max_force / scale if limited else None)

    weights = masses[particles] if interaction.mass_weighted else (masses[particles] != 0.0) * 1.0
    total = weights.sum()
    if total == 0.0:
        return 0.0
    energy, force = scale * energy, scale * force
    if not math.isfinite(energy) or not np.isfinite(force).all():
        raise InteractionError(key, "its force is not finite")
    forces[particles] += force * (weights / total)[:, None]
    return energy


def _check_indices(key: str, particles: Iterable[int], size: int) -> None:
    for particle in particles:
        if not -size <= particle < size:
            raise ParticleIndexError(key, f"there is no particle {particle} among {size}")


def _center(key: str, positions: Floats, masses: Floats, box: Floats | None) -> Floats:
    """Return a copy of the position, or the center of mass of several."""
    if len(positions) == 1:
        single: Floats = positions[0].copy()
        return single
    total = masses.sum()
    if total == 0.0:
        raise InteractionError(key, "the particles have no mass")
    if box is not None:
        # Each particle by itself, so a group across a border has a center elsewhere: this
        # is a flaw of NanoVer that clients rely on.
        positions = positions - np.floor(positions / box) * box
    center: Floats = (positions * masses[:, None]).sum(axis=0) / total
    return center


def _spring(d: Floats, limit: float | None) -> tuple[float, Floats]:
    square = float(d @ d)
    if limit is not None:
        longest = limit / _SPRING_CONSTANT
        if square > longest * longest:
            d = d * (longest / math.sqrt(square))
            square = longest * longest
    return 0.5 * _SPRING_CONSTANT * square, -_SPRING_CONSTANT * d


def _gaussian(d: Floats, limit: float | None) -> tuple[float, Floats]:
    decay = math.exp(-0.5 * float(d @ d))
    factor = 1.0 if limit is None else min(1.0, limit / _GAUSSIAN_PEAK)
    return factor * (1.0 - decay), -factor * decay * d


def _constant(d: Floats, limit: float | None) -> tuple[float, Floats]:
    distance = math.sqrt(float(d @ d))
    if distance == 0.0:
        return 0.0, np.zeros(3)
    strength = 1.0 if limit is None else min(1.0, limit)
    return distance * strength, -strength / distance * d


KINDS: Final[Mapping[str, Callable[[Floats, float | None], tuple[float, Floats]]]] = {
    "spring": _spring,
    "gaussian": _gaussian,
    "constant": _constant,
}
"""The potentials by interaction type; each takes d and the limit and returns e and f."""
