"""The transform between the space of the people and that of the simulation.

The space of the people is left-handed, in meters, with y up. That of the simulation is
right-handed, in nm. The key `scene` has where the simulation is: [T, q, s], a position, a
quaternion x, y, z, w, and a scale for each axis, in meters per nm. With the rotation R of q and
F = diag(-1, 1, 1), a point p of the simulation is at T + R (s * F p).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["SceneTransform", "finite_vector"]

Floats = npt.NDArray[np.float64]

_SCENE_NUMBERS: Final = 10
# Coordinates beyond this are as invalid as NaN.
_LIMIT: Final = 1e6
# Mirrors one axis: a quaternion cannot represent it.
_MIRROR: Final = np.array([-1.0, 1.0, 1.0])
# Without a scene, or with an invalid one: as NanoVer's servers begin.
_DEFAULT_SCENE: Final = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0)


class SceneTransform:
    """Converts positions and directions of people to those of the simulation.

    Args:
        scene: The value of the key `scene`. An invalid one is replaced by the default.

    Attributes:
        meter: The length of one meter in nm.
    """

    def __init__(self, scene: object) -> None:
        numbers = finite_vector(scene, _SCENE_NUMBERS)
        if numbers is None or not numbers[3:7].any() or (np.abs(numbers[7:]) < 1e-6).any():  # noqa: PLR2004
            numbers = np.array(_DEFAULT_SCENE)
        self._origin = numbers[:3]
        self._rotation = _matrix(numbers[3:7])
        self._scale = numbers[7:]
        self.meter = float(1.0 / np.abs(self._scale).mean())

    def point(self, position: object) -> list[float] | None:
        """Return a position in meters as one in nm; None if it is not three finite numbers."""
        vector = finite_vector(position, 3)
        if vector is None:
            return None
        return _listed(_MIRROR * (self._rotation.T @ (vector - self._origin)) / self._scale)

    def axes(self, rotation: object) -> tuple[list[float], list[float]] | None:
        """Return where forward and up of a rotated object are, as unit vectors in the simulation.

        Args:
            rotation: A quaternion x, y, z, w in the space of the people. Forward is its z axis.

        Returns:
            None if it is not four finite numbers.
        """
        quaternion = finite_vector(rotation, 4)
        if quaternion is None or not quaternion.any():
            return None
        turned = _matrix(quaternion)
        found = []
        for axis in (turned[:, 2], turned[:, 1]):
            direction = _MIRROR * (self._rotation.T @ axis) / self._scale
            listed = _listed(direction / (np.linalg.norm(direction) or 1.0))
            if listed is None:
                return None
            found.append(listed)
        return found[0], found[1]


def finite_vector(value: object, length: int) -> Floats | None:
    """Return a list of a value as an array; None if it is not so many usable numbers."""
    if not isinstance(value, list | tuple) or len(value) != length:
        return None
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in value):
        return None
    try:
        numbers = np.array(value, np.float64)
    except OverflowError:
        return None
    return numbers if (np.abs(numbers) < _LIMIT).all() else None


def _matrix(quaternion: Floats) -> Floats:
    """Return the rotation matrix of a quaternion of any length but zero."""
    # Scaled first, so that the squares of tiny numbers do not vanish.
    quaternion = quaternion / np.abs(quaternion).max()
    x, y, z, w = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _listed(vector: npt.NDArray[Any]) -> list[float] | None:
    if not (np.abs(vector) < _LIMIT).all():
        return None
    # Seven digits are more than a float32 has.
    return [float(f"{each:.7g}") for each in vector]
