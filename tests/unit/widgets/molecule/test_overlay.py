"""The people and interactions around the molecule."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.widgets.molecule.messages import OverlayBody
from nanover_jupyter.widgets.molecule.overlay import (
    build_overlay,
    is_overlay_key,
    user_force_arrays,
)
from nanover_jupyter.wire.frames.frame import Frame
from tests.support.typed import misfit

PART = {"name": "hand.right", "position": [1.0, 1.0, 0.0], "rotation": [0, 0, 0, 1]}
ANNA = {"name": "Anna", "color": [1, 0, 0, 1], "components": [PART]}
PULL = {
    "position": [1, 2, 3],
    "particles": [4.0, 5.0],
    "interaction_type": "spring",
    "scale": 10,
    "owner.id": "anna",
    "label": "hand.right",
}


def test_a_person_has_a_name_a_color_and_parts() -> None:
    [person] = build_overlay({"avatar.anna": ANNA}, ())["people"]

    assert (person["id"], person["name"], person["color"]) == ("anna", "Anna", "#ff0000")
    assert person["parts"][0]["position"] == [-1.0, 0.0, 0.0]
    assert person["parts"][0]["forward"] == [0.0, 0.0, 1.0]


def test_a_pull_comes_from_the_hand_of_its_owner() -> None:
    [pull] = build_overlay({"avatar.anna": ANNA, "interaction.1": PULL}, ())["interactions"]

    assert pull["hand"] == [-1.0, 0.0, 0.0]
    assert (pull["person"], pull["color"]) == ("Anna", "#ff0000")
    assert pull["atoms"] == [4, 5]
    assert not pull["is_own"]


def test_own_pulls_and_those_of_unknown_people() -> None:
    state = {"interaction.1": PULL, "interaction.2": {**PULL, "owner.id": 5}}
    first, second = build_overlay(state, {"interaction.1"})["interactions"]

    assert (first["is_own"], second["is_own"]) == (True, False)
    assert (second["person"], second["hand"]) == ("", None)


def test_invalid_pulls_are_left_out() -> None:
    state = {
        "interaction.1": {**PULL, "position": [1, 2]},
        "interaction.2": {**PULL, "particles": []},
        "interaction.3": {**PULL, "particles": [-1, 1.5, True, "x", 2**40]},
        "interaction.4": "text",
    }

    assert build_overlay(state, ())["interactions"] == []


def test_play_areas_and_cursors_belong_to_people() -> None:
    corners = {"A": [0, 0, 0], "B": [0, 0, 1], "C": [1, 0, 1], "D": [1, 0, 0]}
    state = {
        "playarea.anna": corners,
        "cursor.anna.left": {"position": [0, 1, 0]},
        "avatar.anna": ANNA,
        "playarea.ben": {**corners, "D": None},
    }
    anna, ben = build_overlay(state, ())["people"]

    assert anna["area"] is not None
    assert len(anna["area"]) == 4
    assert anna["cursors"] == [[0.0, 0.0, 0.0]]
    assert (ben["area"], ben["name"]) == (None, "")


def test_hidden_avatars_are_not_drawn() -> None:
    state = {"avatar.anna": ANNA, "suggested.avatars.hidden": True}

    assert build_overlay(state, ())["people"] == []


def test_the_keys_that_are_drawn() -> None:
    keys = ("scene", "avatar.a", "interaction.1", "suggested.avatars.hidden", "play-area.a")

    assert all(map(is_overlay_key, keys))
    assert not any(map(is_overlay_key, ("scenes", "selection.a", "avatars", "note.scene")))


hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["name", "color", "components", "position", "rotation", "particles", "A", "scale"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
keys = st.sampled_from(
    ["scene", "avatar.a", "playarea.a", "cursor.a.left", "cursor.", "interaction.1", "avatar."]
)


@given(st.dictionaries(keys, hostile))
def test_any_state_becomes_a_valid_message(state: Any) -> None:
    body = build_overlay(state, ())

    assert misfit(body, OverlayBody) is None
    # Neither NaN nor infinity is JSON.
    json.dumps(body, allow_nan=False)


def test_the_strongest_forces_are_sent() -> None:
    forces = np.array([[1, 0, 0], [0, np.nan, 0], [0, 0, 0], [3, 0, 0]], np.float32)
    frame = Frame(
        {
            "particle.positions": np.zeros((5, 3), np.float32),
            "forces.user.index": np.array([4, 1, 2, 9], np.uint32),
            "forces.user.sparse": forces,
        }
    )
    indices, vectors = user_force_arrays(frame)

    assert np.frombuffer(indices, "<u4").tolist() == [4]
    assert np.frombuffer(vectors, "<f4").tolist() == [1, 0, 0]
    assert user_force_arrays(Frame()) == (b"", b"")
