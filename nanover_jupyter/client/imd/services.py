"""The objects `imd` and `frame_publisher` of a NanoverImdClient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.imd.frame_data import FrameData, frame_content
from nanover_jupyter.client.imd.particle_interaction import (
    ParticleInteraction,
    interaction_from_value,
    value_of_interaction,
)
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["FramePublisher", "ImdInteractions", "StateDictionary", "interactions_of"]


def interactions_of(client: BaseClient) -> dict[str, ParticleInteraction]:
    """Return the well-formed interactions of all clients by their keys."""
    found = {key: interaction_from_value(each) for key, each in client.interactions.items()}
    return {key: each for key, each in found.items() if each is not None}


class ImdInteractions:
    """The interactions of all clients, as on a server. Writes them to the server.

    Unlike NanoVer's, which changes a local copy only and has events; use `client.on_change`.

    Args:
        client: The client.
    """

    def __init__(self, client: BaseClient) -> None:
        self._client = client

    @property
    def velocity_reset_available(self) -> bool:
        """Whether the simulation can reset velocities after an interaction."""
        return self._client.peek("imd.velocity_reset_available") is True

    @property
    def active_interactions(self) -> dict[str, ParticleInteraction]:
        """The interactions by their keys."""
        return interactions_of(self._client)

    def insert_interaction(self, interaction_id: str, interaction: Any) -> None:
        """Write an interaction. It stays until it is removed, also after `close`."""
        value = value_of_interaction(interaction)
        self._client.attempt_update_state(DictionaryChange({interaction_id: value}))

    def remove_interaction(self, interaction_id: str) -> None:
        """Remove an interaction of any client."""
        self._client.remove_interactions([interaction_id])

    def clear_interactions(self) -> None:
        """Remove the interactions of all clients."""
        self._client.remove_interactions(self._client.interactions)


class FramePublisher:
    """Publishes frames with their numbers.

    Args:
        publish: Sends the values of a frame.
    """

    def __init__(self, publish: Callable[[Mapping[str, object]], object]) -> None:
        self._publish = publish
        self.simulation_counter = 0
        self.next_frame_index = 0
        self.current_frame: FrameData | None = None

    def send_clear(self) -> None:
        """Start a new sequence of frames, which discards the earlier ones."""
        frame = {"frame.index": 0, "system.simulation.counter": self.simulation_counter}
        self.simulation_counter += 1
        self.next_frame_index = 1
        self.current_frame = FrameData(frame)
        self._publish(frame)

    def send_frame(self, frame: Any) -> None:
        """Publish a frame: a `FrameData`, ours or NanoVer's, or a mapping."""
        if self.current_frame is None:
            self.send_clear()
        content = {**frame_content(frame), "frame.index": self.next_frame_index}
        self.next_frame_index += 1
        current = self.current_frame
        self.current_frame = FrameData({**(current.frame_dict if current else {}), **content})
        self._publish(content)


class StateDictionary:
    """The local copy of the shared state, for reading.

    Args:
        client: The client.
    """

    def __init__(self, client: BaseClient) -> None:
        self._client = client

    def copy_content(self) -> dict[str, Value]:
        """Return a deep copy of the state."""
        return self._client.copy_state()

    def lock_content(self) -> AbstractContextManager[dict[str, Value]]:
        """Freeze the local copy during a block. See `BaseClient.lock_state`."""
        return self._client.lock_state()
