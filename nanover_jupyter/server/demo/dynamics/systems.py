"""The systems that the demo simulates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.force_field import ForceField
from nanover_jupyter.server.demo.dynamics.molecules import (
    alkane,
    buckminsterfullerene,
    methane,
    nanotube,
)
from nanover_jupyter.server.demo.dynamics.system import Floats, System, combine

__all__ = ["BOX", "SYSTEMS", "build_system", "minimize"]

# The lengths of the box in nm.
BOX: Final = (4.0, 4.0, 4.0)
_CENTER: Final = (2.0, 2.0, 2.0)

# The distance of the methane from the center of the nanotube in nm, outside of its mouth.
_METHANE: Final = 0.75

_MINIMIZE_STEPS: Final = 60


def _nanotube() -> System:
    x, y, z = _CENTER
    tube = nanotube(pairs=5, rings=6).centered(_CENTER)
    return combine("nanotube", [tube, methane().centered((x + _METHANE, y, z))], BOX)


def _fullerene() -> System:
    return combine("buckminsterfullerene", [buckminsterfullerene().centered(_CENTER)], BOX)


def _alkane() -> System:
    return combine("icosane", [alkane(20).centered(_CENTER)], BOX)


_BUILDERS: Final[dict[str, Callable[[], System]]] = {
    "nanotube": _nanotube,
    "buckminsterfullerene": _fullerene,
    "icosane": _alkane,
}

SYSTEMS: Final = tuple(_BUILDERS)
"""The names of the systems, in the order of `playback/list`."""


@cache
def build_system(name: str) -> System:
    """Return a system with relaxed positions. It is built at the first call.

    Raises:
        KeyError: There is no such system.
    """
    system = _BUILDERS[name]()
    return replace(system, positions=minimize(ForceField(system), system.positions))


def minimize(force_field: ForceField, positions: Floats, steps: int = _MINIMIZE_STEPS) -> Floats:
    """Return positions of lower energy, by steepest descent with an adaptive step."""
    energy, forces = force_field.compute(positions)
    length = 1e-3  # of the largest displacement in nm
    for _ in range(steps):
        largest = float(np.sqrt(np.max(np.sum(forces * forces, axis=1))))
        moved = positions + forces * (length / max(largest, 1e-9))
        moved_energy, moved_forces = force_field.compute(moved)
        if moved_energy < energy:
            positions, energy, forces = moved, moved_energy, moved_forces
            length *= 1.2
        else:
            length *= 0.5
    return positions
