"""Renderers of selections, as NanoVer's applications write them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.widgets.molecule.style.colors import parse_color
from nanover_jupyter.widgets.molecule.style.renderers import (
    DEFAULT_STYLE,
    ColorStyle,
    parse_renderer,
)


@pytest.mark.parametrize(
    ("name", "representation", "drawn"),
    [
        ("ball and stick", "ball and stick", ""),
        ("liquorice", "liquorice", ""),
        ("cycles", "liquorice", "liquorice"),
        ("noodles", "liquorice", "liquorice"),
        ("goodsell", "spheres", "spheres"),
        ("hyperballs", "ball and stick", "ball and stick"),
        ("spline", "tube", "tube"),
        ("geometric spline", "tube", "tube"),
        ("cartoon", "tube", "tube"),
        ("cartoon extended", "tube", "tube"),
        ("anything else", "ball and stick", ""),
    ],
)
def test_presets(name: str, representation: str, drawn: str) -> None:
    style = parse_renderer(name)

    assert (style.representation, style.drawn) == (representation, drawn)
    assert style.name == name


def test_parts_with_parameters() -> None:
    style = parse_renderer(
        {
            "render": {"type": "liquorice", "scale": 0.2},
            "color": {"type": "residue index", "gradient": ["red", "0x0000FF"]},
        }
    )

    assert style.representation == "liquorice"
    assert style.sphere == pytest.approx(0.2)
    assert style.color == ColorStyle("residue index", gradient=("ff0000", "0000ff"))


def test_parameters_may_be_beside_the_parts() -> None:
    style = parse_renderer({"render": "ball and stick", "particle.scale": 0.3, "bond.scale": 0.1})

    assert (style.sphere, style.bond) == (pytest.approx(0.3), pytest.approx(0.1))


def test_no_parts_are_white_balls() -> None:
    assert parse_renderer({}).color == ColorStyle("uniform", (255, 255, 255))


@pytest.mark.parametrize("scheme", ["nanover", "NanoVer"])
def test_the_scheme_of_cpk(scheme: str) -> None:
    assert parse_renderer({"color": "cpk", "scheme": scheme}).color.scheme == "nanover"


@pytest.mark.parametrize("size", ["vdw", "covalent"])
def test_sizes_of_the_elements(size: str) -> None:
    assert parse_renderer({"render": "liquorice", "scale": size}).size == size


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("red", (255, 0, 0)),
        ("CornflowerBlue", (100, 149, 237)),
        ("#0a0b0c", (10, 11, 12)),
        ("0x0A0B0C", (10, 11, 12)),
        ("0a0b0c", (10, 11, 12)),
        ([1, 0.5, 0], (255, 128, 0)),
        ([0.0, 2.0, -1.0, 1.0], (0, 255, 0)),
        ("no color", None),
        ([1, 2], None),
        ([math.nan, 0, 0], None),
        ([True, 0, 0], None),
        (None, None),
    ],
)
def test_colors(text: Any, color: Any) -> None:
    assert parse_color(text) == color


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["render", "color", "scale", "type", "scheme", "gradient", "bond.scale", "width"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(values)
def test_any_value_can_be_drawn(value: Any) -> None:
    style = parse_renderer(value)

    assert style.representation in {"ball and stick", "liquorice", "spheres", "tube"}
    assert all(0 < size <= 25 for size in (style.sphere, style.bond))
    if not isinstance(value, str | dict):
        assert style == DEFAULT_STYLE
