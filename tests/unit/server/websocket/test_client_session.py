"""The keys that are removed when a client disconnects."""

from __future__ import annotations

from nanover_jupyter.server.websocket.client_session import UserKeys

STATE = {
    "avatar.me": {},
    "thing.me": 1,
    "thing.metoo": 2,
    "mean": 3,
    "interaction.1": {"owner.id": "me"},
    "interaction.2": {"owner.id": "you"},
    "interaction.3": None,
    "other": {"owner.id": "me"},
}


def test_the_first_avatar_identifies_the_user():
    user = UserKeys()
    user.note_update(["other", "avatar.me"])
    user.note_update(["avatar.you"])

    # As on NanoVer's server: keys that contain ".me", and interactions owned by the user.
    assert user.find(STATE) == {"avatar.me", "thing.me", "thing.metoo", "interaction.1"}


def test_without_an_avatar_no_keys_are_removed():
    user = UserKeys()
    user.note_update(["thing.me"])

    assert user.find(STATE) == set()
