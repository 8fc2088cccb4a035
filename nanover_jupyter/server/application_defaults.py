"""Keys and commands that NanoVer's application servers have from the start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from nanover_jupyter.server.command_registry import CommandRegistry
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = [
    "ORIENT_ORIGINS",
    "add_application_defaults",
    "mirrored_pose_updates",
    "origin_facing_center",
    "origins_on_circle",
]

ORIENT_ORIGINS: Final = "multiuser/radially-orient-origins"

_VELOCITY_RESET: Final = "imd.velocity_reset_available"
_AVATAR: Final = "avatar."
_USER_ORIGIN: Final = "user-origin."

# Two keys hold the pose of the simulation box: position, rotation and scale, ten numbers.
_SCENE: Final = "scene"
_TRANSFORM: Final = "transform.simulation"
_POSE_LENGTH: Final = 10
_SCALE_X: Final = 7

# The access token of these changes.
_TOKEN: Final = object()


def add_application_defaults(state: SharedState, commands: CommandRegistry) -> None:
    """Add the keys and commands that clients of an application server expect."""
    state.attempt_update(_TOKEN, DictionaryChange({_VELOCITY_RESET: False}))

    def orient_origins(radius: float = 1.0) -> None:
        # Update each key separately, so that a locked key does not block the others.
        with state.exclusive() as values:
            for key, origin in origins_on_circle(values, radius).items():
                state.attempt_update(_TOKEN, DictionaryChange({key: origin}))

    commands.register(ORIENT_ORIGINS, orient_origins)


def origins_on_circle(state: Mapping[str, Value], radius: float) -> dict[str, Value]:
    """Return the `user-origin.` keys that place all users on a circle, facing its center.

    The users are those with an `avatar.` key.
    """
    users = [key.removeprefix(_AVATAR) for key in state if key.startswith(_AVATAR)]
    return {
        f"{_USER_ORIGIN}{user}": origin_facing_center(math.tau * number / len(users), radius)
        for number, user in enumerate(users)
    }


def origin_facing_center(angle: float, radius: float) -> dict[str, Value]:
    """Return the value of a `user-origin.` key for a position on a circle."""
    half_yaw = (-angle - math.pi / 2) / 2
    return {
        "position": [radius * math.cos(angle), 0.0, radius * math.sin(angle)],
        "rotation": [0.0, math.sin(half_yaw), 0.0, math.cos(half_yaw)],
    }


def mirrored_pose_updates(updates: Mapping[str, Value]) -> dict[str, Value]:
    """Return the further updates that keep `scene` and `transform.simulation` consistent.

    Both keys hold the same pose, but the x scales have opposite signs. If both are updated,
    `scene` wins. Return nothing if the updated value is not a pose.
    """
    if _SCENE in updates:
        pose = _mirrored(updates[_SCENE])
        return {} if pose is None else {_TRANSFORM: {"transform": pose, "parent": "root"}}
    transform = updates.get(_TRANSFORM)
    pose = _mirrored(transform.get("transform")) if isinstance(transform, dict) else None
    return {} if pose is None else {_SCENE: pose}


def _mirrored(pose: Value) -> list[Value] | None:
    if not isinstance(pose, list) or len(pose) != _POSE_LENGTH:
        return None
    mirrored: list[Value] = []
    for index, number in enumerate(pose):
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None
        # A float, because no wire format can carry the negative of some large integers.
        mirrored.append(-float(number) if index == _SCALE_X else number)
    return mirrored
