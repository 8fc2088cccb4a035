"""Detects switches of the simulation, which clear all locks without notice."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["SWITCHING_COMMANDS", "SimulationSwitchDetector", "looks_like_a_switch"]

SWITCHING_COMMANDS: Final = frozenset({"playback/load", "playback/next"})

# Keys in which current servers publish the running simulation.
_SIMULATION_KEYS: Final = frozenset({"simulation.name", "simulation.index"})
# A switch removes selections and interactions; on servers before 0.1.3018 also avatars and
# the scene.
_SCENE: Final = "scene"
_SELECTION: Final = "selection."
_AVATAR: Final = "avatar."
_ALSO_CLEARED: Final = ("interaction.", _AVATAR)
# The state may change before the server clears the locks.
_RECHECK_AFTER: Final = 1.0


class _LockOwner(Protocol):
    """The operations of `LeaseManager` that the detector uses."""

    def holds_server_locks(self) -> bool: ...
    def revalidate_soon(self, note: str, lost_note: str, /) -> None: ...
    def revalidate(self, note: str, lost_note: str, /) -> None: ...
    def run_soon(self, call: Callable[[], None], /, *, after: float = 0.0) -> None: ...


class SimulationSwitchDetector:
    """Revalidates held locks after a likely switch: at once, and again a second later.

    Thread-safe.

    Args:
        owner: Holds the locks.
        clock: Monotonic seconds.
    """

    def __init__(self, owner: _LockOwner, clock: Callable[[], float]) -> None:
        self._owner = owner
        self._clock = clock
        self._last_at = -math.inf

    def on_command(self, command: str) -> None:
        """Handle a command run by this client, whether it succeeded or not."""
        if command in SWITCHING_COMMANDS and self._owner.holds_server_locks():
            self._revalidate(f"{command} switched the simulation, which clears all locks")

    def on_change(self, change: DictionaryChange, is_full: bool) -> None:  # noqa: FBT001 - observer
        """Handle a change of the state, unless it is the full state."""
        if is_full or not self._owner.holds_server_locks() or not looks_like_a_switch(change):
            return
        if self._clock() - self._last_at > _RECHECK_AFTER:
            self._revalidate("the simulation was probably switched, which clears all locks")

    def _revalidate(self, cause: str) -> None:
        self._last_at = self._clock()
        lost_note = f"{cause}; now held by another client"
        self._owner.revalidate_soon(f"acquired again: {cause}", lost_note)
        self._owner.run_soon(lambda: self._owner.revalidate("", lost_note), after=_RECHECK_AFTER)


def looks_like_a_switch(change: DictionaryChange) -> bool:
    """Return whether a change of the state looks like a switch of the simulation.

    A heuristic that can be wrong in both directions. A false alarm does no harm: held
    locks are requested again.
    """
    if not _SIMULATION_KEYS.isdisjoint(change.lazy_updates):
        return True
    removed = change.removals
    if _SCENE in removed:
        return True
    if not any(key.startswith(_ALSO_CLEARED) for key in removed):
        return False
    # Users who leave also remove their own selections, whose keys contain their ids.
    users = [f".{key.removeprefix(_AVATAR)}" for key in removed if key.startswith(_AVATAR)]
    selections = (key for key in removed if key.startswith(_SELECTION))
    return any(not any(user in key for user in users) for key in selections)
