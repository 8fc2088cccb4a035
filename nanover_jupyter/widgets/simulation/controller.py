"""The kernel side of the Simulation tool."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Final, cast

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.frames.summary import MAX_FIELDS, FrameSummarizer
from nanover_jupyter.client.simulation.interaction_registry import INTERACTION_PREFIX
from nanover_jupyter.errors import (
    NanoverJupyterError,
    NotSupported,
    UpdateRefused,
    WaitTimedOut,
)
from nanover_jupyter.text_format import visible
from nanover_jupyter.widgets.simulation.messages import (
    FieldBody,
    FieldsResult,
    PlaybackState,
    RemovedResult,
    SimulationBody,
    SimulationsResult,
    WatchFramesResult,
)
from nanover_jupyter.widgets.simulation.playback import COMMANDS, PlaybackMonitor
from nanover_jupyter.widgets.simulation.row_stream import RowStream
from nanover_jupyter.widgets.simulation.static_html import simulation_html
from nanover_jupyter.widgets.sync.requests import BadRequest, Handler, Reply, get_field
from nanover_jupyter.widgets.sync.view_stream import Buffer
from nanover_jupyter.widgets.tool_binding import NoticeHandler
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["SimulationController"]

_MAX_NAME: Final = 120
_MAX_EXCEPTION: Final = 2_000
_MAX_SIMULATIONS: Final = 500


class SimulationController:
    """Shows and controls the simulation; implements `ToolController`.

    Frames are recorded from the moment that a view first shows the tool: a gRPC server is not
    asked for frames before. The recording belongs to the client, and all widgets share it.
    """

    needs_state: ClassVar[bool] = False
    label: ClassVar[str] = "Simulation"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._connection = connection
        self._client = connection.client
        self._post = post
        # The last known state. Replaced by several threads; only a hint.
        self._known_state: PlaybackState = "none"
        self.stream = RowStream(connection.client, on_rows=self._on_rows)
        self._monitor = PlaybackMonitor(connection.runs, self._post_state)
        self._unsubscribe_commands = self._client.on_commands(self._post_state)
        # Serializes summaries, which are made on several threads.
        self._summary_lock = threading.Lock()
        self._summarizer = FrameSummarizer()

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {
            "watch_frames": self._watch,
            "unwatch_frames": self._unwatch,
            "playback": self._playback,
            "simulations": self._simulations,
            "remove_interactions": self._remove_interactions,
            "frame_fields": self._fields,
        }

    def notices(self) -> dict[str, NoticeHandler]:
        """See `HandlesNotices.notices`."""
        return {"ack": self._on_ack}

    def send_initial(self, client: str) -> None:
        """Do nothing: a view that shows the tool sends `watch_frames`."""

    def on_heartbeat(self) -> None:
        """Send the state of the simulation while a view shows it."""
        if self.stream.is_watched:
            self._connection.command_poll.tick()
            self._post_state()

    def static_html(self) -> str:
        """Return the facts about the simulation, and a plot if frames were recorded."""
        series = self.stream.series
        frame = None if series is None else self._client.frame
        return simulation_html(frame, series)

    def close(self) -> None:
        """Unsubscribe; the recording continues."""
        self._unsubscribe_commands()
        self._monitor.close()

    # views ------------------------------------------------------------------------

    def _watch(self, client: str, body: dict[str, Any], reply: Reply) -> None:
        epoch, row = body.get("epoch"), get_field(body, "row", int)
        if epoch is not None and not isinstance(epoch, str):
            raise BadRequest("field 'epoch' must be a string or null")
        if row < 0:
            raise BadRequest("field 'row' must not be negative")
        # Before the rows, which a view discards without their epoch.
        reply.ok(WatchFramesResult(epoch=self.stream.epoch))
        self.stream.watch(client, epoch, row)
        self._connection.command_poll.on_view_opened()
        self._post("simulation", self._state_body(), client=client)

    def _unwatch(self, client: str, _: dict[str, Any], reply: Reply) -> None:
        self.stream.unwatch(client)
        reply.ok()

    def _on_ack(self, client: str, body: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        rows = body.get("rows")
        if isinstance(rows, int):
            self.stream.acknowledge(client, rows)

    def _on_rows(self) -> None:
        """Send the state at once when the simulation begins to play."""
        if self._known_state != "playing" and self._state() == "playing":
            self._post_state()

    def _post_state(self) -> None:
        if self.stream.is_watched:
            self._post("simulation", self._state_body())

    def _state_body(self) -> SimulationBody:
        client = self._client
        series = self.stream.series
        frame = None if series is None else client.frame
        commands = client.available_commands
        exception = "" if frame is None else frame.exception or ""
        return SimulationBody(
            problem="" if frame is not None else self._problem(),
            name=self._name(frame),
            state=self._state(),
            time=None if frame is None else _finite(frame.time),
            age=client.frame_age,
            rate=client.frame_rate,
            atoms=None if frame is None else frame.particle_count,
            rows=0 if series is None else series.count(),
            exception=exception[:_MAX_EXCEPTION],
            interactions=len(self._interactions()) if exception else 0,
            actions=[action for action, command in COMMANDS.items() if command in commands],
        )

    def _state(self) -> PlaybackState:
        self._known_state = self._monitor.state(self.stream.series, time.time())
        return self._known_state

    def _name(self, frame: Frame | None) -> str:
        """Return the name in the frame, or the one that servers write to the shared state."""
        name = None if frame is None else frame.simulation_name
        if name is None:
            shared = self._client.peek("simulation.name")
            name = shared if isinstance(shared, str) else ""
        return visible(name, _MAX_NAME)

    def _problem(self) -> str:
        """Return why there is no frame yet; empty if one may come."""
        try:
            self._client.wait_for_frame(0.0)
        except WaitTimedOut:
            return ""
        except NotSupported as error:
            return str(error)
        except NanoverJupyterError:
            # The status of the connection has it.
            return ""
        return ""

    # playback ---------------------------------------------------------------------

    def _playback(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        action, index = get_field(body, "action", str), body.get("index")
        command = COMMANDS.get(action)
        if command is None or action == "list":
            raise BadRequest(f"unknown playback action {action!r}")
        arguments = {"index": get_field(body, "index", int)} if action == "load" else {}
        if action != "load" and index is not None:
            raise BadRequest(f"action {action!r} takes no index")
        call = self._connection.runs.start(command, arguments)
        if call is None:  # pragma: no cover - the id is new
            raise AssertionError(command)
        # The palette shows the result; the view only needs to know whether it failed.
        call.add_done_callback(
            lambda _: reply.fail(error) if (error := _error_of(call)) else reply.ok()
        )

    def _simulations(self, _: str, __: dict[str, Any], reply: Reply) -> None:
        def read() -> SimulationsResult:
            found = self._client.run_command(COMMANDS["list"]).get("simulations")
            if not isinstance(found, list):
                raise BadRequest(f"the result of {COMMANDS['list']!r} has no list of simulations")
            names = [visible(str(name), _MAX_NAME) for name in found[:_MAX_SIMULATIONS]]
            return SimulationsResult(names=names)

        reply.later(read)

    def _remove_interactions(self, _: str, __: dict[str, Any], reply: Reply) -> None:
        def remove() -> RemovedResult:
            keys = self._interactions()
            try:
                self._client.remove_interactions(keys)
            except UpdateRefused:
                problem = "another client holds a lock on an interaction; try again later"
                raise BadRequest(problem) from None
            return RemovedResult(count=len(keys))

        reply.later(remove)

    def _interactions(self) -> set[str]:
        keys = self._client.keys()
        return {key for key in keys if key.startswith(INTERACTION_PREFIX)}

    # fields -----------------------------------------------------------------------

    def _fields(self, _: str, __: dict[str, Any], reply: Reply) -> None:
        reply.later(self._read_fields)

    def _read_fields(self) -> FieldsResult:
        frame = self._client.frame
        if frame is None:
            return FieldsResult(fields=[], more=0)
        with self._summary_lock:
            summaries = self._summarizer.summarize(frame)
        fields = [cast(FieldBody, asdict(summary)) for summary in summaries]
        return FieldsResult(fields=fields, more=max(0, len(frame) - MAX_FIELDS))


def _finite(number: float | None) -> float | None:
    """Return a number that JSON can represent, else None."""
    return number if number is not None and math.isfinite(number) else None


def _error_of(call: Any) -> BaseException | None:
    if call.cancelled():
        return BadRequest("the command was canceled")
    error: BaseException | None = call.exception()
    return error
