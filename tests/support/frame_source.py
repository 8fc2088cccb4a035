"""Frames of a simulation, given to a client as if a server had sent them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.wire.frames.message import FrameFields, FrameMessage

__all__ = ["FrameSource"]


class FrameSource:
    """Sends frames to a client.

    Args:
        client: The receiving client.
        atoms: The number of atoms.
        seed: Of the positions.
    """

    def __init__(self, client: BaseClient, *, atoms: int = 65, seed: int = 1) -> None:
        self._client = client
        self._atoms = atoms
        self._random = np.random.default_rng(seed)
        self.index = 0

    def start(self, name: str = "nanotube", *, seconds_ago: float = 0.0, **more: Any) -> None:
        """Send the first frame of a simulation, with topology."""
        self.index = 0
        atoms = self._atoms
        fields = {
            "frame.index": 0,
            "system.simulation.name": name,
            "particle.count": atoms,
            "particle.elements": np.full(atoms, 6, np.uint8),
            "particle.names": ["C"] * atoms,
            "bond.pairs": np.array([[i, i + 1] for i in range(atoms - 1)], np.uint32),
            "system.box.vectors": 3 * np.eye(3, dtype=np.float32),
            **self._changing(),
            **more,
        }
        self.send(fields, reset=True, seconds_ago=seconds_ago)

    def step(self, *, seconds_ago: float = 0.0, **more: Any) -> None:
        """Send the next frame."""
        self.index += 1
        fields = {"frame.index": self.index, **self._changing(), **more}
        self.send(fields, seconds_ago=seconds_ago)

    def record(self, seconds: float, *, until: float = 0.0) -> None:
        """Send the frames of this many seconds at once, as if they had been sent in time.

        Args:
            seconds: The duration.
            until: How many seconds ago the last frame was sent.
        """
        self.start(seconds_ago=until + seconds)
        for number in range(1, round(30 * seconds)):
            self.step(seconds_ago=until + seconds - number / 30)

    @contextmanager
    def playing(self) -> Iterator[Callable[[], None]]:
        """Send 30 frames a second during a block, or until the yielded function is called."""
        ended = threading.Event()

        def run() -> None:
            if self.index == 0:
                self.start()
            while not ended.wait(1 / 30):
                self.step()

        thread = threading.Thread(target=run, name="frame-source")
        thread.start()
        try:
            yield ended.set
        finally:
            ended.set()
            thread.join()

    def send(
        self, fields: Mapping[str, Any], *, reset: bool = False, seconds_ago: float = 0.0
    ) -> None:
        """Send a frame with these fields."""
        message = FrameMessage(b"", lambda _: FrameFields(dict(fields), reset))
        message.received_at -= seconds_ago
        self._client._frames.on_frame(message)

    def _changing(self) -> dict[str, Any]:
        noise = self._random.normal(size=3).tolist()
        phase = self.index / 40
        return {
            "particle.positions": self._random.random((self._atoms, 3), np.float32),
            "system.simulation.time": 0.01 * self.index,
            "system.temperature": 300 + 8 * noise[0],
            "energy.potential": 1200 + 12 * math.sin(phase) + 4 * noise[1],
            "energy.kinetic": 480 + 5 * noise[2],
            "energy.user.total": max(0.0, 30 * math.sin(phase / 2)),
            "forces.user.work_done": 0.4 * self.index,
        }
