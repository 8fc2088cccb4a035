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


@pytest.mark.parametrize("gradient", ["red", ["red"], ["red"] * 8, ["red", "no color"], [1, 2]])
def test_an_invalid_gradient_is_the_usual_one(gradient: Any) -> None:
    renderer = {"color": {"type": "residue index", "gradient": gradient}}

    assert parse_renderer(renderer).color == ColorStyle("residue index")


def test_the_colors_of_symbols_that_are_invalid_are_left_out() -> None:
    scheme = {"c": "red", " N ": "blue", "O": "no color", 8: "red", "S": None}
    color = parse_renderer({"color": {"type": "cpk", "scheme": scheme}}).color

    assert color == ColorStyle("custom", elements={"C": (255, 0, 0), "N": (0, 0, 255)})


@pytest.mark.parametrize("part", [{"type": "x", "value": "red"}, {"color": [1, 0, 0]}, "#ff0000"])
def test_a_uniform_color_in_several_forms(part: Any) -> None:
    assert parse_renderer({"color": part}).color == ColorStyle("uniform", (255, 0, 0))


@pytest.mark.parametrize("scale", [2, 2.0, {"value": 2}, {"type": "number", "scale": 2}])
def test_a_scale_is_a_factor_of_the_size(scale: Any) -> None:
    assert parse_renderer({"scale": scale}).sphere == pytest.approx(0.2)


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf, True, "2", None, [2], 10**400])
def test_an_invalid_scale_is_ignored(scale: Any) -> None:
    invalid = parse_renderer({"scale": scale, "particle.scale": scale, "bond.scale": scale})

    assert (invalid.sphere, invalid.bond) == (DEFAULT_STYLE.sphere, DEFAULT_STYLE.bond)


def test_the_parameters_of_a_part_are_used_before_those_beside_it() -> None:
    part = {"type": "ball and stick", "scale": 0.4, "bond.scale": 0.2}
    style = parse_renderer({"render": part, "particle.scale": 0.3, "bond.scale": 0.1})

    assert (style.sphere, style.bond) == (pytest.approx(0.4), pytest.approx(0.2))


def test_names_may_be_written_in_several_ways() -> None:
    assert parse_renderer(" Ball_and_Stick ").representation == "ball and stick"
    assert parse_renderer("CARTOON").representation == "tube"
    assert parse_renderer("x" * 1000).name == "x" * 60 + "…"
