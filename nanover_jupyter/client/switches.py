"""How to tell that the simulation was switched, which clears every lock without a word."""

from __future__ import annotations

from typing import Final

from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["SWITCHING_COMMANDS", "looks_like_a_switch"]

SWITCHING_COMMANDS: Final = frozenset({"playback/load", "playback/next"})

# Current servers say in these which simulation runs.
_NAMES_IT: Final = frozenset({"simulation.name", "simulation.index"})
# What a switch removes, of which two kinds seldom go together otherwise: somebody who
# leaves takes an avatar and its play area along, and perhaps an interaction.
_SCENE: Final = "scene"
_CLEARED: Final = ("selection.", "interaction.", "avatar.")


def looks_like_a_switch(change: DictionaryChange) -> bool:
    """Whether a change of the state may come of a switch; wrong at times, in either way.

    Whoever asks for locks again on the strength of it does no harm.
    """
    if not _NAMES_IT.isdisjoint(change.unread_updates):
        return True
    gone = change.removals
    if not gone:
        return False
    kinds = {prefix for key in gone for prefix in _CLEARED if key.startswith(prefix)}
    return _SCENE in gone or ("selection." in kinds and len(kinds) > 1)
