"""A running simulation of one system, with the forces of users, as frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.force_field import ForceField
from nanover_jupyter.server.demo.dynamics.integrator import (
    GAS_CONSTANT,
    Integrator,
    kinetic_energy,
    thermal_velocities,
)
from nanover_jupyter.server.demo.dynamics.interaction_forces import interaction_forces
from nanover_jupyter.server.demo.dynamics.interactions import Interaction
from nanover_jupyter.server.demo.dynamics.system import Floats, System

__all__ = ["STEPS_PER_FRAME", "TEMPERATURE", "TIME_STEP", "Engine", "NumericalError"]

STEPS_PER_FRAME: Final = 10
TIME_STEP: Final = 0.0005
"""In ps."""
TEMPERATURE: Final = 300.0
"""In K."""
_FRICTION: Final = 5.0  # 1/ps

# The frames before the first one, in which the positions reach the temperature.
_WARM_UP_FRAMES: Final = 20

# Faster atoms, in nm/ps, move through others within a time step. Hydrogen atoms have about
# 3 nm/ps at the temperature of the simulation.
_SPEED_LIMIT: Final = 50.0


class NumericalError(Exception):
    """Atoms became too fast. The engine is at the last frame again, with thermal velocities."""


class Engine:
    """Simulates a system frame by frame. Not thread-safe.

    The order of each frame is that of NanoVer: some steps with constant user forces, then the
    user forces at the new positions, then the frame.

    Args:
        system: What to simulate.
        seed: Simulations of a system with the same seed and interactions are the same.
    """

    def __init__(self, system: System, *, seed: int) -> None:
        self.system = system
        self._seed = seed
        self._force_field = ForceField(system)
        rng = np.random.default_rng(seed)
        self._start = system.positions.copy()
        # The positions have no thermal energy yet, and take half of that of the velocities.
        self._start_velocities = thermal_velocities(system.masses, 2 * TEMPERATURE, rng)
        self._thermostat(rng).advance(
            self._start,
            self._start_velocities,
            self._force_field.compute(self._start)[1],
            np.zeros_like(self._start),
            _WARM_UP_FRAMES * STEPS_PER_FRAME,
        )
        self.reset()

    def _thermostat(self, rng: np.random.Generator) -> Integrator:
        return Integrator(
            self.system.masses,
            self._force_field.compute,
            step=TIME_STEP,
            friction=_FRICTION,
            temperature=TEMPERATURE,
            rng=rng,
        )

    def reset(self) -> None:
        """Return to the start. Interactions that end by this do not reset velocities."""
        self._rng = np.random.default_rng(self._seed)
        self._integrator = self._thermostat(self._rng)
        self._positions = self._start.copy()
        self._velocities = self._start_velocities.copy()
        self._potential, self._forces = self._force_field.compute(self._positions)
        self._user_energy = 0.0
        self._user_forces = np.zeros_like(self._positions)
        self._interactions: dict[str, Interaction] = {}
        self._work = 0.0
        self._frames = 0

    @property
    def positions(self) -> Floats:
        """(N, 3), the current positions in nm. Read-only."""
        view = self._positions.view()
        view.flags.writeable = False
        return view

    @property
    def time(self) -> float:
        """The simulated time in ps."""
        return self._frames * STEPS_PER_FRAME * TIME_STEP

    @property
    def kinetic_energy(self) -> float:
        """In kJ/mol."""
        return kinetic_energy(self.system.masses, self._velocities)

    @property
    def potential_energy(self) -> float:
        """In kJ/mol, without the energy of the user forces."""
        return self._potential

    @property
    def temperature(self) -> float:
        """The temperature in K that corresponds to the kinetic energy."""
        return 2 * self.kinetic_energy / (3 * self.system.size * GAS_CONSTANT)

    def advance(self, interactions: Mapping[str, Interaction]) -> None:
        """Simulate one frame, then compute the forces of `interactions` for the next one.

        Raises:
            NumericalError: The simulation became unstable.
            InteractionError: An interaction cannot be computed. The frame is complete, and
                there are no user forces.
        """
        positions, velocities = self._positions.copy(), self._velocities.copy()
        # Overflows are detected below.
        with np.errstate(all="ignore"):
            potential, forces = self._integrator.advance(
                positions, velocities, self._forces, self._user_forces, STEPS_PER_FRAME
            )
            # NaN is not below the limit either.
            stable = bool((np.abs(velocities) < _SPEED_LIMIT).all())
        if not stable:
            self._clear_user_forces()
            self._velocities = thermal_velocities(self.system.masses, TEMPERATURE, self._rng)
            raise NumericalError
        self._work += float(np.vdot(self._user_forces, positions - self._positions))
        self._positions, self._velocities = positions, velocities
        self._potential, self._forces = potential, forces
        self._frames += 1
        self._apply(interactions)

    def first_frame(self) -> dict[str, object]:
        """Return the fields of a frame with the topology, which begins a simulation."""
        return {**self.system.topology(), **self.frame()}

    def frame(self) -> dict[str, object]:
        """Return the fields of a frame that change from frame to frame."""
        pulled = np.flatnonzero(self._user_forces.any(axis=1))
        return {
            "particle.positions": self._positions.astype(np.float32),
            "energy.kinetic": self.kinetic_energy,
            "energy.potential": self._potential,
            "energy.user.total": self._user_energy,
            "system.temperature": self.temperature,
            "system.simulation.time": self.time,
            "forces.user.index": pulled.astype(np.uint32),
            "forces.user.sparse": self._user_forces[pulled].astype(np.float32),
            "forces.user.work_done": self._work,
        }

    def _apply(self, interactions: Mapping[str, Interaction]) -> None:
        ended = self._interactions.keys() - interactions.keys()
        # Cleared first, in case that an interaction is invalid.
        earlier = self._interactions
        self._clear_user_forces()
        with np.errstate(all="ignore"):
            self._user_energy, self._user_forces = interaction_forces(
                self._positions, self.system.masses, interactions
            )
        self._interactions = dict(interactions)
        for key in ended:
            if earlier[key].reset_velocities and earlier[key].particles:
                particles = list(earlier[key].particles)
                self._velocities[particles] -= self._velocities[particles].mean(axis=0)

    def _clear_user_forces(self) -> None:
        self._user_energy = 0.0
        self._user_forces = np.zeros_like(self._positions)
        self._interactions = {}
