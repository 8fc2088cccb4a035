"""The values and motion of the demo's people and simulation box."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nanover_jupyter.server.demo.motion import (
    Grip,
    avatar_at,
    create_people,
    play_area,
    scene_at,
    world_position,
)
from tests.support.golden import golden_final_state, needs_golden

PEOPLE = create_people(1)
CENTER = (2.0, 2.0, 2.0)
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
        assert math.hypot(*scene_at(seconds, CENTER)[3:7]) == pytest.approx(1)


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
    assert len(scene_at(0.0, CENTER)) == 10
    assert all(type(number) is float for number in scene_at(2.5, CENTER))
    assert scene_at(0.0, CENTER) != scene_at(1.0, CENTER)


def test_people_surround_the_center_of_the_simulation():
    for seconds in MOMENTS:
        x, y, z = world_position(scene_at(seconds, CENTER), CENTER)
        assert math.hypot(x, z) < 0.08
        assert 1.2 < y < 1.3


def test_the_simulation_is_mirrored_rotated_scaled_and_moved():
    """By the formula of the wire protocol (W5), with matrices."""
    scene = scene_at(3.7, CENTER)
    translation, (qx, qy, qz, qw), scale = scene[:3], scene[3:7], scene[7]
    rotation = np.array(
        [
            [1 - 2 * (qy * qy + qz * qz), 2 * (qx * qy - qz * qw), 2 * (qx * qz + qy * qw)],
            [2 * (qx * qy + qz * qw), 1 - 2 * (qx * qx + qz * qz), 2 * (qy * qz - qx * qw)],
            [2 * (qx * qz - qy * qw), 2 * (qy * qz + qx * qw), 1 - 2 * (qx * qx + qy * qy)],
        ]
    )
    point = np.array([0.5, 1.5, 3.0])

    expected = translation + rotation @ (scale * np.diag([-1, 1, 1]) @ point)

    assert world_position(scene, point.tolist()) == pytest.approx(tuple(expected))


def test_a_hand_moves_to_what_it_holds():
    point = (0.1, 1.2, 0.3)

    def hand(weight):
        grips = {"hand.left": Grip(point, weight)}
        return avatar_at(PEOPLE[0], 1.0, lift=0.4, grips=grips)["components"][1]["position"]

    free = avatar_at(PEOPLE[0], 1.0, lift=0.4)["components"][1]["position"]
    assert hand(0.0) == pytest.approx(free)
    assert hand(1.0) == pytest.approx(point)
    assert math.dist(hand(0.5), point) == pytest.approx(math.dist(free, point) / 2)
