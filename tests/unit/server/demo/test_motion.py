"""The values and motion of the demo's people and simulation box."""

from __future__ import annotations

import math

import pytest

from nanover_jupyter.server.demo.motion import (
    avatar_at,
    create_people,
    interactions_at,
    play_area,
    scene_at,
)
from tests.support.golden import golden_final_state, needs_golden

PEOPLE = create_people(1)
MOMENTS = [step / 30 for step in range(0, 3600, 7)]


def head_of(person, seconds, **options):
    return avatar_at(person, seconds, **options)["components"][0]["position"]


def shape(value):
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value)


def test_people_depend_only_on_the_seed():
    assert create_people(7) == create_people(7)
    assert {person.id for person in create_people(7)}.isdisjoint(
        person.id for person in create_people(8)
    )


def test_people_differ_in_name_color_and_position():
    assert [person.name for person in PEOPLE] == ["Anna", "Ivan", "Nandita"]
    assert len({person.color for person in PEOPLE}) == 3
    for seconds in MOMENTS:
        heads = [head_of(person, seconds) for person in PEOPLE]
        assert min(math.dist(heads[i], heads[i - 1]) for i in range(3)) > 0.5


@needs_golden
def test_avatars_and_play_areas_look_like_recorded_ones():
    recorded = golden_final_state("vr_avatar_stream")
    avatar = next(value for key, value in recorded.items() if key.startswith("avatar."))
    area = next(value for key, value in recorded.items() if key.startswith("playarea."))

    ours = avatar_at(PEOPLE[0], 1.0)
    assert shape(ours) == shape(avatar)
    assert [part["name"] for part in ours["components"]] == ["headset", "hand.left", "hand.right"]
    assert shape(play_area(PEOPLE[0])) == shape(area)


def test_people_move_smoothly_above_the_floor():
    for person in PEOPLE:
        for seconds in MOMENTS:
            now, later = avatar_at(person, seconds), avatar_at(person, seconds + 1 / 30)
            for part, next_part in zip(now["components"], later["components"], strict=True):
                assert 0 < math.dist(part["position"], next_part["position"]) < 0.1
                assert 0.5 < part["position"][1] < 2.2


def test_rotations_are_unit_quaternions():
    for seconds in MOMENTS[:50]:
        for part in avatar_at(PEOPLE[1], seconds)["components"]:
            assert math.hypot(*part["rotation"]) == pytest.approx(1)
        assert math.hypot(*scene_at(seconds)[3:7]) == pytest.approx(1)


def test_hands_stay_within_reach():
    for seconds in MOMENTS:
        head, left, right = (
            part["position"] for part in avatar_at(PEOPLE[2], seconds)["components"]
        )
        assert 0.2 < math.dist(head, left) < 1.0
        assert 0.2 < math.dist(head, right) < 1.0


def test_a_lift_raises_all_of_the_avatar():
    assert head_of(PEOPLE[0], 1.0, lift=0.5)[1] == pytest.approx(head_of(PEOPLE[0], 1.0)[1] + 0.5)


def test_the_scene_is_ten_numbers():
    assert len(scene_at(0.0)) == 10
    assert all(type(number) is float for number in scene_at(2.5))
    assert scene_at(0.0) != scene_at(1.0)


def test_interactions_last_a_few_seconds():
    alive: dict[str, int] = {}
    for step in range(30 * 30):
        for key in interactions_at(PEOPLE, step / 30, 65):
            alive[key] = alive.get(key, 0) + 1

    assert len(alive) > 10
    assert max(alive.values()) <= 3.5 * 30 + 1


def test_interactions_name_their_owner_and_real_particles():
    seen = [
        interaction
        for seconds in MOMENTS
        for interaction in interactions_at(PEOPLE, seconds, 10).values()
    ]

    assert {interaction["owner.id"] for interaction in seen} == {person.id for person in PEOPLE}
    assert {interaction["interaction_type"] for interaction in seen} == {"spring", "gaussian"}
    assert {interaction["max_force"] for interaction in seen} == {math.inf, 20000.0}
    assert all(0 <= atom < 10 for interaction in seen for atom in interaction["particles"])
