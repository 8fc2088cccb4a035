"""Scripts that the inspector benchmark runs in the notebook and in the page."""

from __future__ import annotations

__all__ = [
    "ARRIVAL",
    "CONNECT",
    "DICT_TRAIT",
    "FILTER",
    "HAS_TEXT",
    "INSPECT",
    "LAST_CELL",
    "MEASURE_UPDATES",
    "QUEUES",
    "RECORD_CONNECTED",
    "SAVE_NOTEBOOK",
    "SCROLL",
    "SCROLL_OUT_OF_VIEW",
    "WAIT_FOR_TEXT",
]

CONNECT = """
import os, time
import nanover_jupyter as nj
connection = nj.connect("127.0.0.1:{port}", name="benchmark")
while connection.client.health.keys < {keys}:
    time.sleep(0.05)
"""
# Record the times of connecting.
RECORD_CONNECTED = """
connected_at = []
connection.client.on_status(
    lambda status: connected_at.append(time.time()) if status.state == "connected" else None
)
"""
INSPECT = """
from nanover_jupyter import StateInspector
started = time.time()
widget = StateInspector(connection, query={query!r})
widget
"""
# The numbers of queued messages and of changed keys that are not sent yet.
QUEUES = "print(len(widget._publisher._queue), len(widget._binding.feed._dirty))"
LAST_CELL = "() => jupyterapp.shell.currentWidget.content.model.cells.length - 1"
# The baseline: the state is a trait, and the page writes it into a list.
DICT_TRAIT = """
import anywidget, traitlets
class DictTrait(anywidget.AnyWidget):
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
widget = DictTrait(state=connection.client.copy_state())
import threading
def push(change):
    widget.state = connection.client.copy_state()
unsubscribe = connection.client.on_change(push)
widget
"""
# Record when each new value of the probe key was painted: after the current frame if it was drawn
# in a frame callback, otherwise after the next one.
MEASURE_UPDATES = """seconds => new Promise(resolve => {
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
FILTER = """async queries => {
    const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const input = document.querySelector(".nvj-search-input");
    const pill = document.querySelector(".nvj-search .nvj-pill");
    const times = [];
    // Focus the search box before typing, as a user does.
    input.focus();
    await new Promise(done => setTimeout(done, 500));
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
SCROLL = """async () => {
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
# The times from the view's start until the first rows and all keys are shown.
ARRIVAL = """keys => new Promise(resolve => {
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


# Move the inspector far below the visible part of the notebook.
SCROLL_OUT_OF_VIEW = """() => {
    document.querySelector(".nvj-root").style.marginTop = "5000px";
    document.querySelector(".jp-WindowedPanel-outer").scrollTop = 0;
}"""
HAS_TEXT = """text => [...document.querySelectorAll(".nvj-preview")]
    .some(each => each.textContent === text)"""
# Return the time at which the text is painted.
WAIT_FOR_TEXT = """text => new Promise(resolve => {
    const step = () => {
        const found = [...document.querySelectorAll(".nvj-preview")]
            .some(each => each.textContent === text);
        if (found) return resolve((performance.timeOrigin + performance.now()) / 1000);
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""
SAVE_NOTEBOOK = "() => jupyterapp.commands.execute('docmanager:save')"
