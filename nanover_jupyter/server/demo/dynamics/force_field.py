"""The potential energy of a system and the forces that follow from it.

Bonds and angles are harmonic, torsions have the OPLS form, and atoms that are at least three
bonds apart interact by a Lennard-Jones potential (by half of it at exactly three bonds). The
walls of the box are harmonic. Parameters are those of OPLS-AA; there are no charges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from nanover_jupyter.server.demo.dynamics.system import ATOM_TYPES, Floats, Indices, System

__all__ = ["ForceField"]

# By the sorted types of the two atoms: force constant in kJ/mol/nm^2 and length in nm.
_BONDS: Final = {
    ("CA", "CA"): (392459.2, 0.142),
    ("CT", "CT"): (224262.4, 0.1529),
    ("CT", "HC"): (284512.0, 0.109),
}
# By the type of the central atom and the sorted types of the outer ones: force constant in
# kJ/mol/rad^2 and angle in degrees.
_ANGLES: Final = {
    ("CA", "CA", "CA"): (527.184, 120.0),
    ("CT", "CT", "CT"): (488.273, 112.7),
    ("CT", "CT", "HC"): (313.800, 110.7),
    ("CT", "HC", "HC"): (276.144, 107.8),
}
# By the sorted types of the outer atoms: V1, V2 and V3 in kJ/mol. The central atoms are of
# one type, because no molecule has bonds between CA and CT.
_TORSIONS: Final = {
    ("CA", "CA"): (0.0, 30.334, 0.0),
    ("CT", "CT"): (5.4392, -0.2092, 0.8368),
    ("CT", "HC"): (0.0, 0.0, 1.2552),
    ("HC", "HC"): (0.0, 0.0, 1.2552),
}
_SCALE_14: Final = 0.5
# Force constant of the walls in kJ/mol/nm^2.
_WALL: Final = 2000.0


class ForceField:
    """Computes the energy and forces of a system. Not thread-safe.

    Every bonded term is a function of the vectors between bonded atoms, so one pass gathers
    all these vectors, and one pass adds the derivatives by them to the atoms.

    Args:
        system: The atoms, bonds and box.
    """

    def __init__(self, system: System) -> None:
        near = _adjacency(system)
        types = system.types
        bonds = system.bonds
        angles = _angles(near)
        torsions = _torsions(near, bonds)
        self._box = system.box

        self._bond_k, self._bond_length = _parameters(
            _BONDS, [_ordered(types[a], types[b]) for a, b in bonds.tolist()], 2
        )
        self._angle_k, degrees = _parameters(
            _ANGLES, [(types[b], *_ordered(types[a], types[c])) for a, b, c in angles.tolist()], 2
        )
        self._angle = np.radians(degrees)
        v1, v2, v3 = _parameters(
            _TORSIONS, [_ordered(types[a], types[d]) for a, _, _, d in torsions.tolist()], 3
        )
        # As a polynomial of the cosine of the torsion angle.
        self._torsion = (v1 / 2 + v2 + v3 / 2, v1 / 2 - 3 * v3 / 2, -v2, 2 * v3)

        # The vectors lead from tails to heads: the bonds, the two legs of the angles from
        # their central atoms, and the three bonds of the torsions.
        tails = [bonds[:, 0], angles[:, 1], angles[:, 1], *torsions[:, :3].T]
        heads = [bonds[:, 1], angles[:, 0], angles[:, 2], *torsions[:, 1:].T]
        self._tails, self._heads = np.concatenate(tails), np.concatenate(heads)
        ends = np.cumsum([len(part) for part in tails])
        self._parts = [slice(end - len(part), end) for end, part in zip(ends, tails, strict=True)]
        self._repulsion, self._attraction = _lennard_jones(types, bonds, angles, torsions)

    def compute(self, positions: Floats) -> tuple[float, Floats]:
        """Return the potential energy in kJ/mol and the forces in kJ/mol/nm.

        Args:
            positions: (N, 3), in nm.
        """
        columns = np.ascontiguousarray(positions.T)
        vectors = columns.take(self._heads, axis=1) - columns.take(self._tails, axis=1)
        gradients = np.empty_like(vectors)
        bond, left, right, *legs = self._parts

        energy = self._bond_terms(vectors[:, bond], gradients[:, bond])
        energy += self._angle_terms(
            vectors[:, left], vectors[:, right], gradients[:, left], gradients[:, right]
        )
        energy += self._torsion_terms(
            [vectors[:, leg] for leg in legs], [gradients[:, leg] for leg in legs]
        )
        forces = np.empty_like(positions)
        size = len(positions)
        for axis, gradient in enumerate(gradients):
            forces[:, axis] = np.bincount(self._tails, gradient, size)
            forces[:, axis] -= np.bincount(self._heads, gradient, size)
        energy += self._pair_terms(positions, forces)
        energy += self._wall_terms(positions, forces)
        return energy, forces

    def _bond_terms(self, vectors: Floats, gradients: Floats) -> float:
        lengths = np.sqrt(_dot(vectors, vectors))
        excess = lengths - self._bond_length
        slope = self._bond_k * excess
        np.multiply(vectors, slope / lengths, out=gradients)
        return 0.5 * float(slope @ excess)

    def _angle_terms(self, a: Floats, b: Floats, by_a: Floats, by_b: Floats) -> float:
        inverse_a, inverse_b = 1 / np.sqrt(_dot(a, a)), 1 / np.sqrt(_dot(b, b))
        unit_a, unit_b = a * inverse_a, b * inverse_b
        cosine = np.clip(_dot(unit_a, unit_b), -1.0, 1.0)
        excess = np.arccos(cosine) - self._angle
        slope = self._angle_k * excess
        # A straight angle has no defined direction; the limit avoids a division by zero.
        by_cosine = -slope / np.sqrt(np.maximum(1 - cosine * cosine, 1e-12))
        np.multiply(unit_b - cosine * unit_a, by_cosine * inverse_a, out=by_a)
        np.multiply(unit_a - cosine * unit_b, by_cosine * inverse_b, out=by_b)
        return 0.5 * float(slope @ excess)

    def _torsion_terms(self, bonds: list[Floats], gradients: list[Floats]) -> float:
        first, middle, last = bonds
        a, b = _cross(first, middle), _cross(middle, last)
        inverse_a = 1 / np.sqrt(np.maximum(_dot(a, a), 1e-12))
        inverse_b = 1 / np.sqrt(np.maximum(_dot(b, b), 1e-12))
        a *= inverse_a
        b *= inverse_b
        cosine = _dot(a, b)
        c0, c1, c2, c3 = self._torsion
        by_cosine = c1 + cosine * (2 * c2 + cosine * (3 * c3))
        by_a = (b - cosine * a) * (by_cosine * inverse_a)
        by_b = (a - cosine * b) * (by_cosine * inverse_b)
        gradients[0][:] = _cross(middle, by_a)
        np.add(_cross(by_a, first), _cross(last, by_b), out=gradients[1])
        gradients[2][:] = _cross(by_b, middle)
        return float(np.sum(c0 + cosine * (c1 + cosine * (c2 + cosine * c3))))

    def _pair_terms(self, positions: Floats, forces: Floats) -> float:
        """Add the Lennard-Jones forces to `forces` and return the energy."""
        norms = np.einsum("ij,ij->i", positions, positions)
        squares = positions @ positions.T
        squares *= -2.0
        squares += norms
        squares += norms[:, None]
        np.fill_diagonal(squares, 1.0)
        inverse = np.divide(1.0, squares, out=squares)
        inverse6 = inverse * inverse
        inverse6 *= inverse
        repulsion = self._repulsion * inverse6
        energy = float(np.vdot(repulsion - self._attraction, inverse6))
        repulsion *= 2.0
        repulsion -= self._attraction
        repulsion *= inverse6
        repulsion *= inverse
        # The force on i is the sum of c_ij (x_i - x_j).
        coefficients = repulsion
        forces += 6.0 * (coefficients.sum(axis=1)[:, None] * positions - coefficients @ positions)
        return 0.5 * energy

    def _wall_terms(self, positions: Floats, forces: Floats) -> float:
        """Add the forces of the walls to `forces` and return the energy."""
        outside = positions - np.clip(positions, 0.0, self._box)
        forces -= _WALL * outside
        return 0.5 * _WALL * float(np.vdot(outside, outside))


def _dot(a: Floats, b: Floats) -> Floats:
    """Return the dot products of the columns of two (3, K) arrays."""
    products: Floats = a[0] * b[0]
    products += a[1] * b[1]
    products += a[2] * b[2]
    return products


def _cross(a: Floats, b: Floats) -> Floats:
    """Return the cross products of the columns of two (3, K) arrays."""
    products = np.empty_like(a)
    for axis, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
        np.multiply(a[i], b[j], out=products[axis])
        products[axis] -= a[j] * b[i]
    return products


def _ordered(first: str, second: str) -> tuple[str, str]:
    return (first, second) if first <= second else (second, first)


def _parameters(table: Mapping[Any, tuple[float, ...]], keys: list[Any], columns: int) -> Floats:
    """Return the parameters of each key, with shape (columns, number of keys)."""
    rows = [table[key] for key in keys]
    return np.array(rows, dtype=np.float64).reshape(len(rows), columns).T.copy()


def _adjacency(system: System) -> list[list[int]]:
    """Return the sorted neighbors of each atom."""
    near: list[list[int]] = [[] for _ in range(system.size)]
    for a, b in system.bonds.tolist():
        near[a].append(b)
        near[b].append(a)
    return [sorted(atoms) for atoms in near]


def _angles(near: list[list[int]]) -> Indices:
    """Return all angles, with shape (A, 3) and the central atom in the middle."""
    rows = [
        (a, center, b)
        for center, atoms in enumerate(near)
        for n, a in enumerate(atoms)
        for b in atoms[n + 1 :]
    ]
    return np.array(rows, dtype=np.intp).reshape(-1, 3)


def _torsions(near: list[list[int]], bonds: Indices) -> Indices:
    """Return all chains of four atoms, with shape (T, 4)."""
    rows = [
        (a, b, c, d)
        for b, c in bonds.tolist()
        for a in near[b]
        for d in near[c]
        if c != a != d != b
    ]
    return np.array(rows, dtype=np.intp).reshape(-1, 4)


def _lennard_jones(
    types: tuple[str, ...], bonds: Indices, angles: Indices, torsions: Indices
) -> tuple[Floats, Floats]:
    """Return the coefficients of r^-12 and r^-6 by pair, with shape (N, N)."""
    kinds = [ATOM_TYPES[kind] for kind in types]
    sigmas = np.array([kind.sigma for kind in kinds])
    epsilons = np.array([kind.epsilon for kind in kinds])
    sixth = (sigmas[:, None] * sigmas) ** 3
    depth = 4 * np.sqrt(epsilons[:, None] * epsilons)
    # In this order, because in rings a pair of atoms may be several of these.
    for ends, scale in (
        (torsions[:, [0, 3]], _SCALE_14),
        (angles[:, [0, 2]], 0.0),
        (bonds, 0.0),
    ):
        factor = np.ones_like(depth)
        factor[ends[:, 0], ends[:, 1]] = factor[ends[:, 1], ends[:, 0]] = scale
        depth *= factor
    np.fill_diagonal(depth, 0.0)
    return depth * sixth * sixth, depth * sixth
