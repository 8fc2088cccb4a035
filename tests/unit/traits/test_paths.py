"""Reading and changing parts of values."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter import InvalidValue
from nanover_jupyter.traits.paths import Path, apply, as_path, look_up, put
from nanover_jupyter.wire.values import ABSENT, same_value

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=12,
)


def places(value: Any, path: Path = ()) -> list[Path]:
    """All places in a value."""
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    return [path, *(place for step, part in parts for place in places(part, (*path, step)))]


@given(value=VALUES, new=VALUES, data=st.data())
def test_what_was_put_is_found_and_the_original_is_untouched(
    value: Any, new: Any, data: st.DataObject
) -> None:
    before = copy.deepcopy(value)
    place = data.draw(st.sampled_from(places(value)))

    changed = put(value, place, new)

    assert same_value(look_up(changed, place), new)
    assert same_value(value, before)
    for other in places(value):
        if other[: len(place)] != place and place[: len(other)] != other:
            assert look_up(changed, other) is look_up(value, other)


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ({"a": [1, {"b": 2}]}, ("a", 1, "b"), 2),
        ({"a": None}, ("a",), None),
        ([1, 2], (-1,), 2),
        ({"a": 1}, ("b",), ABSENT),
        ({"a": 1}, (0,), ABSENT),
        ({"0": 1}, (0,), ABSENT),
        ([1], (1,), ABSENT),
        ([1], ("0",), ABSENT),
        ("text", (0,), ABSENT),
        (ABSENT, ("a",), ABSENT),
        (ABSENT, (), ABSENT),
    ],
)
def test_look_up_finds_what_is_there_and_nothing_else(value: Any, path: Path, found: Any) -> None:
    assert look_up(value, path) == found


def test_fields_are_made_on_the_way() -> None:
    assert put(ABSENT, ("a", "b"), 1) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"a": [1]}, ("a", 1), r"a\[1\]: a list of 1 has no such item"),
        ({"a": 5}, ("a", "b"), r"a\['b'\]: the value 5 has no field 'b'"),
        (None, ("a",), "the value None has no field"),
        ({}, (0,), "0: a dict has no such item"),
        (ABSENT, (0,), "what is not there has no such item"),
    ],
)
def test_places_that_cannot_be_are_named(value: Any, path: Path, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        put(value, path, 1)


def test_fields_can_be_taken_out_and_items_cannot() -> None:
    assert put({"a": 1, "b": 2}, ("a",), ABSENT) == {"b": 2}
    assert put({"b": 2}, ("a",), ABSENT) == {"b": 2}
    with pytest.raises(InvalidValue, match="set the whole list"):
        put([1], (0,), ABSENT)


def test_apply_makes_what_can_be_made_in_order() -> None:
    change = {(): {"a": [1]}, ("a", 0): 2, ("a", 5): 3}

    assert apply(None, change) == {"a": [2]}


def test_a_path_may_be_one_step() -> None:
    assert as_path("a.b/c") == ("a.b/c",)
    assert as_path(3) == (3,)
    assert as_path(["a", 0]) == ("a", 0)
    with pytest.raises(TypeError, match="made of names and numbers"):
        as_path(("a", 1.5))  # type: ignore[arg-type]
