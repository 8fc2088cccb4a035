"""Whether a simulation plays, derived from its frames and from the commands of this connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.client.commands.runs import CommandRuns, Run
from nanover_jupyter.client.frames.series import FrameSeries
from nanover_jupyter.widgets.simulation.messages import PlaybackState

__all__ = ["COMMANDS", "PlaybackMonitor", "playback_state"]

COMMANDS: Final = {
    "play": "playback/play",
    "pause": "playback/pause",
    "step": "playback/step",
    "reset": "playback/reset",
    "load": "playback/load",
    "list": "playback/list",
}
"""NanoVer's playback commands by action."""

_PAUSING: Final = frozenset({"playback/pause", "playback/step", "playback/step_back"})
_PLAYING: Final = frozenset({"playback/play", "playback/load", "playback/next", "playback/reset"})
_TIME: Final = "system.simulation.time"
# The number of frames from which the usual interval between frames is computed.
_FRAMES: Final = 12
_MIN_SILENCE: Final = 1.0
_MAX_SILENCE: Final = 10.0
_INTERVALS: Final = 3.0
# Frames that were on their way when a command ended.
_SETTLE_SECONDS: Final = 0.3

Column = npt.NDArray[np.float64]


class PlaybackMonitor:
    """Derives the playback state, as NanoVer servers do not send it. Thread-safe.

    Args:
        runs: The runs of the connection, which include those of the command palette.
        on_command: Called when a playback command has succeeded, on any thread.
    """

    def __init__(self, runs: CommandRuns, on_command: Callable[[], object]) -> None:
        # Guards the field below.
        self._lock = threading.Lock()
        self._paused_at: float | None = None
        self._on_command = on_command
        self._unsubscribe = runs.on_change(self._on_run)

    def state(self, series: FrameSeries | None, now: float) -> PlaybackState:
        """Return the state.

        Args:
            series: The recorded frames.
            now: The current time in seconds since 1970.
        """
        if series is None:
            return "none"
        rows = series.read((_TIME,), since=series.count() - _FRAMES)
        resets = [row for row in rows.resets if row < rows.stop]
        start = resets[-1] - rows.first if resets else 0
        with self._lock:
            paused_at = self._paused_at
        return playback_state(
            rows.seconds[start:], rows.columns[_TIME][start:], paused_at=paused_at, now=now
        )

    def close(self) -> None:
        """Unsubscribe."""
        self._unsubscribe()

    def _on_run(self, run: Run | None) -> None:
        if run is None or run.state != "done" or run.seconds is None:
            return
        if run.name in _PAUSING:
            with self._lock:
                self._paused_at = run.began + run.seconds
        elif run.name in _PLAYING:
            with self._lock:
                self._paused_at = None
        else:
            return
        self._on_command()


def playback_state(
    seconds: Column, times: Column, *, paused_at: float | None, now: float
) -> PlaybackState:
    """Return the playback state of a simulation.

    Args:
        seconds: When the last frames since a reset were received, in seconds since 1970.
        times: The simulated times in these frames; NaN if a frame has none.
        paused_at: When this connection paused the simulation; None if it did not, or has let
            it play since.
        now: The current time.
    """
    if len(seconds) == 0:
        return "none"
    usual = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    silence = min(_MAX_SILENCE, max(_MIN_SILENCE, _INTERVALS * usual))
    since = now - silence
    if paused_at is not None:
        # A step sends one frame, and others may have been on their way.
        since = max(since, paused_at + _SETTLE_SECONDS)
    recent = seconds >= since
    if np.count_nonzero(recent) > 1 and _increases(times[recent]):
        return "playing"
    return "stopped" if paused_at is None else "paused"


def _increases(times: Column) -> bool:
    """Return whether time increases, or is unknown: a recording may have frames without it."""
    known = times[np.isfinite(times)]
    return len(known) < 2 or bool(known[-1] > known[0])  # noqa: PLR2004 - an interval
