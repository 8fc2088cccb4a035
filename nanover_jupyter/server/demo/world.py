"""A demo of a NanoVer session with three people, for the embedded server."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from types import TracebackType
from typing import Final, Self

from nanover_jupyter.errors import ClosedError, UpdateRefused
from nanover_jupyter.server.demo.commands import DemoCommands
from nanover_jupyter.server.demo.simulation import (
    STEPS_PER_SECOND,
    VELOCITY_RESET,
    DemoSimulation,
)
from nanover_jupyter.server.embedded import NanoverServer

__all__ = ["DemoWorld"]

logger = logging.getLogger("nanover_jupyter.server")

_CLOSE_SECONDS: Final = 1.0


class DemoWorld(DemoSimulation):
    """Three people who pull at simulated molecules, at 30 frames per second.

    Simulates a carbon nanotube with methane, buckminsterfullerene or icosane at 300 K, and
    publishes NanoVer's frames. The forces of all clients' interactions act on the atoms.

    Writes the keys of a real session (`avatar.`, `update.index.`, `playarea.`, `user-origin.`,
    `scene`, `selection.`, `interaction.` and more) and registers the playback commands of a
    real server and some of its own (`user/...`). Pausing pauses everything. One person stops
    moving after a while, as after taking off the headset. Keys that a client has locked are
    not changed.

    Runs on one daemon thread until `close` or until the server closes. All methods are
    thread-safe.

    Example:
        >>> with NanoverServer() as server, DemoWorld(server):
        ...     server.copy_state()["simulation.name"]
        'nanotube'

    Args:
        server: The server to write to. Close the world before the server, or not at all.
        seed: Worlds with the same seed write the same state and frames, including ids.
        stale_after: Seconds of motion after which one person stops moving.

    Raises:
        ValueError: The server already has a command of the same name.
    """

    def __init__(self, server: NanoverServer, *, seed: int = 1, stale_after: float = 20.0) -> None:
        super().__init__(server, seed=seed, stale_after=stale_after)
        self._closing = threading.Event()
        self._commands = DemoCommands(self, server, self._closing)
        with self._lock:
            # Register first, because it may fail. Calls wait for the lock.
            self._commands.register()
            self._write_all()
            # Only the simulation changes this key, until playback/load clears all locks.
            with contextlib.suppress(UpdateRefused):
                server.update_locks(self, {VELOCITY_RESET: math.inf})
        self._thread = threading.Thread(target=self._run, name="nanover-demo", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop moving and unregister the commands. The state stays. Idempotent."""
        self._closing.set()
        self._commands.unregister()
        self._server.update_locks(self, release=[VELOCITY_RESET])
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        period = 1.0 / STEPS_PER_SECOND
        due = time.monotonic()
        try:
            while not self._closing.wait(max(0.0, due - time.monotonic())):
                with self._lock:
                    if self._playing:
                        self._advance()
                # On a busy machine, skip missed steps instead of catching up.
                due = max(due + period, time.monotonic())
        except ClosedError:
            logger.debug("= the demo world ended, because its server is closed")
