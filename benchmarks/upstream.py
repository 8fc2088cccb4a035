"""Compare this package's WebSocket client with NanoVer's own, on NanoVer's own server.

Both clients run in one process, in the Python environment with NanoVer's package
(`scripts/real_server --prepare`):

    python upstream.py serve                run a server without a simulation; print its port
    python upstream.py measure PORT ROUNDS  print the seconds of each round by client
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

__all__ = ["HOME", "client_rows"]

_HERE = Path(__file__).parent
HOME = _HERE.parent / ".cache" / "nanover-server"
_PYTHON = HOME / "bin" / "python"
_KEY = "benchmark.number"
# The server sends at most 30 updates per second. After a pause, it sends without delay.
_PAUSE = 0.05


def client_rows(rounds: int) -> list[tuple[str, str, float, float]] | None:
    """Return operation, client, milliseconds and ratio to NanoVer's own client.

    Return None if NanoVer's package is not installed.
    """
    if not _PYTHON.exists():
        return None
    with _server() as port:
        output = _run("measure", str(port), str(rounds))
    times: dict[str, dict[str, list[float]]] = json.loads(output)
    return [
        (what, client, statistics.median(own) * 1000, _median_ratio(own, clients["NanoVer's own"]))
        for what, clients in times.items()
        for client, own in clients.items()
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


# run in NanoVer's environment ------------------------------------------------------------


def serve() -> None:
    """Serve until standard input ends."""
    from nanover.app import OmniRunner

    with OmniRunner.with_basic_server(port=0) as runner:
        print(runner.app_server.service_hub.services["ws"], flush=True)
        sys.stdin.read()


class _UpdateTimer:
    """Measures the time until an update arrives in the client's copy of the state."""

    def __init__(self) -> None:
        self._wanted = -1.0
        self._arrived_at = 0.0
        self._arrived = threading.Event()

    def wrap(self, apply: Callable[..., Any], updates_of: Callable[..., Any]) -> Any:
        """Return a replacement for the method that applies changes."""

        def wrapped(*arguments: Any) -> Any:
            result = apply(*arguments)
            if updates_of(*arguments).get(_KEY) == self._wanted:
                self._arrived_at = time.perf_counter()
                self._arrived.set()
            return result

        return wrapped

    def time(self, send: Callable[[float], object], number: float) -> float:
        self._arrived.clear()
        self._wanted = number
        start = time.perf_counter()
        send(number)
        if not self._arrived.wait(10):
            raise TimeoutError("the update did not arrive")
        return self._arrived_at - start


def measure(port: int, rounds: int) -> None:
    """Print the times of updates until they are in the client's state copy, and of commands."""
    from nanover.utilities.change_buffers import DictionaryChange as TheirChange
    from nanover.websocket.client.app_client import NanoverImdClient

    from nanover_jupyter import DictionaryChange, NanoverWebSocketClient

    url = f"ws://127.0.0.1:{port}"
    with NanoverImdClient.from_url(url) as theirs, NanoverWebSocketClient.from_url(url) as ours:
        ours.subscribe_all_state_updates()
        timers = {"NanoVer's own": _UpdateTimer(), "ours": _UpdateTimer()}
        copied: Any = theirs.state_dictionary
        copied.update_state = timers["NanoVer's own"].wrap(
            copied.update_state, lambda _, change: change.updates
        )
        mirror: Any = ours._stream.mirror  # noqa: SLF001 - wrapped for timing
        mirror.apply = timers["ours"].wrap(mirror.apply, lambda change: change.updates)
        sends: dict[str, Callable[[float], object]] = {
            "NanoVer's own": lambda number: theirs.update_state(TheirChange({_KEY: number}, set())),
            "ours": lambda number: ours.attempt_update_state(DictionaryChange({_KEY: number})),
        }
        commands: dict[str, Callable[[], object]] = {
            "NanoVer's own": lambda: theirs.run_command_blocking("playback/list"),
            "ours": lambda: ours.run_command("playback/list"),
        }
        ours.update_available_commands()
        updates: dict[str, list[float]] = {client: [] for client in sends}
        calls: dict[str, list[float]] = {client: [] for client in sends}
        for number in range(rounds):
            for client, send in sends.items():
                time.sleep(_PAUSE)
                # Send distinct numbers, so that the other client's update is not mistaken for this.
                half = 0.0 if client == "ours" else 0.5
                updates[client].append(timers[client].time(send, number + half))
            for client, call in commands.items():
                start = time.perf_counter()
                call()
                calls[client].append(time.perf_counter() - start)
    print(
        json.dumps({"update until it is in the state copy": updates, "command round trip": calls})
    )


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        measure(int(sys.argv[2]), int(sys.argv[3]))
