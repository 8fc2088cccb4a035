"""The backbone of proteins and nucleic acids, as segments of a tube."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["Backbone", "find_backbone"]

Indices = npt.NDArray[np.int64]

# The atom of each residue that the tube goes through: of amino acids, then of nucleotides.
_ATOMS: Final = ("CA", "P", "C4'", "C4*", "BB")
# Consecutive atoms are 0.38 nm apart in proteins and up to 0.7 nm in nucleic acids.
_MAX_STEP: Final = 0.9
_MIN_LENGTH: Final = 3


class Backbone:
    """The atoms that a tube goes through, in order.

    Args:
        atoms: (K,), indices of atoms.
        breaks: (K - 1,), whether the tube is interrupted after each atom but the last.
        members: (N,) booleans, the atoms of residues that the tube replaces.
    """

    def __init__(
        self, atoms: Indices, breaks: npt.NDArray[np.bool_], members: npt.NDArray[np.bool_]
    ) -> None:
        self.atoms = atoms
        self.breaks = breaks
        self.members = members

    def segments(self, drawn: npt.NDArray[np.bool_]) -> Indices:
        """Return the four atoms of each segment, (S, 4), between atoms that are drawn.

        Args:
            drawn: (N,), the atoms that are drawn as a tube.
        """
        atoms = self.atoms
        joined = ~self.breaks & drawn[atoms[:-1]] & drawn[atoms[1:]]
        first = np.flatnonzero(joined)
        # At an end of the tube, the atom there is repeated.
        before = np.where(np.roll(joined, 1)[first] & (first > 0), first - 1, first)
        last = len(joined) - 1
        follows = (first < last) & joined[np.minimum(first + 1, last)]
        after = np.where(follows, first + 2, first + 1)
        return np.stack([atoms[before], atoms[first], atoms[first + 1], atoms[after]], axis=1)


def find_backbone(frame: Frame, atoms: int) -> Backbone | None:
    """Return the backbone of a molecule; None if the frame has none, or lacks names.

    Args:
        frame: The frame.
        atoms: The number of atoms.
    """
    names, residues = frame.names, frame.residues
    if names is None or residues is None or len(names) < atoms or len(residues) < atoms:
        return None
    residue_of: Indices = residues[:atoms].astype(np.int64)
    position_in = {name: rank for rank, name in enumerate(_ATOMS)}
    ranks = np.array([position_in.get(name.strip(), -1) for name in names[:atoms]], np.int64)
    # Ions such as calcium are named CA too, and are not bonded to anything.
    bonded = _bonded(frame.bonds, atoms)
    candidates = np.flatnonzero((ranks >= 0) & bonded)
    if len(candidates) < _MIN_LENGTH:
        return None
    # The best atom of each residue, in the order of the residues in the file.
    order = np.lexsort((ranks[candidates], residue_of[candidates]))
    candidates = candidates[order]
    first = np.ones(len(candidates), bool)
    first[1:] = residue_of[candidates[1:]] != residue_of[candidates[:-1]]
    backbone = candidates[first]
    if len(backbone) < _MIN_LENGTH:
        return None
    breaks = _breaks(frame, backbone, residue_of)
    # A residue alone, such as a ligand with an atom of this name, is not a polymer.
    linked = np.zeros(len(backbone), bool)
    linked[:-1] |= ~breaks
    linked[1:] |= ~breaks
    if np.count_nonzero(~breaks) < _MIN_LENGTH - 1:
        return None
    members = np.isin(residue_of, residue_of[backbone[linked]])
    return Backbone(backbone, breaks, members)


def _bonded(bonds: npt.NDArray[Any] | None, atoms: int) -> npt.NDArray[np.bool_]:
    if bonds is None or len(bonds) == 0:
        # A model with one bead per residue may have no bonds.
        return np.ones(atoms, bool)
    bonded = np.zeros(atoms, bool)
    bonded[bonds[(bonds < atoms).all(axis=1)].ravel()] = True
    return bonded


def _breaks(frame: Frame, backbone: Indices, residues: Indices) -> npt.NDArray[np.bool_]:
    """Return where a chain ends, or consecutive atoms are too far apart."""
    breaks = np.zeros(len(backbone) - 1, bool)
    chains = frame.residue_chains
    if chains is not None and len(chains) > int(residues[backbone].max()):
        own = chains[residues[backbone]]
        breaks |= own[1:] != own[:-1]
    positions = frame.positions
    if positions is not None and len(positions) > int(backbone.max()):
        steps = np.diff(positions[backbone].astype(np.float64), axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.sqrt((steps**2).sum(axis=1))
        # Over the periodic boundary the chain goes on: the page leaves the segment out.
        far = lengths > _MAX_STEP
        box = frame.box
        if box is not None:
            far &= lengths < np.abs(np.diag(box)).min() / 2
        breaks |= far
    return breaks
