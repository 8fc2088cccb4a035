"""What the inspector costs in a real JupyterLab page, beside a `traitlets.Dict` of the whole state.

    python benchmarks/page.py [SECTION]...      live, many, flood, million, long, hidden, back

Needs Chromium and JupyterLab; each section opens a JupyterLab, a kernel and a page of its
own, while server and driver run here. Times are taken with the machine's one clock: the
server writes when it sent, the page says when the frame after the drawing began.
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

import page_scripts as scripts
from playwright.sync_api import Page

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.jupyter.applications import Lab
from tests.jupyter.notebook_page import NotebookPage
from tests.support.chromium import launched_chromium, new_context

SECONDS = 10.0
_TICK = 1 / 30
_SMOOTH = 34  # ms: not more than every other frame is missed


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def some_value(number: int, beat: int = 0) -> dict[str, Any]:
    """About 97 bytes of JSON, as most of a session's values."""
    return {
        "mass": 12.0,
        "position": [number / 7, beat / 9, -number / 11],
        "name": f"atom {number}",
    }


def world(keys: int) -> dict[str, Any]:
    """The probe first in order, then keys in branches of a thousand."""
    state = {f"particle.{n // 1000}.{n}": some_value(n) for n in range(keys - 1)}
    return {"a.probe": "sent 0", **state}


class Writer:
    """Changes the probe and so many keys thirty times a second."""

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
            beat = self.updates
            changes = {
                f"particle.{n // 1000}.{n}": self._value(n + beat) for n in range(self._keys)
            }
            changes["a.probe"] = f"sent {time.time():.4f}"
            self._server.update_state(None, DictionaryChange(changes))
            self.updates += 1


class Bench:
    """A server here, and a notebook of a JupyterLab beside it."""

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
        """Seconds of processor that the kernel has used; asked without running a cell."""
        times = Path(f"/proc/{self._kernel}/stat").read_text().rpartition(")")[2].split()
        user, system = times[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def heap(self) -> float:
        """Megabytes of JavaScript that the page holds."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        return float(self.page.evaluate("performance.memory.usedJSHeapSize")) / 1e6

    def watch(self, seconds: float) -> dict[str, float]:
        """Delays and frames while the state moves."""
        self.page.wait_for_timeout(2000)
        cpu, start = self.cpu(), time.monotonic()
        self._bytes = 0
        seen = self.page.evaluate(scripts.WATCH, seconds)
        received, taken = self._bytes, time.monotonic() - start
        share = (self.cpu() - cpu) / (time.monotonic() - start)
        return {
            "p50": statistics.median(seen["delays"] or [float("nan")]) * 1000,
            "p95": percentile(seen["delays"], 0.95) * 1000,
            "fps": len(seen["frames"]) / (sum(seen["frames"]) / 1000),
            "frame p95": percentile(seen["frames"], 0.95),
            "kernel": share * 100,
            "kB/s": received / taken / 1000,
            "seen/s": len(seen["delays"]) / seconds,
        }

    def cost(self, seconds: float) -> list[str]:
        """Processor of kernel and page in percent, and kB per second, while nobody acts."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable")
        # What was left by what came before would be cleared away now, and be counted here.
        session.send("HeapProfiler.collectGarbage")

        def page_cpu() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

        cpu, busy, start, self._bytes = self.cpu(), page_cpu(), time.monotonic(), 0
        self.page.wait_for_timeout(seconds * 1000)
        received, taken = self._bytes, time.monotonic() - start
        busy = page_cpu() - busy
        share = (self.cpu() - cpu) / (time.monotonic() - start)
        return [
            f"{share * 100:.1f}",
            f"{busy / taken * 100:.1f}",
            f"{received / taken / 1000:.1f}",
        ]

    def close(self) -> None:
        """End the server."""
        self.server.close()


@contextlib.contextmanager
def opened(state: dict[str, Any]) -> Iterator[Bench]:
    """A bench whose server holds this state."""
    with (
        tempfile.TemporaryDirectory() as home,
        launched_chromium("--enable-precise-memory-info") as browser,
    ):
        lab = Lab(Path(home)).start()
        bench = Bench(state, NotebookPage(lab, new_context(browser)))
        try:
            yield bench
        finally:
            bench.notebook.close()
            bench.close()
            lab.close()


def table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


_HEADS = ["way", "p50 ms", "p95 ms", "frames/s", "kernel CPU %", "kB/s", "updates seen/s"]


def _row(way: str, seen: dict[str, float]) -> list[str]:
    names = ("p50", "p95", "fps", "kernel", "kB/s", "seen/s")
    return [way, *(f"{seen[name]:.0f}" for name in names)]


def live() -> None:
    """1 000 keys, 100 of them changing, and the plain way beside it."""
    rows = []
    for way, show in (
        ("a Dict trait", scripts.PLAIN.format()),
        ("inspector", scripts.INSPECT.format(query="")),
    ):
        with opened(world(1000)) as bench:
            bench.notebook.run(show)
            with Writer(bench.server, 100, some_value):
                if way == "inspector":
                    bench.page.locator(".nvj-row").first.click()
                rows.append(_row(way, bench.watch(SECONDS)))
    table("1 000 keys, 100 of them changed 30 times a second", _HEADS, rows)


def many() -> None:
    """100 000 keys: how they arrive, are searched and scrolled."""
    keys = 100_000
    with opened(world(keys)) as bench:
        before = bench.heap()
        bench.page.evaluate(f"() => {{ window.arrival = ({scripts.ARRIVAL})({keys}) }}")
        bench.notebook.run(scripts.INSPECT.format(query=""))
        arrival = bench.page.evaluate("() => window.arrival")
        rows = [
            ["first rows, from the view's start", f"{arrival['first']:.0f} ms"],
            ["all keys", f"{arrival['all']:.0f} ms"],
            ["longest frame meanwhile", f"{arrival['gaps']:.0f} ms"],
            ["memory of the page, more than before", f"{bench.heap() - before:.0f} MB"],
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
        for query, first, done, found in bench.page.evaluate(scripts.FILTER, queries):
            rows.append([f"`{query}` ({found})", f"{first:.0f} ms, all after {done:.0f} ms"])
        bench.page.evaluate(scripts.FILTER, ["particle"])
        frames = bench.page.evaluate(scripts.SCROLL)
        share = sum(frame < _SMOOTH for frame in frames) / len(frames)
        rows.append(["frames under 34 ms, scrolling open keys", f"{share * 100:.0f} %"])
        table("100 000 keys", ["what", "measured"], rows)


def flood() -> None:
    """100 000 keys, 1 000 of them changed 30 times a second, and what waits in queues."""
    with opened(world(100_000)) as bench:
        bench.notebook.run(scripts.INSPECT.format(query=""))
        bench.page.wait_for_timeout(4000)
        bench.page.locator(".nvj-row").first.click()
        # One cell asks each time: a notebook that grows takes ever more of the page's time.
        bench.notebook.run(scripts.QUEUES)
        asking = bench.page.evaluate(scripts.LAST_CELL)
        queues = []
        with Writer(bench.server, 1000, some_value) as writer:
            for _ in range(FLOODS):
                # The question scrolls to its cell: what is out of sight is told nothing.
                bench.page.locator(".nvj-root").last.scroll_into_view_if_needed()
                seen = bench.watch(SECONDS)
                waiting = bench.notebook.run_cell(asking)
                queues.append(
                    [
                        *_row("", seen)[1:],
                        waiting.replace(" ", " + ").strip(),
                        f"{bench.heap():.0f}",
                    ]
                )
            updates = writer.updates
        title = f"100 000 keys, 1 000 changed 30 times a second ({updates} updates)"
        table(title, [*_HEADS[1:], "messages + keys waiting", "heap MB"], queues)


def million() -> None:
    """One million keys: what it does instead of freezing."""
    keys = 1_000_000
    with opened(world(keys)) as bench:
        bench.page.evaluate(f"() => {{ window.arrival = ({scripts.ARRIVAL})({keys}) }}")
        bench.notebook.run(scripts.INSPECT.format(query=""))
        arrival = bench.page.evaluate("() => window.arrival")
        rows = [
            ["first rows", f"{arrival['first']:.0f} ms"],
            ["all keys", f"{arrival['all'] / 1000:.1f} s"],
            ["longest frame meanwhile", f"{arrival['gaps']:.0f} ms"],
            ["memory of the page", f"{bench.heap():.0f} MB"],
        ]
        for query, first, done, found in bench.page.evaluate(
            scripts.FILTER, ["particle.77.", "99"]
        ):
            rows.append([f"`{query}` ({found})", f"{first:.0f} ms, all after {done:.0f} ms"])
        with Writer(bench.server, 100, some_value):
            seen = bench.watch(SECONDS)
        rows.append(
            ["100 keys changing: p95", f"{seen['p95']:.0f} ms at {seen['fps']:.0f} frames/s"]
        )
        table("1 000 000 keys", ["what", "measured"], rows)


def long() -> None:
    """One value of 100 000 numbers, changed 30 times a second."""
    numbers = [float(n) for n in range(100_000)]
    with opened({"a.probe": "sent 0", "numbers": numbers}) as bench:
        bench.notebook.run(scripts.INSPECT.format(query=""))
        rows = []
        stop = threading.Event()

        def write() -> None:
            beat = 0
            while not stop.wait(_TICK):
                beat += 1
                numbers[beat % 50] = float(beat)
                probe = f"sent {time.time():.4f}"
                change = DictionaryChange({"numbers": numbers, "a.probe": probe})
                bench.server.update_state(None, change)

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        rows.append(_row("inspector", bench.watch(SECONDS)))
        stop.set()
        thread.join()
        table("A list of 100 000 numbers, changed 30 times a second", _HEADS, rows)


def hidden() -> None:
    """What an inspector costs that is out of sight, beside one that is looked at."""
    rows = []
    with opened(world(1000)) as bench, Writer(bench.server, 100, some_value):
        bench.page.wait_for_timeout(2000)
        # First, since what is remembered of the state goes on when its widget is closed.
        rows.append(["no inspector, the client alone", *bench.cost(SECONDS)])
        bench.notebook.run(scripts.INSPECT.format(query=""))
        bench.page.wait_for_timeout(2000)
        rows.append(["in sight", *bench.cost(SECONDS)])
        bench.page.evaluate(scripts.OUT_OF_SIGHT)
        bench.page.wait_for_timeout(3000)
        rows.append(["scrolled out of sight", *bench.cost(SECONDS)])
    heads = ["1 000 keys, 100 changing", "kernel CPU %", "page's CPU %", "kB/s"]
    table("An inspector that nobody sees", heads, rows)


def back() -> None:
    """How soon the page is right again after the server, or the page, was gone."""
    rows = []
    for keys in (1_000, 100_000):
        with opened(world(keys)) as bench:
            bench.notebook.run(scripts.INSPECT.format(query="probe"))
            bench.page.wait_for_function(scripts.SHOWS, arg='"sent 0"')
            bench.page.evaluate(f"() => {{ window.arrival = ({scripts.SEES})('\"sent 1\"') }}")
            bench.notebook.run(scripts.NOTE_STATUS)
            port = bench.server.port
            bench.server.close()
            bench.page.wait_for_timeout(3000)
            bench.server = NanoverServer(port=port)
            bench.server.update_state(None, DictionaryChange(world(keys) | {"a.probe": "sent 1"}))
            seen = bench.page.evaluate("() => window.arrival")
            connected = float(bench.notebook.run("print(connected_at[-1])"))
            rows.append([f"{keys:,} keys, connected again", f"{seen - connected:.2f} s"])
            bench.page.evaluate(scripts.SAVE_NOTEBOOK)
            bench.page.add_init_script(f"window.arrival = ({scripts.ARRIVAL})({keys})")
            bench.page.reload()
            arrival = bench.page.evaluate("() => window.arrival")
            rows.append([f"{keys:,} keys, page reloaded", f"{arrival['all'] / 1000:.2f} s"])
    table("Right again", ["what", "after"], [[a.replace(",", " "), b] for a, b in rows])


_SECTIONS = {
    "live": live,
    "many": many,
    "flood": flood,
    "million": million,
    "long": long,
    "hidden": hidden,
    "back": back,
}
FLOODS = 3

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *_SECTIONS], default=[])
    parser.add_argument("--floods", type=int, default=FLOODS, help="rounds of ten seconds")
    arguments = parser.parse_args()
    FLOODS = arguments.floods
    for section in arguments.sections or _SECTIONS:
        _SECTIONS[section]()
