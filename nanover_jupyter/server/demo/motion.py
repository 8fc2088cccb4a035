"""The motion of the people and of the scene in the demo, as pure functions of time and a seed.

Lengths are in meters, y points up, and quaternions are in the order x, y, z, w. The space of
the people is left-handed, and that of the simulation, in nm, is right-handed.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nanover_jupyter.wire.values import Value

__all__ = [
    "Grip",
    "Person",
    "Vector",
    "avatar_at",
    "create_people",
    "play_area",
    "scene_at",
    "world_position",
]

_NAMES_AND_COLORS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("Anna", (0.90, 0.36, 0.24, 1.0)),
    ("Ivan", (0.20, 0.56, 0.86, 1.0)),
    ("Nandita", (0.36, 0.72, 0.34, 1.0)),
)

_HEAD_HEIGHT = 1.62
_HAND_REACH = 0.38
_HAND_SPREAD = 0.24

# Where the center of the simulation box is, around which the people stand.
_SCENE_HEIGHT = 1.25
_SCENE_SCALE = 0.2343

Vector = tuple[float, float, float]


class Grip(NamedTuple):
    """A point that a hand holds.

    Attributes:
        position: The point, in meters.
        weight: From 0 for a free hand to 1 for a hand at the point.
    """

    position: Vector
    weight: float


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
            distance=rng.uniform(0.62, 0.75),
            phase=rng.uniform(0.0, math.tau),
        )
        for number, (name, color) in enumerate(_NAMES_AND_COLORS)
    )


def avatar_at(
    person: Person,
    seconds: float,
    *,
    lift: float = 0.0,
    grips: Mapping[str, Grip] | None = None,
) -> dict[str, Value]:
    """Return the value of a person's `avatar.` key.

    Args:
        person: The person.
        seconds: The time.
        lift: The height of the feet above the floor. Hands that hold something stay there.
        grips: What the hands hold, by "hand.left" and "hand.right".
    """
    x, height, z = _head(person, seconds)
    yaw = _yaw_to_center(person, seconds)
    nod = 0.12 * math.sin(0.9 * seconds + person.phase)
    parts: list[Value] = [
        _part("headset", (x, height + lift, z), _rotation(yaw, nod)),
    ]
    for name, side in (("hand.left", -1.0), ("hand.right", 1.0)):
        hx, hy, hz = _hand(person, seconds, side)
        hand = (hx, hy + lift, hz)
        if grips is not None and name in grips:
            held, weight = grips[name]
            mixed = [free + weight * (point - free) for free, point in zip(hand, held, strict=True)]
            hand = (mixed[0], mixed[1], mixed[2])
        turn = 0.4 * math.sin(1.7 * seconds + side + person.phase)
        parts.append(_part(name, hand, _rotation(yaw + turn, -0.5 + turn)))
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


def scene_at(seconds: float, center: Sequence[float]) -> list[float]:
    """Return the value of the `scene` key, the pose of the slowly turning simulation.

    Args:
        seconds: The time.
        center: The point of the simulation that the people surround, in nm.
    """
    sway = 0.05 * math.sin(0.5 * seconds)
    scale = _SCENE_SCALE * (1.0 + 0.05 * math.sin(0.31 * seconds))
    pose = (0.0, 0.0, 0.0, *_yaw_rotation(0.2 * seconds), scale, scale, scale)
    x, y, z = world_position(pose, center)
    return [sway - x, _SCENE_HEIGHT + sway / 2 - y, -sway - z, *pose[3:]]


def world_position(scene: Sequence[float], point: Sequence[float]) -> Vector:
    """Return where a point of the simulation is among the people.

    Args:
        scene: The value of the `scene` key, whose rotation must be about the vertical axis.
        point: The point, in nm.
    """
    tx, ty, tz, _, sine, _, cosine, sx, sy, sz = scene
    # The simulation is right-handed, so one axis is mirrored.
    x, y, z = -sx * point[0], sy * point[1], sz * point[2]
    cos_yaw, sin_yaw = cosine * cosine - sine * sine, 2 * sine * cosine
    return tx + cos_yaw * x + sin_yaw * z, ty + y, tz + cos_yaw * z - sin_yaw * x


def _head(person: Person, seconds: float) -> Vector:
    bearing = person.bearing + 0.15 * math.sin(0.23 * seconds + person.phase)
    distance = person.distance + 0.06 * math.sin(0.41 * seconds + 2.0 * person.phase)
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


def _yaw_rotation(yaw: float) -> tuple[float, float, float, float]:
    """Return the quaternion of a rotation about the vertical axis."""
    return 0.0, math.sin(yaw / 2), 0.0, math.cos(yaw / 2)


def _rotation(yaw: float, pitch: float) -> list[Value]:
    """Return the quaternion of a rotation about x (pitch), then about y (yaw)."""
    half_yaw, half_pitch = yaw / 2, pitch / 2
    return [
        math.cos(half_yaw) * math.sin(half_pitch),
        math.sin(half_yaw) * math.cos(half_pitch),
        -math.sin(half_yaw) * math.sin(half_pitch),
        math.cos(half_yaw) * math.cos(half_pitch),
    ]
