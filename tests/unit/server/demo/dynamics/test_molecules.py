"""The geometry and topology of the systems of the demo."""

from __future__ import annotations

import numpy as np
import pytest

from nanover_jupyter.server.demo.dynamics.molecules import (
    alkane,
    buckminsterfullerene,
    methane,
    nanotube,
)
from nanover_jupyter.server.demo.dynamics.system import combine
from nanover_jupyter.server.demo.dynamics.systems import BOX, SYSTEMS, build_system
from nanover_jupyter.wire.frames.fields import FIELDS, NAMES


def neighbors(molecule) -> np.ndarray:
    """Return the number of bonds of each atom."""
    return np.bincount(molecule.bonds.ravel(), minlength=len(molecule.types))


def lengths(molecule) -> np.ndarray:
    first, second = molecule.positions[molecule.bonds].transpose(1, 0, 2)
    return np.linalg.norm(first - second, axis=1)


def test_a_nanotube_is_a_cylinder_of_hexagons_with_open_ends():
    tube = nanotube(pairs=5, rings=6)

    assert len(tube.types) == 60
    assert sorted(neighbors(tube)) == [2] * 20 + [3] * 40
    # Slightly shorter than 0.142 nm, because the bonds are chords of the cylinder.
    assert lengths(tube) == pytest.approx(0.142, abs=0.002)
    assert np.hypot(*tube.positions[:, 1:].T) == pytest.approx(0.339, abs=1e-3)


def test_c60_has_90_bonds_of_one_length_of_which_30_are_double_bonds():
    ball = buckminsterfullerene()

    assert (neighbors(ball) == 3).all()
    assert lengths(ball) == pytest.approx(np.full(90, 0.142))
    assert np.bincount(ball.orders).tolist() == [0, 60, 30]
    # Every atom has exactly one double bond.
    assert (np.bincount(ball.bonds[ball.orders == 2].ravel()) == 1).all()


@pytest.mark.parametrize("carbons", [2, 3, 20])
def test_an_alkane_has_four_bonds_per_carbon(carbons):
    chain = alkane(carbons)

    assert chain.types.count("HC") == 2 * carbons + 2
    counts = neighbors(chain)
    assert (counts[:carbons] == 4).all()
    assert (counts[carbons:] == 1).all()
    assert set(np.round(lengths(chain), 6)) == {0.109, 0.1529}


def test_no_atoms_of_a_chain_overlap():
    positions = alkane(20).positions
    distances = np.linalg.norm(positions[:, None] - positions, axis=2)
    np.fill_diagonal(distances, 1.0)

    assert distances.min() > 0.1


def test_molecules_are_combined_with_their_own_residues_and_shifted_bonds():
    pair = combine("pair", [methane(), methane().centered((1.0, 1.0, 1.0))], BOX)

    assert pair.bonds[4:].tolist() == [[5, 6], [5, 7], [5, 8], [5, 9]]
    assert pair.residues.tolist() == [0] * 5 + [1] * 5
    assert pair.positions[5:].mean(axis=0) == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_topology_of_a_system_is_complete_and_consistent(name):
    system = build_system(name)
    topology = system.topology()
    atoms, residues = topology["particle.count"], topology["residue.count"]

    assert topology["system.simulation.name"] == name
    assert 60 <= atoms <= 125
    for key in ("particle.names", "particle.elements", "particle.residues"):
        assert len(topology[key]) == atoms
    for key in ("residue.names", "residue.ids", "residue.chains"):
        assert len(topology[key]) == residues
    assert len(topology["chain.names"]) == topology["chain.count"]
    assert topology["bond.pairs"].max() < atoms
    assert len(topology["bond.orders"]) == len(topology["bond.pairs"])
    assert set(topology["particle.residues"].tolist()) == set(range(residues))
    assert (system.positions > 0).all()
    assert (system.positions < BOX).all()
    for key, value in topology.items():
        if key in FIELDS:
            assert value.dtype == FIELDS[key].dtype
            assert value.size % FIELDS[key].columns == 0
        if key in NAMES:
            assert all(isinstance(item, str) for item in value)


def test_the_methane_is_beside_a_mouth_of_the_nanotube():
    system = build_system("nanotube")

    assert system.residue_names == ("CNT", "CH4")
    carbon = system.positions[60] - system.positions[:60].mean(axis=0)
    assert abs(carbon[0]) > 0.6
    assert np.hypot(*carbon[1:]) < 0.1
