"""Carries the comms of widgets in this process to pages in a browser, over a loopback WebSocket.

What a kernel, Jupyter's server and JupyterLab do between a widget and its views, without them:
every page gets every message, in order, and a page that comes late gets the state of all widgets
first. Each direction can be held up, can lose messages and can deliver them twice.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import comm
import ipywidgets
from comm.base_comm import BaseComm
from jupyterlab.commands import get_app_dir
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from tests.support.eventually import eventually

__all__ = ["Bridge", "Direction", "Message"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_THEMES: Final = Path(get_app_dir()) / "themes" / "@jupyterlab"
# The files that the page requests; no other file is served.
_FILES: Final = {
    "/": ("text/html", _ROOT / "js/page/index.html"),
    "/page.css": ("text/css", _ROOT / "js/page/page.css"),
    "/page.js": ("text/javascript", _ROOT / "js/page/dist/page.js"),
    "/theme-light.css": ("text/css", _THEMES / "theme-light-extension/index.css"),
    "/theme-dark.css": ("text/css", _THEMES / "theme-dark-extension/index.css"),
    "/axe.js": ("text/javascript", _ROOT / "js/node_modules/axe-core/axe.min.js"),
}


@dataclass(frozen=True)
class Message:
    """A message between a widget and its views.

    Args:
        op: What it is for: `custom`, `update`, `echo_update`, `open`, `close`, or `show`.
        fields: The rest of it, as JSON.
        buffers: Bytes that go with it.
    """

    op: str
    fields: dict[str, Any]
    buffers: Sequence[bytes] = ()

    @property
    def kind(self) -> str:
        """The `op` of a custom message (`delta`, `ack`, ...), or else that of the comm."""
        content = self.fields.get("content")
        return str(content.get("op")) if isinstance(content, dict) else self.op

    def encode(self) -> bytes:
        """The frame that js/page/frames.ts reads.

        Raises:
            ValueError: The message is not valid JSON, which Jupyter rejects too.
        """
        buffers = [bytes(buffer) for buffer in self.buffers]
        header = {**self.fields, "op": self.op, "sizes": [*map(len, buffers)]}
        text = json.dumps(header, allow_nan=False).encode()
        return b"".join([struct.pack("<I", len(text)), text, *buffers])


Matches = Callable[[Message], bool]


class Direction:
    """The messages of one direction, with faults to order.

    A fault names the messages that it is for: `kind="delta"`, or all of them.
    """

    def __init__(self, deliver: Callable[[Message], None]) -> None:
        self._deliver = deliver
        # Guards all below, and keeps the order in which messages are delivered.
        self._lock = threading.RLock()
        self._held: list[Message] | None = None
        self._faults: list[tuple[str | None, int]] = []
        self.passed: list[str] = []
        self.lost: list[str] = []
        self.bytes = 0

    def send(self, message: Message) -> None:
        """Deliver a message, modified by the faults."""
        with self._lock:
            if self._held is not None:
                self._held.append(message)
                return
            for _ in range(self._copies(message)):
                self.passed.append(message.kind)
                self.bytes += sum(map(len, message.buffers))
                self._deliver(message)

    @contextmanager
    def held(self) -> Iterator[list[Message]]:
        """Hold messages back and deliver them in order at the end; yield the held ones."""
        with self._lock:
            kept = self._held = []
        try:
            yield kept
        finally:
            with self._lock:
                self._held = None
                for message in kept:
                    self.send(message)

    def drop(self, count: int = 1, *, kind: str | None = None) -> None:
        """Lose the next `count` messages."""
        with self._lock:
            self._faults += [(kind, 0)] * count

    def duplicate(self, count: int = 1, *, kind: str | None = None) -> None:
        """Deliver each of the next `count` messages twice."""
        with self._lock:
            self._faults += [(kind, 2)] * count

    @property
    def has_faults_left(self) -> bool:
        """Whether a fault has not been applied yet."""
        return bool(self._faults)

    def reset(self) -> None:
        """Clear all faults and counts."""
        with self._lock:
            self._held = None
            self._faults.clear()
            self.passed.clear()
            self.lost.clear()
            self.bytes = 0

    def _copies(self, message: Message) -> int:
        for fault in self._faults:
            kind, copies = fault
            if kind is None or kind == message.kind:
                self._faults.remove(fault)
                if copies == 0:
                    self.lost.append(message.kind)
                return copies
        return 1


class Bridge:
    """Serves the page, and is where widgets that are made meanwhile send their messages.

    Pages' messages are handled on the thread of their WebSocket, as those of JupyterLab are on
    a subshell's.
    """

    def __init__(self) -> None:
        self.to_page = Direction(self._deliver_to_pages)
        self.to_kernel = Direction(_deliver_to_widget)
        # Guards the connections and what they are sent: a new page gets the state of the
        # widgets before any change of it.
        self._lock = threading.RLock()
        self._pages: list[ServerConnection] = []
        self._shown: list[tuple[str, str]] = []
        self._outputs = 0
        self._server: Server = serve(
            self._serve_page, "127.0.0.1", 0, process_request=_serve_file, max_size=None
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="page-bridge")
        self._thread.start()
        self._make_comm, comm.create_comm = comm.create_comm, self._create_comm

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"

    @property
    def page_count(self) -> int:
        """The number of connected pages."""
        return len(self._pages)

    @property
    def outputs(self) -> list[str]:
        """The names of the views that every page shows."""
        return [output for _, output in self._shown]

    def wait_for_pages(self, count: int) -> None:
        """Wait until this number of pages is connected."""
        eventually(lambda: self.page_count == count)

    def show(self, widget: ipywidgets.Widget) -> str:
        """Show a view of a widget in every page, now and after a reload, and return its name."""
        with self._lock:
            self._outputs += 1
            shown = (widget.model_id, f"output-{self._outputs}")
            self._shown.append(shown)
        self.to_page.send(_show(*shown))
        return shown[1]

    def reset(self) -> None:
        """Close all widgets, and clear outputs and faults."""
        self.to_page.reset()
        self.to_kernel.reset()
        for widget in [*_widgets().values()]:
            widget.close()
        with self._lock:
            self._shown.clear()

    def close(self) -> None:
        """Close the server and the connections of its pages."""
        comm.create_comm = self._make_comm
        self._server.shutdown()
        with self._lock:
            pages = [*self._pages]
        for page in pages:
            page.close()
        self._thread.join()

    def _create_comm(self, *args: Any, **options: Any) -> BaseComm:
        return _BridgeComm(self.to_page, *args, **options)

    def _serve_page(self, page: ServerConnection) -> None:
        with self._lock:
            self._pages.append(page)
            for widget in [*_widgets().values()]:
                state, _, _ = _without_buffers(widget.get_state())
                page.send(Message("open", {"comm": widget.model_id, "state": state}).encode())
            for shown in self._shown:
                page.send(_show(*shown).encode())
        with suppress(ConnectionClosed):
            for data in page:
                fields = json.loads(data)
                buffers = [base64.b64decode(each) for each in fields.pop("buffers", [])]
                self.to_kernel.send(Message(fields.pop("method"), fields, buffers))
        with self._lock:
            self._pages.remove(page)

    def _deliver_to_pages(self, message: Message) -> None:
        frame = message.encode()
        with self._lock:
            for page in self._pages:
                with suppress(ConnectionClosed):
                    page.send(frame)


class _BridgeComm(BaseComm):  # type: ignore[misc]
    """A comm whose other end is in the pages."""

    def __init__(self, to_page: Direction, *args: Any, **options: Any) -> None:
        self._to_page = to_page
        super().__init__(*args, **options)

    def publish_msg(
        self,
        msg_type: str,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[bytes] | None = None,
        **keys: Any,
    ) -> None:
        fields = {**(data or {}), "comm": self.comm_id}
        match msg_type:
            case "comm_open":
                message = Message("open", fields)
            case "comm_close":
                message = Message("close", fields)
            case _:
                message = Message(fields.pop("method"), fields, buffers or ())
        self._to_page.send(message)


def _deliver_to_widget(message: Message) -> None:
    fields = dict(message.fields)
    widget = _widgets().get(fields.pop("comm"))
    if widget is not None:
        data = {**fields, "method": message.op, "buffer_paths": []}
        buffers = [memoryview(buffer) for buffer in message.buffers]
        widget.comm.handle_msg({"content": {"data": data}, "buffers": buffers})


def _widgets() -> dict[str, ipywidgets.Widget]:
    return ipywidgets.widgets.widget._instances


def _without_buffers(state: dict[str, Any]) -> tuple[dict[str, Any], Any, Any]:
    return ipywidgets.widgets.widget._remove_buffers(state)


def _show(comm_id: str, output: str) -> Message:
    return Message("show", {"comm": comm_id, "output": output})


def _serve_file(connection: ServerConnection, request: Request) -> Response | None:
    if request.path == "/comms":
        return None
    if request.path not in _FILES:
        return connection.respond(HTTPStatus.NOT_FOUND, f"no {request.path}\n")
    kind, path = _FILES[request.path]
    body = path.read_bytes()
    headers = Headers(
        [
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "max-age=3600"),
            ("Connection", "close"),
        ]
    )
    return Response(HTTPStatus.OK, "OK", headers, body)
