"""Sample states for the benchmarks: avatars as in a VR session, and lists of ids."""

from __future__ import annotations

import random
import uuid
from typing import Any

from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc.layout_cache import write_by_layout
from nanover_jupyter.wire.grpc.value_writer import delimited, write_fields
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = [
    "COUNTER",
    "avatars",
    "encode_entries",
    "encode_update",
    "id_list",
    "mixed_layouts",
    "update_with_counter",
]

COUNTER = "update.index.benchmark"
_PARTS = ("headset", "hand.left", "hand.right")


def avatars(count: int, seed: int = 0) -> dict[str, Any]:
    """Return avatars like recorded ones, with 25 numbers and 5 strings each."""
    rng = random.Random(seed)

    def numbers(size: int) -> list[float]:
        return [rng.random() for _ in range(size)]

    state = {}
    for index in range(count):
        player = str(uuid.UUID(int=rng.getrandbits(128)))
        state[f"avatar.{player}"] = {
            "playerid": player,
            "name": "Player"[: 3 + index % 4],
            "color": numbers(4),
            "components": [
                {"name": part, "position": numbers(3), "rotation": numbers(4)} for part in _PARTS
            ],
        }
    return state


def mixed_layouts(count: int) -> dict[str, Any]:
    """Return values that rarely share a layout, the worst case for the layout cache."""
    rng = random.Random(1)
    return {
        f"selection.{index}": {
            "name": "x" * rng.randrange(1, 60),
            "selected": {"particle_ids": [float(i) for i in range(rng.randrange(1, 30))]},
            "properties": {
                "nanover.rendering.hide": rng.choice([True, False]),
                "nanover.rendering.renderer": {"render": "liquorice", "scale": rng.random()},
                "note": "y" * rng.randrange(60),
            },
        }
        for index in range(count)
    }


def id_list(count: int) -> dict[str, Any]:
    """Return one list of numbers."""
    return {"selection": list(map(float, range(count)))}


def encode_update(state: dict[str, Any]) -> bytes:
    """Return a `StateUpdate` message that sets these keys."""
    return grpc_codec.encode_state_update(DictionaryChange(state))


def encode_entries(state: dict[str, Any]) -> bytes:
    """Return the encoded entries for `update_with_counter`."""
    return write_fields(state, 2, write_by_layout)


def update_with_counter(entries: bytes, number: float) -> bytes:
    """Return a `StateUpdate` message of encoded entries and a counter."""
    return delimited(b"\x0a", entries + encode_entries({COUNTER: number}))
