"""Which keys of the state a WebSocket client leaves behind; knows no wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from nanover_jupyter.wire.values import Value

__all__ = ["UserKeys"]

_AVATAR: Final = "avatar."
_INTERACTION: Final = "interaction."


class UserKeys:
    """Knows a client's user by its first avatar, as NanoVer's server does."""

    def __init__(self) -> None:
        self._user: str | None = None

    def note(self, keys: Iterable[str]) -> None:
        """Take the first `avatar.ID` among the keys of a client's updates for its user."""
        if self._user is None:
            # The name of nobody would stand in every key with a dot.
            named = (key for key in keys if key.startswith(_AVATAR) and key != _AVATAR)
            self._user = next((key.removeprefix(_AVATAR) for key in named), None)

    def keys(self, state: Mapping[str, Value]) -> set[str]:
        """The user's keys in a state: those that name it, and its interactions."""
        user = self._user
        if user is None:
            return set()
        return {key for key, value in state.items() if f".{user}" in key or _owns(user, key, value)}


def _owns(user: str, key: str, value: Value) -> bool:
    return (
        key.startswith(_INTERACTION) and isinstance(value, dict) and value.get("owner.id") == user
    )
