"""Frames of a simulation with user forces: schedule, work, resets and instability."""

from __future__ import annotations

import numpy as np
import pytest

from nanover_jupyter.server.demo.dynamics.engine import Engine, NumericalError
from nanover_jupyter.server.demo.dynamics.interaction_forces import (
    InteractionError,
    ParticleIndexError,
)
from nanover_jupyter.server.demo.dynamics.interactions import parse_interaction
from nanover_jupyter.server.demo.dynamics.systems import build_system


@pytest.fixture
def engine() -> Engine:
    return Engine(build_system("nanotube"), seed=1)


def pull(particles=(60,), **fields):
    value = {
        "particles": list(particles),
        "position": [2.75, 2.5, 2.0],
        "interaction_type": "spring",
        "scale": 100.0,
        **fields,
    }
    return {"interaction.test": parse_interaction(value)}


def test_the_first_frame_has_the_topology_and_later_ones_do_not(engine):
    first = engine.first_frame()
    engine.advance({})
    later = engine.frame()

    assert first.keys() > later.keys()
    assert {"particle.elements", "bond.pairs", "system.box.vectors"} <= first.keys()
    assert first["system.simulation.time"] == 0
    assert later["system.simulation.time"] == pytest.approx(0.005)
    assert later["particle.positions"].shape == (65, 3)
    assert later["particle.positions"].dtype == np.float32
    assert later["forces.user.index"].size == later["forces.user.sparse"].size == 0


def test_the_simulation_starts_at_its_temperature(engine):
    temperatures = []
    for _ in range(60):
        engine.advance({})
        temperatures.append(engine.temperature)

    assert np.mean(temperatures) == pytest.approx(300.0, rel=0.15)


def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    def last(seed):
        engine = Engine(build_system("nanotube"), seed=seed)
        for _ in range(3):
            engine.advance(pull())
        return engine.frame()["particle.positions"]

    assert (last(1) == last(1)).all()
    assert (last(1) != last(2)).any()


def test_user_forces_are_those_at_the_positions_of_the_frame(engine):
    engine.advance(pull())
    frame = engine.frame()

    assert frame["forces.user.index"].tolist() == [60]
    displacement = np.array([2.75, 2.5, 2.0]) - engine.positions[60]
    assert frame["forces.user.sparse"] == pytest.approx(200 * displacement[None], rel=1e-4)
    assert frame["energy.user.total"] == pytest.approx(100 * displacement @ displacement)


def test_user_forces_act_from_the_next_frame_on(engine):
    undisturbed = Engine(engine.system, seed=1)
    engine.advance(pull(scale=1000.0))
    undisturbed.advance({})
    assert (engine.positions == undisturbed.positions).all()

    engine.advance({})
    undisturbed.advance({})
    assert engine.positions[60, 1] > undisturbed.positions[60, 1]


def test_work_is_the_force_of_the_last_frame_times_the_displacement(engine):
    work, forces, before = 0.0, np.zeros((65, 3)), engine.positions.copy()
    for _ in range(20):
        engine.advance(pull(scale=500.0))
        work += float(np.vdot(forces, engine.positions - before))
        frame = engine.frame()
        forces = np.zeros((65, 3))
        forces[frame["forces.user.index"]] = frame["forces.user.sparse"]
        before = engine.positions.copy()

    assert work > 0
    assert engine.frame()["forces.user.work_done"] == pytest.approx(work, rel=1e-5)


def test_the_potential_energy_excludes_the_energy_of_the_user(engine):
    engine.advance(pull(scale=1e6, max_force=float("inf")))

    assert engine.frame()["energy.user.total"] > 10000
    assert engine.frame()["energy.potential"] < 3000


def test_a_reset_returns_to_the_first_frame_and_repeats_it(engine):
    first = engine.first_frame()
    engine.advance(pull())
    second = engine.frame()
    for _ in range(3):
        engine.advance(pull())
    assert engine.frame()["forces.user.work_done"] != 0

    engine.reset()

    again = engine.first_frame()
    assert all(np.array_equal(first[key], again[key]) for key in first)
    engine.advance(pull())
    assert all(np.array_equal(second[key], engine.frame()[key]) for key in second)


def test_velocities_are_reset_when_an_interaction_ends(engine):
    particles = range(60, 65)
    for _ in range(10):
        engine.advance(pull(particles, scale=500.0, reset_velocities=True))
    assert np.linalg.norm(engine._velocities[60:].mean(axis=0)) > 0.2

    engine.advance({})

    assert engine._velocities[60:].mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)


def test_a_particle_that_does_not_exist_ends_the_user_forces_but_not_the_frame(engine):
    engine.advance(pull())
    with pytest.raises(ParticleIndexError):
        engine.advance(pull([65]))

    assert engine.time == pytest.approx(0.010)
    assert engine.frame()["energy.user.total"] == 0
    engine.advance({})


def test_an_unknown_type_raises_at_every_frame(engine):
    for _ in range(2):
        with pytest.raises(InteractionError, match="magnet"):
            engine.advance(pull(interaction_type="magnet"))


@pytest.mark.parametrize("scale", [1e9, 1e300])
def test_an_unstable_simulation_returns_to_the_last_frame_and_can_continue(engine, scale):
    engine.advance(pull(scale=scale, max_force=float("inf")))
    before = engine.positions.copy()

    with pytest.raises(NumericalError):
        engine.advance({})

    assert (engine.positions == before).all()
    for _ in range(3):
        engine.advance({})
    assert np.isfinite(engine.positions).all()
