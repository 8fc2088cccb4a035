"""The keys that are removed when a client disconnects."""

from __future__ import annotations

from nanover_jupyter.server.websocket.client_session import UserKeys
from nanover_jupyter.wire.messages import DictionaryChange

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


def test_interactions_that_the_client_wrote_last_are_removed_without_an_avatar():
    user = UserKeys()
    user.note_interactions(DictionaryChange({"interaction.mine": 1, "interaction.ended": 1}))
    user.note_interactions(DictionaryChange({"interaction.taken": 1, "mine": 1}))
    user.note_interactions(DictionaryChange(removals=["interaction.ended"]))
    state = {"interaction.mine": 1, "interaction.taken": 2, "interaction.ended": 1, "mine": 1}

    assert user.find(state) == {"interaction.mine"}
    assert user.find({}) == set()
