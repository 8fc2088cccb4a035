"""Whether a simulation plays."""

from __future__ import annotations

import numpy as np
import pytest

from nanover_jupyter import Connection, NanoverServer
from nanover_jupyter.widgets.simulation.playback import PlaybackMonitor, playback_state
from tests.support.eventually import eventually
from tests.support.frame_source import FrameSource

NOW = 1000.0


def frames(count: int, *, until: float, interval: float = 1 / 30) -> tuple[np.ndarray, np.ndarray]:
    """Return the arrival of frames up to a time, and their simulated times."""
    seconds = until - interval * np.arange(count)[::-1]
    return seconds, 0.01 * np.arange(count)


@pytest.mark.parametrize(
    ("until", "paused_at", "state"),
    [
        (NOW, None, "playing"),
        (NOW - 0.9, None, "playing"),
        (NOW - 1.1, None, "stopped"),
        (NOW - 1.1, NOW - 1.2, "paused"),
        (NOW - 0.1, NOW - 0.2, "paused"),
        (NOW, NOW - 10, "playing"),
    ],
)
def test_the_state_follows_from_frames_and_own_commands(
    until: float, paused_at: float | None, state: str
) -> None:
    seconds, times = frames(12, until=until)

    assert playback_state(seconds, times, paused_at=paused_at, now=NOW) == state


def test_a_step_does_not_play() -> None:
    seconds, times = frames(1, until=NOW - 0.1)

    assert playback_state(seconds, times, paused_at=NOW - 0.5, now=NOW) == "paused"


def test_rare_frames_play_too() -> None:
    seconds, times = frames(4, until=NOW - 2, interval=2.0)

    assert playback_state(seconds, times, paused_at=None, now=NOW) == "playing"


def test_frames_whose_time_stands_still_do_not_play() -> None:
    seconds, times = frames(12, until=NOW)

    assert playback_state(seconds, 0 * times, paused_at=None, now=NOW) == "stopped"


def test_frames_without_a_time_play() -> None:
    seconds, times = frames(12, until=NOW)

    assert playback_state(seconds, np.nan * times, paused_at=None, now=NOW) == "playing"


def test_without_frames_there_is_no_state() -> None:
    empty = np.empty(0)

    assert playback_state(empty, empty, paused_at=NOW, now=NOW) == "none"


def test_own_commands_are_noticed(connection: Connection, server: NanoverServer) -> None:
    for name in ("playback/pause", "playback/play"):
        server.register_command(name, lambda: None)
    commands: list[str] = []
    monitor = PlaybackMonitor(connection.runs, lambda: commands.append("command"))
    series = connection.client.frame_series
    source = FrameSource(connection.client)
    source.start()
    source.step()
    now = series.read(()).seconds[-1]

    assert monitor.state(series, now) == "playing"
    connection.runs.start("playback/pause", {})
    eventually(lambda: commands)
    assert monitor.state(series, now + 2) == "paused"
    connection.runs.start("playback/play", {})
    eventually(lambda: len(commands) > 1)
    assert monitor.state(series, now + 2) == "stopped"
    monitor.close()
