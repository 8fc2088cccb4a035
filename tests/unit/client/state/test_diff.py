"""What is different between two values."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given

from nanover_jupyter.client.state.diff import Comparison, compare, summary
from nanover_jupyter.client.state.paths import path_text
from tests.support.values import same, values


def told(before: Any, after: Any, limit: int = 200) -> list[tuple[str, str, Any, Any]]:
    return [
        (path_text(each.path), each.kind, each.before, each.after)
        for each in compare(before, after, limit).differences
    ]


@given(values)
def test_a_value_is_the_same_as_its_equal(value: Any) -> None:
    assert compare(value, value).total == 0


@given(values, values)
def test_there_is_a_difference_exactly_where_two_values_differ(one: Any, other: Any) -> None:
    assert (compare(one, other).total == 0) == same(one, other)


@given(values, values)
def test_the_way_back_has_as_many_differences(one: Any, other: Any) -> None:
    assert compare(one, other).total == compare(other, one).total


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1.0, 2.0, [("", "changed", 1.0, 2.0)]),
        (1, 1.0, [("", "changed", 1, 1.0)]),
        (math.nan, math.nan, []),
        ({"a": 1}, {"a": 1, "b": 2}, [("b", "added", None, 2)]),
        ({"a": 1, "b": 2}, {"a": 1}, [("b", "removed", 2, None)]),
        ({"a": None}, {}, [("a", "removed", None, None)]),
        ([1, 2, 3], [1, 5, 3], [("[1]", "changed", 2, 5)]),
        ([1, 2, 3], [1, 2, 9, 3], [("[2]", "added", None, 9)]),
        ([1, 2, 3], [2, 3], [("[0]", "removed", 1, None)]),
        ({"p": [1]}, {"p": {"x": 1}}, [("p", "changed", [1], {"x": 1})]),
    ],
)
def test_differences_are_told_by_place(before: Any, after: Any, expected: list[Any]) -> None:
    assert told(before, after) == expected


def test_objects_in_lists_are_matched_by_their_name() -> None:
    head = {"name": "headset", "position": [1.0, 2.0]}
    hand = {"name": "hand", "position": [3.0, 4.0]}
    moved = {"name": "hand", "position": [3.5, 4.0]}

    assert told([head, hand], [moved, head]) == [("[hand].position[0]", "changed", 3.0, 3.5)]
    assert told([head], [hand, head]) == [("[hand]", "added", None, hand)]
    assert told([head, hand], []) == [
        ("[headset]", "removed", head, None),
        ("[hand]", "removed", hand, None),
    ]


def test_what_is_left_out_is_counted() -> None:
    result = compare([0.0] * 100_000, [1.0] * 100_000, limit=10)

    assert (len(result.differences), result.total) == (10, 100_000)


def test_a_summary_names_the_first_and_counts_the_rest() -> None:
    assert summary(compare({"a": 1}, {"a": 2, "b": 0, "c": 0})) == "a, + b and 1 more"
    assert summary(compare({"b": 1}, {})) == "- b"
    assert summary(compare(1, 2)) == "the full value"
    assert summary(Comparison([], 0)) == "no difference"


def test_objects_that_changed_places_are_not_the_same() -> None:
    one, other = {"id": 1, "x": 0.5}, {"id": 2, "x": 0.5}

    assert told([one, other], [other, one]) == [
        ("[0].id", "changed", 1, 2),
        ("[1].id", "changed", 2, 1),
    ]


def test_values_that_are_nested_very_deeply_can_be_compared() -> None:
    before: Any = 1
    after: Any = 2
    for _ in range(510):
        before, after = {"a": before}, {"a": after}

    assert compare(before, after).total == 1
