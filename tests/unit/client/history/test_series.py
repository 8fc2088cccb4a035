"""Numbers over time."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.history.key_history import TOMBSTONE, KeyHistory
from nanover_jupyter.client.history.series import Series, downsample, numbers_in, series_of
from nanover_jupyter.client.state.paths import get_at, path_text
from tests.support.values import values

points = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=300)


def history_of(*entries: tuple[float, Any]) -> KeyHistory:
    history = KeyHistory("key", 1_000, 1_000_000)
    for at, value in entries:
        history.add(at, value)
    return history


def test_numbers_are_found_at_any_depth_and_booleans_are_not() -> None:
    value = {"a": 1, "b": [True, {"name": "x", "c": [2.5, None]}, "3"]}

    assert [path_text(path) for path in numbers_in(value)] == ["a", "b[1].c[0]"]
    assert numbers_in(7.0) == [()]


@given(values)
def test_every_path_leads_to_a_number(value: Any) -> None:
    for path in numbers_in(value):
        assert type(get_at(value, path)) in (int, float)


def test_no_more_numbers_are_sought_than_asked_for() -> None:
    assert len(numbers_in([0.0] * 1_000_000, limit=5)) == 5


def test_a_series_has_gaps_where_there_was_no_number() -> None:
    samples = list(
        history_of(
            (1, {"x": 1}), (2, {"x": "?"}), (3, TOMBSTONE), (4, {"x": math.nan}), (5, {"x": 2})
        )
    )

    (series,) = series_of(samples, [("x",)], points=100, until=6)

    assert series == Series([1, 2, 3, 4, 5, 6], [1, None, None, None, 2, 2])


@pytest.mark.parametrize("value", [math.inf, 10**400, True])
def test_a_value_that_is_not_finite_is_a_gap(value: Any) -> None:
    (series,) = series_of(list(history_of((1, value))), [()], points=10, until=1)

    assert series.values == [None]


def test_a_key_without_moments_has_an_empty_series() -> None:
    assert series_of([], [()], points=10, until=5) == [Series([], [])]


@given(points, st.integers(4, 50))
def test_downsampling_keeps_bounds_ends_and_extremes(
    values: list[float | None], limit: int
) -> None:
    times = [float(index) for index in range(len(values))]

    thinned = downsample(times, values, limit)

    assert len(thinned.times) <= limit
    assert thinned.times == sorted(set(thinned.times))
    assert (thinned.times[0], thinned.times[-1]) == (times[0], times[-1])
    assert [values[int(time)] for time in thinned.times] == thinned.values
    drawn = [value for value in values if value is not None]
    if drawn:
        kept = [value for value in thinned.values if value is not None]
        assert (min(kept), max(kept)) == (min(drawn), max(drawn))


def test_a_spike_between_many_points_survives() -> None:
    values: list[float | None] = [0.0] * 10_000
    values[4_321] = 9.0

    assert 9.0 in downsample([float(i) for i in range(10_000)], values, 100).values


def test_samples_at_one_time_are_downsampled_too() -> None:
    assert len(downsample([1.0] * 1_000, [float(i) for i in range(1_000)], 10).times) <= 10
