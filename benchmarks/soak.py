"""Open and close inspectors for ten minutes, and see that nothing grows.

    python benchmarks/soak.py                                  ten minutes, 20 a minute
    python benchmarks/soak.py --minutes 3 --per-minute 120     sooner

A server in a process of its own moves 100 avatars at 30 Hz. Every time, two inspectors are
opened, looked at by a page, and closed: one on a connection that stays, and one on a new
connection, which is closed every other time and dropped without a word otherwise. Resident
memory, threads, descriptors and models of widgets are printed as they come; the exit status
is 1 if any of them grew after the first part, in which the history fills its bounds.
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

from ipywidgets.widgets.widget import _instances
from recording import avatar_server

from nanover_jupyter import Connection, StateInspector, connect

# The history of a connection is full after 67 s of 3 000 changes a second.
_FILLING_SECONDS: Final = 90.0
_LOOKING: Final = 0.5
_MOST_BYTES: Final = 8_000_000
_MOST_MORE: Final = 2
_FEWEST: Final = 6


class Figures(NamedTuple):
    """What may grow."""

    resident: int
    threads: int
    descriptors: int
    models: int

    @classmethod
    def now(cls) -> Figures:
        """Measure this process, after a collection."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        resident = pages * resource.getpagesize()
        return cls(resident, threading.active_count(), descriptors, len(_instances))

    def __str__(self) -> str:
        size = f"{self.resident / 1e6:.1f} MB"
        return f"{size} | {self.threads} | {self.descriptors} | {self.models}"


class _Page:
    """Says hello to a widget, and acknowledges what it sends."""

    def __init__(self, panel: StateInspector) -> None:
        self._panel = panel
        self.messages = 0
        panel.send = self._take
        self._say("hello", {"epoch": None, "rev": None}, id=1)

    def close(self) -> None:
        """Leave, as a page does whose output is cleared."""
        self._say("bye", {})
        del self._panel.send

    def _take(self, content: dict[str, Any], _: object = None) -> None:
        self.messages += 1
        if content["op"] in ("snapshot", "delta"):
            self._say("ack", {"seq": content["body"]["seq"]})

    def _say(self, op: str, body: dict[str, Any], **more: Any) -> None:
        message = {"v": 1, "op": op, "client": "page", "body": body, **more}
        self._panel._handle_custom_msg(message, [])  # noqa: SLF001 - as a comm does


def look_at(connection: Connection) -> int:
    """Open an inspector, look at it, close it; returns how many messages came."""
    inspector = StateInspector(connection)
    page = _Page(inspector)
    time.sleep(_LOOKING)
    page.close()
    inspector.close()
    return page.messages


def cycle(staying: Connection, address: str, *, close: bool) -> None:
    """Look at two inspectors."""
    passing = connect(address)
    counts = look_at(staying), look_at(passing)
    if not all(counts):
        raise AssertionError("an inspector sent nothing")
    if close:
        passing.close()


def soak(minutes: float, per_minute: float, wire: str) -> list[tuple[float, Figures]]:
    """Run all cycles; returns the figures by the seconds since the beginning."""
    found: list[tuple[float, Figures]] = []
    pause = 60 / per_minute
    with avatar_server() as ports:
        address = f"{wire}://127.0.0.1:{ports[wire]}"
        with connect(address) as staying:
            begun = time.monotonic()
            number = 0
            while (elapsed := time.monotonic() - begun) < minutes * 60:
                # Two are opened each time.
                time.sleep(max(0.0, number / 2 * pause - elapsed))
                cycle(staying, address, close=number % 4 == 0)
                number += 2
                found.append((time.monotonic() - begun, Figures.now()))
                if number % max(2, 2 * round(per_minute / 8)) == 0:
                    print(f"| {elapsed:.0f} s | {number} | {found[-1][1]} |", flush=True)
    return found


def grew(found: Sequence[tuple[float, Figures]]) -> list[str]:
    """What is more in the last third than in the one before, once the history is full."""
    full = [figures for seconds, figures in found if seconds > _FILLING_SECONDS]
    if len(full) < _FEWEST:
        return ["too short: nothing was measured after the history was full"]
    third = len(full) // 3
    before, after = full[third : 2 * third], full[2 * third :]
    growth = []
    for name in Figures._fields:
        old = statistics.median(getattr(figures, name) for figures in before)
        new = statistics.median(getattr(figures, name) for figures in after)
        print(f"{name}: {old:.0f} -> {new:.0f}")
        if new > old + (_MOST_BYTES if name == "resident" else _MOST_MORE):
            growth.append(name)
    return growth


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--per-minute", type=float, default=20.0, help="inspectors")
    parser.add_argument("--wire", choices=("grpc", "ws"), default="ws")
    options = parser.parse_args()
    print("| after | inspectors | resident | threads | descriptors | models |")
    print("|---|---|---|---|---|---|")
    growth = grew(soak(options.minutes, options.per_minute, options.wire))
    print("grew: " + ", ".join(growth) if growth else "nothing grew")
    return 1 if growth else 0


if __name__ == "__main__":
    sys.exit(main())
