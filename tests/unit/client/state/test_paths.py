"""Ways into values, and what lies at their end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.state.paths import (
    Named,
    Path,
    follow,
    identifier_of,
    path_text,
    replace_at,
    steps_into,
)
from nanover_jupyter.wire.values import ABSENT
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
    inner = [p for step, part in steps_into(value) for p in all_paths(part, (*path, step))]
    return [path, *inner]


@given(values)
def test_every_step_leads_to_its_part(value: Any) -> None:
    for step, part in steps_into(value):
        assert same(follow(value, [step]), part)


@given(values, st.data())
def test_replacing_a_part_changes_that_part_and_no_other_length(value: Any, data: Any) -> None:
    path = data.draw(st.sampled_from(all_paths(value)))

    changed = replace_at(value, path, "new")

    # A name may be what was replaced: then the item goes by another one.
    if not any(isinstance(step, Named) for step in path):
        assert follow(changed, path) == "new"
        assert same(replace_at(changed, path, follow(value, path)), value)


def test_objects_in_a_list_go_by_name_wherever_they_stand() -> None:
    turned = {**AVATAR, "components": AVATAR["components"][::-1]}

    assert follow(turned, ["components", HAND, "position", 0]) == 4.0
    assert follow(replace_at(turned, ("components", HAND), 1), ["components", 0]) == 1


@pytest.mark.parametrize(
    "path",
    [
        *(["nothing"], ["name", 0], [0], [HAND], ["components", 2], ["components", -1]),
        *(["components", "0"], ["components", 0, "position", HAND]),
        ["components", Named("name", "foot")],
    ],
)
def test_a_path_into_nothing_says_so(path: list[Any]) -> None:
    assert follow(AVATAR, path) is ABSENT
    with pytest.raises(KeyError):
        replace_at(AVATAR, tuple(path), 1)


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
def test_a_field_tells_objects_apart_or_none_does(items: list[Any], field: str | None) -> None:
    assert identifier_of(items) == field


def test_paths_read_like_code() -> None:
    assert path_text(("components", HAND, "position", 0)) == "components[hand].position[0]"
    assert path_text(("nanover.rendering", "")) == "['nanover.rendering']['']"
    assert path_text(()) == ""


def test_a_part_that_is_replaced_leaves_the_old_value_as_it_was() -> None:
    replace_at(AVATAR, ("components", 0, "position", 0), 9.0)

    assert AVATAR["components"][0]["position"][0] == 1.0
