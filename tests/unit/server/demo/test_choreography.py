"""The plan of the demo's people, with atoms at rest and in a running simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nanover_jupyter.server.demo.choreography import Choreography
from nanover_jupyter.server.demo.dynamics.engine import Engine
from nanover_jupyter.server.demo.dynamics.interactions import InteractionTracker
from nanover_jupyter.server.demo.dynamics.systems import SYSTEMS, build_system
from nanover_jupyter.server.demo.motion import avatar_at, create_people, scene_at, world_position

PEOPLE = create_people(1)
SECONDS = 40


def moves_of(system):
    """Yield the time, scene and moves of each step, with atoms at rest."""
    choreography = Choreography(PEOPLE, system)
    for step in range(SECONDS * 30):
        scene = scene_at(step / 30, system.box / 2)
        yield step / 30, scene, choreography.moves_at(step / 30, PEOPLE, system.positions, scene)


@pytest.mark.parametrize("name", SYSTEMS)
def test_interactions_last_some_seconds_and_have_real_particles(name):
    system = build_system(name)
    alive: dict[str, int] = {}
    seen = []
    for _, _, moves in moves_of(system):
        for key, interaction in moves.interactions.items():
            alive[key] = alive.get(key, 0) + 1
            seen.append(interaction)

    assert len(alive) >= 9
    assert max(alive.values()) <= 8 * 30 + 1
    assert {interaction["owner.id"] for interaction in seen} == {person.id for person in PEOPLE}
    assert {interaction["interaction_type"] for interaction in seen} == {"spring", "gaussian"}
    assert {interaction["max_force"] for interaction in seen} == {math.inf, 20000.0}
    for interaction in seen:
        assert all(type(number) is float for number in interaction["position"])
        assert all(0 <= particle < system.size for particle in interaction["particles"])


@pytest.mark.parametrize("name", SYSTEMS)
def test_hands_are_at_their_interactions_move_smoothly_and_stay_within_reach(name):
    """So that an arrow from a hand to its atoms makes sense."""
    before: dict[tuple[str, str], list[float]] = {}
    for seconds, scene, moves in moves_of(build_system(name)):
        for person in PEOPLE:
            avatar = avatar_at(person, seconds, grips=moves.grips.get(person.id))
            head, *hands = (part["position"] for part in avatar["components"])
            by_name = dict(zip(("hand.left", "hand.right"), hands, strict=True))
            for hand, position in by_name.items():
                assert 0.2 < math.dist(head, position) < 1.2
                assert math.dist(before.get((person.id, hand), position), position) < 0.1
                before[person.id, hand] = position
            for interaction in moves.interactions.values():
                if interaction["owner.id"] == person.id:
                    point = world_position(scene, interaction["position"])
                    assert by_name[interaction["label"]] == pytest.approx(point)


def test_people_who_left_do_nothing():
    system = build_system("nanotube")
    scene = scene_at(1.0, system.box / 2)
    moves = Choreography(PEOPLE, system).moves_at(1.0, PEOPLE[:1], system.positions, scene)

    assert moves.grips.keys() == {PEOPLE[0].id}
    assert {each["owner.id"] for each in moves.interactions.values()} == {PEOPLE[0].id}


@pytest.mark.parametrize("start", [(0.75, 0.0, 0.0), (0.0, 0.6, 0.1), (-0.2, 0.0, 0.0)])
def test_the_methane_goes_through_the_tube_in_every_cycle(start):
    """From a mouth, from beside the tube, and from within it."""
    engine = Engine(build_system("nanotube"), seed=1)
    engine._positions[60:] += np.add(start, 2.0) - engine._positions[60]
    _, engine._forces = engine._force_field.compute(engine._positions)
    choreography, tracker = Choreography(PEOPLE, engine.system), InteractionTracker()
    passages, side, widest = 0, 0, 0.0
    for step in range(32 * 30):
        seconds = step / 30
        scene = scene_at(seconds, engine.system.box / 2)
        moves = choreography.moves_at(seconds, PEOPLE, engine.positions, scene)
        tracker.update(moves.interactions)
        engine.advance(tracker.active)
        now, beside = side_of_methane(engine.positions)
        widest = max(widest, beside)
        if now:
            # Not around the tube, whose radius is 0.34 nm.
            passages += now == -side and widest < 0.34
            side, widest = now, 0.0

    assert passages >= 2


def side_of_methane(positions):
    """Return 1 or -1 if the methane is beyond a mouth, else 0, and its distance to the axis."""
    tube = positions[:60]
    axis = tube[-20:].mean(axis=0) - tube[:20].mean(axis=0)
    axis /= np.linalg.norm(axis)
    displacement = positions[60] - tube.mean(axis=0)
    along = displacement @ axis
    beside = float(np.linalg.norm(displacement - along * axis))
    return (int(np.sign(along)) if abs(along) > 0.4 else 0), beside
