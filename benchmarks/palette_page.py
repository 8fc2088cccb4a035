"""The command palette in JupyterLab: the list, the ranking, and the time from press to result.

    python benchmarks/palette_page.py

Needs the `test` and `lab` dependencies and Chromium, as the browser tests do. A press of the Run
button is compared with a baseline: an anywidget in the same page that echoes each message. Both
alternate. The kernel is idle at each press, because the messages of the previous run are sent.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nanover_jupyter import NanoverServer
from tests.jupyter.applications import Lab
from tests.jupyter.notebook_page import NotebookPage
from tests.support.chromium import launched_chromium, new_context

COMMANDS = 5_000
PRESSES = 60
LISTS = 7
# A run reports its effects one second after its end.
SETTLE_SECONDS = 1.4
QUERY = "command 4711"

ECHO_WIDGET = '''
import anywidget

class Echo(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
        el.className = "baseline-echo";
        el.ask = () => new Promise((resolve) => {
            const started = performance.now();
            const onReply = () => {
                model.off("msg:custom", onReply);
                resolve(performance.now() - started);
            };
            model.on("msg:custom", onReply);
            model.send({ ask: 1 });
        });
    } }
    """

    def __init__(self):
        super().__init__()
        self.on_msg(lambda _widget, content, _buffers: self.send(content))

Echo()
'''

# JupyterLab parses each received message; the large one is the list of commands.
WATCH_LIST = """() => {
    const parse = JSON.parse;
    const before = document.querySelectorAll(".nvj-palette").length;
    let arrived;
    window.large = 0;
    window.listed = new Promise((resolve) => {
        const look = () => {
            const palettes = document.querySelectorAll(".nvj-palette");
            const rows = palettes[before]?.querySelectorAll(".nvj-option:not([hidden])") ?? [];
            if (rows.length < 5) return requestAnimationFrame(look);
            JSON.parse = parse;
            // Runs after the frame that drew the rows.
            setTimeout(() => resolve(performance.now() - arrived));
        };
        JSON.parse = (text, reviver) => {
            const value = parse(text, reviver);
            if (text.length > 200_000) {
                window.large += 1;
                if (arrived === undefined) {
                    arrived = performance.now();
                    requestAnimationFrame(look);
                }
            }
            return value;
        };
    });
}"""

# The time of each key press: of its handler, and until the next frame is drawn.
TYPE = """async (query) => {
    const input = [...document.querySelectorAll(".nvj-palette .nvj-search-input")].at(-1);
    const channel = new MessageChannel();
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => {
        const started = performance.now();
        // Runs after layout and painting.
        channel.port1.onmessage = () => resolve(performance.now() - started);
        channel.port2.postMessage(0);
    }));
    const times = [];
    for (let length = 1; length <= query.length; length += 1) {
        await frame();
        const started = performance.now();
        // Requested before the widget does, so that the frame includes its work.
        const drawn = frame();
        input.value = query.slice(0, length);
        input.dispatchEvent(new Event("input", { bubbles: true }));
        const handled = performance.now() - started;
        times.push([handled, handled + await drawn]);
    }
    return times;
}"""

PRESS = """() => new Promise((resolve) => {
    const palette = [...document.querySelectorAll(".nvj-palette")].at(-1);
    const list = palette.querySelector(".nvj-runs-list");
    const before = list.firstElementChild;
    const started = performance.now();
    const observer = new MutationObserver(() => {
        const newest = list.firstElementChild;
        if (newest === before || newest?.querySelector(".nvj-chip")?.textContent !== "Done") return;
        observer.disconnect();
        resolve(performance.now() - started);
    });
    observer.observe(list, { childList: true, subtree: true, characterData: true });
    palette.querySelector(".nvj-form .nvj-primary").click();
})"""

CLIENT_ROUND_TRIP = """
import time, statistics
def once():
    started = time.perf_counter()
    client.run_command("user/echo", n=1)
    return time.perf_counter() - started
[once() for _ in range(20)]
times = sorted(once() for _ in range(200))
print(statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000)
"""


def _summary(times: list[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    return statistics.median(times), sorted(times)[int(len(times) * 0.95)]


def measure() -> dict[str, Any]:
    """Return all results in milliseconds."""
    with NanoverServer() as server, launched_chromium() as browser:
        server.register_command("user/echo", lambda **arguments: arguments, {"n": 1})
        for number in range(COMMANDS - 1):
            server.register_command(f"user/command-{number:04}", dict, {"n": number})
        with tempfile.TemporaryDirectory() as home:
            lab = Lab(Path(home)).start()
            page = NotebookPage(lab, new_context(browser))
            try:
                results = _measure(page, server.port)
                page.close()
            finally:
                lab.close()
            return results


def _measure(notebook: NotebookPage, port: int) -> dict[str, Any]:
    page = notebook.page
    notebook.open(["from nanover_jupyter import CommandPalette, connect"])
    notebook.run_cell(0)
    notebook.run(f"connection = connect('127.0.0.1:{port}')\nclient = connection.client")
    notebook.run(ECHO_WIDGET)
    page.wait_for_selector(".baseline-echo", state="attached")
    own = [float(word) for word in notebook.run(CLIENT_ROUND_TRIP).split()]
    listed = []
    for number in range(LISTS):
        # Show one at a time.
        notebook.run(f"palette{number} = CommandPalette(connection)")
        page.evaluate(WATCH_LIST)
        notebook.run(f"palette{number}")
        listed.append(page.evaluate("window.listed"))
        if number < LISTS - 1:
            notebook.run(f"palette{number}.close()")
    # The first time includes compilation.
    page.evaluate(TYPE, QUERY)
    typed = [times for _ in range(8) for times in page.evaluate(TYPE, QUERY)]
    handled, drawn = zip(*typed, strict=True)
    page.evaluate(TYPE, "user/echo")
    page.wait_for_selector(".nvj-form .nvj-primary")
    baseline, pressed = [], []
    for _ in range(5):
        page.evaluate(PRESS)
    for _ in range(PRESSES):
        time.sleep(SETTLE_SECONDS)
        baseline.append(page.evaluate("document.querySelector('.baseline-echo').ask()"))
        time.sleep(0.1)
        pressed.append(page.evaluate(PRESS))
    return {
        "listed": (*_summary(listed), max(listed)),
        "handled": (*_summary(list(handled)), max(handled)),
        "drawn": (*_summary(list(drawn)), max(drawn)),
        "own": own,
        "baseline": _summary(baseline),
        "pressed": _summary(pressed),
    }


def main() -> None:
    results = measure()
    own, own_p95 = results["own"]
    baseline, baseline_p95 = results["baseline"]
    pressed, pressed_p95 = results["pressed"]
    print(f"| with {COMMANDS} commands | median ms | p95 ms | longest ms |\n|---|---|---|---|")
    for what, name in (
        ("first list, after the data has arrived", "listed"),
        ("key press until ranked", "handled"),
        ("key press until drawn", "drawn"),
    ):
        median, p95, longest = results[name]
        print(f"| {what} | {median:.1f} | {p95:.1f} | {longest:.1f} |")
    print()
    print("| method | median ms | p95 ms | of the baseline |\n|---|---|---|---|")
    print(f"| the client's own round trip, in the kernel | {own:.2f} | {own_p95:.2f} | |")
    print(
        f"| baseline: message echoed by the kernel | {baseline:.0f} | {baseline_p95:.0f} | 1.00 |"
    )
    print(
        f"| press to result | {pressed:.0f} | {pressed_p95:.0f} | {pressed / baseline:.2f} |\n"
        f"| ... above the client's own round trip | {pressed - own:.0f} | "
        f"{pressed_p95 - own:.0f} | {(pressed - own) / baseline:.2f} |"
    )


if __name__ == "__main__":
    main()
