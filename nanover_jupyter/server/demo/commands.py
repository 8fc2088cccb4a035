"""The commands of the demo: those of a real server, and some with arguments of every type."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from nanover_jupyter.server.application_defaults import ORIENT_ORIGINS, origins_on_circle
from nanover_jupyter.server.demo.simulation import DemoSimulation
from nanover_jupyter.server.embedded import NanoverServer
from nanover_jupyter.wire.values import Value

__all__ = ["DemoCommands"]

_PROGRESS: Final = "user.slow-report.progress"
_UPDATES_PER_SECOND: Final = 10
_MAX_REPORT_SECONDS: Final = 600.0
_MAX_JUMP_HEIGHT: Final = 3.0

Result = dict[str, Value]


class _Command(NamedTuple):
    name: str
    callback: Callable[..., Result | None]
    defaults: Mapping[str, object] = {}


class DemoCommands:
    """Registers and unregisters the commands of a demo.

    The commands run in the server's threads. Numbers arrive as floats.

    Args:
        simulation: The simulation that the commands control.
        server: The server to register the commands with.
        closing: Set when the demo closes, to end slow commands.
    """

    def __init__(
        self, simulation: DemoSimulation, server: NanoverServer, closing: threading.Event
    ) -> None:
        self._simulation = simulation
        self._server = server
        self._closing = closing
        commands = (
            _Command("playback/play", self.play),
            _Command("playback/pause", self.pause),
            _Command("playback/step", self.step),
            _Command("playback/reset", self.reset),
            _Command("playback/list", self.list_simulations),
            # NanoVer lists no arguments here, although `index` is required.
            _Command("playback/load", self.load),
            _Command("playback/next", self.load_next),
            _Command("commands/list", self.list_commands),
            _Command(ORIENT_ORIGINS, self.orient_origins),
            _Command("user/say", self.say, {"text": "hello"}),
            _Command("user/jump", self.jump, {"height": 0.5}),
            _Command(
                "user/checkpoint",
                self.save_checkpoint,
                {"name": "checkpoint-1", "include_velocities": True},
            ),
            _Command(
                "user/colour-by",
                self.colour_by,
                {
                    "property": "residue index",
                    "range": [0.0, 1.0],
                    "options": {"palette": "viridis", "reverse": False},
                    "nothing": None,
                },
            ),
            _Command("user/slow-report", self.report_slowly, {"seconds": 3.0}),
            _Command("user/fail", self.fail),
        )
        # A server with a WebSocket port already has this command.
        self._commands = tuple(
            command
            for command in commands
            if command.name != ORIENT_ORIGINS or command.name not in server.commands
        )

    def register(self) -> None:
        """Register all commands, or none and raise ValueError if a name is already registered."""
        for index, command in enumerate(self._commands):
            try:
                self._server.register_command(*command)
            except ValueError:
                for earlier in self._commands[:index]:
                    self._server.unregister_command(earlier.name)
                raise

    def unregister(self) -> None:
        """Unregister all commands that are still registered."""
        for command in self._commands:
            with contextlib.suppress(KeyError):
                self._server.unregister_command(command.name)

    # commands of a real server --------------------------------------------------

    def play(self) -> None:
        """Resume motion."""
        self._simulation.play()

    def pause(self) -> None:
        """Pause motion."""
        self._simulation.pause()

    def step(self) -> None:
        """Pause motion and advance by one step."""
        self._simulation.step()

    def reset(self) -> None:
        """Return to the first step."""
        self._simulation.reset()

    def list_simulations(self) -> Result:
        """Return the names of the simulations that can be loaded."""
        return {"simulations": list(self._simulation.simulations)}

    def load(self, index: float, clear_state: bool = True) -> None:  # noqa: FBT001, FBT002
        """Switch to a simulation. An invalid index changes nothing, unlike with NanoVer."""
        self._simulation.load(int(index), clear_state=clear_state)

    def load_next(self) -> None:
        """Switch to the next simulation."""
        self._simulation.load_next()

    def list_commands(self) -> Result:
        """Return the default arguments by command name."""
        commands = self._server.commands
        return {"list": {name: command.arguments for name, command in commands.items()}}

    def orient_origins(self, radius: float = 1.0) -> None:
        """Place all users with an avatar on a circle, facing its center."""
        with self._server.lock_state() as state:
            origins = origins_on_circle(state, radius)
        for key, origin in origins.items():
            self._simulation.write(key, origin)

    # commands of the demo -------------------------------------------------------

    def say(self, text: str) -> Result:
        """Echo a text."""
        return {"result": f"The demo world heard: {text}"}

    def jump(self, height: float) -> Result:
        """Make everyone jump."""
        if not 0.0 < height <= _MAX_JUMP_HEIGHT:
            raise ValueError(
                f"the height {height:g} m is out of range; use up to {_MAX_JUMP_HEIGHT:g} m"
            )
        self._simulation.jump(height)
        return {"result": f"Everybody jumps {height:g} m high."}

    def save_checkpoint(self, name: str, include_velocities: bool) -> Result:  # noqa: FBT001
        """Add a checkpoint to the state. Nothing is stored."""
        self._simulation.write(
            f"user.checkpoint.{name}", {"name": name, "include_velocities": include_velocities}
        )
        velocities = "with" if include_velocities else "without"
        return {"result": f"Saved {name} {velocities} velocities.", "name": name}

    def colour_by(
        self,
        property: str,  # noqa: A002 - the usual term in molecular viewers
        range: list[Value],  # noqa: A002
        options: Result,
        nothing: Value = None,
    ) -> Result:
        """Color the root selection and return the arguments."""
        with self._server.lock_state() as state:
            selection = state.get("selection.root")
        properties = selection.get("properties") if isinstance(selection, dict) else None
        if isinstance(selection, dict) and isinstance(properties, dict):
            renderer: Result = {"render": "liquorice", "color": {"type": property, "range": range}}
            colored = {**properties, "nanover.rendering.renderer": renderer}
            self._simulation.write("selection.root", {**selection, "properties": colored})
        return {"property": property, "range": range, "options": options, "nothing": nothing}

    def report_slowly(self, seconds: float) -> Result:
        """Run for `seconds` and write the progress from 0 to 1 to the state."""
        if not 0.0 <= seconds <= _MAX_REPORT_SECONDS:
            raise ValueError(
                f"the duration {seconds:g} s is out of range; use 0 to {_MAX_REPORT_SECONDS:g}"
            )
        parts = max(1, round(seconds * _UPDATES_PER_SECOND))
        for part in range(parts):
            self._simulation.write(_PROGRESS, part / parts)
            if self._closing.wait(seconds / parts):
                raise RuntimeError("the demo was closed before the report was finished")
        self._simulation.write(_PROGRESS, 1.0)
        return {"result": f"The report took {seconds:g} s."}

    def fail(self) -> None:
        """Raise an error, to demonstrate a failed command."""
        raise ValueError("this command always fails, to demonstrate a failed command")
