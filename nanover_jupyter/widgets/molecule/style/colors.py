"""Colors of atoms: parsing of colors, gradients and categories."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import webcolors

__all__ = [
    "RAINBOW",
    "VIRIDIS",
    "Colors",
    "array_colors",
    "categorical_colors",
    "gradient_colors",
    "hex_color",
    "name_colors",
    "parse_color",
]

Colors = npt.NDArray[np.uint8]

_CHANNELS: Final = 3
_WITH_ALPHA: Final = 4
_GRAY: Final = (0x8A, 0x8F, 0x98)

# Perceptually uniform, after Matplotlib's map of this name (CC0).
VIRIDIS: Final = ("440154", "414487", "2a788e", "22a884", "7ad151", "fde725")
# From blue to red, the usual colors along a chain.
RAINBOW: Final = ("3b6fd4", "2fa6b8", "4cb05a", "d7b13a", "e0763a", "cf3f45")
# Distinct in hue and lightness; the ninth and later ones repeat.
_CATEGORIES: Final = (
    "4e79a7",
    "f28e2b",
    "59a14f",
    "e15759",
    "76b7b2",
    "edc948",
    "b07aa1",
    "9c755f",
)


def parse_color(value: object) -> tuple[int, int, int] | None:
    """Return a color of NanoVer as red, green and blue from 0 to 255; None if it is invalid.

    A color is a CSS name, RRGGBB with an optional "#" or "0x", or three or four numbers from
    0 to 1.
    """
    if isinstance(value, str):
        return _parse_text(value.strip())
    if isinstance(value, list | tuple) and len(value) in (_CHANNELS, _WITH_ALPHA):
        numbers = [
            float(each)
            for each in value[:_CHANNELS]
            if isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each)
        ]
        if len(numbers) == _CHANNELS:
            red, green, blue = (round(255 * min(1.0, max(0.0, each))) for each in numbers)
            return red, green, blue
    return None


def hex_color(value: object) -> str:
    """Return a color of NanoVer as "#rrggbb"; gray if it is invalid."""
    red, green, blue = parse_color(value) or _GRAY
    return f"#{red:02x}{green:02x}{blue:02x}"


def categorical_colors(categories: npt.NDArray[Any]) -> Colors:
    """Return a color for each category, (N, 3) uint8.

    Args:
        categories: (N,), non-negative integers.
    """
    colors: Colors = _palette(_CATEGORIES)[categories % len(_CATEGORIES)]
    return colors


def name_colors(names: Sequence[str]) -> Colors:
    """Return a color for each name, (N, 3) uint8; the same name always has the same color."""
    # Not Python's hash, which differs between processes.
    sums = [sum(map(ord, name[:16])) * 7 + len(name) for name in names]
    return categorical_colors(np.array(sums, np.int64))


def gradient_colors(values: npt.NDArray[Any], stops: Sequence[str] = VIRIDIS) -> Colors:
    """Return colors between those of the smallest and the largest value, (N, 3) uint8.

    Args:
        values: (N,) numbers. Those that are not finite become gray.
        stops: At least two colors as RRGGBB.
    """
    numbers = np.asarray(values, np.float64)
    finite = np.isfinite(numbers)
    low = float(numbers[finite].min()) if finite.any() else 0.0
    high = float(numbers[finite].max()) if finite.any() else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        # Halves, because the span of two finite numbers may be infinite.
        share = (numbers / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
    share = np.clip(np.where(finite, share, 0.0), 0.0, 1.0)
    palette = _palette(stops)
    at = np.linspace(0.0, 1.0, len(palette))
    mixed = [np.interp(share, at, palette[:, channel]) for channel in range(_CHANNELS)]
    colors = np.stack(mixed, axis=1).round().astype(np.uint8)
    colors[~finite] = _GRAY
    return colors


def array_colors(array: npt.NDArray[Any], atoms: int) -> Colors | None:
    """Return the colors of atoms that an array stands for; None if it does not fit.

    Args:
        array: (N,) numbers, which become a gradient; or (N, 3) or (N, 4) colors, floats from 0 to
            1 or integers from 0 to 255.
        atoms: The number of atoms N.
    """
    if array.ndim not in (1, 2) or len(array) != atoms or array.dtype.kind not in "biuf":
        return None
    if array.ndim == 1:
        return gradient_colors(array)
    if array.shape[1] not in (_CHANNELS, _WITH_ALPHA):
        return None
    colors = array[:, :_CHANNELS]
    if array.dtype.kind == "f":
        colors = (np.clip(np.nan_to_num(colors), 0.0, 1.0) * 255).round()
    clipped: Colors = np.clip(colors, 0, 255).astype(np.uint8)
    return clipped


def _parse_text(text: str) -> tuple[int, int, int] | None:
    digits = text.removeprefix("#").removeprefix("0x").removeprefix("0X")
    if len(digits) == 2 * _CHANNELS:
        try:
            red, green, blue = bytes.fromhex(digits)
        except ValueError:
            pass
        else:
            return red, green, blue
    try:
        named = webcolors.name_to_rgb(text)
    except ValueError:
        return None
    return named.red, named.green, named.blue


def _palette(colors: Sequence[str]) -> Colors:
    return np.array([list(bytes.fromhex(color)) for color in colors], np.uint8)
