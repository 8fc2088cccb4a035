"""Conversion of a frame to MDAnalysis, which is imported only when needed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from nanover_jupyter.errors import InvalidArgument
from nanover_jupyter.wire.frames.elements import SYMBOLS

__all__ = ["universe_of"]

_ANGSTROM_PER_NM: Final = 10.0
_NOT_INSTALLED: Final = (
    'MDAnalysis is not installed; run: pip install "nanover-jupyter[mdanalysis]"'
)


def universe_of(frame: Any) -> Any:
    """Return an `MDAnalysis.Universe` with the topology and the positions of a frame.

    Lengths are in Å, velocities in Å/ps and forces in kJ/mol/Å, as usual in MDAnalysis. What
    the frame does not have is left out.

    Args:
        frame: A `Frame`.

    Raises:
        InvalidArgument: (a ValueError) The frame has no positions.
        ModuleNotFoundError: MDAnalysis is not installed.
    """
    positions = frame.positions
    if positions is None:
        raise InvalidArgument("frame", "it has no positions; wait for one with positions")
    try:
        import MDAnalysis  # noqa: PLC0415 - optional, and slow to import
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_NOT_INSTALLED, name="MDAnalysis") from error

    atoms = len(positions)
    residues, residue_count = _index(frame.residues, atoms, frame.residue_names)
    chains, chain_count = _index(frame.residue_chains, residue_count, frame.chain_names)
    universe = MDAnalysis.Universe.empty(
        atoms,
        n_residues=residue_count,
        atom_resindex=residues,
        n_segments=chain_count,
        residue_segindex=chains,
        trajectory=True,
        velocities=frame.velocities is not None,
        forces=frame.forces is not None,
    )
    _add_topology(universe, frame, atoms)
    universe.atoms.positions = positions * _ANGSTROM_PER_NM
    velocities, forces = _per_atom(frame.velocities, atoms), _per_atom(frame.forces, atoms)
    if velocities is not None:
        universe.atoms.velocities = velocities * _ANGSTROM_PER_NM
    if forces is not None:
        universe.atoms.forces = forces / _ANGSTROM_PER_NM
    if frame.box is not None:
        from MDAnalysis.lib.mdamath import triclinic_box  # noqa: PLC0415

        universe.dimensions = triclinic_box(*(frame.box * _ANGSTROM_PER_NM))
    if frame.time is not None:
        universe.trajectory.ts.time = frame.time
    return universe


def _add_topology(universe: Any, frame: Any, atoms: int) -> None:
    elements = _per_atom(frame.elements, atoms)
    if elements is not None:
        symbols = [SYMBOLS[number] if number < len(SYMBOLS) else "" for number in elements]
        universe.add_TopologyAttr("elements", symbols)
        universe.guess_TopologyAttrs(to_guess=["masses"])
    names = _per_atom(frame.names, atoms)
    if names is not None:
        universe.add_TopologyAttr("names", names)
    if frame.residue_names and len(frame.residue_names) == len(universe.residues):
        universe.add_TopologyAttr("resnames", frame.residue_names)
    if frame.chain_names and len(frame.chain_names) == len(universe.segments):
        universe.add_TopologyAttr("segids", frame.chain_names)
    bonds = frame.bonds
    if bonds is not None:
        inside = bonds[(bonds < atoms).all(axis=1)]
        # A server may list each bond in both directions.
        unique = np.unique(np.sort(inside, axis=1), axis=0)
        universe.add_TopologyAttr("bonds", [tuple(map(int, pair)) for pair in unique])


def _index(groups: Any, rows: int, names: Any) -> tuple[Any, int]:
    """Return the group of each row and the number of groups: one group if they are unknown."""
    count = len(names) if names else 1
    if groups is None or len(groups) != rows or (rows and int(groups.max()) >= count):
        return np.zeros(rows, int), 1
    return groups, count


def _per_atom(values: Any, atoms: int) -> Any:
    """Return values with a row for each atom; None for other numbers of rows."""
    return values if values is not None and len(values) == atoms else None
