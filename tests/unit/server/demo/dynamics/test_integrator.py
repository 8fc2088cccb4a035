"""Conservation of energy, the temperature of the thermostat, and determinism."""

from __future__ import annotations

import numpy as np
import pytest

from nanover_jupyter.server.demo.dynamics.engine import TIME_STEP
from nanover_jupyter.server.demo.dynamics.force_field import ForceField
from nanover_jupyter.server.demo.dynamics.integrator import (
    GAS_CONSTANT,
    Integrator,
    kinetic_energy,
    thermal_velocities,
)
from nanover_jupyter.server.demo.dynamics.systems import build_system


def temperature(masses, velocities) -> float:
    return 2 * kinetic_energy(masses, velocities) / (3 * len(masses) * GAS_CONSTANT)


def test_a_harmonic_oscillator_has_its_period():
    def spring(positions):
        return 0.5 * float(np.vdot(positions, positions)), -positions

    integrator = Integrator(np.ones(1), spring, step=0.001, rng=np.random.default_rng())
    positions, velocities = np.array([[1.0, 0.0, 0.0]]), np.zeros((1, 3))

    integrator.advance(positions, velocities, -positions, np.zeros((1, 3)), 6283)

    assert positions[0] == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)


def test_external_forces_accelerate_by_mass():
    integrator = Integrator(
        np.array([1.0, 4.0]),
        lambda positions: (0.0, np.zeros_like(positions)),
        step=0.01,
        rng=np.random.default_rng(),
    )
    positions, velocities = np.zeros((2, 3)), np.zeros((2, 3))

    integrator.advance(positions, velocities, np.zeros((2, 3)), np.full((2, 3), 8.0), 100)

    assert velocities[:, 0] == pytest.approx([8.0, 2.0])
    assert positions[:, 0] == pytest.approx([4.0, 1.0])


def test_the_energy_drifts_by_less_than_a_thousandth_in_10_ps_without_a_thermostat():
    # It has the most hydrogen atoms, whose vibrations need the shortest time step.
    system = build_system("icosane")
    field, rng = ForceField(system), np.random.default_rng(1)
    integrator = Integrator(system.masses, field.compute, step=TIME_STEP, rng=rng)
    positions = system.positions.copy()
    velocities = thermal_velocities(system.masses, 300.0, rng)
    _, forces = field.compute(positions)
    totals, kinetic = [], []
    for _ in range(1000):
        potential, forces = integrator.advance(
            positions, velocities, forces, np.zeros_like(forces), 20
        )
        kinetic.append(kinetic_energy(system.masses, velocities))
        totals.append(potential + kinetic[-1])

    drift = np.mean(totals[-100:]) - np.mean(totals[:100])

    assert abs(drift) < 1e-3 * np.mean(kinetic)


def test_the_mean_temperature_of_the_thermostat_is_right():
    """Uncoupled oscillators, so that many steps are cheap."""
    masses = np.tile([12.011, 1.008], 100)
    stiffness = 20000.0

    def springs(positions):
        return 0.0, -stiffness * positions

    rng = np.random.default_rng(3)
    integrator = Integrator(masses, springs, step=0.001, friction=5.0, rng=rng)
    positions, velocities = np.zeros((200, 3)), thermal_velocities(masses, 300.0, rng)
    forces = np.zeros((200, 3))
    samples = []
    for _ in range(400):
        _, forces = integrator.advance(positions, velocities, forces, np.zeros((200, 3)), 10)
        samples.append(temperature(masses, velocities))
        # The potential energy of an oscillator has the same mean as the kinetic energy.
        samples.append(stiffness * np.vdot(positions, positions) / (600 * GAS_CONSTANT))

    assert np.mean(samples[300::2]) == pytest.approx(300.0, rel=0.05)
    assert np.mean(samples[301::2]) == pytest.approx(300.0, rel=0.05)


def test_thermal_velocities_have_the_temperature_and_no_momentum():
    masses = np.tile([12.011, 1.008], 2000)
    velocities = thermal_velocities(masses, 300.0, np.random.default_rng(4))

    assert temperature(masses, velocities) == pytest.approx(300.0, rel=0.05)
    assert masses @ velocities == pytest.approx(np.zeros(3), abs=1e-9)
