"""NanoVer's renderers of selections, and how the molecular view draws them.

A selection has the name of a renderer, or a dict with the parts `render`, `color` and `scale`, each
a name or a dict with a `type`. Parameters may be in the part or beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from nanover_jupyter.text_format import visible
from nanover_jupyter.widgets.molecule.style.colors import parse_color

__all__ = ["DEFAULT_STYLE", "LONE_STYLE", "ColorStyle", "RenderStyle", "parse_renderer"]

_MAX_NAME: Final = 60
# In nm. Larger values would hide everything else.
_MAX_SIZE: Final = 5.0
_GRADIENT: Final = (2, 7)


@dataclass(frozen=True, slots=True)
class ColorStyle:
    """How atoms are colored.

    Attributes:
        scheme: "element", "nanover", "custom", "uniform", "particle index", "residue index" or
            "residue name".
        color: The color of "uniform".
        elements: The colors of "custom" by symbol; other elements have their usual color.
        gradient: The colors of a gradient as RRGGBB; empty for the usual ones.
    """

    scheme: str = "element"
    color: tuple[int, int, int] = (255, 255, 255)
    elements: Mapping[str, tuple[int, int, int]] | None = None
    gradient: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """How atoms and bonds are drawn.

    Attributes:
        representation: "ball and stick", "liquorice", "spheres" or "tube".
        color: The colors.
        sphere: The diameter of a sphere in nm, or the factor of the diameter of its element.
        size: Which diameter `sphere` is a factor of: "vdw", "covalent", or "none".
        bond: The diameter of a bond or tube in nm.
        name: The name of NanoVer's renderer.
        drawn: What is drawn in place of a renderer that the view does not have, else empty.
    """

    representation: str = "ball and stick"
    color: ColorStyle = ColorStyle()
    sphere: float = 0.1
    size: str = "none"
    bond: float = 0.05
    name: str = "ball and stick"
    drawn: str = ""


DEFAULT_STYLE: Final = RenderStyle()
"""What NanoVer's applications draw for an unknown renderer."""

LONE_STYLE: Final = RenderStyle(sphere=0.3, size="vdw", bond=0.05, name="")
"""What the view draws for a session without selections."""

_TUBE: Final = RenderStyle("tube", ColorStyle("residue index"), 0.1, "none", 0.1, drawn="tube")

_RENDERS: Final[Mapping[str, RenderStyle]] = {
    "ball and stick": DEFAULT_STYLE,
    "liquorice": RenderStyle("liquorice", sphere=0.05),
    "hyperballs": RenderStyle(sphere=0.1, bond=0.04, drawn="ball and stick"),
    "goodsell": RenderStyle("spheres", sphere=1.0, size="vdw", drawn="spheres"),
    "spheres": RenderStyle("spheres", sphere=1.0, size="vdw"),
    "noodles": RenderStyle("liquorice", sphere=0.1, drawn="liquorice"),
    "cycles": RenderStyle("liquorice", sphere=0.1, drawn="liquorice"),
    "tube": replace(_TUBE, drawn=""),
    "spline": _TUBE,
    "geometric spline": _TUBE,
    "elliptic spline": _TUBE,
    "cartoon": _TUBE,
    "cartoon extended": _TUBE,
}

# The colors of the renderers that are not colored by element.
_PRESET_COLORS: Final[Mapping[str, str]] = {
    "hyperballs": "nanover",
    "noodles": "residue index",
    "cycles": "residue name",
}

_SCHEMES: Final[Mapping[str, str]] = {
    "cpk": "element",
    "element": "element",
    "nanover": "nanover",
    "particle index": "particle index",
    "residue index": "residue index",
    "residue index in entity": "residue index",
    "residue name": "residue name",
    "secondary structure": "residue index",
    "goodsell": "residue index",
}


def parse_renderer(value: object) -> RenderStyle:
    """Return how to draw a selection with a renderer. Never raises; any value is valid."""
    if isinstance(value, str):
        return _preset(value)
    if isinstance(value, Mapping):
        return _from_parts(value)
    return DEFAULT_STYLE


def _preset(name: str) -> RenderStyle:
    key = name.strip().casefold().replace("_", " ")
    style = _RENDERS.get(key, DEFAULT_STYLE)
    if key in _PRESET_COLORS:
        style = replace(style, color=ColorStyle(_PRESET_COLORS[key]))
    return replace(style, name=visible(name, _MAX_NAME))


def _from_parts(parts: Mapping[Any, Any]) -> RenderStyle:
    # Without parts: white balls of the default size.
    render, render_options = _part(parts, "render")
    style = _preset(render or "ball and stick")
    named = parse_color(parts.get("color"))
    color, color_options = _part(parts, "color")
    style = replace(style, color=_color(named, color, color_options, parts))
    # `scale` of the render part is the diameter of its spheres; the part `scale` is a factor of it.
    base = _size(render_options.get("scale", parts.get("particle.scale")))
    if base is not None and style.size == "none":
        style = replace(style, sphere=base)
    bond = _size(render_options.get("bond.scale", parts.get("bond.scale")))
    if bond is not None:
        style = replace(style, bond=bond)
    return _scaled(style, parts)


def _scaled(style: RenderStyle, parts: Mapping[Any, Any]) -> RenderStyle:
    name, options = _part(parts, "scale")
    number = _size(parts.get("scale"))
    if number is None:
        number = _size(options.get("scale", options.get("value")))
    if name in ("vdw", "covalent"):
        # These replace a plain size; a sphere of scale 0.1 becomes a tenth of the element's.
        return replace(style, size=name, sphere=style.sphere * (number or 1.0))
    return style if number is None else replace(style, sphere=style.sphere * number)


def _color(
    named: tuple[int, int, int] | None,
    name: str,
    options: Mapping[Any, Any],
    parts: Mapping[Any, Any],
) -> ColorStyle:
    if named is not None:
        return ColorStyle("uniform", named)
    scheme = _SCHEMES.get(name)
    if scheme is None:
        own = parse_color(options.get("color", options.get("value")))
        return ColorStyle("uniform", own or (255, 255, 255))
    choice = options.get("scheme", parts.get("scheme"))
    if scheme == "element" and isinstance(choice, Mapping):
        found = {
            symbol.strip().capitalize(): color
            for symbol, value in list(choice.items())[:200]
            if isinstance(symbol, str) and (color := parse_color(value)) is not None
        }
        return ColorStyle("custom", elements=found)
    if scheme == "element" and isinstance(choice, str) and choice.casefold() == "nanover":
        return ColorStyle("nanover")
    return ColorStyle(scheme, gradient=_gradient(options.get("gradient", parts.get("gradient"))))


def _gradient(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not _GRADIENT[0] <= len(value) <= _GRADIENT[1]:
        return ()
    colors = [parse_color(each) for each in value]
    if any(color is None for color in colors):
        return ()
    return tuple("{:02x}{:02x}{:02x}".format(*color) for color in colors if color is not None)


def _part(parts: Mapping[Any, Any], key: str) -> tuple[str, Mapping[Any, Any]]:
    """Return the type of a part, and its options."""
    part = parts.get(key)
    if isinstance(part, Mapping):
        kind = part.get("type")
        return (kind.strip().casefold() if isinstance(kind, str) else ""), part
    return (part.strip().casefold() if isinstance(part, str) else ""), {}


def _size(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return min(number, _MAX_SIZE) if math.isfinite(number) and number > 0 else None
