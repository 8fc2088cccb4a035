"""What the molecular view draws besides positions: colors, sizes, bonds and tubes.

Computed in the kernel with numpy, only when it changes, in the form in which the page uploads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.client.simulation.selections import (
    HIDE,
    METHOD,
    RENDERER,
    ROOT_SELECTION,
    selected_particles,
)
from nanover_jupyter.text_format import visible
from nanover_jupyter.widgets.molecule.messages import SelectionBody
from nanover_jupyter.widgets.molecule.style.coloring import atom_colors
from nanover_jupyter.widgets.molecule.style.elements import COVALENT_RADII, VDW_RADII
from nanover_jupyter.widgets.molecule.style.renderers import LONE_STYLE, RenderStyle, parse_renderer
from nanover_jupyter.widgets.molecule.style.tube import find_backbone
from nanover_jupyter.wire.frames.frame import Frame

__all__ = [
    "COLOR_SCHEMES",
    "NOT_PULLABLE",
    "REPRESENTATIONS",
    "STRUCTURE_KEYS",
    "Structure",
    "StyleOptions",
    "atom_count",
    "build_structure",
]

REPRESENTATIONS: Final = ("auto", "ball and stick", "liquorice", "spheres", "tube")
COLOR_SCHEMES: Final = ("auto", "element", "nanover", "residue", "chain", "particle")

STRUCTURE_KEYS: Final = frozenset(
    {
        "particle.count",
        "particle.elements",
        "particle.names",
        "particle.residues",
        "particle.colors",
        "residue.names",
        "residue.ids",
        "residue.chains",
        "chain.names",
        "bond.pairs",
    }
)
"""The keys of a frame that a structure depends on, besides the number of positions."""

_MAX_SELECTIONS: Final = 200
_MAX_NAME: Final = 80
_MAX_NOTES: Final = 12

NOT_PULLABLE: Final = 2
"""The flag of an atom that a selection forbids to pull. See `MoleculeBody` for the others."""

_DRAWN: Final = 1
_ELEMENT_COLOR: Final = 4

# Radii are sent in steps of 0.0001 nm.
_RADIUS_STEPS: Final = 10_000
_MAX_RADIUS: Final = 6.5

# A bond that is this many times longer than the median crosses the periodic boundary.
_CUTOFF_FACTOR: Final = 3.0
_MIN_CUTOFF: Final = 0.4
_DEFAULT_CUTOFF: Final = 1.0

# Sizes of the representations that a user chooses, in nm.
_CHOSEN: Final[Mapping[str, RenderStyle]] = {
    "ball and stick": LONE_STYLE,
    "liquorice": RenderStyle("liquorice", sphere=0.05),
    "spheres": RenderStyle("spheres", sphere=1.0, size="vdw"),
    "tube": RenderStyle("tube", bond=0.1),
}

_ATOM = np.dtype([("color", "u1", 3), ("flags", "u1"), ("radius", "<u2"), ("end", "u1", 2)])
_BOND = np.dtype([("atoms", "<u4", 2), ("radius", "<u2"), ("end", "<u2")])
_SEGMENT = np.dtype([("atoms", "<u4", 4), ("radius", "<u2"), ("end", "<u2")])


@dataclass(frozen=True, slots=True)
class StyleOptions:
    """What the user chose.

    Attributes:
        representation: One of `REPRESENTATIONS`; "auto" draws the selections of the session.
        color_by: One of `COLOR_SCHEMES`, or an array, see `array_colors`.
    """

    representation: str = "auto"
    color_by: str | npt.NDArray[Any] = "auto"


@dataclass(frozen=True, slots=True)
class Structure:
    """What to draw, as in `MoleculeBody`.

    Attributes:
        atoms: The number of atoms.
        bonds: The number of bonds that are drawn.
        segments: The number of segments of tubes.
        cutoff: The length in nm from which bonds are not drawn.
        atom_bytes: 8 bytes per atom.
        bond_bytes: 12 bytes per bond.
        segment_bytes: 20 bytes per segment.
        selections: The selections of the session.
        notes: What is approximated, left out or invalid.
    """

    atoms: int = 0
    bonds: int = 0
    segments: int = 0
    cutoff: float = _DEFAULT_CUTOFF
    atom_bytes: bytes = b""
    bond_bytes: bytes = b""
    segment_bytes: bytes = b""
    selections: list[SelectionBody] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Layer:
    """The atoms of one selection, and how they are drawn."""

    label: str
    style: RenderStyle
    # None for all atoms.
    atoms: npt.NDArray[np.int64] | None
    hidden: bool = False
    pullable: bool = True


def atom_count(frame: Frame) -> int:
    """Return the number of atoms to draw: those with positions, or else those announced."""
    positions = frame.positions
    if positions is not None:
        return len(positions)
    # Without positions nothing is drawn, and the count may be wrong by any amount.
    elements = frame.elements
    return 0 if elements is None else len(elements)


def build_structure(
    frame: Frame, selections: Mapping[str, Any], options: StyleOptions
) -> Structure:
    """Return what to draw for a frame.

    Args:
        frame: The frame.
        selections: The values of all `selection.` keys. Invalid ones are ignored.
        options: What the user chose.
    """
    count = atom_count(frame)
    notes: list[str] = []
    elements = _elements(frame, count, notes)
    layers, listed = _layers(selections, count)
    layers = [_with_options(layer, options) for layer in layers]

    owner = np.zeros(count, np.int64)
    for number, layer in enumerate(layers):
        owner[slice(None) if layer.atoms is None else layer.atoms] = number
    hidden = np.array([layer.hidden for layer in layers])[owner]
    pullable = np.array([layer.pullable and not layer.hidden for layer in layers])[owner]
    used = set(np.unique(owner).tolist())

    kinds = np.array([layer.style.representation for layer in layers], dtype=object)
    is_tube = (kinds == "tube")[owner] & ~hidden
    backbone = find_backbone(frame, count) if is_tube.any() else None
    if is_tube.any() and backbone is None:
        notes.append("Drawn as liquorice: the frame has no backbone for a tube.")
    in_tube = is_tube & backbone.members if backbone is not None else np.zeros(count, bool)
    is_loose = is_tube & ~in_tube

    colors, is_element, note = _colors(frame, elements, layers, owner, options.color_by)
    if note:
        notes.append(note)
    spheres, sticks = _radii(layers, owner, elements, loose=is_loose, in_tube=in_tube)
    spheres[hidden] = 0.0
    sticks[hidden] = 0.0
    bonds, bond_radii = _bonds(frame, count, sticks, notes)
    segments = np.zeros((0, 4), np.int64) if backbone is None else backbone.segments(in_tube)
    widths = np.array([layer.style.bond for layer in layers])[owner] * 1.2

    atoms = np.zeros(count, _ATOM)
    atoms["color"] = colors
    atoms["flags"] = (
        _DRAWN * ~hidden + NOT_PULLABLE * ~pullable + _ELEMENT_COLOR * is_element
    ).astype(np.uint8)
    atoms["radius"] = _steps(spheres)
    atoms["end"][:, 0] = elements
    pairs = np.zeros(len(bonds), _BOND)
    pairs["atoms"], pairs["radius"] = bonds, _steps(bond_radii)
    pieces = np.zeros(len(segments), _SEGMENT)
    pieces["atoms"], pieces["radius"] = segments, _steps(widths[segments[:, 1]])

    notes[:0] = _approximations([layer for n, layer in enumerate(layers) if n in used])
    return Structure(
        atoms=count,
        bonds=len(bonds),
        segments=len(segments),
        cutoff=_cutoff(frame, bonds),
        atom_bytes=atoms.tobytes(),
        bond_bytes=pairs.tobytes(),
        segment_bytes=pieces.tobytes(),
        selections=listed,
        notes=notes[:_MAX_NOTES],
    )


def _elements(frame: Frame, count: int, notes: list[str]) -> npt.NDArray[np.uint8]:
    elements = frame.elements
    if elements is None or len(elements) == 0:
        if count:
            notes.append("The frame has no elements.")
        return np.zeros(count, np.uint8)
    if len(elements) != count:
        notes.append(f"The frame has {len(elements)} elements for {count} atoms.")
        padded = np.zeros(count, np.uint8)
        padded[: min(count, len(elements))] = elements[:count]
        return padded
    return elements


def _layers(selections: Mapping[str, Any], count: int) -> tuple[list[_Layer], list[SelectionBody]]:
    """Return the stack of selections, the root at the bottom, and what is listed of them."""
    values = {key: value for key, value in selections.items() if isinstance(value, Mapping)}
    root = values.get(ROOT_SELECTION)
    # Applications draw all atoms, whether or not the root selection was written.
    layers = [_Layer("", LONE_STYLE, None)] if root is None else []
    listed: list[SelectionBody] = []
    for key in sorted(values, key=lambda key: (key != ROOT_SELECTION, key)):
        layer = _layer(key, values[key], count)
        layers.append(layer)
        if len(listed) < _MAX_SELECTIONS:
            body = SelectionBody(
                key=key,
                name=layer.label,
                atoms=count if layer.atoms is None else len(layer.atoms),
                renderer=layer.style.name,
                drawn=layer.style.drawn,
                hidden=layer.hidden,
            )
            listed.append(body)
    return layers, listed


def _layer(key: str, value: Mapping[str, Any], count: int) -> _Layer:
    properties = value.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    name = value.get("name")
    particles = None if key == ROOT_SELECTION else selected_particles(value)
    atoms = None
    if particles is not None:
        # Beyond 64 bits, an index is out of range anyway.
        inside = [index for index in particles if 0 <= index < count]
        atoms = np.unique(np.array(inside, np.int64))
    return _Layer(
        label=visible(name if isinstance(name, str) and name else key, _MAX_NAME),
        style=parse_renderer(properties.get(RENDERER)),
        atoms=atoms,
        hidden=properties.get(HIDE) is True,
        pullable=properties.get(METHOD) != "none",
    )


def _with_options(layer: _Layer, options: StyleOptions) -> _Layer:
    chosen = _CHOSEN.get(options.representation)
    if chosen is None:
        return layer
    style = RenderStyle(
        chosen.representation, layer.style.color, chosen.sphere, chosen.size, chosen.bond
    )
    return _Layer(layer.label, style, layer.atoms, layer.hidden, layer.pullable)


def _colors(
    frame: Frame,
    elements: npt.NDArray[np.uint8],
    layers: Sequence[_Layer],
    owner: npt.NDArray[np.int64],
    color_by: str | npt.NDArray[Any],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_], str]:
    """Return the color of each atom, whether it is that of its element, and a note or ""."""
    count = len(elements)
    if isinstance(color_by, np.ndarray) or color_by != "auto":
        colors, by_element, note = atom_colors(frame, elements, color_by)
        return colors, np.full(count, by_element), note
    colors = np.zeros((count, 3), np.uint8)
    is_element = np.zeros(count, np.bool_)
    for number in np.unique(owner).tolist():
        own = owner == number
        found, by_element, _ = atom_colors(frame, elements, layers[number].style.color)
        colors[own] = found[own]
        is_element[own] = by_element
    return colors, is_element, ""


def _radii(
    layers: Sequence[_Layer],
    owner: npt.NDArray[np.int64],
    elements: npt.NDArray[np.uint8],
    *,
    loose: npt.NDArray[np.bool_],
    in_tube: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the radii of the spheres and of the bonds of each atom; 0 for none."""
    styles = [layer.style for layer in layers]
    factor = np.array([style.sphere for style in styles])[owner]
    size = np.array([style.size for style in styles], dtype=object)
    diameters = np.ones(len(owner))
    is_vdw, is_covalent = (size == "vdw")[owner], (size == "covalent")[owner]
    diameters[is_vdw] = 2 * VDW_RADII[elements[is_vdw]]
    diameters[is_covalent] = 2 * COVALENT_RADII[elements[is_covalent]]
    spheres = factor * diameters / 2
    kinds = np.array([style.representation for style in styles], dtype=object)
    sticks = np.array([style.bond for style in styles])[owner] / 2
    is_liquorice = (kinds == "liquorice")[owner]
    sticks[is_liquorice] = spheres[is_liquorice]
    sticks[(kinds == "spheres")[owner]] = 0.0
    # What a tube leaves out is drawn as liquorice.
    spheres[loose] = sticks[loose] = _CHOSEN["liquorice"].sphere / 2
    spheres[in_tube] = sticks[in_tube] = 0.0
    return spheres, sticks


def _bonds(
    frame: Frame, count: int, sticks: npt.NDArray[np.float64], notes: list[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the bonds that are drawn, each once, and their radii."""
    pairs = frame.bonds
    if pairs is None or len(pairs) == 0 or count == 0:
        return np.zeros((0, 2), np.int64), np.zeros(0)
    inside = (pairs < count).all(axis=1)
    outside = len(pairs) - int(np.count_nonzero(inside))
    if outside:
        notes.append(f"{outside} bonds are left out: they are to atoms that do not exist.")
    pairs = pairs[inside].astype(np.int64)
    # Some servers list each bond in both directions.
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    unique = np.unique(low * count + high)
    bonds = np.stack([unique // count, unique % count], axis=1)
    radii = np.minimum(sticks[bonds[:, 0]], sticks[bonds[:, 1]])
    drawn = (radii > 0) & (bonds[:, 0] != bonds[:, 1])
    return bonds[drawn], radii[drawn]


def _cutoff(frame: Frame, bonds: npt.NDArray[np.int64]) -> float:
    """Return the length from which a bond crosses the periodic boundary."""
    cutoff = _DEFAULT_CUTOFF
    positions = frame.positions
    if positions is not None and len(bonds):
        ends = positions.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.linalg.norm(ends[bonds[:, 0]] - ends[bonds[:, 1]], axis=1)
        lengths = lengths[np.isfinite(lengths)]
        if len(lengths):
            cutoff = max(_MIN_CUTOFF, _CUTOFF_FACTOR * float(np.median(lengths)))
    box = frame.box
    if box is not None and np.isfinite(box).all():
        edges = np.linalg.norm(box.astype(np.float64), axis=1)
        if edges.min() > 0:
            cutoff = min(cutoff, float(edges.min()) / 2)
    return float(min(cutoff, 1e6))


def _approximations(layers: Sequence[_Layer]) -> list[str]:
    found: dict[str, list[str]] = {}
    for layer in layers:
        style = layer.style
        if style.drawn and not layer.hidden:
            found.setdefault(style.drawn, []).append(f"{layer.label} ({style.name})")
    return [f"Drawn as {drawn}: {', '.join(names[:4])}." for drawn, names in found.items()]


def _steps(radii: npt.NDArray[np.float64]) -> npt.NDArray[np.uint16]:
    return (np.clip(radii, 0.0, _MAX_RADIUS) * _RADIUS_STEPS).round().astype(np.uint16)
