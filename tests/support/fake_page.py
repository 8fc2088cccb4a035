"""A page that is connected to a widget in this process."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.widgets.sync.state_feed import StateMessage
from tests.support.eventually import eventually
from tests.support.page_model import PageModel


class FakePage:
    """One view of a widget, which sends requests and keeps the state as the frontend does.

    Set `acknowledges` to False to simulate a stalled page.
    """

    def __init__(self, panel: Panel, client: str = "page-1") -> None:
        self.panel = panel
        self.client = client
        self.acknowledges = True
        self.model = PageModel()
        self.received: list[dict[str, Any]] = []
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
        """Deliver any content like ipywidgets."""
        self.panel._handle_custom_msg(content, [])

    def ask(self, op: str, **body: Any) -> dict[str, Any]:
        """Send a request and wait for its reply."""
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
        """Send `hello` with the epoch and revision of the model, and wait for the reply."""
        self.model.seq = None
        self.model.is_stale = False
        self.ask("hello", epoch=self.model.epoch, rev=self.model.rev)

    def all(self, op: str) -> list[dict[str, Any]]:
        """Return the messages of an operation that are addressed to this view."""
        with self._lock:
            own = [m for m in self.received if m.get("client", self.client) == self.client]
            return [m for m in own if m["op"] == op]

    def last(self, op: str) -> Any:
        """Wait for a message of an operation and return the body of the last one."""
        return eventually(lambda: self.all(op))[-1]["body"]

    def _take(self, content: dict[str, Any], buffers: Any) -> None:
        with self._lock:
            self.received.append(content)
            if content["op"] not in {"snapshot", "delta"}:
                return
            own = content.get("client", self.client) == self.client
            self.model.take(StateMessage(content["op"], content["body"], tuple(buffers)), own=own)
        if self.acknowledges:
            self.notify("ack", seq=content["body"]["seq"], rev=self.model.rev)
