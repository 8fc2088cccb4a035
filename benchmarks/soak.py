"""Open and close inspectors for ten minutes, and check that no resource use grows.

    python benchmarks/soak.py                                  ten minutes, 20 per minute
    python benchmarks/soak.py --minutes 3 --per-minute 120     faster

A server in a separate process moves 100 avatars at 30 Hz. Each cycle opens two inspectors, views
them with a simulated page, and closes them: one on a permanent connection, and one on a new
connection, which is closed every other time and otherwise dropped without closing. Resident
memory, threads, descriptors and widget models are printed at intervals. The exit status is 1 if
any of them grew after the initial phase, in which the history reaches its limits.
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from history import avatar_server
from ipywidgets.widgets.widget import _instances

from nanover_jupyter import Connection, StateInspector, connect

# The history of a connection reaches its limit after 67 s of 3 000 changes per second.
_FILL_SECONDS: Final = 90.0
_VIEW_SECONDS: Final = 0.5
_MAX_BYTES_GROWTH: Final = 8_000_000
_MAX_COUNT_GROWTH: Final = 2
_MIN_SAMPLES: Final = 6


class ResourceUse(NamedTuple):
    """The resources that must not grow."""

    resident: int
    threads: int
    descriptors: int
    models: int

    @classmethod
    def measure(cls) -> ResourceUse:
        """Measure this process after garbage collection."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        resident = pages * resource.getpagesize()
        return cls(resident, threading.active_count(), descriptors, len(_instances))

    def __str__(self) -> str:
        size = f"{self.resident / 1e6:.1f} MB"
        return f"{size} | {self.threads} | {self.descriptors} | {self.models}"


class _Page:
    """A simulated page that opens a widget's view and acknowledges its messages."""

    def __init__(self, panel: StateInspector) -> None:
        self._panel = panel
        self.messages = 0
        panel.send = self._receive
        self._send("hello", {"epoch": None, "rev": None}, id=1)

    def close(self) -> None:
        """Close the view, as when a cell's output is cleared."""
        self._send("bye", {})
        del self._panel.send

    def _receive(self, content: dict[str, Any], _: object = None) -> None:
        self.messages += 1
        if content["op"] in ("snapshot", "delta"):
            self._send("ack", {"seq": content["body"]["seq"]})

    def _send(self, op: str, body: dict[str, Any], **more: Any) -> None:
        message = {"v": 1, "op": op, "client": "page", "body": body, **more}
        self._panel._handle_custom_msg(message, [])  # noqa: SLF001 - as a comm does


def view_inspector(connection: Connection) -> int:
    """Open, view and close an inspector. Return the number of messages it sent."""
    inspector = StateInspector(connection)
    page = _Page(inspector)
    time.sleep(_VIEW_SECONDS)
    page.close()
    inspector.close()
    return page.messages


def cycle(permanent: Connection, address: str, *, close: bool) -> None:
    """View two inspectors."""
    temporary = connect(address)
    counts = view_inspector(permanent), view_inspector(temporary)
    if not all(counts):
        raise AssertionError("an inspector sent nothing")
    if close:
        temporary.close()


def soak(minutes: float, per_minute: float, protocol: str) -> list[tuple[float, ResourceUse]]:
    """Run all cycles. Return the resource use with the seconds since the start."""
    samples: list[tuple[float, ResourceUse]] = []
    pause = 60 / per_minute
    with avatar_server() as ports:
        address = f"{protocol}://127.0.0.1:{ports[protocol]}"
        with connect(address) as permanent:
            started = time.monotonic()
            number = 0
            while (elapsed := time.monotonic() - started) < minutes * 60:
                # Each cycle opens two inspectors.
                time.sleep(max(0.0, number / 2 * pause - elapsed))
                cycle(permanent, address, close=number % 4 == 0)
                number += 2
                samples.append((time.monotonic() - started, ResourceUse.measure()))
                if number % max(2, 2 * round(per_minute / 8)) == 0:
                    print(f"| {elapsed:.0f} s | {number} | {samples[-1][1]} |", flush=True)
    return samples


def find_growth(samples: Sequence[tuple[float, ResourceUse]]) -> list[str]:
    """Return the resources that grew from the second to the last third, after the initial phase."""
    full = [use for seconds, use in samples if seconds > _FILL_SECONDS]
    if len(full) < _MIN_SAMPLES:
        return ["too short: not enough samples after the history reached its limits"]
    third = len(full) // 3
    before, after = full[third : 2 * third], full[2 * third :]
    growth = []
    for name in ResourceUse._fields:
        old = statistics.median(getattr(use, name) for use in before)
        new = statistics.median(getattr(use, name) for use in after)
        print(f"{name}: {old:.0f} -> {new:.0f}")
        if new > old + (_MAX_BYTES_GROWTH if name == "resident" else _MAX_COUNT_GROWTH):
            growth.append(name)
    return growth


def main() -> int:
    """Run the test and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--per-minute", type=float, default=20.0, help="inspectors")
    parser.add_argument("--protocol", choices=("grpc", "ws"), default="ws")
    options = parser.parse_args()
    print("| after | inspectors | resident | threads | descriptors | models |")
    print("|---|---|---|---|---|---|")
    growth = find_growth(soak(options.minutes, options.per_minute, options.protocol))
    print("grew: " + ", ".join(growth) if growth else "nothing grew")
    return 1 if growth else 0


if __name__ == "__main__":
    sys.exit(main())
