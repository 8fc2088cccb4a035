"""What the people in the demo do with the atoms: a plan that reacts to where the atoms are.

Each person pulls at some atoms for part of every cycle, with a hand that follows the position
of the interaction. In the nanotube, the first person pulls the methane through the tube, to
and fro; all others tug at atoms and bring them back to where they were at the start.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.system import Floats, Indices, System
from nanover_jupyter.server.demo.motion import Grip, Person, world_position
from nanover_jupyter.wire.values import Value

__all__ = ["Choreography", "Moves"]

_CYCLE_SECONDS: Final = 12.0
_PULL_SECONDS: Final = 8.0
# How long a hand takes to reach for atoms, and to withdraw.
_REACH_SECONDS: Final = 0.8

# How far atoms are pulled away, in nm.
_TUG: Final = 0.25

# How far before and behind the mouths of the tube the methane is pulled, in nm.
_BEFORE: Final = 0.3
_BEHIND: Final = 0.5
# When the methane is beside the tube, it is first pulled out along it.
_TUBE_RADIUS: Final = 0.34

_THREADING_SCALE: Final = 250.0
_TUGGING_SCALE: Final = 100.0


@dataclass(frozen=True, slots=True)
class Moves:
    """What the people do at one time.

    Attributes:
        interactions: The values of the `interaction.` keys.
        grips: What each person's hands hold, by person ID and hand.
    """

    interactions: Mapping[str, Value]
    grips: Mapping[str, Mapping[str, Grip]]


@dataclass(slots=True)
class _Pull:
    """One pull, from reaching for the atoms until the hand has withdrawn.

    Attributes:
        key: The key of the interaction.
        hand: The hand that pulls.
        particles: The particles to pull.
        threads: Whether the particles are pulled through the tube.
        variant: Selects the type of interaction.
        start: Where the particles were when the pull began.
        target: Where the hand was last.
    """

    key: str
    hand: str
    particles: list[int]
    threads: bool
    variant: int
    start: Floats
    target: Floats


class Choreography:
    """Plans the interactions and hands of all people. Not thread-safe.

    Args:
        people: The people.
        system: The system that they see.
    """

    def __init__(self, people: Sequence[Person], system: System) -> None:
        self._people = people
        self._home = system.positions
        self._tube: Indices | None = None
        if "CNT" in system.residue_names:
            residue = system.residue_names.index("CNT")
            self._tube = np.flatnonzero(system.residues == residue)
        self._pulls: dict[str, _Pull] = {}

    def moves_at(
        self, seconds: float, people: Sequence[Person], positions: Floats, scene: Sequence[float]
    ) -> Moves:
        """Return what people do at a time. Call it with increasing times.

        Args:
            seconds: The time since the start.
            people: The people who still move.
            positions: (N, 3), the positions of the atoms in nm.
            scene: The value of the `scene` key.
        """
        interactions: dict[str, Value] = {}
        grips: dict[str, dict[str, Grip]] = {}
        for number, person in enumerate(self._people):
            if person not in people:
                continue
            offset = number * _CYCLE_SECONDS / len(self._people)
            cycle, elapsed = divmod(seconds + offset, _CYCLE_SECONDS)
            if elapsed >= _CYCLE_SECONDS - _REACH_SECONDS:
                cycle, elapsed = cycle + 1, elapsed - _CYCLE_SECONDS
            weight = _grip_weight(elapsed)
            if weight == 0.0:
                continue
            pull = self._pull(person, number, int(cycle), positions)
            if elapsed <= 0.0:
                pull.start = pull.target = _centroid(positions, pull.particles)
            if 0.0 <= elapsed < _PULL_SECONDS:
                pull.target = self._target(pull, elapsed / _PULL_SECONDS, positions)
                interactions[pull.key] = _interaction(person, pull)
            position = world_position(scene, pull.target.tolist())
            grips[person.id] = {pull.hand: Grip(position, weight)}
        return Moves(interactions, grips)

    def _pull(self, person: Person, number: int, cycle: int, positions: Floats) -> _Pull:
        """Return a person's pull of a cycle, which begins if it is not known yet."""
        key = f"interaction.{uuid.uuid5(person.namespace, str(cycle))}"
        pull = self._pulls.get(person.id)
        if pull is None or pull.key != key:
            variant = cycle + number
            particles, threads = self._particles(number, variant)
            start = _centroid(positions, particles)
            pull = _Pull(
                key=key,
                hand="hand.right" if variant % 3 else "hand.left",
                particles=particles,
                threads=threads,
                variant=variant,
                start=start,
                target=start,
            )
            self._pulls[person.id] = pull
        return pull

    def _particles(self, number: int, variant: int) -> tuple[list[int], bool]:
        if self._tube is not None and number == 0:
            # The carbon atom of the methane.
            return [len(self._tube)], True
        count = len(self._home) if self._tube is None else len(self._tube)
        particle = (7 * variant + 13) % count
        return [particle, (particle + 1) % count][: 1 + variant % 2], False

    def _target(self, pull: _Pull, progress: float, positions: Floats) -> Floats:
        if pull.threads and self._tube is not None:
            way = _way_through(positions[self._tube], pull.start)
            return _along(way, _smooth(progress / 0.8))
        home: Floats = _centroid(self._home, pull.particles)
        outward: Floats = home - self._home.mean(axis=0)
        outward /= max(1e-6, float(np.linalg.norm(outward)))
        goal: Floats = home + outward * (_TUG * math.sin(math.pi * progress))
        target: Floats = pull.start + (goal - pull.start) * _smooth(4 * progress)
        return target


def _way_through(tube: Floats, start: Floats) -> list[Floats]:
    """Return the corners of a way from `start` through the tube and out of the other mouth.

    Args:
        tube: The positions of the tube's atoms, from one mouth to the other.
        start: A point anywhere.
    """
    center = tube.mean(axis=0)
    third = len(tube) // 3
    axis = tube[-third:].mean(axis=0) - tube[:third].mean(axis=0)
    axis /= np.linalg.norm(axis)
    half = float(np.abs((tube - center) @ axis).max())
    along = float((start - center) @ axis)
    side = 1.0 if along >= 0.0 else -1.0
    beside = start - center - along * axis
    way = [start]
    if np.linalg.norm(beside) > _TUBE_RADIUS and abs(along) < half + _BEFORE:
        way.append(center + beside + side * (half + _BEFORE) * axis)
    if abs(along) > half or len(way) > 1:
        way.append(center + side * (half + _BEFORE) * axis)
    return [*way, center - side * (half + _BEHIND) * axis]


def _along(way: Sequence[Floats], progress: float) -> Floats:
    """Return the point at a fraction of the length of a polyline."""
    sections = list(pairwise(way))
    lengths = [float(np.linalg.norm(b - a)) for a, b in sections]
    rest = progress * sum(lengths)
    for (a, b), length in zip(sections, lengths, strict=True):
        if rest <= length and length > 0.0:
            return a + (b - a) * (rest / length)
        rest -= length
    return way[-1]


def _interaction(person: Person, pull: _Pull) -> dict[str, Value]:
    spring = pull.threads or pull.variant % 2 == 1
    particles: list[Value] = [float(particle) for particle in pull.particles]
    position: list[Value] = list(pull.target.tolist())
    return {
        "position": position,
        "particles": particles,
        "interaction_type": "spring" if spring else "gaussian",
        "scale": _THREADING_SCALE if pull.threads else _TUGGING_SCALE,
        "mass_weighted": True,
        "reset_velocities": False,
        # Headsets also send infinity, which JSON cannot represent.
        "max_force": math.inf if spring else 20000.0,
        "owner.id": person.id,
        "label": pull.hand,
    }


def _grip_weight(elapsed: float) -> float:
    """Return how far a hand has reached, from 0 to 1."""
    if elapsed < 0.0:
        return _smooth(1.0 + elapsed / _REACH_SECONDS)
    if elapsed < _PULL_SECONDS:
        return 1.0
    return 1.0 - _smooth((elapsed - _PULL_SECONDS) / _REACH_SECONDS)


def _smooth(progress: float) -> float:
    """Return a smooth step from 0 to 1."""
    p = min(1.0, max(0.0, progress))
    return p * p * (3.0 - 2.0 * p)


def _centroid(positions: Floats, particles: Sequence[int]) -> Floats:
    centroid: Floats = positions[particles].mean(axis=0)
    return centroid
