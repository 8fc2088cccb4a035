"""Paths into values, and the parts at their end."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter import InvalidValue
from nanover_jupyter.client.state.paths import (
    Named,
    Path,
    apply_changes,
    as_path,
    child_steps,
    get_at,
    identifying_field,
    path_text,
    set_at,
)
from nanover_jupyter.wire.values import ABSENT, same_value
from tests.support.values import same, values

AVATAR: Any = {
    "name": "Anna",
    "components": [
        {"name": "headset", "position": [1.0, 2.0, 3.0]},
        {"name": "hand", "position": [4.0, 5.0, 6.0]},
    ],
}
HAND = Named("name", "hand")


def all_paths(value: Any, path: Path = ()) -> list[Path]:
    inner = [p for step, part in child_steps(value) for p in all_paths(part, (*path, step))]
    return [path, *inner]


def plain_paths(value: Any, path: Path = ()) -> list[Path]:
    """Return all paths that name list items by index."""
    parts = enumerate(value) if isinstance(value, list) else child_steps(value)
    return [path, *(p for step, part in parts for p in plain_paths(part, (*path, step)))]


@given(values)
def test_every_step_leads_to_its_part(value: Any) -> None:
    for step, part in child_steps(value):
        assert same(get_at(value, [step]), part)


@given(value=values, data=st.data())
def test_a_named_path_can_be_set(value: Any, data: Any) -> None:
    path = data.draw(st.sampled_from(all_paths(value)))

    changed = set_at(value, path, "new")

    # If the name itself was replaced, the item goes by another one.
    if not any(isinstance(step, Named) for step in path):
        assert get_at(changed, path) == "new"
        assert same(set_at(changed, path, get_at(value, path)), value)


@given(value=values, new=values, data=st.data())
def test_set_changes_one_part_of_a_copy(value: Any, new: Any, data: st.DataObject) -> None:
    before = copy.deepcopy(value)
    place = data.draw(st.sampled_from(plain_paths(value)))

    changed = set_at(value, place, new)

    assert same_value(get_at(changed, place), new)
    assert same_value(value, before)
    for other in plain_paths(value):
        if other[: len(place)] != place and place[: len(other)] != other:
            assert get_at(changed, other) is get_at(value, other)


def test_objects_in_a_list_are_found_by_name_at_any_index() -> None:
    turned = {**AVATAR, "components": AVATAR["components"][::-1]}

    assert get_at(turned, ["components", HAND, "position", 0]) == 4.0
    assert get_at(set_at(turned, ("components", HAND), 1), ["components", 0]) == 1


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
        ([1], (-2,), ABSENT),
        ([1], ("0",), ABSENT),
        ("text", (0,), ABSENT),
        (ABSENT, ("a",), ABSENT),
        (ABSENT, (), ABSENT),
        (AVATAR, (HAND,), ABSENT),
        (AVATAR, ("components", 0, "position", HAND), ABSENT),
        (AVATAR, ("components", Named("name", "foot")), ABSENT),
    ],
)
def test_get_finds_the_part_or_nothing(value: Any, path: Path, found: Any) -> None:
    assert get_at(value, path) == found


def test_set_creates_missing_dicts() -> None:
    assert set_at(ABSENT, ("a", "b"), 1) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"a": [1]}, ("a", 1), r"a\[1\]: a list of length 1 has no item 1"),
        ({"a": 5}, ("a", "b"), r"a\['b'\]: the value 5 has no field 'b'"),
        (None, ("a",), "the value None has no field"),
        ({}, (0,), "0: a dict has no item 0"),
        (ABSENT, (0,), "a missing value has no item 0"),
        (AVATAR, ("components", Named("name", "foot")), "has no item 'foot'"),
    ],
)
def test_the_error_names_a_path_that_does_not_exist(value: Any, path: Path, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        set_at(value, path, 1)


def test_fields_can_be_removed_and_items_cannot() -> None:
    assert set_at({"a": 1, "b": 2}, ("a",), ABSENT) == {"b": 2}
    assert set_at({"b": 2}, ("a",), ABSENT) == {"b": 2}
    with pytest.raises(InvalidValue, match="set the full list"):
        set_at([1], (0,), ABSENT)


def test_changes_are_applied_in_order_where_possible() -> None:
    assert apply_changes(None, {(): {"a": [1]}, ("a", 0): 2, ("a", 5): 3}) == {"a": [2]}


def test_a_path_may_be_one_step() -> None:
    assert as_path("a.b/c") == ("a.b/c",)
    assert as_path(3) == (3,)
    assert as_path(["a", 0]) == ("a", 0)
    with pytest.raises(TypeError, match="field names or item indices"):
        as_path(("a", 1.5))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([{"id": 1}, {"id": 2}], "id"),
        ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "name"),
        ([{"name": "a"}, {"name": "a"}], None),
        ([{"name": "a"}, 1], None),
        ([{"id": True}, {"id": False}], None),
        ([{"id": []}, {"id": {}}], None),
        ([1, 2], None),
        ([], None),
    ],
)
def test_a_field_identifies_objects_if_all_values_differ(
    items: list[Any], field: str | None
) -> None:
    assert identifying_field(items) == field


def test_paths_read_like_code() -> None:
    assert path_text(("components", HAND, "position", 0)) == "components[hand].position[0]"
    assert path_text(("nanover.rendering", "")) == "['nanover.rendering']['']"
    assert path_text(()) == ""
