"""Molecules built from their geometry: nanotubes, buckminsterfullerene and alkanes."""

from __future__ import annotations

import math
from itertools import product
from typing import Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.system import Floats, Indices, Molecule

__all__ = ["alkane", "buckminsterfullerene", "methane", "nanotube"]

# Bond lengths in nm and angles in radians.
_AROMATIC: Final = 0.142
_C_C: Final = 0.1529
_C_H: Final = 0.109
_C_C_C: Final = math.radians(112.7)
_H_C_H: Final = math.radians(107.8)

_DIRECTIONS: Final = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / math.sqrt(3)


def nanotube(pairs: int, rings: int) -> Molecule:
    """Return an open armchair carbon nanotube along x.

    Args:
        pairs: The pairs of atoms per ring, n of an (n, n) nanotube.
        rings: The number of rings, each of which has `2 * pairs` atoms.
    """
    radius = 3 * pairs * _AROMATIC / math.tau
    rise = _AROMATIC * math.sqrt(3) / 2
    positions = []
    for ring, pair, side in product(range(rings), range(pairs), (-0.5, 0.5)):
        # Neighboring rings are shifted by half the distance between two pairs.
        arc = _AROMATIC * (3 * pair + 1.5 * (ring % 2) + side)
        angle = arc / radius
        positions.append((rise * ring, radius * math.cos(angle), radius * math.sin(angle)))
    points = np.array(positions)
    bonds = _neighbors(points, 1.2 * _AROMATIC)
    # The bonds within rings are double bonds of one Kekulé structure.
    ring_of = np.arange(len(points)) // (2 * pairs)
    orders = np.where(ring_of[bonds[:, 0]] == ring_of[bonds[:, 1]], 2, 1).astype(np.uint8)
    return Molecule("CNT", ("CA",) * len(points), points, bonds, orders)


def buckminsterfullerene() -> Molecule:
    """Return C60 around the origin."""
    golden = (1 + math.sqrt(5)) / 2
    corners = set()
    for corner in (
        (0.0, 1.0, 3 * golden),
        (1.0, 2 + golden, 2 * golden),
        (golden, 2.0, 1 + 2 * golden),
    ):
        for signs in product((1.0, -1.0), repeat=3):
            x, y, z = (0.0 if not c else c * sign for c, sign in zip(corner, signs, strict=True))
            corners.update({(x, y, z), (y, z, x), (z, x, y)})
    # The edges of this polyhedron have the length 2.
    points = np.array(sorted(corners)) * _AROMATIC / 2
    bonds = _neighbors(points, 1.2 * _AROMATIC)
    # The bonds between two hexagons, outside of any pentagon, are the double bonds.
    orders = np.array([1 if _in_pentagon(bonds, *bond) else 2 for bond in bonds.tolist()], np.uint8)
    return Molecule("C60", ("CA",) * len(points), points, bonds, orders)


def methane() -> Molecule:
    """Return a methane molecule: a carbon atom, then four hydrogen atoms."""
    points = np.concatenate([np.zeros((1, 3)), _C_H * _DIRECTIONS])
    bonds = np.array([[0, 1], [0, 2], [0, 3], [0, 4]], dtype=np.intp)
    return Molecule("CH4", ("CT", *("HC",) * 4), points, bonds, np.ones(4, np.uint8))


def alkane(carbons: int) -> Molecule:
    """Return an unbranched alkane along x, all-trans: all carbon atoms, then all hydrogen atoms.

    Args:
        carbons: The number of carbon atoms, at least two.
    """
    half = _C_C_C / 2
    step, rise = _C_C * math.sin(half), _C_C * math.cos(half)
    chain = np.array([(step * n, rise * (n % 2), 0.0) for n in range(carbons)])
    hydrogens: list[Floats] = []
    bonds = [(n, n + 1) for n in range(carbons - 1)]
    for n, carbon in enumerate(chain):
        up = 1.0 if n % 2 else -1.0
        directions = [
            np.array([0.0, up * math.cos(_H_C_H / 2), side * math.sin(_H_C_H / 2)])
            for side in (1.0, -1.0)
        ]
        if n in (0, carbons - 1):
            # The third hydrogen of a methyl group continues the zigzag.
            directions.append(
                np.array([(-1.0 if n == 0 else 1.0) * math.sin(half), -up * math.cos(half), 0.0])
            )
        for direction in directions:
            bonds.append((n, carbons + len(hydrogens)))
            hydrogens.append(carbon + _C_H * direction)
    types = ("CT",) * carbons + ("HC",) * len(hydrogens)
    points = np.concatenate([chain, np.array(hydrogens)])
    return Molecule(
        "ALK", types, points, np.array(bonds, dtype=np.intp), np.ones(len(bonds), np.uint8)
    )


def _neighbors(points: Floats, cutoff: float) -> Indices:
    """Return all pairs of points within `cutoff` of each other, lower index first."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    return np.argwhere(np.triu(distances < cutoff, k=1))


def _in_pentagon(bonds: Indices, first: int, second: int) -> bool:
    """Return whether a path of four further bonds leads from `second` back to `first`."""
    pairs = bonds.tolist()
    near: dict[int, set[int]] = {}
    for a, b in pairs:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    return any(
        near[a] & near[b] - {first, second}
        for a in near[first] - {second}
        for b in near[second] - {first}
    )
