"""Answers to questions of the page about atoms of the current frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.client.simulation.selections import selected_particles
from nanover_jupyter.text_format import visible
from nanover_jupyter.widgets.molecule.messages import AtomBody
from nanover_jupyter.widgets.molecule.style.structure import atom_count
from nanover_jupyter.wire.frames.elements import SYMBOLS
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["EXPANSIONS", "describe_atoms", "expand_atoms", "selection_atoms"]

EXPANSIONS: Final = ("residue", "chain", "fragment")
"""What `expand_atoms` can expand to."""

_MAX_NAME: Final = 40


def describe_atoms(frame: Frame, indices: Sequence[int]) -> list[AtomBody]:
    """Describe atoms, in this order; those that do not exist are left out."""
    count = atom_count(frame)
    return [_describe(frame, index) for index in indices if 0 <= index < count]


def expand_atoms(frame: Frame, indices: Sequence[int], by: str) -> list[int]:
    """Return all atoms of the residues, chains or bonded fragments that atoms belong to.

    Args:
        frame: The frame. If it lacks what is asked for, the atoms are returned as they are.
        indices: Indices of atoms.
        by: One of `EXPANSIONS`.
    """
    count = atom_count(frame)
    atoms = np.unique(np.array([each for each in indices if 0 <= each < count], np.int64))
    groups = _bonded_groups(frame, count) if by == "fragment" else _named_groups(frame, count, by)
    if groups is None or not len(atoms):
        return [int(each) for each in atoms]
    return [int(each) for each in np.flatnonzero(np.isin(groups, groups[atoms]))]


def selection_atoms(frame: Frame, value: object) -> list[int]:
    """Return the atoms of a selection's value in the shared state, in ascending order."""
    count = atom_count(frame)
    particles = selected_particles(value) if isinstance(value, Mapping) else []
    if particles is None:
        return list(range(count))
    return sorted({index for index in particles if 0 <= index < count})


def _describe(frame: Frame, index: int) -> AtomBody:
    elements = frame.elements
    number = int(elements[index]) if elements is not None and index < len(elements) else 0
    residue, chain = "", ""
    residues = frame.residues
    if residues is not None and index < len(residues):
        of = int(residues[index])
        parts = (_item(frame.residue_names, of), _item(frame.residue_ids, of))
        residue = " ".join(part for part in parts if part)
        chains = frame.residue_chains
        if chains is not None and of < len(chains):
            chain = _item(frame.chain_names, int(chains[of]))
    forces = frame.forces
    if forces is None:
        forces = frame.user_forces
    return AtomBody(
        index=index,
        element=SYMBOLS[number] if number < len(SYMBOLS) else "",
        name=_item(frame.names, index),
        residue=residue,
        chain=chain,
        position=_vector(frame.positions, index),
        force=_vector(forces, index),
    )


def _item(names: list[str] | None, index: int) -> str:
    return visible(names[index], _MAX_NAME) if names is not None and index < len(names) else ""


def _vector(array: npt.NDArray[Any] | None, index: int) -> list[float] | None:
    if array is None or index >= len(array) or not np.isfinite(array[index]).all():
        return None
    return [float(each) for each in array[index]]


def _named_groups(frame: Frame, count: int, by: str) -> npt.NDArray[np.int64] | None:
    residues = frame.residues
    if residues is None or len(residues) != count:
        return None
    groups = residues.astype(np.int64)
    if by == "residue" or not count:
        return groups
    chains = frame.residue_chains
    if chains is None or len(chains) <= int(groups.max()):
        return None
    return chains.astype(np.int64)[groups]


def _bonded_groups(frame: Frame, count: int) -> npt.NDArray[np.int64] | None:
    """Return the lowest index of the bonded fragment of each atom."""
    bonds = frame.bonds
    if bonds is None:
        return None
    pairs = bonds[(bonds < count).all(axis=1)].astype(np.int64)
    groups = np.arange(count)
    while len(pairs):
        # Each atom takes the lowest group of its neighbors; then jump to the group's own group,
        # which halves the distance to the lowest one.
        lowest = np.minimum(groups[pairs[:, 0]], groups[pairs[:, 1]])
        before = groups.copy()
        np.minimum.at(groups, pairs[:, 0], lowest)
        np.minimum.at(groups, pairs[:, 1], lowest)
        groups = groups[groups]
        if (groups == before).all():
            break
    return groups
