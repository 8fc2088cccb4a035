"""What a server serves, on every protocol."""

from __future__ import annotations

from dataclasses import dataclass

from nanover_jupyter.server.command_registry import CommandRegistry
from nanover_jupyter.server.frames.frame_store import FrameStore
from nanover_jupyter.server.state.store import SharedState

__all__ = ["ServerContent"]


@dataclass(frozen=True, slots=True)
class ServerContent:
    """The parts that the protocols of one server share.

    Attributes:
        state: The shared state and its locks.
        commands: The commands to run; those that clients register are added.
        frames: The frames of the simulation; those that clients publish are added.
    """

    state: SharedState
    commands: CommandRegistry
    frames: FrameStore
