"""Scripts that the benchmark of the molecular view runs in the notebook and in the page."""

from __future__ import annotations

__all__ = [
    "BARE_UPLOAD",
    "BE_SLOW",
    "CONNECT",
    "MEASURE_UPLOADS",
    "PUBLISH",
    "READ",
    "SCROLL_OUT_OF_VIEW",
    "SHOW",
    "SHOW_THREE",
]

# A server with atoms that shake: python -c PUBLISH ATOMS. It prints its port, and pauses while
# the last line of its standard input is not "play".
PUBLISH = """
import sys, threading, time
import numpy as np
from nanover_jupyter import NanoverServer
count = int(sys.argv[1])
random = np.random.default_rng(1)
side = int(np.ceil(count ** (1 / 3)))
grid = np.stack(np.unravel_index(np.arange(count), (side, side, side)), axis=1) * 0.15
shakes = random.normal(0, 0.01, (8, count, 3))
server = NanoverServer(port=0, websocket_port=0)
server.publish_frame({
    "particle.count": count,
    "particle.elements": random.choice([1, 6, 7, 8], count).astype(np.uint8),
    "particle.positions": grid,
    "bond.pairs": np.stack([np.arange(count - 1), np.arange(1, count)], axis=1).astype(np.uint32),
    "system.simulation.time": time.time(),
}, reset=True)
playing = threading.Event()
def listen():
    for line in sys.stdin:
        playing.set() if line.strip() == "play" else playing.clear()
threading.Thread(target=listen, daemon=True).start()
print(server.websocket_port, flush=True)
start, index = time.monotonic(), 0
while True:
    playing.wait()
    index += 1
    # A pause shifts all later frames.
    start = max(start, time.monotonic() - index / 30 - 0.1)
    time.sleep(max(0.0, start + index / 30 - time.monotonic()))
    positions = (grid + shakes[index % 8]).astype(np.float32)
    server.publish_frame({"particle.positions": positions, "system.simulation.time": time.time()})
"""
CONNECT = """
connection = nj.connect("ws://127.0.0.1:{port}", name="frames")
connection.client.wait_for_frame()
"""
READ = "stop = connection.client.on_frame(lambda frame, changed: frame.positions)"
SHOW = """
from nanover_jupyter import MoleculeView
widget = MoleculeView(connection)
widget
"""
SHOW_THREE = """
from nanover_jupyter import MoleculeView
from IPython.display import display
widgets = [MoleculeView(connection, height=180) for _ in range(3)]
display(*widgets)
"""
BARE_UPLOAD = """
import anywidget
class BareUpload(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
        const canvas = document.createElement("canvas");
        el.append(canvas);
        const gl = canvas.getContext("webgl2");
        let rows = 0, count = 0;
        model.on("msg:custom", (content, [data]) => {
            const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
            const values = new Float32Array(bytes.buffer);
            const height = Math.floor(values.length / 3072);
            if (rows !== height) {
                gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
                gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGB32F, 1024, height);
                rows = height;
            }
            gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 1024, height, gl.RGB, gl.FLOAT, values);
            count += 1;
            if (count % 2 === 0) model.send({ received: count });
        });
    } };
    '''
widget = BareUpload()
sent = received = 0
def acknowledge(_, content, buffers):
    global received
    received = content["received"]
widget.on_msg(acknowledge)
def forward(frame, changed):
    global sent
    if frame.positions is not None and sent - received < 16:
        sent += 1
        body = {"time": frame.time, "encoding": "float32"}
        widget.send({"op": "molecule_frame", "body": body}, [memoryview(frame.positions).cast("B")])
stop = connection.client.on_frame(forward)
widget
"""
# Return for each uploaded frame the seconds since it was sent. Draw calls are skipped.
MEASURE_UPLOADS = """async seconds => {
    const {kernel} = jupyterapp.shell.currentWidget.context.sessionContext.session;
    const delays = [];
    let sent = null, counted = null;
    const onMessage = (_, {msg}) => {
        const content = msg.content?.data?.content;
        if (content?.op === "molecule_frame" && content.body.encoding !== "none") {
            sent = content.body.time;
        }
    };
    kernel.anyMessage.connect(onMessage);
    const methods = WebGL2RenderingContext.prototype;
    const {texSubImage2D, drawArrays} = methods;
    methods.drawArrays = () => undefined;
    const contexts = new Map();
    methods.texSubImage2D = function (...values) {
        const data = values.find(ArrayBuffer.isView);
        // Of all uploads, only positions have this size.
        if (sent !== null && data?.byteLength > 4096 && contexts.get(this) !== sent) {
            contexts.set(this, sent);
            delays.push((performance.timeOrigin + performance.now()) / 1000 - sent);
        }
        return texSubImage2D.apply(this, values);
    };
    await new Promise(done => setTimeout(done, seconds * 1000));
    kernel.anyMessage.disconnect(onMessage);
    Object.assign(methods, {texSubImage2D, drawArrays});
    return delays;
}"""
SCROLL_OUT_OF_VIEW = """() => {
    document.querySelector(".nvj-root").style.marginTop = "5000px";
    document.querySelector(".jp-WindowedPanel-outer").scrollTop = 0;
}"""
# Block the page for most of the time, as a slow computer would.
BE_SLOW = """() => {
    setInterval(() => {
        const end = performance.now() + 400;
        while (performance.now() < end);
    }, 500);
}"""
