"""Answers about atoms of the current frame."""

from __future__ import annotations

import numpy as np
import pytest

from nanover_jupyter.widgets.molecule.atoms import (
    describe_atoms,
    expand_atoms,
    selection_atoms,
)
from nanover_jupyter.wire.frames.frame import Frame
from tests.unit.widgets.molecule.style.test_structure import chain, protein


def test_an_atom_is_described() -> None:
    frame = protein(**{"residue.ids": [str(i + 1) for i in range(7)]})
    [atom] = describe_atoms(frame, [3])

    assert atom["element"] == "C"
    assert (atom["name"], atom["residue"], atom["chain"]) == ("CB", "ALA 2", "")
    assert atom["position"] == pytest.approx([0.38, 0.15, 0.0])
    assert atom["force"] is None


def test_atoms_that_do_not_exist_are_left_out() -> None:
    assert [atom["index"] for atom in describe_atoms(chain(), [2, 4, -1, 0])] == [2, 0]
    assert describe_atoms(Frame(), [0]) == []


def test_what_is_not_finite_is_left_out() -> None:
    frame = chain(**{"particle.positions": np.full((4, 3), np.nan, np.float32)})

    assert describe_atoms(frame, [0])[0]["position"] is None


def test_expansion_to_residue_and_fragment() -> None:
    frame = protein()

    assert expand_atoms(frame, [2], "residue") == [2, 3]
    assert expand_atoms(frame, [2, 12], "residue") == [2, 3, 12]
    assert expand_atoms(frame, [3], "fragment") == list(range(12))
    assert expand_atoms(frame, [12], "fragment") == [12]


def test_expansion_without_the_data_returns_the_atoms() -> None:
    assert expand_atoms(chain(), [2, 1, 99], "residue") == [1, 2]
    assert expand_atoms(protein(), [2], "chain") == [2]
    assert expand_atoms(Frame(), [0], "fragment") == []


def test_a_long_chain_is_one_fragment() -> None:
    count = 3000
    order = np.random.default_rng(1).permutation(count)
    pairs = np.stack([order[:-1], order[1:]], axis=1).astype(np.uint32)
    frame = Frame({"particle.positions": np.zeros((count, 3), np.float32), "bond.pairs": pairs})

    assert len(expand_atoms(frame, [7], "fragment")) == count


def test_atoms_of_a_selection() -> None:
    assert selection_atoms(chain(), {"selected": [3, 1, 1, 9]}) == [1, 3]
    assert selection_atoms(chain(), {"selected": None}) == [0, 1, 2, 3]
    assert selection_atoms(chain(), "text") == []
