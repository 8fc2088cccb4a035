"""A page at the other end of a widget's comm, in this process."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.widgets.sync.state_feed import StateMessage
from tests.support.eventually import eventually
from tests.support.page_model import PageModel


class FakePage:
    """One view of a widget: asks, listens, and keeps the state as the frontend does.

    `acknowledges` switches off the acknowledgements, as a page does that is stuck.
    """

    def __init__(self, panel: Panel, client: str = "page-1") -> None:
        self.panel = panel
        self.client = client
        self.acknowledges = True
        self.model = PageModel()
        self.heard: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        before = panel.send
        chained = before if getattr(before, "is_page", False) else None

        def send(content: Any, buffers: Any = None) -> None:
            if chained is not None:
                chained(content, buffers)
            self._take(content, buffers or ())

        send.is_page = True  # type: ignore[attr-defined]
        panel.send = send

    def notify(self, op: str, **body: Any) -> None:
        self.raw({"v": 1, "op": op, "client": self.client, "body": body})

    def raw(self, content: Any) -> None:
        """Deliver anything, as ipywidgets would."""
        self.panel._handle_custom_msg(content, [])

    def ask(self, op: str, **body: Any) -> dict[str, Any]:
        """Send a request and wait for its one reply."""
        number = self.request(op, **body)
        return eventually(lambda: self.reply(number))

    def request(self, op: str, **body: Any) -> int:
        number = next(self._numbers)
        self.raw({"v": 1, "op": op, "client": self.client, "id": number, "body": body})
        return number

    def reply(self, number: int) -> dict[str, Any] | None:
        found = [m["body"] for m in self.all("reply") if m.get("id") == number]
        assert len(found) <= 1, "a request was answered twice"
        return found[0] if found else None

    def hello(self) -> None:
        """Say hello with what the model has, and wait until it is complete."""
        self.model.seq = None
        self.model.doubts = False
        self.ask("hello", epoch=self.model.epoch, rev=self.model.rev)

    def all(self, op: str) -> list[dict[str, Any]]:
        """The messages of a kind that were meant for this view."""
        with self._lock:
            mine = [m for m in self.heard if m.get("client", self.client) == self.client]
            return [m for m in mine if m["op"] == op]

    def last(self, op: str) -> Any:
        """The body of the last message of a kind, once there is one."""
        return eventually(lambda: self.all(op))[-1]["body"]

    def _take(self, content: dict[str, Any], buffers: Any) -> None:
        with self._lock:
            self.heard.append(content)
            if content["op"] not in {"snapshot", "delta"}:
                return
            mine = content.get("client", self.client) == self.client
            self.model.take(StateMessage(content["op"], content["body"], tuple(buffers)), mine=mine)
        if self.acknowledges:
            self.notify("ack", seq=content["body"]["seq"], rev=self.model.rev)
