"""What a client leaves behind, by NanoVer's rule."""

from __future__ import annotations

from nanover_jupyter.server.state.user_keys import UserKeys

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


def test_the_first_avatar_names_the_user():
    user = UserKeys()
    user.note(["other", "avatar.me"])
    user.note(["avatar.you"])

    # As NanoVer has it: any key with ".me" in it, and only interactions by their owner.
    assert user.keys(STATE) == {"avatar.me", "thing.me", "thing.metoo", "interaction.1"}


def test_who_has_no_avatar_leaves_everything():
    user = UserKeys()
    user.note(["thing.me"])

    assert user.keys(STATE) == set()
