"""Our WebSocket client beside NanoVer's own, in one process, on NanoVer's own server.

Run as a script by the Python that has NanoVer's package (`scripts/real_server --prepare`):

    python upstream.py serve               a server without a simulation; prints its port
    python upstream.py measure PORT ROUNDS prints seconds of each round, by way
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["HOME", "figures"]

_HERE = Path(__file__).parent
HOME = _HERE.parent / ".cache" / "nanover-server"
_PYTHON = HOME / "bin" / "python"
_KEY = "benchmark.number"
# Its server sends thirty times a second at the most, and what comes after a pause at once.
_PAUSE = 0.05


def figures(rounds: int) -> list[tuple[str, str, float, float]] | None:
    """What, way, milliseconds, times NanoVer's; None where NanoVer's package is missing."""
    if not _PYTHON.exists():
        return None
    with _server() as port:
        output = _run("measure", str(port), str(rounds))
    times: dict[str, dict[str, list[float]]] = json.loads(output)
    return [
        (what, way, statistics.median(taken) * 1000, _median_ratio(taken, ways["NanoVer's own"]))
        for what, ways in times.items()
        for way, taken in ways.items()
    ]


def _command(*arguments: str) -> list[str]:
    return [str(_PYTHON), str(Path(__file__)), *arguments]


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(_HERE.parent)}


def _run(*arguments: str) -> bytes:
    return subprocess.run(
        _command(*arguments), capture_output=True, check=True, env=_environment()
    ).stdout


@contextmanager
def _server() -> Iterator[int]:
    with subprocess.Popen(
        _command("serve"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def _median_ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(o / t for o, t in zip(ours, theirs, strict=True))


# Run by NanoVer's Python ------------------------------------------------------------


def serve() -> None:
    """Until standard input ends."""
    from nanover.app import OmniRunner

    with OmniRunner.with_basic_server(port=0) as runner:
        print(runner.app_server.service_hub.services["ws"], flush=True)
        sys.stdin.read()


class _Arrival:
    """Notes when the copy of the state took over the number that is waited for."""

    def __init__(self) -> None:
        self._wanted = -1.0
        self._at = 0.0
        self._came = threading.Event()

    def watch(self, take_over: Callable[..., Any], updates_of: Callable[..., Any]) -> Any:
        """A method in the place of the one that takes changes over."""

        def watched(*arguments: Any) -> Any:
            result = take_over(*arguments)
            if updates_of(*arguments).get(_KEY) == self._wanted:
                self._at = time.perf_counter()
                self._came.set()
            return result

        return watched

    def time(self, send: Callable[[float], object], number: float) -> float:
        self._came.clear()
        self._wanted = number
        start = time.perf_counter()
        send(number)
        if not self._came.wait(10):
            raise TimeoutError("the update did not come back")
        return self._at - start


def measure(port: int, rounds: int) -> None:
    """An update until it is in the sender's own copy of the state, and a command."""
    from nanover.utilities.change_buffers import DictionaryChange as TheirChange
    from nanover.websocket.client.app_client import NanoverImdClient

    from nanover_jupyter import DictionaryChange, NanoverWebSocketClient

    url = f"ws://127.0.0.1:{port}"
    with NanoverImdClient.from_url(url) as theirs, NanoverWebSocketClient.from_url(url) as ours:
        ours.subscribe_all_state_updates()
        arrivals = {"NanoVer's own": _Arrival(), "ours": _Arrival()}
        copied: Any = theirs.state_dictionary
        copied.update_state = arrivals["NanoVer's own"].watch(
            copied.update_state, lambda _, change: change.updates
        )
        mirror: Any = ours._stream.mirror  # noqa: SLF001 - to be timed, it is watched
        mirror.apply = arrivals["ours"].watch(mirror.apply, lambda change: change.updates)
        sends: dict[str, Callable[[float], object]] = {
            "NanoVer's own": lambda number: theirs.update_state(TheirChange({_KEY: number}, set())),
            "ours": lambda number: ours.attempt_update_state(DictionaryChange({_KEY: number})),
        }
        commands: dict[str, Callable[[], object]] = {
            "NanoVer's own": lambda: theirs.run_command_blocking("playback/list"),
            "ours": lambda: ours.run_command("playback/list"),
        }
        ours.update_available_commands()
        updates: dict[str, list[float]] = {way: [] for way in sends}
        calls: dict[str, list[float]] = {way: [] for way in sends}
        for number in range(rounds):
            for way, send in sends.items():
                time.sleep(_PAUSE)
                # Each way changes the number, or the other's change would be taken for it.
                half = 0.0 if way == "ours" else 0.5
                updates[way].append(arrivals[way].time(send, number + half))
            for way, call in commands.items():
                start = time.perf_counter()
                call()
                calls[way].append(time.perf_counter() - start)
    print(json.dumps({"update until it is in the copy": updates, "command and its answer": calls}))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        measure(int(sys.argv[2]), int(sys.argv[3]))
