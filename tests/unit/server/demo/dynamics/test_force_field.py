"""Energies and forces against values known from elsewhere, and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from nanover_jupyter.server.demo.dynamics.force_field import ForceField
from nanover_jupyter.server.demo.dynamics.molecules import alkane, methane
from nanover_jupyter.server.demo.dynamics.system import combine
from nanover_jupyter.server.demo.dynamics.systems import BOX, SYSTEMS, build_system, minimize


def numerical_forces(field, positions, atoms, step=1e-6):
    forces = np.zeros((len(atoms), 3))
    for row, atom in enumerate(atoms):
        for axis in range(3):
            shifted = positions.copy()
            shifted[atom, axis] += step
            above, _ = field.compute(shifted)
            shifted[atom, axis] -= 2 * step
            below, _ = field.compute(shifted)
            forces[row, axis] = (below - above) / (2 * step)
    return forces


@pytest.mark.parametrize("name", SYSTEMS)
def test_forces_are_the_derivatives_of_the_energy(name):
    system = build_system(name)
    field = ForceField(system)
    positions = system.positions + np.random.default_rng(1).normal(0, 0.004, (system.size, 3))
    positions[0] -= 2.5  # beyond a wall
    atoms = range(0, system.size, 7)

    _, forces = field.compute(positions)

    expected = numerical_forces(field, positions, atoms)
    scale = np.linalg.norm(expected, axis=1)
    assert (np.linalg.norm(forces[list(atoms)] - expected, axis=1) < 1e-3 * scale).all()


@pytest.mark.parametrize("name", SYSTEMS)
def test_no_net_force_acts_within_the_walls(name):
    system = build_system(name)
    _, forces = ForceField(system).compute(system.positions + 0.1)

    assert np.abs(forces.sum(axis=0)).max() < 1e-8


def test_a_stretched_bond_has_the_harmonic_energy():
    system = combine("methane", [methane().centered((2, 2, 2))], BOX)
    field = ForceField(system)
    rest, _ = field.compute(system.positions)
    positions = system.positions.copy()
    # Along the bond, so that no angle changes.
    bond = positions[1] - positions[0]
    positions[1] += 0.01 * bond / np.linalg.norm(bond)

    energy, forces = field.compute(positions)

    assert energy - rest == pytest.approx(0.5 * 284512.0 * 0.01**2)
    assert np.linalg.norm(forces[1]) == pytest.approx(2845.12)


def test_two_carbons_have_the_lennard_jones_energy_at_the_minimum():
    """All but the carbon atoms are far apart, so that their part is small."""
    distance = 2 ** (1 / 6) * 0.35
    pair = combine("pair", [methane().centered((1, 1, 1)), methane().centered((3, 3, 3))], BOX)
    field = ForceField(pair)
    positions = pair.positions.copy()
    positions[5] = positions[0] + [distance, 0.0, 0.0]
    field._bond_k[:] = field._angle_k[:] = 0.0
    for hydrogens in (slice(1, 5), slice(6, 10)):
        positions[hydrogens] += [0.0, 0.0, -0.9]

    energy, _ = field.compute(positions)

    assert energy == pytest.approx(-0.276144, abs=0.01)


def test_trans_is_the_most_stable_torsion_of_butane():
    butane = combine("butane", [alkane(4).centered((2, 2, 2))], BOX)
    field = ForceField(butane)

    def relaxed_energy(torsion):
        positions = rotated_end(butane.positions, np.radians(torsion - 180.0))
        return field.compute(minimize(field, positions, 200))[0]

    trans, gauche, cis = map(relaxed_energy, (180.0, 65.0, 0.0))

    assert 1.5 < gauche - trans < 6.0
    assert 12.0 < cis - trans < 35.0


def rotated_end(positions, angle):
    """Rotate one end of butane about its middle bond."""
    axis = positions[2] - positions[1]
    axis /= np.linalg.norm(axis)
    moved = positions.copy()
    end = [3, *np.flatnonzero(positions[:, 0] > positions[2, 0] - 1e-3).tolist()]
    end = sorted(set(end) - {2})
    arms = positions[end] - positions[2]
    moved[end] = (
        positions[2]
        + arms * np.cos(angle)
        + np.cross(axis, arms) * np.sin(angle)
        + np.outer(arms @ axis, axis) * (1 - np.cos(angle))
    )
    return moved


def test_minimizing_lowers_the_energy_and_the_forces():
    system = build_system("icosane")
    field = ForceField(system)
    positions = system.positions + np.random.default_rng(2).normal(0, 0.005, (system.size, 3))

    relaxed = minimize(field, positions)

    before, after = field.compute(positions), field.compute(relaxed)
    assert after[0] < before[0] - 100
    assert np.abs(after[1]).max() < np.abs(before[1]).max() / 10
