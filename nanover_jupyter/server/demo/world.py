"""A world for the embedded server that looks like a NanoVer session with three people in it."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from types import TracebackType
from typing import Final, NamedTuple, Self

from nanover_jupyter.errors import ClosedError, UpdateRefused
from nanover_jupyter.server.demo import motion
from nanover_jupyter.server.demo.commands import DemoCommands
from nanover_jupyter.server.embedded import NanoverServer
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["DemoWorld"]

logger = logging.getLogger("nanover_jupyter.server")

_RATE: Final = 30  # steps a second
_JUMP_SECONDS: Final = 1.0
_CLOSING_LIMIT: Final = 1.0

# The simulation alone decides about this one, until playback/load clears all locks.
_VELOCITY_RESET: Final = "imd.velocity_reset_available"

_SELECTIONS: Final = "selection."
_INTERACTIONS: Final = "interaction."


class _Simulation(NamedTuple):
    name: str
    particle_count: int


_SIMULATIONS: Final = (
    _Simulation("nanotube", 65),
    _Simulation("17-ala", 173),
    _Simulation("helicene", 94),
)


class DemoWorld:
    """Three people around a simulation, moving thirty times a second.

    Writes the keys that a real session has (`avatar.`, `update.index.`, `playarea.`,
    `user-origin.`, `scene`, `selection.`, `interaction.` and more) and registers
    the playback commands of a real server besides some of its own (`user/...`).
    Pausing pauses everything; one person stops moving after a while, as people
    do who take the headset off. A key that a client has locked is left alone.

    Runs in one thread, "nanover-demo", until `close` or until the server closes.
    All methods may be called from any thread.

    Example:
        >>> with NanoverServer() as server, DemoWorld(server):
        ...     server.copy_state()["simulation.name"]
        'nanotube'

    Args:
        server: Where it plays; must outlive the world, or close first.
        seed: Worlds of one seed are alike, ids included.
        stale_after: Seconds of motion after which one person stops for good.

    Raises:
        ValueError: The server has a command of the same name already.
    """

    def __init__(self, server: NanoverServer, *, seed: int = 1, stale_after: float = 20.0) -> None:
        self._server = server
        self._people = motion.crowd(seed)
        self._stale_after = stale_after
        # Guards everything below, and is held while it is written to the server, so
        # that what clients see follows the order of commands and steps.
        self._guard = threading.RLock()
        self._simulation = 0
        self._step = 0
        self._playing = True
        self._jump: tuple[int, float] | None = None
        self._interactions: set[str] = set()
        self._closing = threading.Event()
        self._commands = DemoCommands(self, server, self._closing)
        with self._guard:
            # First, since it may fail; calls that come in wait for the guard.
            self._commands.register()
            self._write(self._furniture())
            self._show()
            with contextlib.suppress(UpdateRefused):
                server.update_locks(self, {_VELOCITY_RESET: math.inf})
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
        """Stop moving and take the commands back; what was written stays. Again does nothing."""
        self._closing.set()
        self._commands.unregister()
        self._server.update_locks(self, release=[_VELOCITY_RESET])
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSING_LIMIT)

    # what the commands do -------------------------------------------------------

    @property
    def simulations(self) -> tuple[str, ...]:
        """The names of what can be loaded."""
        return tuple(simulation.name for simulation in _SIMULATIONS)

    def play(self) -> None:
        """Go on moving."""
        with self._guard:
            self._playing = True

    def pause(self) -> None:
        """Stop moving."""
        with self._guard:
            self._playing = False

    def step(self) -> None:
        """Stop moving, a single step further."""
        with self._guard:
            self._playing = False
            self._advance()

    def reset(self) -> None:
        """Go back to the start, still or moving as before."""
        with self._guard:
            self._step = 0
            self._jump = None
            self._show()

    def load(self, index: int, *, clear_state: bool = True) -> None:
        """Switch to a simulation, as NanoVer's server does since 0.1.3018.

        Removes all selections. Avatars, play areas and `scene` stay.

        Args:
            index: The simulation, modulo their number.
            clear_state: Whether to remove all interactions and release all locks, too.
        """
        removed = (_SELECTIONS, _INTERACTIONS) if clear_state else (_SELECTIONS,)
        with self._guard:
            self._simulation = index % len(_SIMULATIONS)
            self._step = 0
            self._jump = None
            self._playing = True
            if clear_state:
                self._server.clear_locks()
                self._interactions.clear()
            state = self._server.copy_state()
            self._write(
                DictionaryChange(removals=[key for key in state if key.startswith(removed)])
            )
            self._write(self._furniture())
            self._show()

    def load_next(self) -> None:
        """Begin the simulation after this one."""
        with self._guard:
            self.load(self._simulation + 1)

    def jump(self, height: float) -> None:
        """Let everybody jump, `height` metres high."""
        with self._guard:
            self._jump = (self._step, height)

    def write(self, key: str, value: Value) -> None:
        """Set one key of the state, unless someone else has locked it."""
        self._write(DictionaryChange({key: value}))

    # the thread -----------------------------------------------------------------

    def _run(self) -> None:
        period = 1.0 / _RATE
        due = time.monotonic()
        try:
            while not self._closing.wait(max(0.0, due - time.monotonic())):
                with self._guard:
                    if self._playing:
                        self._advance()
                # Late by more than a step (a busy machine): go on from now, no catching up.
                due = max(due + period, time.monotonic())
        except ClosedError:
            logger.debug("= the demo world ends with its server")

    def _advance(self) -> None:
        self._step += 1
        self._show()

    def _show(self) -> None:
        seconds = self._step / _RATE
        *active, leaver = self._people
        if seconds <= self._stale_after:
            active.append(leaver)
        particles = _SIMULATIONS[self._simulation].particle_count
        interactions = motion.interactions_of(active, seconds, particles)
        updates: dict[str, Value] = {"scene": motion.scene_at(seconds), **interactions}
        for person in active:
            updates[f"update.index.{person.id}"] = float(self._step)
            updates[f"avatar.{person.id}"] = motion.avatar_of(person, seconds, lift=self._lift())
        gone = self._interactions - interactions.keys()
        kept_by_locks = self._write(DictionaryChange(updates, gone))
        self._interactions = set(interactions) | (gone & kept_by_locks)

    def _lift(self) -> float:
        if self._jump is None:
            return 0.0
        start, height = self._jump
        part = (self._step - start) / _RATE / _JUMP_SECONDS
        return max(0.0, 4.0 * height * part * (1.0 - part))

    def _furniture(self) -> DictionaryChange:
        """What does not move."""
        name, particles = _SIMULATIONS[self._simulation]
        updates: dict[str, Value] = {
            _VELOCITY_RESET: False,
            "simulation.name": name,
            "simulation.index": float(self._simulation),
            "suggested.interaction.scale": 100.0,
            "suggested.interaction.type": "spring",
            "suggested.box.locked": False,
        }
        half = particles // 2
        for suffix, title, first, last, renderer in (
            ("root", "Root Selection", 0, 0, "liquorice"),
            (f"{self._people[0].id}.0", "First half", 0, half, "ball and stick"),
            (f"{self._people[1].id}.0", "Second half", half, particles, "hyperballs"),
        ):
            updates[f"selection.{suffix}"] = _selection(suffix, title, range(first, last), renderer)
        for number, person in enumerate(self._people):
            angle = math.tau * number / len(self._people)
            updates[f"playarea.{person.id}"] = motion.play_area_of(person)
            updates[f"user-origin.{person.id}"] = motion.facing_centre(angle, 1.0)
        return DictionaryChange(updates)

    def _write(self, change: DictionaryChange) -> set[str]:
        """Write what is not locked by others; the keys that are."""
        locked: set[str] = set()
        while change:
            try:
                self._server.update_state(self, change)
            except UpdateRefused as refused:
                locked.update(refused.keys)
                for key in refused.keys:
                    change.updates.pop(key, None)
                    change.removals.discard(key)
            else:
                break
        return locked


def _selection(suffix: str, title: str, particles: range, renderer: str) -> dict[str, Value]:
    return {
        "id": f"selection.{suffix}",
        "name": title,
        "selected": {"particle_ids": [float(particle) for particle in particles] or None},
        "properties": {
            "nanover.interaction.method": "single" if particles else "group",
            "nanover.interaction.velocity_reset": False,
            "nanover.rendering.renderer": renderer,
            "nanover.rendering.hide": False,
        },
    }
