"""The motion of atoms under forces: velocity Verlet and Langevin dynamics."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.system import Floats

__all__ = ["GAS_CONSTANT", "Integrator", "kinetic_energy", "thermal_velocities"]

GAS_CONSTANT: Final = 8.31446261815324e-3
"""In kJ/mol/K."""


class Integrator:
    """Advances positions and velocities.

    With friction, the scheme is BAOAB (Leimkuhler and Matthews, 2013), which samples the
    canonical ensemble; without friction it is velocity Verlet and conserves the energy.

    Args:
        masses: (N,), in amu.
        forces: Returns the potential energy in kJ/mol and the forces in kJ/mol/nm at
            positions in nm.
        step: The time step in ps.
        friction: The friction of the thermostat in 1/ps, or 0 for none.
        temperature: The temperature of the thermostat in K.
        rng: The source of the random forces.
    """

    def __init__(  # noqa: PLR0913 - the physical parameters
        self,
        masses: Floats,
        forces: Callable[[Floats], tuple[float, Floats]],
        *,
        step: float,
        friction: float = 0.0,
        temperature: float = 300.0,
        rng: np.random.Generator,
    ) -> None:
        self._compute = forces
        self._step = step
        self._kick = (0.5 * step / masses)[:, None]
        self._keep = math.exp(-friction * step)
        variance = (1 - self._keep**2) * GAS_CONSTANT * temperature / masses
        self._noise = np.sqrt(variance)[:, None]
        self._rng = rng

    def advance(
        self,
        positions: Floats,
        velocities: Floats,
        forces: Floats,
        external: Floats,
        steps: int,
    ) -> tuple[float, Floats]:
        """Advance `positions` and `velocities` in place.

        Args:
            positions: (N, 3), in nm.
            velocities: (N, 3), in nm/ps.
            forces: (N, 3), the forces at `positions` without `external`, in kJ/mol/nm.
            external: (N, 3), forces that stay constant.
            steps: The number of steps, at least one.

        Returns:
            The potential energy and the forces at the new positions, without `external`.
        """
        half = 0.5 * self._step
        energy = 0.0
        for _ in range(steps):
            velocities += self._kick * (forces + external)
            if self._keep == 1.0:
                positions += self._step * velocities
            else:
                positions += half * velocities
                velocities *= self._keep
                velocities += self._noise * self._rng.standard_normal(velocities.shape)
                positions += half * velocities
            energy, forces = self._compute(positions)
            velocities += self._kick * (forces + external)
        return energy, forces


def kinetic_energy(masses: Floats, velocities: Floats) -> float:
    """Return the kinetic energy in kJ/mol."""
    return 0.5 * float(masses @ np.einsum("ij,ij->i", velocities, velocities))


def thermal_velocities(masses: Floats, temperature: float, rng: np.random.Generator) -> Floats:
    """Return random velocities (N, 3) of a temperature in K, without a total momentum."""
    deviations = np.sqrt(GAS_CONSTANT * temperature / masses)
    velocities: Floats = rng.standard_normal((len(masses), 3)) * deviations[:, None]
    velocities -= masses @ velocities / masses.sum()
    return velocities
