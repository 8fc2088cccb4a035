"""The colors of the atoms of a frame by element, residue, chain and more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.widgets.molecule.style.colors import (
    RAINBOW,
    Colors,
    array_colors,
    categorical_colors,
    gradient_colors,
    name_colors,
)
from nanover_jupyter.widgets.molecule.style.elements import JMOL_COLORS, NANOVER_COLORS
from nanover_jupyter.widgets.molecule.style.renderers import ColorStyle
from nanover_jupyter.wire.frames.elements import SYMBOLS
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["atom_colors"]

# What the user chooses, as the scheme of a renderer.
_CHOSEN: Final[Mapping[str, str]] = {"residue": "residue name"}


def atom_colors(
    frame: Frame,
    elements: npt.NDArray[np.uint8],
    style: ColorStyle | str | npt.NDArray[Any],
) -> tuple[Colors, bool, str]:
    """Return the color of each atom, whether it is that of its element, and a note or "".

    Args:
        frame: The frame.
        elements: (N,), atomic numbers.
        style: The colors of a renderer, a color scheme, or an array.
    """
    if isinstance(style, np.ndarray):
        colors = array_colors(style, len(elements))
        if colors is not None:
            return colors, False, ""
        shape = " x ".join(map(str, style.shape))
        note = f"Colored by element: the array has shape {shape} for {len(elements)} atoms."
        return JMOL_COLORS[elements], True, note
    if isinstance(style, str):
        style = ColorStyle(_CHOSEN.get(style, style))
    colors, what = _by_scheme(frame, elements, style)
    if colors is None:
        return JMOL_COLORS[elements], True, f"Colored by element: the frame has no {what}."
    return colors, style.scheme in ("element", "nanover"), ""


def _by_scheme(
    frame: Frame, elements: npt.NDArray[np.uint8], style: ColorStyle
) -> tuple[Colors | None, str]:
    """Return the colors, or None and what the frame lacks for them."""
    count = len(elements)
    stops = style.gradient or RAINBOW
    match style.scheme:
        case "nanover":
            return NANOVER_COLORS[elements], ""
        case "custom":
            return _custom(elements, style), ""
        case "uniform":
            return np.tile(np.array(style.color, np.uint8), (count, 1)), ""
        case "particle index":
            return gradient_colors(np.arange(count), stops), ""
        case "particle":
            own = frame.colors
            if own is None or len(own) != count:
                return None, "particle.colors for all atoms"
            return own[:, :3], ""
        case "residue index" | "residue name" | "chain" as scheme:
            return _by_residue(frame, count, scheme, stops)
        case _:
            return JMOL_COLORS[elements], ""


def _custom(elements: npt.NDArray[np.uint8], style: ColorStyle) -> Colors:
    table = JMOL_COLORS.copy()
    for symbol, color in (style.elements or {}).items():
        if symbol in SYMBOLS:
            table[SYMBOLS.index(symbol)] = color
    return table[elements]


def _by_residue(
    frame: Frame, count: int, scheme: str, stops: tuple[str, ...]
) -> tuple[Colors | None, str]:
    residues = frame.residues
    if residues is None or len(residues) != count:
        return None, "residues"
    residues = residues.astype(np.int64)
    if scheme == "chain":
        chains = frame.residue_chains
        if chains is None or len(chains) <= (int(residues.max()) if count else -1):
            return None, "chains"
        return categorical_colors(chains.astype(np.int64)[residues]), ""
    if scheme == "residue name":
        names = frame.residue_names
        if names is None or len(names) <= (int(residues.max()) if count else -1):
            return categorical_colors(residues), ""
        return name_colors(names)[residues], ""
    return gradient_colors(residues, stops), ""
