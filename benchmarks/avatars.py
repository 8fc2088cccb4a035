"""The values that the benchmarks send: avatars as in a VR session, and lists of ids."""

from __future__ import annotations

import random
import uuid
from typing import Any

from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc.layout_cache import write_by_layout
from nanover_jupyter.wire.grpc.value_writer import delimited, write_fields
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["COUNTER", "avatars", "entries_of", "ids", "mixed", "numbered", "update_of"]

COUNTER = "update.index.benchmark"
_PARTS = ("headset", "hand.left", "hand.right")


def avatars(count: int, seed: int = 0) -> dict[str, Any]:
    """As wire-protocol G8 has them: 25 numbers and 5 texts each; names of several lengths."""
    dice = random.Random(seed)

    def numbers(size: int) -> list[float]:
        return [dice.random() for _ in range(size)]

    state = {}
    for index in range(count):
        player = str(uuid.UUID(int=dice.getrandbits(128)))
        state[f"avatar.{player}"] = {
            "playerid": player,
            "name": "Player"[: 3 + index % 4],
            "color": numbers(4),
            "components": [
                {"name": part, "position": numbers(3), "rotation": numbers(4)} for part in _PARTS
            ],
        }
    return state


def mixed(count: int) -> dict[str, Any]:
    """Return values with different layouts: the worst case for the layout cache."""
    dice = random.Random(1)
    return {
        f"selection.{index}": {
            "name": "x" * dice.randrange(1, 60),
            "selected": {"particle_ids": [float(i) for i in range(dice.randrange(1, 30))]},
            "properties": {
                "nanover.rendering.hide": dice.choice([True, False]),
                "nanover.rendering.renderer": {"render": "liquorice", "scale": dice.random()},
                "note": "y" * dice.randrange(60),
            },
        }
        for index in range(count)
    }


def ids(count: int) -> dict[str, Any]:
    """One list of numbers."""
    return {"selection": list(map(float, range(count)))}


def update_of(state: dict[str, Any]) -> bytes:
    """A `StateUpdate` that sets these keys."""
    return grpc_codec.encode_state_update(DictionaryChange(state))


def entries_of(state: dict[str, Any]) -> bytes:
    """What `numbered` makes an update of."""
    return write_fields(state, 2, write_by_layout)


def numbered(entries: bytes, number: float) -> bytes:
    """An update of such entries with a counter behind them."""
    return delimited(b"\x0a", entries + entries_of({COUNTER: number}))
