"""What NanoVer's application servers have from the start, beyond a bare state and commands.

Knows no wire.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from nanover_jupyter.server.commands.registry import CommandRegistry
from nanover_jupyter.server.demo.motion import facing_centre
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["ORIENT_ORIGINS", "add_application_defaults", "linked_poses", "origins_around_center"]

ORIENT_ORIGINS: Final = "multiuser/radially-orient-origins"

_VELOCITY_RESET: Final = "imd.velocity_reset_available"
_AVATAR: Final = "avatar."
_USER_ORIGIN: Final = "user-origin."

# Two keys for the pose of the simulation box: position, rotation and scale, ten numbers.
_SCENE: Final = "scene"
_TRANSFORM: Final = "transform.simulation"
_POSE_LENGTH: Final = 10
_SCALE_X: Final = 7

# Who makes these changes.
_TOKEN: Final = object()


def add_application_defaults(state: SharedState, commands: CommandRegistry) -> None:
    """Add the keys and commands that clients of an application server expect."""
    state.attempt_update(_TOKEN, DictionaryChange({_VELOCITY_RESET: False}))

    def orient_origins(radius: float = 1.0) -> None:
        # Each on its own: a locked one stays as it is.
        with state.held() as values:
            for key, origin in origins_around_center(values, radius).items():
                state.attempt_update(_TOKEN, DictionaryChange({key: origin}))

    commands.register(ORIENT_ORIGINS, orient_origins)


def origins_around_center(state: Mapping[str, Value], radius: float) -> dict[str, Value]:
    """Return the `user-origin.` keys that place all users on a circle, facing its center.

    A user is who has an `avatar.` key in the state.
    """
    users = [key.removeprefix(_AVATAR) for key in state if key.startswith(_AVATAR)]
    return {
        f"{_USER_ORIGIN}{user}": facing_centre(math.tau * number / len(users), radius)
        for number, user in enumerate(users)
    }


def linked_poses(updates: Mapping[str, Value]) -> dict[str, Value]:
    """Return what else has to be set so that `scene` and `transform.simulation` agree.

    They hold the same pose, except that the x scales have opposite signs. If both are
    updated, `scene` counts. A value that is not a pose links nothing.
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
    for place, number in enumerate(pose):
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None
        # A float, as the opposite of a large integer may be none that the wires carry.
        mirrored.append(-float(number) if place == _SCALE_X else number)
    return mirrored
