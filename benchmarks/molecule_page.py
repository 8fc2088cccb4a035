"""The cost of the molecular view in JupyterLab, compared with the same bytes in a bare widget.

    python benchmarks/molecule_page.py [SECTION]...

Sections: live, large, idle, together. Needs Chromium and JupyterLab. The server publishes
frames from a process of its own, 30 per second, each with the time at which it was sent as its
simulated time. Headless Chromium draws in software, so draw calls are skipped: a frame counts
when its positions are uploaded. The baseline **bare upload** sends the positions of each frame
as one message per frame, with an acknowledgement for every second one, and uploads them to a
texture.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import molecule_page_scripts as scripts
from inspector_page import InspectorBenchmark, open_benchmark, percentile, table

SECONDS = 10.0
_SETTLE_MS = 4000
_HEADS = ["method", "frames/s", "p50 ms", "p95 ms", "kernel CPU %", "page CPU ms/frame"]


class Frames:
    """A server in another process, to which the notebook is connected.

    Args:
        benchmark: The benchmark whose notebook connects.
        atoms: The number of atoms.
    """

    def __init__(self, benchmark: InspectorBenchmark, atoms: int) -> None:
        program = [sys.executable, "-c", scripts.PUBLISH, str(atoms)]
        self._process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        benchmark.notebook.run(scripts.CONNECT.format(port=port))

    def order(self, what: str) -> None:
        """Make the frames "play" or "pause"."""
        assert self._process.stdin is not None
        print(what, file=self._process.stdin, flush=True)

    def __enter__(self) -> Self:
        self.order("play")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def measure(benchmark: InspectorBenchmark, method: str) -> list[str]:
    """Return a row of the table for the views that are shown."""
    page = benchmark.page
    page.wait_for_timeout(_SETTLE_MS)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def busy() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

    cpu, tasks = benchmark.cpu(), busy()
    delays = page.evaluate(scripts.MEASURE_UPLOADS, SECONDS)
    kernel, tasks = benchmark.cpu() - cpu, busy() - tasks
    figures = ["-"] * 3
    if delays:
        figures = [
            f"{percentile(delays, 0.5) * 1000:.0f}",
            f"{percentile(delays, 0.95) * 1000:.0f}",
            f"{tasks / len(delays) * 1000:.1f}",
        ]
    rate, share = len(delays) / SECONDS, kernel / SECONDS * 100
    return [method, f"{rate:.1f}", *figures[:2], f"{share:.1f}", figures[2]]


def compare(atoms: int) -> None:
    """Measure the client alone, the baseline and the view with a number of atoms."""
    rows = []
    for method, show in (
        ("client only", scripts.READ),
        ("bare upload", scripts.BARE_UPLOAD),
        ("MoleculeView", scripts.SHOW),
    ):
        with open_benchmark({}) as benchmark, Frames(benchmark, atoms):
            benchmark.notebook.run(show)
            rows.append(measure(benchmark, method))
    table(f"{atoms:,} atoms at 30 frames per second".replace(",", " "), _HEADS, rows)


def live() -> None:
    """10 000 atoms."""
    compare(10_000)


def large() -> None:
    """100 000 atoms."""
    compare(100_000)


def idle() -> None:
    """A view without new frames, and one that is scrolled out of sight."""
    rows = []
    with open_benchmark({}) as benchmark, Frames(benchmark, 10_000) as frames:
        benchmark.page.wait_for_timeout(_SETTLE_MS)
        rows.append(["no widget", *benchmark.measure_cost(SECONDS)])
        benchmark.notebook.run(scripts.SHOW)
        benchmark.page.wait_for_timeout(_SETTLE_MS)
        frames.order("pause")
        benchmark.page.wait_for_timeout(_SETTLE_MS)
        rows.append(["visible, no new frames", *benchmark.measure_cost(SECONDS)])
        frames.order("play")
        benchmark.page.evaluate(scripts.SCROLL_OUT_OF_VIEW)
        benchmark.page.wait_for_timeout(_SETTLE_MS)
        rows.append(["out of sight", *benchmark.measure_cost(SECONDS)])
    table("A view that need not draw", ["10 000 atoms", "kernel CPU %", "page CPU %", "kB/s"], rows)


def together() -> None:
    """Three views in one tab and one of them in a second tab."""
    with open_benchmark({}) as benchmark, Frames(benchmark, 10_000):
        benchmark.notebook.run(scripts.SHOW_THREE)
        rows = [measure(benchmark, "three views, one tab")]
        other = benchmark.notebook.another_tab()
        other.page.wait_for_timeout(_SETTLE_MS)
        rows.append(measure(benchmark, "the same, shown in a second tab too"))
        # A slow tab must not slow the first one.
        other.page.evaluate(scripts.BE_SLOW)
        rows.append(measure(benchmark, "the same, while the second tab is slow"))
        benchmark.notebook.close_tabs()
    table("Several views of 10 000 atoms (frames of all views of the tab)", _HEADS, rows)


_SECTIONS = {"live": live, "large": large, "idle": idle, "together": together}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *_SECTIONS], default=[])
    arguments = parser.parse_args()
    for section in arguments.sections or _SECTIONS:
        _SECTIONS[section]()
