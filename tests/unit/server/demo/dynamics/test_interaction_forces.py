"""The forces of interactions, against values from NanoVer's server (wire-protocol I1)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nanover_jupyter.server.demo.dynamics.interaction_forces import (
    InteractionError,
    ParticleIndexError,
    interaction_forces,
)
from nanover_jupyter.server.demo.dynamics.interactions import parse_interaction

POSITIONS = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
MASSES = np.array([12.0, 1.0, 16.0])


def compute(*interactions, positions=POSITIONS, masses=MASSES, box=None):
    parsed = {f"interaction.{n}": parse_interaction(each) for n, each in enumerate(interactions)}
    return interaction_forces(positions, masses, parsed, box)


def at(kind, **fields):
    return {
        "particles": [0],
        "position": [0.3, 0.0, 0.4],
        "scale": 100.0,
        "interaction_type": kind,
        **fields,
    }


GROUP = {"particles": [0, 1], "position": [0.0, 0.0, 1.0], "scale": 10.0, "max_force": math.inf}


@pytest.mark.parametrize(
    ("interaction", "energy", "forces"),
    [
        (at("spring", max_force=math.inf), 25, [(60, 0, 80)]),
        (at("spring", max_force=50.0), 6.25, [(30, 0, 40)]),
        (at("gaussian"), 11.7503, [(26.4749, 0, 35.2999)]),
        (at("gaussian", max_force=10.0), 1.9373, [(4.365, 0, 5.82)]),
        (at("constant"), 50, [(60, 0, 80)]),
        (
            {**GROUP, "interaction_type": "spring"},
            10.0592,
            [(-1.4201, 0, 18.4615), (-0.1183, 0, 1.5385)],
        ),
        (
            {**GROUP, "interaction_type": "spring", "mass_weighted": False},
            10.0592,
            [(-0.7692, 0, 10), (-0.7692, 0, 10)],
        ),
        (at("spring", scale=-100.0, max_force=50.0), -25, [(-60, 0, -80)]),
    ],
)
def test_energies_and_forces_are_those_of_nanover(interaction, energy, forces):
    total, computed = compute(interaction)

    assert total == pytest.approx(energy, abs=5e-5)
    expected = np.zeros((3, 3))
    expected[: len(forces)] = forces
    assert computed == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("kind", ["spring", "gaussian", "constant"])
def test_an_interaction_at_its_particle_has_no_force(kind):
    energy, forces = compute(at(kind, position=[0.0, 0.0, 0.0]))

    assert energy == 0
    assert not forces.any()


@pytest.mark.parametrize("kind", ["spring", "gaussian", "constant"])
def test_a_limit_of_zero_removes_the_force(kind):
    energy, forces = compute(at(kind, max_force=0.0))

    assert energy == 0
    assert not forces.any()


@pytest.mark.parametrize("kind", ["spring", "gaussian", "constant"])
def test_the_limit_applies_to_the_total_force(kind):
    _, forces = compute(at(kind, particles=[0, 2], scale=1e6, max_force=7.0))

    assert np.linalg.norm(forces.sum(axis=0)) < 7.0001


def test_forces_of_several_interactions_add_up():
    one, two = at("spring"), {**GROUP, "interaction_type": "gaussian"}
    energies, forces = zip(compute(one), compute(two), strict=True)

    energy, total = compute(one, two)

    assert energy == pytest.approx(sum(energies))
    assert total == pytest.approx(sum(forces), abs=1e-5)


def test_negative_indices_count_from_the_end():
    _, forces = compute(at("spring", particles=[-1]))

    assert forces[2].any()
    assert not forces[:2].any()


def test_no_particles_mean_no_force():
    energy, forces = compute(at("unknown", particles=[]))

    assert energy == 0
    assert not forces.any()


@pytest.mark.parametrize("particle", [3, -4, 10**30])
def test_a_particle_that_does_not_exist_is_an_error_of_its_own(particle):
    with pytest.raises(ParticleIndexError, match=r"interaction\.0: there is no particle"):
        compute(at("spring", particles=[0, particle]))


def test_an_unknown_type_is_an_error():
    with pytest.raises(InteractionError, match="unknown interaction type 'magnet'"):
        compute(at("magnet"))


def test_massless_groups_are_an_error_and_massless_particles_feel_nothing():
    massless = np.zeros(3)

    with pytest.raises(InteractionError, match="no mass"):
        compute(at("spring", particles=[0, 1]), masses=massless)
    for weighted in (True, False):
        energy, forces = compute(at("spring", mass_weighted=weighted), masses=massless)
        assert energy == 0
        assert not forces.any()


def test_the_minimum_image_is_used_in_a_periodic_box():
    box = np.full(3, 2.0)
    inside, _ = compute(at("spring", position=[0.1, 0.0, 0.0]), box=box)
    outside, forces = compute(at("spring", position=[1.9, 0.0, 0.0]), box=box)

    assert outside == pytest.approx(inside)
    assert forces[0, 0] == pytest.approx(-20.0)


def test_groups_are_wrapped_atom_by_atom_in_a_periodic_box():
    positions = np.array([[-0.1, 0.0, 0.0], [0.1, 0.0, 0.0]])
    masses = np.ones(2)
    group = {**GROUP, "position": [0.0, 0.0, 0.0], "interaction_type": "spring"}

    _, free = compute(group, positions=positions, masses=masses)
    _, wrapped = compute(group, positions=positions, masses=masses, box=np.full(3, 3.0))

    assert not free.any()
    assert abs(wrapped[0, 0]) == pytest.approx(15.0)  # the center is at 1.5 nm


def test_a_force_that_is_not_finite_is_an_error_of_its_interaction():
    with np.errstate(all="ignore"):
        for kind in ("spring", "constant"):
            with pytest.raises(InteractionError, match="not finite"):
                compute(at(kind, position=[1e300, 0.0, 0.0], scale=1e308, max_force=np.inf))
        for kind in ("spring", "gaussian", "constant"):
            compute(at(kind, scale=5e-324, max_force=1e308))
