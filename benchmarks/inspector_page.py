"""The cost of the inspector in JupyterLab, compared with a `traitlets.Dict` of the full state.

    python benchmarks/inspector_page.py [SECTION]...

Sections: live, many, flood, million, long, hidden, recovery. Needs Chromium and JupyterLab. Each
section opens a new JupyterLab, kernel and page; the server and the driver run in this process.
Delays are from the server's write to the start of the frame after the one that drew the update,
both by the system clock.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import inspector_page_scripts as scripts
from playwright.sync_api import Page

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.applications import Lab
from tests.jupyter.notebook_page import NotebookPage
from tests.support.chromium import launched_chromium, new_context

SECONDS = 10.0
_TICK = 1 / 30
_SMOOTH_FRAME_MS = 34  # at most every other frame is dropped


def percentile(values: list[float], share: float) -> float:
    """Return the percentile of values for a share between 0 and 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def sample_value(number: int, step: int = 0) -> dict[str, Any]:
    """Return a typical value of about 97 bytes of JSON."""
    return {
        "mass": 12.0,
        "position": [number / 7, step / 9, -number / 11],
        "name": f"atom {number}",
    }


def sample_state(keys: int) -> dict[str, Any]:
    """Return a state with the probe key first, then keys in branches of a thousand."""
    state = {f"particle.{n // 1000}.{n}": sample_value(n) for n in range(keys - 1)}
    return {"a.probe": "sent 0", **state}


class Writer:
    """Changes the probe key and a number of other keys thirty times a second."""

    def __init__(self, server: NanoverServer, keys: int, value: Callable[[int], Any]) -> None:
        self._server = server
        self._keys = keys
        self._value = value
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.updates = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        start = time.monotonic()
        while not self._stop.wait(max(0.0, start + self.updates * _TICK - time.monotonic())):
            step = self.updates
            changes = {
                f"particle.{n // 1000}.{n}": self._value(n + step) for n in range(self._keys)
            }
            changes["a.probe"] = f"sent {time.time():.4f}"
            self._server.update_state(None, DictionaryChange(changes))
            self.updates += 1


class InspectorBenchmark:
    """A server in this process and a notebook in JupyterLab that is connected to it."""

    def __init__(self, state: dict[str, Any], notebook: NotebookPage) -> None:
        self.server = NanoverServer()
        self.server.update_state(None, DictionaryChange(state))
        self.notebook = notebook
        self.page: Page = notebook.page
        self._bytes = 0
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        notebook.open(["0"])
        notebook.run(scripts.CONNECT.format(port=self.server.port, keys=len(state)))
        self._kernel = int(notebook.run("print(os.getpid())"))

    def _count(self, payload: str | bytes) -> None:
        self._bytes += len(payload)

    def cpu(self) -> float:
        """Return the CPU seconds that the kernel has used, without running a cell."""
        times = Path(f"/proc/{self._kernel}/stat").read_text().rpartition(")")[2].split()
        user, system = times[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def heap(self) -> float:
        """Return the size of the page's JavaScript heap in MB."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        return float(self.page.evaluate("performance.memory.usedJSHeapSize")) / 1e6

    def measure_updates(self, seconds: float) -> dict[str, float]:
        """Measure delays and frames while the state changes."""
        self.page.wait_for_timeout(2000)
        cpu, start = self.cpu(), time.monotonic()
        self._bytes = 0
        seen = self.page.evaluate(scripts.MEASURE_UPDATES, seconds)
        received, elapsed = self._bytes, time.monotonic() - start
        share = (self.cpu() - cpu) / (time.monotonic() - start)
        return {
            "p50": statistics.median(seen["delays"] or [float("nan")]) * 1000,
            "p95": percentile(seen["delays"], 0.95) * 1000,
            "fps": len(seen["frames"]) / (sum(seen["frames"]) / 1000),
            "frame p95": percentile(seen["frames"], 0.95),
            "kernel": share * 100,
            "kB/s": received / elapsed / 1000,
            "seen/s": len(seen["delays"]) / seconds,
        }

    def measure_cost(self, seconds: float) -> list[str]:
        """Return the CPU use of kernel and page in percent, and kB per second, without input."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable")
        # Free objects of earlier phases now, so that this is not measured.
        session.send("HeapProfiler.collectGarbage")

        def page_cpu() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

        cpu, busy, start, self._bytes = self.cpu(), page_cpu(), time.monotonic(), 0
        self.page.wait_for_timeout(seconds * 1000)
        received, elapsed = self._bytes, time.monotonic() - start
        busy = page_cpu() - busy
        share = (self.cpu() - cpu) / (time.monotonic() - start)
        return [
            f"{share * 100:.1f}",
            f"{busy / elapsed * 100:.1f}",
            f"{received / elapsed / 1000:.1f}",
        ]

    def close(self) -> None:
        """Close the server."""
        self.server.close()


@contextlib.contextmanager
def open_benchmark(state: dict[str, Any]) -> Iterator[InspectorBenchmark]:
    """Open a benchmark whose server has this state."""
    with (
        tempfile.TemporaryDirectory() as home,
        launched_chromium("--enable-precise-memory-info") as browser,
    ):
        lab = Lab(Path(home)).start()
        benchmark = InspectorBenchmark(state, NotebookPage(lab, new_context(browser)))
        try:
            yield benchmark
        finally:
            benchmark.notebook.close()
            benchmark.close()
            lab.close()


def table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


_HEADS = ["method", "p50 ms", "p95 ms", "frames/s", "kernel CPU %", "kB/s", "updates seen/s"]


def _row(method: str, seen: dict[str, float]) -> list[str]:
    names = ("p50", "p95", "fps", "kernel", "kB/s", "seen/s")
    return [method, *(f"{seen[name]:.0f}" for name in names)]


def live() -> None:
    """1 000 keys, 100 of them changing, compared with the baseline."""
    rows = []
    for method, show in (
        ("a Dict trait", scripts.DICT_TRAIT.format()),
        ("inspector", scripts.INSPECT.format(query="")),
    ):
        with open_benchmark(sample_state(1000)) as benchmark:
            benchmark.notebook.run(show)
            with Writer(benchmark.server, 100, sample_value):
                if method == "inspector":
                    benchmark.page.locator(".nvj-row").first.click()
                rows.append(_row(method, benchmark.measure_updates(SECONDS)))
    table("1 000 keys, 100 of them changed 30 times a second", _HEADS, rows)


def many() -> None:
    """100 000 keys: loading, searching and scrolling."""
    keys = 100_000
    with open_benchmark(sample_state(keys)) as benchmark:
        before = benchmark.heap()
        benchmark.page.evaluate(f"() => {{ window.arrival = ({scripts.ARRIVAL})({keys}) }}")
        benchmark.notebook.run(scripts.INSPECT.format(query=""))
        arrival = benchmark.page.evaluate("() => window.arrival")
        rows = [
            ["first rows, after the view starts", f"{arrival['first']:.0f} ms"],
            ["all keys", f"{arrival['all']:.0f} ms"],
            ["longest frame while loading", f"{arrival['gaps']:.0f} ms"],
            ["additional memory of the page", f"{benchmark.heap() - before:.0f} MB"],
        ]
        queries = [
            "p",
            "part",
            "particle.7.",
            "99",
            "mass:>5",
            'name:"atom 77"',
            "/7+$/",
            "type:obj",
        ]
        for query, first, done, found in benchmark.page.evaluate(scripts.FILTER, queries):
            rows.append([f"`{query}` ({found})", f"{first:.0f} ms, all after {done:.0f} ms"])
        benchmark.page.evaluate(scripts.FILTER, ["particle"])
        frames = benchmark.page.evaluate(scripts.SCROLL)
        share = sum(frame < _SMOOTH_FRAME_MS for frame in frames) / len(frames)
        rows.append(["frames under 34 ms while scrolling expanded keys", f"{share * 100:.0f} %"])
        table("100 000 keys", ["what", "measured"], rows)


def flood() -> None:
    """100 000 keys, 1 000 of them changed 30 times a second, and the lengths of the queues."""
    with open_benchmark(sample_state(100_000)) as benchmark:
        benchmark.notebook.run(scripts.INSPECT.format(query=""))
        benchmark.page.wait_for_timeout(4000)
        benchmark.page.locator(".nvj-row").first.click()
        # Use one cell, because a growing notebook takes more of the page's time.
        benchmark.notebook.run(scripts.QUEUES)
        cell = benchmark.page.evaluate(scripts.LAST_CELL)
        queues = []
        with Writer(benchmark.server, 1000, sample_value) as writer:
            for _ in range(FLOOD_ROUNDS):
                # Running the cell scrolls to it, and a hidden inspector receives nothing.
                benchmark.page.locator(".nvj-root").last.scroll_into_view_if_needed()
                seen = benchmark.measure_updates(SECONDS)
                waiting = benchmark.notebook.run_cell(cell)
                queues.append(
                    [
                        *_row("", seen)[1:],
                        waiting.replace(" ", " + ").strip(),
                        f"{benchmark.heap():.0f}",
                    ]
                )
            updates = writer.updates
        title = f"100 000 keys, 1 000 changed 30 times a second ({updates} updates)"
        table(title, [*_HEADS[1:], "messages + keys waiting", "heap MB"], queues)


def million() -> None:
    """One million keys: loading and searching without freezing."""
    keys = 1_000_000
    with open_benchmark(sample_state(keys)) as benchmark:
        benchmark.page.evaluate(f"() => {{ window.arrival = ({scripts.ARRIVAL})({keys}) }}")
        benchmark.notebook.run(scripts.INSPECT.format(query=""))
        arrival = benchmark.page.evaluate("() => window.arrival")
        rows = [
            ["first rows", f"{arrival['first']:.0f} ms"],
            ["all keys", f"{arrival['all'] / 1000:.1f} s"],
            ["longest frame while loading", f"{arrival['gaps']:.0f} ms"],
            ["memory of the page", f"{benchmark.heap():.0f} MB"],
        ]
        for query, first, done, found in benchmark.page.evaluate(
            scripts.FILTER, ["particle.77.", "99"]
        ):
            rows.append([f"`{query}` ({found})", f"{first:.0f} ms, all after {done:.0f} ms"])
        with Writer(benchmark.server, 100, sample_value):
            seen = benchmark.measure_updates(SECONDS)
        rows.append(
            ["p95 while 100 keys change", f"{seen['p95']:.0f} ms at {seen['fps']:.0f} frames/s"]
        )
        table("1 000 000 keys", ["what", "measured"], rows)


def long() -> None:
    """One value of 100 000 numbers, changed 30 times a second."""
    numbers = [float(n) for n in range(100_000)]
    with open_benchmark({"a.probe": "sent 0", "numbers": numbers}) as benchmark:
        benchmark.notebook.run(scripts.INSPECT.format(query=""))
        rows = []
        stop = threading.Event()

        def write() -> None:
            step = 0
            while not stop.wait(_TICK):
                step += 1
                numbers[step % 50] = float(step)
                probe = f"sent {time.time():.4f}"
                change = DictionaryChange({"numbers": numbers, "a.probe": probe})
                benchmark.server.update_state(None, change)

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        rows.append(_row("inspector", benchmark.measure_updates(SECONDS)))
        stop.set()
        thread.join()
        table("A list of 100 000 numbers, changed 30 times a second", _HEADS, rows)


def hidden() -> None:
    """The cost of an inspector that is scrolled out of view."""
    rows = []
    with (
        open_benchmark(sample_state(1000)) as benchmark,
        Writer(benchmark.server, 100, sample_value),
    ):
        benchmark.page.wait_for_timeout(2000)
        # First, because the history keeps recording after its widget is closed.
        rows.append(["no inspector, client only", *benchmark.measure_cost(SECONDS)])
        benchmark.notebook.run(scripts.INSPECT.format(query=""))
        benchmark.page.wait_for_timeout(2000)
        rows.append(["visible", *benchmark.measure_cost(SECONDS)])
        benchmark.page.evaluate(scripts.SCROLL_OUT_OF_VIEW)
        benchmark.page.wait_for_timeout(3000)
        rows.append(["scrolled out of view", *benchmark.measure_cost(SECONDS)])
    heads = ["1 000 keys, 100 changing", "kernel CPU %", "page's CPU %", "kB/s"]
    table("An inspector that is not visible", heads, rows)


def recovery() -> None:
    """The time until the view is complete after reconnecting or reloading the page."""
    rows = []
    for keys in (1_000, 100_000):
        with open_benchmark(sample_state(keys)) as benchmark:
            benchmark.notebook.run(scripts.INSPECT.format(query="probe"))
            benchmark.page.wait_for_function(scripts.HAS_TEXT, arg='"sent 0"')
            benchmark.page.evaluate(
                f"() => {{ window.arrival = ({scripts.WAIT_FOR_TEXT})('\"sent 1\"') }}"
            )
            benchmark.notebook.run(scripts.RECORD_CONNECTED)
            port = benchmark.server.port
            benchmark.server.close()
            benchmark.page.wait_for_timeout(3000)
            benchmark.server = NanoverServer(port=port)
            benchmark.server.update_state(
                None, DictionaryChange(sample_state(keys) | {"a.probe": "sent 1"})
            )
            seen = benchmark.page.evaluate("() => window.arrival")
            connected = float(benchmark.notebook.run("print(connected_at[-1])"))
            rows.append([f"{keys:,} keys, reconnected", f"{seen - connected:.2f} s"])
            benchmark.page.evaluate(scripts.SAVE_NOTEBOOK)
            benchmark.page.add_init_script(f"window.arrival = ({scripts.ARRIVAL})({keys})")
            benchmark.page.reload()
            arrival = benchmark.page.evaluate("() => window.arrival")
            rows.append([f"{keys:,} keys, page reloaded", f"{arrival['all'] / 1000:.2f} s"])
    table("Recovery", ["what", "time"], [[a.replace(",", " "), b] for a, b in rows])


_SECTIONS = {
    "live": live,
    "many": many,
    "flood": flood,
    "million": million,
    "long": long,
    "hidden": hidden,
    "recovery": recovery,
}
FLOOD_ROUNDS = 3

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *_SECTIONS], default=[])
    parser.add_argument(
        "--flood-rounds", type=int, default=FLOOD_ROUNDS, help="rounds of ten seconds"
    )
    arguments = parser.parse_args()
    FLOOD_ROUNDS = arguments.flood_rounds
    for section in arguments.sections or _SECTIONS:
        _SECTIONS[section]()
