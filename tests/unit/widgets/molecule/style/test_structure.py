"""What is drawn of a frame: the stack of selections, colors, sizes, bonds and tubes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.widgets.molecule.messages import SelectionBody
from nanover_jupyter.widgets.molecule.style.elements import JMOL_COLORS, NANOVER_COLORS
from nanover_jupyter.widgets.molecule.style.structure import (
    COLOR_SCHEMES,
    NOT_PULLABLE,
    Structure,
    StyleOptions,
    build_structure,
)
from nanover_jupyter.wire.frames.frame import Frame
from tests.support.typed import misfit

ROOT = "selection.root"
ATOM = np.dtype([("color", "u1", 3), ("flags", "u1"), ("radius", "<u2"), ("end", "u1", 2)])
BOND = np.dtype([("atoms", "<u4", 2), ("radius", "<u2"), ("end", "<u2")])
SEGMENT = np.dtype([("atoms", "<u4", 4), ("radius", "<u2"), ("end", "<u2")])
DRAWN = 1


def chain(**fields: Any) -> Frame:
    """Four carbon atoms in a row, 0.15 nm apart."""
    return Frame(
        {
            "particle.positions": np.array([[0.15 * i, 0, 0] for i in range(4)], np.float32),
            "particle.elements": np.full(4, 6, np.uint8),
            "bond.pairs": np.array([[0, 1], [1, 2], [2, 3]], np.uint32),
            **fields,
        }
    )


def protein(residues: int = 6, **fields: Any) -> Frame:
    """A chain of residues of two atoms, CA and CB, and a water at the end."""
    count = 2 * residues + 1
    positions = np.array([[0.38 * (i // 2), 0.15 * (i % 2), 0] for i in range(count)], np.float32)
    steps = [[2 * i, 2 * i + 2] for i in range(residues - 1)]
    sides = [[2 * i, 2 * i + 1] for i in range(residues)]
    return Frame(
        {
            "particle.positions": positions,
            "particle.elements": np.array([6] * (count - 1) + [8], np.uint8),
            "particle.names": ["CA", "CB"] * residues + ["O"],
            "particle.residues": np.array([i // 2 for i in range(count)], np.uint32),
            "residue.names": ["ALA"] * residues + ["HOH"],
            "bond.pairs": np.array(steps + sides, np.uint32),
            **fields,
        }
    )


def build(
    frame: Frame, selections: dict[str, Any] | None = None, **options: Any
) -> tuple[Structure, npt.NDArray[Any], npt.NDArray[Any]]:
    structure = build_structure(frame, selections or {}, StyleOptions(**options))
    atoms = np.frombuffer(structure.atom_bytes, ATOM)
    bonds = np.frombuffer(structure.bond_bytes, BOND)
    assert (len(atoms), len(bonds)) == (structure.atoms, structure.bonds)
    assert len(structure.segment_bytes) == 20 * structure.segments
    return structure, atoms, bonds


def selection(particles: list[int] | None, renderer: Any = "liquorice", **more: Any) -> Any:
    properties = {"nanover.rendering.renderer": renderer, **more}
    return {"selected": {"particle_ids": particles}, "name": "S", "properties": properties}


def test_without_selections_all_atoms_are_balls_and_sticks_in_element_colors() -> None:
    structure, atoms, bonds = build(chain())

    assert (atoms["color"] == JMOL_COLORS[6]).all()
    assert (atoms["flags"] & DRAWN).all()
    assert (atoms["end"][:, 0] == 6).all()
    assert bonds["atoms"].tolist() == [[0, 1], [1, 2], [2, 3]]
    assert (bonds["radius"] > 0).all()
    assert bonds["radius"].max() < atoms["radius"].min()
    assert structure.notes == []


def test_the_topmost_selection_draws_an_atom() -> None:
    _, atoms, bonds = build(
        chain(),
        {
            "selection.b": selection([1], "liquorice"),
            "selection.a": selection([0, 1], "spheres"),
            ROOT: selection([3], "ball and stick"),
        },
    )

    ball, stick, sphere = atoms["radius"][3], atoms["radius"][1], atoms["radius"][0]
    assert stick < ball < sphere
    assert sphere == 1770
    # The root is always all atoms; a sphere has no bonds.
    assert atoms["radius"][2] == ball
    assert bonds["atoms"].tolist() == [[1, 2], [2, 3]]


def test_a_hidden_selection_keeps_its_atoms_which_vanish() -> None:
    structure, atoms, bonds = build(
        chain(), {"selection.a": selection([0, 1], **{"nanover.rendering.hide": True})}
    )

    assert (atoms["flags"] & DRAWN).tolist() == [0, 0, 1, 1]
    assert atoms["radius"][:2].tolist() == [0, 0]
    assert (atoms["flags"][:2] & NOT_PULLABLE).all()
    assert bonds["atoms"].tolist() == [[2, 3]]
    assert structure.selections[0]["hidden"]


def test_atoms_that_a_selection_forbids_are_not_pullable() -> None:
    _, atoms, _ = build(
        chain(), {"selection.a": selection([2], **{"nanover.interaction.method": "none"})}
    )

    assert (atoms["flags"] & NOT_PULLABLE).tolist() == [0, 0, NOT_PULLABLE, 0]


@pytest.mark.parametrize("selected", [None, {"particle_ids": None}, {}])
def test_a_selection_without_a_list_has_all_atoms(selected: Any) -> None:
    structure, _, _ = build(chain(), {"selection.a": {"selected": selected}})

    assert structure.selections[0]["atoms"] == 4


def test_invalid_selections_and_indices_are_ignored() -> None:
    structure, _, _ = build(
        chain(),
        {
            "selection.a": "text",
            "selection.b": {"selected": [0, -1, 9, 2**70, 1.5, "x", 3.0], "name": 5},
        },
    )

    assert [(each["key"], each["atoms"]) for each in structure.selections] == [("selection.b", 2)]


def test_renderers_that_are_approximated_are_listed_in_a_note() -> None:
    structure, _, _ = build(chain(), {"selection.a": selection([0, 1], "goodsell")})

    assert structure.notes == ["Drawn as spheres: S (goodsell)."]
    assert structure.selections[0]["drawn"] == "spheres"


def test_a_chosen_representation_replaces_those_of_the_selections() -> None:
    hidden = selection([0], **{"nanover.rendering.hide": True})
    _, atoms, bonds = build(chain(), {"selection.a": hidden}, representation="spheres")

    assert atoms["radius"].tolist() == [0, 1770, 1770, 1770]
    assert len(bonds) == 0


def test_bonds_in_both_directions_are_drawn_once() -> None:
    both = np.array([[0, 1], [1, 0], [1, 2]], np.uint32)
    structure, _, _ = build(chain(**{"bond.pairs": both}))

    assert structure.bonds == 2


def test_bonds_to_atoms_that_do_not_exist_are_left_out() -> None:
    pairs = np.array([[0, 1], [1, 4], [2, 2**32 - 1], [3, 3]], np.uint32)
    structure, _, bonds = build(chain(**{"bond.pairs": pairs}))

    assert bonds["atoms"].tolist() == [[0, 1]]
    assert structure.notes == ["2 bonds are left out: they are to atoms that do not exist."]


def test_the_cutoff_is_below_half_of_the_box() -> None:
    free, _, _ = build(chain())
    boxed, _, _ = build(chain(**{"system.box.vectors": 0.5 * np.eye(3, dtype=np.float32)}))

    assert free.cutoff == pytest.approx(0.45)
    assert boxed.cutoff == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("elements", "note"),
    [([6, 6], "The frame has 2 elements for 4 atoms."), ([], "The frame has no elements.")],
)
def test_elements_that_disagree_are_drawn_with_a_note(elements: list[int], note: str) -> None:
    structure, atoms, _ = build(chain(**{"particle.elements": np.array(elements, np.uint8)}))

    assert structure.notes == [note]
    assert (atoms["radius"] > 0).all()


@pytest.mark.parametrize("number", [0, 119, 200, 255])
def test_unknown_elements_have_a_color_and_a_radius(number: int) -> None:
    _, atoms, _ = build(chain(**{"particle.elements": np.full(4, number, np.uint8)}))

    assert (atoms["radius"] > 0).all()
    assert (atoms["color"] == JMOL_COLORS[0]).all()


def test_positions_that_are_not_finite_do_not_disturb_the_others() -> None:
    positions = np.array([[0, 0, 0], [np.nan, 0, 0], [np.inf, 0, 0], [0.15, 0, 0]], np.float32)
    pairs = np.array([[0, 1], [1, 2], [0, 3]], np.uint32)
    structure, _, _ = build(chain(**{"particle.positions": positions, "bond.pairs": pairs}))

    assert structure.cutoff == pytest.approx(0.45)
    assert structure.atoms == 4


def test_a_frame_without_atoms_is_empty() -> None:
    structure, _, _ = build(Frame())

    assert (structure.atoms, structure.bonds, structure.segments) == (0, 0, 0)
    assert structure.notes == []


def test_one_atom_is_drawn() -> None:
    frame = Frame(
        {
            "particle.positions": np.zeros((1, 3), np.float32),
            "particle.elements": np.array([8], np.uint8),
        }
    )
    structure, atoms, _ = build(frame)

    assert structure.atoms == 1
    assert atoms["radius"][0] > 0


# colors ----------------------------------------------------------------------------------


def test_colors_by_scheme() -> None:
    frame = protein(**{"particle.colors": np.full((13, 4), 7, np.uint8)})

    assert (build(frame, color_by="nanover")[1]["color"][0] == NANOVER_COLORS[6]).all()
    assert (build(frame, color_by="particle")[1]["color"] == 7).all()
    residues = build(frame, color_by="residue")[1]["color"]
    assert (residues[0] == residues[2]).all()
    assert (residues[0] != residues[12]).any()


def test_an_array_of_numbers_is_a_gradient_and_of_colors_is_taken() -> None:
    numbers = np.array([0.0, 1.0, np.nan, 2.0])
    gradient = build(chain(), color_by=numbers)[1]["color"]
    taken = build(chain(), color_by=np.array([[1.0, 0, 0]] * 4))[1]["color"]

    assert gradient[0].tolist() == [0x44, 0x01, 0x54]
    assert gradient[3].tolist() == [0xFD, 0xE7, 0x25]
    assert len({*map(tuple, gradient.tolist())}) == 4
    assert (taken == [255, 0, 0]).all()


@pytest.mark.parametrize(
    ("color_by", "note"),
    [
        (np.zeros(3), "Colored by element: the array has shape 3 for 4 atoms."),
        ("residue", "Colored by element: the frame has no residues."),
        ("particle", "Colored by element: the frame has no particle.colors for all atoms."),
    ],
)
def test_colors_that_the_frame_lacks_are_those_of_the_elements(color_by: Any, note: str) -> None:
    structure, atoms, _ = build(chain(), color_by=color_by)

    assert structure.notes == [note]
    assert (atoms["color"] == JMOL_COLORS[6]).all()


def test_colors_of_a_renderer() -> None:
    renderer = {"render": "liquorice", "color": {"type": "cpk", "scheme": {"C": "red"}}}
    _, atoms, _ = build(chain(), {ROOT: selection(None, renderer)})

    assert (atoms["color"] == [255, 0, 0]).all()


# tubes -----------------------------------------------------------------------------------


def test_a_tube_follows_the_backbone_and_the_rest_is_liquorice() -> None:
    structure, atoms, bonds = build(protein(), representation="tube")
    segments = np.frombuffer(structure.segment_bytes, SEGMENT)

    assert segments["atoms"][:2].tolist() == [[0, 0, 2, 4], [0, 2, 4, 6]]
    assert segments["atoms"][-1].tolist() == [6, 8, 10, 10]
    assert atoms["radius"][:12].max() == 0
    assert atoms["radius"][12] > 0
    assert len(bonds) == 0
    assert structure.notes == []


def test_a_tube_ends_with_a_chain_and_at_a_gap() -> None:
    chains = {
        "residue.chains": np.array([0, 0, 0, 1, 1, 1, 1], np.uint32),
        "chain.names": ["A", "B"],
    }
    assert build(protein(), representation="tube")[0].segments == 5
    assert build(protein(**chains), representation="tube")[0].segments == 4
    far = protein()["particle.positions"].copy()  # type: ignore[union-attr]
    far[6:] += 5.0
    assert build(protein(**{"particle.positions": far}), representation="tube")[0].segments == 4


def test_a_molecule_without_a_backbone_is_drawn_as_liquorice() -> None:
    structure, atoms, bonds = build(chain(), representation="tube")

    assert structure.notes == ["Drawn as liquorice: the frame has no backbone for a tube."]
    assert structure.segments == 0
    assert (atoms["radius"] == bonds["radius"][0]).all()


# what the page reads -----------------------------------------------------------------------


def test_the_bytes_are_those_that_the_page_reads() -> None:
    red = {"render": "ball and stick", "color": [1, 0, 0], "particle.scale": 0.2, "bond.scale": 0.1}
    forbidden = selection([1], red, **{"nanover.interaction.method": "none"})
    structure, _, _ = build(chain(), {ROOT: selection(None, red), "selection.a": forbidden})

    # Red, green, blue; flags; radius in 0.0001 nm; atomic number; 0.
    free, fixed = bytes([255, 0, 0, 1, 232, 3, 6, 0]), bytes([255, 0, 0, 3, 232, 3, 6, 0])
    assert structure.atom_bytes == free + fixed + free + free
    # Two indices; radius in 0.0001 nm; 0.
    assert structure.bond_bytes[:12] == bytes([0, 0, 0, 0, 1, 0, 0, 0, 244, 1, 0, 0])
    assert len(structure.bond_bytes) == 36


def test_the_bytes_of_a_tube() -> None:
    structure, _, _ = build(protein(3), representation="tube")

    # Four indices; radius in 0.0001 nm; 0.
    first = [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0]
    assert list(structure.segment_bytes[:16]) == first
    assert np.frombuffer(structure.segment_bytes[16:20], "<u2").tolist() == [1200, 0]


def test_colors_of_elements_are_flagged() -> None:
    elements = {"selection.a": selection([0], "liquorice")}
    red = {"selection.b": selection([1], {"color": "red"})}
    _, atoms, _ = build(chain(), {**elements, **red})

    assert (atoms["flags"] & 4).tolist() == [4, 0, 4, 4]
    # The colors of the elements replace those that the frame lacks.
    assert (build(chain(), color_by="particle")[1]["flags"] & 4).all()


# selections ------------------------------------------------------------------------------


def test_the_root_has_all_atoms_whatever_it_lists() -> None:
    structure, atoms, _ = build(chain(), {ROOT: selection([], "spheres")})

    assert structure.selections[0]["atoms"] == 4
    assert (atoms["radius"] == 1770).all()


def test_later_keys_are_above_earlier_ones_and_the_root() -> None:
    layers = {name: selection([0], size) for name, size in (("a", "spheres"), ("b", "liquorice"))}
    stack = {f"selection.{name}": value for name, value in reversed(layers.items())}
    structure, atoms, _ = build(chain(), {**stack, ROOT: selection(None, "ball and stick")})

    assert [each["key"] for each in structure.selections] == [ROOT, "selection.a", "selection.b"]
    assert atoms["radius"][0] == 250


def test_a_visible_selection_above_a_hidden_one_is_drawn() -> None:
    hidden = selection([0, 1], **{"nanover.rendering.hide": True})
    _, atoms, _ = build(chain(), {"selection.a": hidden, "selection.b": selection([1])})

    assert (atoms["flags"] & DRAWN).tolist() == [0, 1, 1, 1]
    assert (atoms["flags"] & NOT_PULLABLE).tolist() == [NOT_PULLABLE, 0, 0, 0]


@pytest.mark.parametrize("value", ["true", 1, None, [True]])
def test_only_true_hides_a_selection(value: Any) -> None:
    shown = selection([0], **{"nanover.rendering.hide": value})

    assert build(chain(), {"selection.a": shown})[1]["flags"][0] & DRAWN


def test_a_hidden_root_hides_the_atoms_that_no_other_selection_has() -> None:
    root = selection(None, **{"nanover.rendering.hide": True})
    _, atoms, bonds = build(chain(), {ROOT: root, "selection.a": selection([1, 2])})

    assert (atoms["flags"] & DRAWN).tolist() == [0, 1, 1, 0]
    assert bonds["atoms"].tolist() == [[1, 2]]


def test_an_empty_selection_draws_nothing() -> None:
    structure, atoms, _ = build(chain(), {"selection.a": selection([], "spheres")})

    assert structure.selections[0]["atoms"] == 0
    assert (atoms["radius"] == build(chain())[1]["radius"]).all()


def test_a_selection_without_a_name_is_listed_by_its_key() -> None:
    structure, _, _ = build(
        chain(), {"selection.a": {"name": ""}, "selection.b": {"name": "\u202e" + "x" * 200}}
    )
    first, second = structure.selections

    assert first["name"] == "selection.a"
    # Control characters are escaped, so that they do not reorder what is beside them.
    assert second["name"] == "\\u202e" + "x" * 79 + "…"


def test_the_lists_for_the_page_are_bounded() -> None:
    selections = {
        f"selection.{number:03}": selection([number % 4], "goodsell") for number in range(300)
    }
    structure, atoms, _ = build(chain(), selections)

    assert len(structure.selections) == 200
    assert len(structure.notes) == 1
    assert (atoms["radius"] == 1770).all()


# sizes and bonds --------------------------------------------------------------------------


def test_sizes_of_the_elements_scale() -> None:
    vdw = selection(None, {"render": "goodsell", "scale": 0.5})
    covalent = selection(None, {"render": "liquorice", "scale": "covalent"})

    assert build(chain(), {ROOT: vdw})[1]["radius"].tolist() == [885] * 4
    # 0.05 of the diameter of a carbon atom.
    assert build(chain(), {ROOT: covalent})[1]["radius"].tolist() == [38] * 4


def test_sizes_are_limited() -> None:
    _, atoms, bonds = build(
        chain(), {ROOT: selection(None, {"particle.scale": 1e300, "bond.scale": 1e300, "scale": 5})}
    )

    assert atoms["radius"].max() <= 65_000
    assert bonds["radius"].max() <= 65_000


def test_a_bond_between_two_selections_is_as_thick_as_the_thinner() -> None:
    thick = selection([0, 1], {"render": "liquorice", "scale": 2})
    _, atoms, bonds = build(chain(), {"selection.a": thick, "selection.b": selection([2, 3])})

    assert bonds["radius"].tolist() == [atoms["radius"][0], atoms["radius"][2], atoms["radius"][2]]


def test_bonds_are_listed_from_the_lower_index_in_order() -> None:
    pairs = np.array([[3, 2], [2, 1], [1, 0], [2, 3], [0, 1]], np.uint32)
    _, _, bonds = build(chain(**{"bond.pairs": pairs}))

    assert bonds["atoms"].tolist() == [[0, 1], [1, 2], [2, 3]]


def test_bonds_that_are_all_out_of_range() -> None:
    structure, atoms, _ = build(chain(**{"bond.pairs": np.full((5, 2), 2**32 - 1, np.uint32)}))

    assert structure.bonds == 0
    assert structure.notes[0].startswith("5 bonds are left out")
    assert (atoms["radius"] > 0).all()


@pytest.mark.parametrize(
    "box",
    [
        np.zeros((3, 3), np.float32),
        np.full((3, 3), np.nan, np.float32),
        np.full((3, 3), np.inf, np.float32),
        np.eye(2, dtype=np.float32),
    ],
)
def test_a_box_that_cannot_be_used_does_not_change_the_cutoff(box: Any) -> None:
    structure, _, _ = build(chain(**{"system.box.vectors": box}))

    assert structure.cutoff == pytest.approx(0.45)


def test_the_cutoff_is_finite_for_bonds_of_any_length() -> None:
    positions = np.array([[-3e38] * 3, [3e38] * 3, [-3e38] * 3, [3e38] * 3], np.float32)
    structure, _, _ = build(chain(**{"particle.positions": positions}))

    assert 0 < structure.cutoff <= 1e6


# counts that disagree ---------------------------------------------------------------------


def test_positions_decide_how_many_atoms_there_are() -> None:
    assert build(chain(**{"particle.count": 9}))[0].atoms == 4
    assert build(chain(**{"particle.count": 2}))[0].atoms == 4


def test_without_positions_elements_decide() -> None:
    structure, atoms, _ = build(chain(**{"particle.positions": None}))

    assert structure.atoms == 4
    assert (atoms["flags"] & DRAWN).all()
    assert build(Frame({"particle.count": 10**9}))[0].atoms == 0


def test_more_elements_than_atoms_are_cut_off() -> None:
    elements = np.array([1, 6, 7, 8, 9, 200], np.uint8)
    structure, atoms, _ = build(chain(**{"particle.elements": elements}))

    assert atoms["end"][:, 0].tolist() == [1, 6, 7, 8]
    assert structure.notes == ["The frame has 6 elements for 4 atoms."]


@pytest.mark.parametrize(
    "fields",
    [
        {"particle.names": ["CA"]},
        {"particle.residues": np.zeros(3, np.uint32)},
        {"particle.residues": np.full(13, 2**32 - 1, np.uint32)},
        {"residue.names": []},
        {"residue.chains": np.zeros(1, np.uint32)},
        {"chain.names": []},
        {"particle.colors": np.zeros((2, 4), np.uint8)},
        {"particle.elements": "text"},
        {"bond.pairs": [0, 1, 2]},
        {"particle.names": 3},
    ],
)
@pytest.mark.parametrize("color_by", ["residue", "chain", "particle"])
def test_arrays_of_the_wrong_length_are_tolerated(fields: dict[str, Any], color_by: str) -> None:
    structure, atoms, _ = build(protein(**fields), representation="tube", color_by=color_by)

    assert structure.atoms == 13
    assert (atoms["flags"] & DRAWN).all()


# tubes of selections ----------------------------------------------------------------------


def test_a_tube_is_only_drawn_of_the_selection_that_has_it() -> None:
    structure, atoms, bonds = build(protein(), {"selection.a": selection(list(range(6)), "spline")})
    segments = np.frombuffer(structure.segment_bytes, SEGMENT)

    assert segments["atoms"].tolist() == [[0, 0, 2, 4], [0, 2, 4, 4]]
    assert (atoms["radius"][:6] == 0).all()
    assert (atoms["radius"][6:] > 0).all()
    assert bonds["atoms"].min() >= 6
    assert structure.notes == ["Drawn as tube: S (spline)."]


def test_a_hidden_part_interrupts_a_tube() -> None:
    hidden = selection([4, 5], **{"nanover.rendering.hide": True})
    structure, atoms, _ = build(
        protein(), {ROOT: selection(None, "cartoon"), "selection.a": hidden}
    )
    segments = np.frombuffer(structure.segment_bytes, SEGMENT)

    assert segments["atoms"].tolist() == [[0, 0, 2, 2], [6, 6, 8, 10], [6, 8, 10, 10]]
    assert (atoms["flags"] & DRAWN).tolist() == [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1]


# hostile values ---------------------------------------------------------------------------


hostile = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.sampled_from(["cartoon", "goodsell", "cpk", "vdw", "residue index", "red", "none", "x"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("selected", "particle_ids", "properties", "name", "render", "color"),
                    *("scale", "type", "scheme", "gradient", "bond.scale", "particle.scale"),
                    *("nanover.rendering.renderer", "nanover.rendering.hide"),
                    "nanover.interaction.method",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
selections_of_anyone = st.dictionaries(
    st.sampled_from([ROOT, "selection.a", "selection.b", "selection."]), hostile
)


@given(selections_of_anyone, hostile, st.sampled_from(COLOR_SCHEMES))
def test_any_selection_can_be_drawn(values: Any, renderer: Any, color_by: str) -> None:
    values = {"selection.c": selection([0, 2, 3, 99], renderer), **values}
    structure, atoms, bonds = build(protein(), values, color_by=color_by)
    segments = np.frombuffer(structure.segment_bytes, SEGMENT)

    assert all(misfit(each, SelectionBody) is None for each in structure.selections)
    assert all(isinstance(note, str) for note in structure.notes)
    assert 0 < structure.cutoff <= 1e6
    assert atoms["flags"].max() <= 7
    assert max(atoms["radius"].max(), bonds["radius"].max(initial=0)) <= 65_000
    assert max(bonds["atoms"].max(initial=0), segments["atoms"].max(initial=0)) < 13
