"""What is simulated: the atoms of a system, their bonds and the box around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["ATOM_TYPES", "AtomType", "Molecule", "System", "combine"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class AtomType:
    """An atom type of the force field.

    Attributes:
        symbol: The symbol of the element.
        number: The atomic number.
        mass: The mass in amu.
        sigma: The Lennard-Jones diameter in nm.
        epsilon: The depth of the Lennard-Jones well in kJ/mol.
    """

    symbol: str
    number: int
    mass: float
    sigma: float
    epsilon: float


ATOM_TYPES: Final = {
    # Carbon of graphite (Steele), of alkanes and hydrogen of alkanes (OPLS-AA).
    "CA": AtomType("C", 6, 12.011, 0.340, 0.2328),
    "CT": AtomType("C", 6, 12.011, 0.350, 0.276144),
    "HC": AtomType("H", 1, 1.008, 0.250, 0.12552),
}


@dataclass(frozen=True, slots=True)
class Molecule:
    """The atoms of one molecule, which is also one residue.

    Attributes:
        residue: The residue name.
        types: The atom types, keys of ATOM_TYPES.
        positions: (N, 3), in nm.
        bonds: (M, 2), indices of atoms.
        orders: (M,), the bond orders.
    """

    residue: str
    types: tuple[str, ...]
    positions: Floats
    bonds: Indices
    orders: npt.NDArray[np.uint8]

    def centered(self, center: Sequence[float] | Floats) -> Molecule:
        """Return the molecule with its centroid moved to `center` in nm."""
        shift = np.asarray(center) - self.positions.mean(axis=0)
        return Molecule(self.residue, self.types, self.positions + shift, self.bonds, self.orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The molecules in a box with soft walls, from (0, 0, 0) to `box`. Immutable.

    Attributes:
        name: The name of the simulation.
        types: The atom types, keys of ATOM_TYPES.
        masses: (N,), in amu.
        positions: (N, 3), the positions at the start in nm.
        bonds: (M, 2), indices of atoms.
        orders: (M,), the bond orders.
        residues: (N,), the residue of each atom.
        residue_names: The names of the residues.
        box: (3,), the lengths of the box in nm.
    """

    name: str
    types: tuple[str, ...]
    masses: Floats
    positions: Floats
    bonds: Indices
    orders: npt.NDArray[np.uint8]
    residues: Indices
    residue_names: tuple[str, ...]
    box: Floats

    @property
    def size(self) -> int:
        """The number of atoms."""
        return len(self.types)

    def topology(self) -> dict[str, object]:
        """Return the fields of a frame that do not change while the simulation runs."""
        elements = [ATOM_TYPES[kind] for kind in self.types]
        residues = len(self.residue_names)
        return {
            "system.simulation.name": self.name,
            "particle.count": self.size,
            "particle.names": [f"{type_.symbol}{n}" for n, type_ in enumerate(elements, 1)],
            "particle.elements": np.array([type_.number for type_ in elements], np.uint8),
            "particle.residues": self.residues.astype(np.uint32),
            "residue.count": residues,
            "residue.names": list(self.residue_names),
            "residue.ids": [str(number) for number in range(1, residues + 1)],
            "residue.chains": np.zeros(residues, np.uint32),
            "chain.count": 1,
            "chain.names": ["A"],
            "bond.pairs": self.bonds.astype(np.uint32),
            "bond.orders": self.orders,
            "system.box.vectors": np.diag(self.box).astype(np.float32),
        }


def combine(name: str, molecules: Sequence[Molecule], box: Sequence[float]) -> System:
    """Return the system of some molecules, in their order."""
    sizes = [len(molecule.types) for molecule in molecules]
    starts = np.cumsum([0, *sizes[:-1]])
    types = tuple(kind for molecule in molecules for kind in molecule.types)
    return System(
        name=name,
        types=types,
        masses=np.array([ATOM_TYPES[kind].mass for kind in types]),
        positions=np.concatenate([molecule.positions for molecule in molecules]),
        bonds=np.concatenate(
            [molecule.bonds + start for molecule, start in zip(molecules, starts, strict=True)]
        ),
        orders=np.concatenate([molecule.orders for molecule in molecules]),
        residues=np.repeat(np.arange(len(molecules)), sizes),
        residue_names=tuple(molecule.residue for molecule in molecules),
        box=np.array(box, dtype=np.float64),
    )
