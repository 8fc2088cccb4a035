"""The state and frames of the demo: three people around a molecular dynamics simulation."""

from __future__ import annotations

import logging
import math
import threading
from typing import Final

from nanover_jupyter.errors import UpdateRefused
from nanover_jupyter.server.application_defaults import origin_facing_center
from nanover_jupyter.server.demo import motion
from nanover_jupyter.server.demo.choreography import Choreography
from nanover_jupyter.server.demo.dynamics.engine import Engine, NumericalError
from nanover_jupyter.server.demo.dynamics.interaction_forces import (
    InteractionError,
    ParticleIndexError,
)
from nanover_jupyter.server.demo.dynamics.interactions import InteractionTracker
from nanover_jupyter.server.demo.dynamics.systems import SYSTEMS, build_system
from nanover_jupyter.server.embedded import NanoverServer
from nanover_jupyter.server.state.own_interactions import INTERACTION_PREFIX
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["STEPS_PER_SECOND", "VELOCITY_RESET", "DemoSimulation"]

logger = logging.getLogger("nanover_jupyter.server")

STEPS_PER_SECOND: Final = 30
VELOCITY_RESET: Final = "imd.velocity_reset_available"

_JUMP_SECONDS: Final = 1.0
_SELECTIONS: Final = "selection."


class DemoSimulation:
    """Writes people to a server's state and publishes frames, one step at a time. Thread-safe.

    The interactions of all clients act on the simulation; those of the people do so by the
    same keys. Keys that a client has locked are not changed.

    Args:
        server: The server to write to.
        seed: Simulations with the same seed write the same state and frames, including ids.
        stale_after: Seconds of motion after which one person stops moving.
    """

    def __init__(self, server: NanoverServer, *, seed: int, stale_after: float) -> None:
        self._server = server
        self._people = motion.create_people(seed)
        self._stale_after = stale_after
        # Guards the fields below. Held while writing to the server, so that clients receive
        # updates in the order of commands and steps.
        self._lock = threading.RLock()
        self._seed = seed
        self._system = 0
        self._loads = 0
        self._engine = self._create_engine(0)
        self._choreography = self._create_choreography()
        self._tracker = InteractionTracker()
        self._step = 0
        self._playing = True
        self._jump: tuple[int, float] | None = None
        self._interactions: set[str] = set()

    @property
    def simulations(self) -> tuple[str, ...]:
        """The names of the simulations that can be loaded."""
        return SYSTEMS

    def play(self) -> None:
        """Resume motion."""
        with self._lock:
            self._playing = True

    def pause(self) -> None:
        """Pause motion."""
        with self._lock:
            self._playing = False

    def step(self) -> None:
        """Pause motion and advance by one step, which publishes one frame."""
        with self._lock:
            self._playing = False
            self._advance()

    def reset(self) -> None:
        """Return to the first frame, playing or paused as before. Interactions stay."""
        with self._lock:
            self._step = 0
            self._jump = None
            self._engine.reset()
            self._choreography = self._create_choreography()
            self._write_moving_keys()
            self._publish_first_frame()

    def load(self, index: int, *, clear_state: bool = True) -> None:
        """Switch to a simulation, as NanoVer's server does since 0.1.3018.

        Removes all selections. Avatars, play areas and `scene` stay.

        Args:
            index: The simulation, modulo the number of simulations.
            clear_state: Whether to also remove all interactions and release all locks.
        """
        removed = (_SELECTIONS, INTERACTION_PREFIX) if clear_state else (_SELECTIONS,)
        system = index % len(SYSTEMS)
        # Before the lock is taken, as this takes longer than a frame.
        engine = self._create_engine(system)
        with self._lock:
            self._system = system
            self._loads += 1
            self._engine = engine
            self._choreography = self._create_choreography()
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
            self._write_all()

    def load_next(self) -> None:
        """Switch to the next simulation."""
        with self._lock:
            following = self._system + 1
        self.load(following)

    def jump(self, height: float) -> None:
        """Make everyone jump to `height` in meters."""
        with self._lock:
            self._jump = (self._step, height)

    def write(self, key: str, value: Value) -> None:
        """Set a key of the state, unless a client has locked it."""
        self._write(DictionaryChange({key: value}))

    def _create_engine(self, index: int) -> Engine:
        return Engine(build_system(SYSTEMS[index]), seed=self._seed)

    def _create_choreography(self) -> Choreography:
        return Choreography(self._people, self._engine.system)

    def _write_all(self) -> None:
        self._write(self._static_keys())
        self._write_moving_keys()
        self._publish_first_frame()

    def _publish_first_frame(self) -> None:
        counter = {"system.simulation.counter": self._loads}
        self._server.publish_frame({**self._engine.first_frame(), **counter}, reset=True)

    def _advance(self) -> None:
        """Advance people and atoms by one step and publish a frame.

        As with NanoVer, an interaction with particles that do not exist ends all
        interactions, and another error pauses the simulation.
        """
        self._step += 1
        self._write_moving_keys()
        self._tracker.update(self._interaction_values())
        name = self._engine.system.name
        try:
            self._engine.advance(self._tracker.active)
        except ParticleIndexError as error:
            self._publish_exception(
                f"Invalid interaction during simulation `{name}` ({error}): "
                "all interactions were removed."
            )
            self._remove_interactions()
        except InteractionError as error:
            self._playing = False
            self._publish_exception(
                f"Invalid interaction during simulation `{name}` ({error}): the simulation was "
                "paused. Remove the interaction, then play."
            )
        except NumericalError:
            self._playing = False
            self._publish_exception(
                f"Simulation `{name}` became unstable and was paused, because the forces were "
                "too strong. Remove strong interactions, then play, or reset the simulation."
            )
        else:
            self._server.publish_frame(self._engine.frame())

    def _publish_exception(self, message: str) -> None:
        logger.warning("! %s", message)
        self._server.publish_frame({"system.simulation.exception": message})

    def _interaction_values(self) -> dict[str, Value]:
        with self._server.lock_state() as state:
            return {
                key: value for key, value in state.items() if key.startswith(INTERACTION_PREFIX)
            }

    def _remove_interactions(self) -> None:
        keys = self._interaction_values()
        self._write(DictionaryChange(removals=keys))
        # Also those that are locked and remain in the state.
        self._tracker.discard(keys)
        self._interactions.intersection_update(self._interaction_values())

    def _write_moving_keys(self) -> None:
        seconds = self._step / STEPS_PER_SECOND
        *active, leaver = self._people
        if seconds <= self._stale_after:
            active.append(leaver)
        scene = motion.scene_at(seconds, (self._engine.system.box / 2).tolist())
        positions = self._engine.positions
        moves = self._choreography.moves_at(seconds, active, positions, scene)
        interactions = moves.interactions
        updates: dict[str, Value] = {"scene": list(scene), **interactions}
        for person in active:
            updates[f"update.index.{person.id}"] = float(self._step)
            updates[f"avatar.{person.id}"] = motion.avatar_at(
                person, seconds, lift=self._lift(), grips=moves.grips.get(person.id)
            )
        ended = self._interactions - interactions.keys()
        locked = self._write(DictionaryChange(updates, ended))
        self._interactions = set(interactions) | (ended & locked)

    def _lift(self) -> float:
        """Return the height above the floor during a jump."""
        if self._jump is None:
            return 0.0
        start, height = self._jump
        progress = (self._step - start) / STEPS_PER_SECOND / _JUMP_SECONDS
        return max(0.0, 4.0 * height * progress * (1.0 - progress))

    def _static_keys(self) -> DictionaryChange:
        """Return the keys that do not change while the simulation plays."""
        system = self._engine.system
        particles = system.size
        updates: dict[str, Value] = {
            VELOCITY_RESET: False,
            "simulation.name": system.name,
            "simulation.index": float(self._system),
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
            updates[f"playarea.{person.id}"] = motion.play_area(person)
            updates[f"user-origin.{person.id}"] = origin_facing_center(angle, 1.0)
        return DictionaryChange(updates)

    def _write(self, change: DictionaryChange) -> set[str]:
        """Write the keys that are not locked by clients. Return those that are."""
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
