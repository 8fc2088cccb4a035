"""Message bodies of the Simulation tool; `widgets/sync/messages.py` has the envelope."""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

from nanover_jupyter.widgets.sync.messages import EmptyBody

__all__ = [
    "BODIES",
    "FieldBody",
    "FieldsResult",
    "FrameRowsBody",
    "PlaybackBody",
    "PlaybackState",
    "RemovedResult",
    "SimulationBody",
    "SimulationsResult",
    "WatchFramesBody",
    "WatchFramesResult",
]

PlaybackState = Literal["none", "playing", "paused", "stopped"]
"""NanoVer does not send it, so it is derived: see `playback.py`.

"none": no frame was received. "playing": frames arrive and the simulated time increases.
"paused": a pause or step of this connection succeeded, and no frames arrived since.
"stopped": no frames arrive, for an unknown reason.
"""


class WatchFramesBody(TypedDict):
    """Start to send frames to this view, as it became visible. Result: `WatchFramesResult`.

    `epoch` and `row` are those of the rows that the view has: it needs the rows from number
    `row` on. A view without rows sends null and 0.
    """

    epoch: str | None
    row: int


class WatchFramesResult(TypedDict):
    """The epoch of the rows that will follow; a view discards rows of another epoch."""

    epoch: str


class PlaybackBody(TypedDict):
    """Run a playback command. Result: null, once the command has succeeded.

    `action` is "play", "pause", "step", "reset" or "load". `index` is that of the simulation to
    load, null for other actions.
    """

    action: str
    index: int | None


class SimulationsResult(TypedDict):
    """The names of the simulations that can be loaded."""

    names: list[str]


class RemovedResult(TypedDict):
    """The number of keys that were removed."""

    count: int


class FieldBody(TypedDict):
    """One field of the current frame: see `client.frames.summary.FieldSummary`."""

    key: str
    shape: str
    dtype: str
    unit: str
    minimum: float | None
    maximum: float | None
    sampled: bool
    preview: str
    problem: str


class FieldsResult(TypedDict):
    """The fields of the current frame by key, and how many more it has."""

    fields: list[FieldBody]
    more: int


class SimulationBody(TypedDict):
    """The state of the simulation, once a second and at every change of `state`.

    `problem` says why there are no frames, empty if there may be. `time` is in ps. `age` is
    the seconds since the last frame, null before the first. `rate` is in frames per second.
    `rows` is the number of rows recorded so far: a view that has fewer for more than a second
    sends `watch_frames` again. `exception` is the error of the simulation, or empty.
    `interactions` counts keys of interactions, only while there is an exception. `actions`
    are those of the playback commands "play", "pause", "step", "reset", "load" and "list" that
    the server has.
    """

    problem: str
    name: str
    state: PlaybackState
    time: float | None
    age: float | None
    rate: float
    atoms: int | None
    rows: int
    exception: str
    interactions: int
    actions: list[str]


# Functional syntax, because `from` is a keyword.
FrameRowsBody = TypedDict(
    "FrameRowsBody",
    {"epoch": str, "from": int, "first": int, "stop": int, "keys": list[str], "resets": list[int]},
)
"""The numbers of consecutive frames, for one view or for all.

Rows are numbered from 0. The message has the rows `first` to `stop` - 1 and replaces those
from number `from` on; rows in between are no longer recorded. Buffer 0: float64 little
endian, when each frame was received in seconds since 1970. Buffer 1: float64, for each of
`keys` the values of all rows; NaN where a frame has no such number. `resets` are the numbers
of rows that began a new simulation.

A view acknowledges rows with `rows` of `ack`; it gets no more while it has too many
unacknowledged. A message for all views has the newest rows; a view that lacks earlier ones
ignores it, as they follow in messages for it alone.
"""


BODIES: Final[dict[str, Any]] = {
    "watch_frames": WatchFramesBody,
    "unwatch_frames": EmptyBody,
    "playback": PlaybackBody,
    "simulations": EmptyBody,
    "remove_interactions": EmptyBody,
    "frame_fields": EmptyBody,
    "simulation": SimulationBody,
    "frame_rows": FrameRowsBody,
}
"""The type of each body by `op`."""
