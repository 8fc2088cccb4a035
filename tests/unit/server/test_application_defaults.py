"""The initial keys and commands of a server with a WebSocket port."""

from __future__ import annotations

import math

import pytest

from nanover_jupyter.server import NanoverServer
from nanover_jupyter.server.application_defaults import mirrored_pose_updates, origin_facing_center
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.golden import golden_final_state, needs_golden

ORIENT = "multiuser/radially-orient-origins"
POSE = [1, 2, 3, 0, 0, 0, 1, 4, 5, 6]
MIRRORED = [1, 2, 3, 0, 0, 0, 1, -4, 5, 6]


@pytest.fixture
def application():
    with NanoverServer(websocket_port=0) as server:
        yield server


def change(server, token="me", **updates):
    server.update_state(token, DictionaryChange(updates))


def test_a_server_without_a_websocket_port_is_empty(server):
    assert server.copy_state() == {}
    assert server.commands == {}


def test_velocity_reset_is_in_the_first_state(application):
    assert application.copy_state() == {"imd.velocity_reset_available": False}
    change(application, **{"imd.velocity_reset_available": True})


def test_origins_are_oriented_around_the_center(application):
    change(application, **{"avatar.a": 1, "avatar.b": 2, "user-origin.c": 3})
    orient = application.commands[ORIENT]
    assert (orient.arguments, orient.label) == ({}, None)

    assert orient.run({"radius": 2}) is None

    state = application.copy_state()
    assert state["user-origin.a"]["position"] == pytest.approx([2, 0, 0])
    assert state["user-origin.b"]["position"] == pytest.approx([-2, 0, 0])
    turned = math.sqrt(0.5)
    assert state["user-origin.a"]["rotation"] == pytest.approx([0, -turned, 0, turned])
    assert state["user-origin.c"] == 3


def test_a_locked_origin_is_not_changed(application):
    change(application, **{"avatar.a": 1, "avatar.b": 2, "user-origin.a": 0})
    application.update_locks("someone", {"user-origin.a": 60})

    application.commands[ORIENT].run()

    state = application.copy_state()
    assert state["user-origin.a"] == 0
    assert state["user-origin.b"]["position"] == pytest.approx([-1, 0, 0])


@pytest.mark.parametrize(
    ("updates", "linked"),
    [
        ({"scene": POSE}, {"transform.simulation": {"transform": MIRRORED, "parent": "root"}}),
        ({"transform.simulation": {"transform": POSE, "parent": "x"}}, {"scene": MIRRORED}),
        (
            {"scene": POSE, "transform.simulation": {"transform": POSE}},
            {"transform.simulation": {"transform": MIRRORED, "parent": "root"}},
        ),
        ({"scene": POSE[:9]}, {}),
        ({"scene": "text"}, {}),
        ({"scene": None}, {}),
        ({"scene": [*POSE[:7], "4", 5, 6]}, {}),
        ({"transform.simulation": {"parent": "root"}}, {}),
        ({"transform.simulation": POSE}, {}),
        ({"transform.other": {"transform": POSE}}, {}),
    ],
)
def test_the_two_keys_of_the_pose_agree(updates, linked):
    assert mirrored_pose_updates(updates) == linked


def test_both_poses_change_in_one_update(application):
    with application._state.subscribe() as subscription:
        subscription.take(0)
        change(application, scene=POSE)
        taken = subscription.take(5).change

    assert taken.updates.keys() == {"scene", "transform.simulation"}
    assert application.copy_state()["transform.simulation"]["transform"] == MIRRORED


def test_a_locked_pose_is_not_changed(application):
    application.update_locks("someone", {"scene": 60})

    change(application, **{"transform.simulation": {"transform": POSE}})
    assert "scene" not in application.copy_state()

    change(application, "someone", **{"transform.simulation": {"transform": POSE}})
    assert application.copy_state()["scene"] == MIRRORED


@pytest.mark.parametrize("pose", [["a"] * 10, [1.0] * 9 + [[]], [True] * 10])
def test_a_value_that_is_not_a_pose_updates_nothing_else(pose):
    assert mirrored_pose_updates({"scene": pose}) == {}


@needs_golden
def test_origins_match_those_of_a_real_server():
    (origin,) = golden_final_state("radially_orient_stream").values()
    ours = origin_facing_center(0.0, 2.5)

    assert ours["position"] == pytest.approx(origin["position"])
    assert ours["rotation"] == pytest.approx(origin["rotation"])


@pytest.mark.parametrize("angle", [0.3, 2.0, 4.5])
def test_origins_face_the_center(angle):
    origin = origin_facing_center(angle, 2.0)
    _, y, _, w = origin["rotation"]
    yaw = 2 * math.atan2(y, w)

    assert math.sin(yaw) == pytest.approx(-origin["position"][0] / 2)
    assert math.cos(yaw) == pytest.approx(-origin["position"][2] / 2)
