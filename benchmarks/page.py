"""What the inspector costs in a real JupyterLab page, beside a `traitlets.Dict` of the whole state.

    python benchmarks/page.py [SECTION]...      live, many, flood, million, long

Needs Chromium and JupyterLab; each section opens a JupyterLab, a kernel and a page of its
own, while server and driver run here. Times are taken with the machine's one clock: the
server writes when it sent, the page says when the frame after the drawing began.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.ui.lab import CHROMIUM_OPTIONS, Lab, NotebookPage

SECONDS = 10.0
_TICK = 1 / 30
_SMOOTH = 34  # ms: not more than every other frame is missed

_CONNECT = """
import os, time
import nanover_jupyter as nj
connection = nj.connect("127.0.0.1:{port}", name="bench")
while connection.client.health.keys < {keys}:
    time.sleep(0.05)
"""
_INSPECT = """
from nanover_jupyter import StateInspector
started = time.time()
widget = StateInspector(connection, query={query!r})
widget
"""
# The plain way: the state is a trait, and the page writes what it is given into a list.
_PLAIN = """
import anywidget, traitlets
class Plain(anywidget.AnyWidget):
    state = traitlets.Dict().tag(sync=True)
    _esm = '''
    export default {{ render({{ model, el }}) {{
        const rows = [];
        for (let i = 0; i < 40; i += 1) {{
            const row = document.createElement("div");
            row.className = "nvj-preview";
            rows.push(row);
        }}
        el.append(...rows);
        const draw = () => {{
            const state = model.get("state");
            const probe = state["a.probe"];
            rows[0].textContent = JSON.stringify(probe ?? null);
            const keys = Object.keys(state);
            for (let i = 1; i < 40; i += 1) {{
                rows[i].textContent = `${{keys[i]}} ${{JSON.stringify(state[keys[i]])}}`;
            }}
        }};
        model.on("change:state", draw);
        draw();
    }} }};
    '''
widget = Plain(state=connection.client.copy_state())
import threading
def push(change):
    widget.state = connection.client.copy_state()
unsubscribe = connection.client.on_change(push)
widget
"""
# Notes when each new value of the probe was painted: after the frame that it was drawn for,
# which is the one that runs where it was drawn by a frame's callback, else the next one.
_WATCH = """seconds => new Promise(resolve => {
    const delays = [], frames = [];
    const clock = () => (performance.timeOrigin + performance.now()) / 1000;
    const channel = new MessageChannel();
    const waiting = [];
    channel.port1.onmessage = () => {
        for (const sent of waiting.splice(0)) delays.push(clock() - sent);
    };
    const request = window.requestAnimationFrame;
    let callbackEnd = 0;
    window.requestAnimationFrame = callback => request.call(window, time => {
        callback(time);
        callbackEnd = performance.now();
    });
    let seen = "";
    const look = () => {
        const probe = [...document.querySelectorAll(".nvj-preview")]
            .map(each => each.textContent).find(text => text.startsWith('"sent '));
        if (probe === undefined || probe === seen) return;
        const first = seen === "";
        seen = probe;
        if (first) return;
        const note = () => {
            waiting.push(Number(probe.slice(6, -1)));
            channel.port2.postMessage(null);
        };
        if (performance.now() - callbackEnd < 2) note();
        else request.call(window, note);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, characterData: true, subtree: true });
    let last = performance.now();
    const end = last + seconds * 1000;
    const step = () => {
        const now = performance.now();
        frames.push(now - last);
        last = now;
        if (now < end) request.call(window, step);
        else {
            observer.disconnect();
            window.requestAnimationFrame = request;
            resolve({ delays, frames });
        }
    };
    request.call(window, step);
})"""
_FILTER = """async queries => {
    const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const input = document.querySelector(".nvj-search-input");
    const pill = document.querySelector(".nvj-search .nvj-pill");
    const times = [];
    for (const query of queries) {
        const start = performance.now();
        input.value = query;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        await frame();
        const first = performance.now() - start;
        while (pill.textContent.includes("searched")) await frame();
        times.push([query, first, performance.now() - start, pill.textContent]);
        await new Promise(done => setTimeout(done, 300));
    }
    return times;
}"""
_SCROLL = """async () => {
    const tree = document.querySelector(".nvj-tree");
    const frames = [];
    let last = performance.now();
    for (let step = 0; step < 240; step += 1) {
        tree.scrollTop += 400;
        await new Promise(requestAnimationFrame);
        frames.push(performance.now() - last);
        last = performance.now();
    }
    tree.scrollTop = 0;
    return frames;
}"""
# When the first rows and the last key were there, from the moment that the view was.
_ARRIVAL = """keys => new Promise(resolve => {
    const times = { gaps: 0 };
    let start = null, last = performance.now();
    const step = () => {
        const now = performance.now();
        const root = document.querySelector(".nvj-root");
        if (root && start === null) { start = now; last = now; }
        if (start !== null) {
            times.gaps = Math.max(times.gaps, now - last);
            last = now;
            const rows = document.querySelectorAll(".nvj-row:not([hidden])").length;
            if (rows > 0) times.first ??= now - start;
            const count = root.querySelector(".nvj-count")?.textContent.replace(/\\D/g, "");
            if (Number(count) >= keys) {
                times.all = now - start;
                times.at = (performance.timeOrigin + now) / 1000;
                return resolve(times);
            }
        }
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""


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
        notebook.run(_CONNECT.format(port=self.server.port, keys=len(state)))

    def _count(self, payload: str | bytes) -> None:
        self._bytes += len(payload)

    def cpu(self) -> float:
        """Seconds of processor that the kernel has used."""
        return float(self.notebook.run("print(time.process_time())"))

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
        seen = self.page.evaluate(_WATCH, seconds)
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

    def close(self) -> None:
        """End the server."""
        self.server.close()


@contextlib.contextmanager
def opened(state: dict[str, Any]) -> Iterator[Bench]:
    """A bench whose server holds this state."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        lab = Lab(Path(home)).start()
        program = os.environ.get("CHROMIUM") or shutil.which("chromium")
        options = [*CHROMIUM_OPTIONS, "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        bench = Bench(state, NotebookPage(lab, browser))
        try:
            yield bench
        finally:
            bench.notebook.close()
            bench.close()
            browser.close()
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
    for way, show in (("a Dict trait", _PLAIN.format()), ("inspector", _INSPECT.format(query=""))):
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
        bench.page.evaluate(f"() => {{ window.arrival = ({_ARRIVAL})({keys}) }}")
        bench.notebook.run(_INSPECT.format(query=""))
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
        for query, first, done, found in bench.page.evaluate(_FILTER, queries):
            rows.append([f"`{query}` ({found})", f"{first:.0f} ms, all after {done:.0f} ms"])
        bench.page.evaluate(_FILTER, ["particle"])
        frames = bench.page.evaluate(_SCROLL)
        share = sum(frame < _SMOOTH for frame in frames) / len(frames)
        rows.append(["frames under 34 ms, scrolling open keys", f"{share * 100:.0f} %"])
        table("100 000 keys", ["what", "measured"], rows)


def flood() -> None:
    """100 000 keys, 1 000 of them changed 30 times a second, and what waits in queues."""
    with opened(world(100_000)) as bench:
        bench.notebook.run(_INSPECT.format(query=""))
        bench.page.wait_for_timeout(4000)
        bench.page.locator(".nvj-row").first.click()
        queues = []
        with Writer(bench.server, 1000, some_value) as writer:
            for _ in range(FLOODS):
                seen = bench.watch(SECONDS)
                waiting = bench.notebook.run(
                    "print(len(widget._publisher._queue), len(widget._binding.feed._dirty))"
                )
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
        bench.page.evaluate(f"() => {{ window.arrival = ({_ARRIVAL})({keys}) }}")
        bench.notebook.run(_INSPECT.format(query=""))
        arrival = bench.page.evaluate("() => window.arrival")
        rows = [
            ["first rows", f"{arrival['first']:.0f} ms"],
            ["all keys", f"{arrival['all'] / 1000:.1f} s"],
            ["longest frame meanwhile", f"{arrival['gaps']:.0f} ms"],
            ["memory of the page", f"{bench.heap():.0f} MB"],
        ]
        for query, first, done, found in bench.page.evaluate(_FILTER, ["particle.77.", "99"]):
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
        bench.notebook.run(_INSPECT.format(query=""))
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


_SECTIONS = {"live": live, "many": many, "flood": flood, "million": million, "long": long}
FLOODS = 3

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *_SECTIONS], default=[])
    parser.add_argument("--floods", type=int, default=FLOODS, help="rounds of ten seconds")
    arguments = parser.parse_args()
    FLOODS = arguments.floods
    for section in arguments.sections or _SECTIONS:
        _SECTIONS[section]()
