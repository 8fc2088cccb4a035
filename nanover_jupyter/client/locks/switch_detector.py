"""How to tell that the simulation was switched, which clears every lock without a word."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["SWITCHING_COMMANDS", "SimulationSwitchDetector", "looks_like_a_switch"]

SWITCHING_COMMANDS: Final = frozenset({"playback/load", "playback/next"})

# Current servers say in these which simulation runs.
_NAMES_IT: Final = frozenset({"simulation.name", "simulation.index"})
# What a switch removes: selections and interactions, and on servers before 0.1.3018 also
# avatars and the scene.
_SCENE: Final = "scene"
_SELECTION: Final = "selection."
_AVATAR: Final = "avatar."
_CLEARED_TOO: Final = ("interaction.", _AVATAR)
# What is seen in the state may be seen before the server has cleared the locks.
_OVER_AFTER: Final = 1.0


class _Owner(Protocol):
    """Whose locks are in doubt."""

    def holds_any(self) -> bool: ...
    def prove_soon(self, why: str, lost: str) -> None: ...
    def prove(self, why: str, lost: str) -> None: ...
    def run_soon(self, errand: Callable[[], None], *, after: float = 0.0) -> None: ...


class SimulationSwitchDetector:
    """Has held locks proven when the simulation was switched, or seems to have been.

    At once, and once more when all is over. Any thread may call any method.

    Args:
        owner: Whose locks.
        clock: Seconds that only go forward.
    """

    def __init__(self, owner: _Owner, clock: Callable[[], float]) -> None:
        self._owner = owner
        self._clock = clock
        self._last_at = -math.inf

    def ran(self, command: str) -> None:
        """A command was run from here, with whatever outcome."""
        if command in SWITCHING_COMMANDS and self._owner.holds_any():
            self._raise(f"the simulation was switched by {command}, which clears all locks")

    def seen(self, change: DictionaryChange) -> None:
        """A change of the state has arrived."""
        if not self._owner.holds_any() or not looks_like_a_switch(change):
            return
        if self._clock() - self._last_at > _OVER_AFTER:
            self._raise("the simulation seems to have been switched, which clears all locks")

    def _raise(self, cause: str) -> None:
        self._last_at = self._clock()
        lost = f"{cause}; someone else has it"
        self._owner.prove_soon(f"taken again: {cause}", lost)
        self._owner.run_soon(lambda: self._owner.prove("", lost), after=_OVER_AFTER)


def looks_like_a_switch(change: DictionaryChange) -> bool:
    """Whether a change of the state may come of a switch; wrong at times, in either way.

    A false alarm does no harm: locks that are held are asked for again.
    """
    if not _NAMES_IT.isdisjoint(change.unread_updates):
        return True
    gone = change.removals
    if _SCENE in gone:
        return True
    if not any(key.startswith(_CLEARED_TOO) for key in gone):
        return False
    # Users who leave take their own selections along, whose keys hold their ids.
    left = [f".{key.removeprefix(_AVATAR)}" for key in gone if key.startswith(_AVATAR)]
    selections = (key for key in gone if key.startswith(_SELECTION))
    return any(not any(user in key for user in left) for key in selections)
