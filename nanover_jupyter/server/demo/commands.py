"""The commands of the demo world: a real server's, and some with arguments of every kind."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from nanover_jupyter.server.application import ORIENT_ORIGINS, origins_around_center

if TYPE_CHECKING:
    from nanover_jupyter.server.demo.world import DemoWorld
    from nanover_jupyter.server.embedded import NanoverServer
    from nanover_jupyter.wire.values import Value

__all__ = ["DemoCommands"]

_PROGRESS: Final = "user.slow-report.progress"
_REPORTS_PER_SECOND: Final = 10
_LONGEST_REPORT: Final = 600.0
_HIGHEST_JUMP: Final = 3.0

Result = dict[str, "Value"]


class _Command(NamedTuple):
    name: str
    callback: Callable[..., Result | None]
    defaults: Mapping[str, object] = {}


class DemoCommands:
    """Registers commands for a world and takes them back.

    The commands run in the server's threads. Numbers come as floats.

    Args:
        world: What they act upon.
        server: Who offers them.
        closing: Set when the world closes; ends what takes long.
    """

    def __init__(self, world: DemoWorld, server: NanoverServer, closing: threading.Event) -> None:
        self._world = world
        self._server = server
        self._closing = closing
        commands = (
            _Command("playback/play", self.play),
            _Command("playback/pause", self.pause),
            _Command("playback/step", self.step),
            _Command("playback/reset", self.reset),
            _Command("playback/list", self.list_simulations),
            # NanoVer lists no arguments here, though `index` is required.
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
        # A server with a WebSocket port has this one already.
        self._commands = tuple(
            command
            for command in commands
            if command.name != ORIENT_ORIGINS or command.name not in server.commands
        )

    def register(self) -> None:
        """Offer all commands, or none. Raises ValueError when a name is taken."""
        for place, command in enumerate(self._commands):
            try:
                self._server.register_command(*command)
            except ValueError:
                for earlier in self._commands[:place]:
                    self._server.unregister_command(earlier.name)
                raise

    def unregister(self) -> None:
        """Take back all commands that are still there."""
        for command in self._commands:
            with contextlib.suppress(KeyError):
                self._server.unregister_command(command.name)

    # as on a real server --------------------------------------------------------

    def play(self) -> None:
        """Go on moving."""
        self._world.play()

    def pause(self) -> None:
        """Stop moving."""
        self._world.pause()

    def step(self) -> None:
        """Stop moving, a single step further."""
        self._world.step()

    def reset(self) -> None:
        """Go back to the start."""
        self._world.reset()

    def list_simulations(self) -> Result:
        """The names of what can be loaded."""
        return {"simulations": list(self._world.simulations)}

    def load(self, index: float, clear_state: bool = True) -> None:  # noqa: FBT001, FBT002
        """Begin another simulation. A bad index changes nothing (NanoVer is left with none)."""
        self._world.load(int(index), clear_state=clear_state)

    def load_next(self) -> None:
        """Begin the simulation after this one."""
        self._world.load_next()

    def list_commands(self) -> Result:
        """The default arguments by command name."""
        commands = self._server.commands
        return {"list": {name: command.arguments for name, command in commands.items()}}

    def orient_origins(self, radius: float = 1.0) -> None:
        """Place all users who have an avatar on a circle, facing its center."""
        with self._server.lock_state() as state:
            origins = origins_around_center(state, radius)
        for key, origin in origins.items():
            self._world.write(key, origin)

    # of the demo's own ----------------------------------------------------------

    def say(self, text: str) -> Result:
        """Say it back."""
        return {"result": f"The demo world heard: {text}"}

    def jump(self, height: float) -> Result:
        """Let everybody jump."""
        if not 0.0 < height <= _HIGHEST_JUMP:
            raise ValueError(f"height is {height:g} m, and people jump up to {_HIGHEST_JUMP:g} m")
        self._world.jump(height)
        return {"result": f"Everybody jumps {height:g} m high."}

    def save_checkpoint(self, name: str, include_velocities: bool) -> Result:  # noqa: FBT001
        """Note a checkpoint in the state; nothing is stored."""
        self._world.write(
            f"user.checkpoint.{name}", {"name": name, "include_velocities": include_velocities}
        )
        velocities = "with" if include_velocities else "without"
        return {"result": f"Saved {name} {velocities} velocities.", "name": name}

    def colour_by(
        self,
        property: str,  # noqa: A002 - the name that a user of molecular viewers expects
        range: list[Value],  # noqa: A002
        options: Result,
        nothing: Value = None,
    ) -> Result:
        """Colour the root selection; says what it was given, types kept."""
        with self._server.lock_state() as state:
            selection = state.get("selection.root")
        properties = selection.get("properties") if isinstance(selection, dict) else None
        if isinstance(selection, dict) and isinstance(properties, dict):
            renderer: Result = {"render": "liquorice", "color": {"type": property, "range": range}}
            coloured = {**properties, "nanover.rendering.renderer": renderer}
            self._world.write("selection.root", {**selection, "properties": coloured})
        return {"property": property, "range": range, "options": options, "nothing": nothing}

    def report_slowly(self, seconds: float) -> Result:
        """Take `seconds`, telling the progress from 0 to 1 in the state."""
        if not 0.0 <= seconds <= _LONGEST_REPORT:
            raise ValueError(f"seconds is {seconds:g}; write 0 to {_LONGEST_REPORT:g}")
        parts = max(1, round(seconds * _REPORTS_PER_SECOND))
        for part in range(parts):
            self._world.write(_PROGRESS, part / parts)
            if self._closing.wait(seconds / parts):
                raise RuntimeError("the demo world was closed before the report was finished")
        self._world.write(_PROGRESS, 1.0)
        return {"result": f"The report took {seconds:g} s."}

    def fail(self) -> None:
        """Fail, to show what failing looks like."""
        raise ValueError("this command always fails, so that you can see what a failure looks like")
