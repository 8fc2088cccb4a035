"""The motion of the people in the demo, as pure functions of time and a seed.

Lengths are in meters, y points up, and quaternions are in the order x, y, z, w.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from nanover_jupyter.wire.values import Value

__all__ = [
    "Person",
    "avatar_at",
    "create_people",
    "interactions_at",
    "play_area",
    "scene_at",
]

_NAMES_AND_COLORS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("Anna", (0.90, 0.36, 0.24, 1.0)),
    ("Ivan", (0.20, 0.56, 0.86, 1.0)),
    ("Nandita", (0.36, 0.72, 0.34, 1.0)),
)

_HEAD_HEIGHT = 1.62
_HAND_REACH = 0.38
_HAND_SPREAD = 0.24

# Each person pulls at atoms for part of every cycle.
_CYCLE_SECONDS = 6.0
_PULL_SECONDS = 3.5

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with a headset and two controllers."""

    id: str
    name: str
    color: tuple[float, ...]
    bearing: float
    distance: float
    phase: float

    @property
    def namespace(self) -> uuid.UUID:
        """The UUID namespace of this person's interactions."""
        return uuid.UUID(self.id)


def create_people(seed: int) -> tuple[Person, ...]:
    """Return people around the center of the scene."""
    rng = random.Random(seed)  # noqa: S311 - not used for security
    return tuple(
        Person(
            id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            name=name,
            color=color,
            bearing=math.tau * (number + rng.uniform(-0.1, 0.1)) / len(_NAMES_AND_COLORS),
            distance=rng.uniform(1.0, 1.5),
            phase=rng.uniform(0.0, math.tau),
        )
        for number, (name, color) in enumerate(_NAMES_AND_COLORS)
    )


def avatar_at(person: Person, seconds: float, *, lift: float = 0.0) -> dict[str, Value]:
    """Return the value of a person's `avatar.` key, `lift` meters above the floor."""
    x, height, z = _head(person, seconds)
    yaw = _yaw_to_center(person, seconds)
    nod = 0.12 * math.sin(0.9 * seconds + person.phase)
    parts: list[Value] = [
        _part("headset", (x, height + lift, z), _rotation(yaw, nod)),
    ]
    for name, side in (("hand.left", -1.0), ("hand.right", 1.0)):
        hx, hy, hz = _hand(person, seconds, side)
        turn = 0.4 * math.sin(1.7 * seconds + side + person.phase)
        parts.append(_part(name, (hx, hy + lift, hz), _rotation(yaw + turn, -0.5 + turn)))
    return {
        "playerid": person.id,
        "name": person.name,
        "color": list(person.color),
        "components": parts,
    }


def play_area(person: Person) -> dict[str, Value]:
    """Return the value of a person's `playarea.` key, the corners of the floor area."""
    width, depth = 1.0 + 0.1 * math.sin(person.phase), 1.2
    return {
        "A": [-width, 0.0, -depth],
        "B": [-width, 0.0, depth],
        "C": [width, 0.0, depth],
        "D": [width, 0.0, -depth],
    }


def scene_at(seconds: float) -> list[Value]:
    """Return the value of the `scene` key, the pose of the slowly turning simulation box."""
    sway = 0.05 * math.sin(0.5 * seconds)
    scale = 0.2343 * (1.0 + 0.05 * math.sin(0.31 * seconds))
    turn = _rotation(0.2 * seconds, 0.0)
    return [0.19 + sway, 0.98 + sway / 2, -0.15 - sway, *turn, scale, scale, scale]


def interactions_at(
    people: Iterable[Person], seconds: float, particle_count: int
) -> dict[str, Value]:
    """Return the `interaction.` keys at a time, each of which lasts a few seconds."""
    interactions: dict[str, Value] = {}
    for number, person in enumerate(people):
        offset = number * _CYCLE_SECONDS / len(_NAMES_AND_COLORS)
        cycle, elapsed = divmod(seconds + offset, _CYCLE_SECONDS)
        if elapsed < _PULL_SECONDS:
            key = f"interaction.{uuid.uuid5(person.namespace, str(int(cycle)))}"
            interactions[key] = _interaction(person, int(cycle) + number, elapsed, particle_count)
    return interactions


def _interaction(
    person: Person, variant: int, elapsed: float, particle_count: int
) -> dict[str, Value]:
    reach = math.sin(math.pi * elapsed / _PULL_SECONDS)
    angle = person.bearing + 0.3 * elapsed
    particle = (7 * variant + 13) % particle_count
    particles: list[Value] = [float(particle), float((particle + 1) % particle_count)]
    return {
        "position": [
            2.0 + reach * math.cos(angle),
            2.0 + 0.4 * reach,
            2.0 + reach * math.sin(angle),
        ],
        "particles": particles[: 1 + variant % 2],
        "interaction_type": "spring" if variant % 2 else "gaussian",
        "scale": 100.0,
        "mass_weighted": True,
        "reset_velocities": False,
        # Headsets also send infinity, which JSON cannot represent.
        "max_force": math.inf if variant % 2 else 20000.0,
        "owner.id": person.id,
        "label": "hand.right" if variant % 3 else "hand.left",
    }


def _head(person: Person, seconds: float) -> Vector:
    bearing = person.bearing + 0.25 * math.sin(0.23 * seconds + person.phase)
    distance = person.distance + 0.15 * math.sin(0.41 * seconds + 2.0 * person.phase)
    height = _HEAD_HEIGHT + 0.03 * math.sin(1.1 * seconds + person.phase)
    return distance * math.cos(bearing), height, distance * math.sin(bearing)


def _hand(person: Person, seconds: float, side: float) -> Vector:
    x, height, z = _head(person, seconds)
    yaw = _yaw_to_center(person, seconds)
    forward = _HAND_REACH + 0.12 * math.sin(0.8 * seconds + side * person.phase)
    raised = 0.45 + 0.15 * math.sin(1.3 * seconds + side)
    along_x = forward * math.sin(yaw) + side * _HAND_SPREAD * math.cos(yaw)
    along_z = forward * math.cos(yaw) - side * _HAND_SPREAD * math.sin(yaw)
    return x + along_x, height - raised, z + along_z


def _yaw_to_center(person: Person, seconds: float) -> float:
    x, _, z = _head(person, seconds)
    return math.atan2(-x, -z) + 0.3 * math.sin(0.37 * seconds + person.phase)


def _part(name: str, position: Vector, rotation: list[Value]) -> dict[str, Value]:
    return {"name": name, "position": list(position), "rotation": rotation}


def _rotation(yaw: float, pitch: float) -> list[Value]:
    """Return the quaternion of a rotation about x (pitch), then about y (yaw)."""
    half_yaw, half_pitch = yaw / 2, pitch / 2
    return [
        math.cos(half_yaw) * math.sin(half_pitch),
        math.sin(half_yaw) * math.cos(half_pitch),
        -math.sin(half_yaw) * math.sin(half_pitch),
        math.cos(half_yaw) * math.cos(half_pitch),
    ]
