"""The transform between the space of the people and that of the simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.server.demo.motion import scene_at, world_position
from nanover_jupyter.widgets.molecule.transform import SceneTransform, finite_vector


def test_a_point_of_the_simulation_is_found_again() -> None:
    scene = scene_at(3.0, [2.0, 2.0, 2.0])
    point = [0.3, -1.2, 4.5]

    found = SceneTransform(scene).point(list(world_position(scene, point)))

    assert found == pytest.approx(point, abs=1e-5)


def test_one_axis_is_mirrored() -> None:
    transform = SceneTransform([0, 0, 0, 0, 0, 0, 1, 0.5, 0.5, 0.5])

    assert transform.meter == 2.0
    assert transform.point([1, 2, 3]) == [-2.0, 4.0, 6.0]
    assert transform.axes([0, 0, 0, 1]) == ([0, 0, 1], [0, 1, 0])
    # A quarter turn about y takes forward to x, which is mirrored.
    forward, up = transform.axes([0, math.sqrt(0.5), 0, math.sqrt(0.5)]) or ([], [])
    assert forward == pytest.approx([-1, 0, 0], abs=1e-6)
    assert up == pytest.approx([0, 1, 0], abs=1e-6)


@pytest.mark.parametrize(
    "scene", [None, "x", [0] * 9, [0] * 10, [math.nan] * 10, [0, 0, 0, 0, 0, 0, 1, 0, 1, 1]]
)
def test_an_invalid_scene_is_replaced(scene: Any) -> None:
    assert SceneTransform(scene).point([0, 1, 0]) == [0, 0, 0]


@given(st.lists(st.floats() | st.integers() | st.none(), max_size=11), st.lists(st.floats()))
def test_results_are_finite(scene: Any, vector: Any) -> None:
    transform = SceneTransform(scene)
    found = [transform.point(vector), *(transform.axes(vector) or ())]

    assert all(np.isfinite(each).all() for each in found if each is not None)
    assert 0 < transform.meter < math.inf


@pytest.mark.parametrize("value", [[1, 2], (1, 2, True), "abc", [1, 2, 10**400], [1, 2, 1e300]])
def test_what_is_not_a_vector(value: Any) -> None:
    assert finite_vector(value, 3) is None
