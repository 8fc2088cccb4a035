"""What ties the tools of a widget to one connection, and can be cut."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, TypeVar

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.status import Status
from nanover_jupyter.widgets.static_html import page
from nanover_jupyter.widgets.sync.messages import AbilitiesBody, StatusBody
from nanover_jupyter.widgets.sync.publisher import Publisher
from nanover_jupyter.widgets.sync.requests import Handler
from nanover_jupyter.widgets.sync.state_feed import StateFeed
from nanover_jupyter.widgets.tool import Tool
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["Binding"]

Kind = TypeVar("Kind")


class Binding:
    """The tools of a widget and its feed of the state, made for one connection.

    A widget that turns to another connection cuts its binding and makes another. What
    the old one still has to say, on whichever thread, then reaches nobody: nothing of
    one server is shown as another's.

    Args:
        connection: What is shown.
        tools: The tools of the widget.
        publisher: The widget's way to the page.
    """

    def __init__(
        self, connection: Connection, tools: Sequence[type[Tool]], publisher: Publisher
    ) -> None:
        self.connection = connection
        self._publisher = publisher
        # Held while something is queued, so that nothing is after `cut`.
        self._guard = threading.Lock()
        self._is_cut = False
        client = connection.client
        needs_state = any(tool.needs_state for tool in tools)
        self.feed = StateFeed(client) if needs_state else None
        self._tools = [tool(connection, self.post) for tool in tools]
        self.handlers: dict[str, Handler] = {}
        for tool in self._tools:
            for op, handler in tool.handlers().items():
                self.handlers.setdefault(op, handler)
        self._unsubscribe = [client.on_status(self._on_status)]
        if self.feed is not None:
            self._unsubscribe.append(client.on_change(self._on_change))

    def post(
        self, op: str, body: Any, *, client: str | None = None, request: int | None = None
    ) -> None:
        """Queue a small message for one view or for all, from any thread."""
        with self._guard:
            if not self._is_cut:
                self._publisher.post(op, body, client=client, request=request)

    def greet(self, client: str) -> None:
        """Tell a view how the connection is, and what each tool has to tell."""
        self.post("status", self._status_body(self.connection.status), client=client)
        for tool in self._tools:
            tool.greet(client)

    def tool(self, kind: type[Kind]) -> Kind:
        """The tool of that kind; raises LookupError where the widget has none."""
        for tool in self._tools:
            if isinstance(tool, kind):
                return tool
        raise LookupError(f"there is no {kind.__name__}")

    def beat(self) -> None:
        """Called once a second while somebody looks."""
        for tool in self._tools:
            tool.beat()

    def health(self) -> tuple[int, float | None, float]:
        """For the heartbeat: keys, age and rate of the state."""
        health = self.connection.client.health
        return health.keys, health.age, health.rate

    def picture(self, time_text: str) -> str:
        """What stands in the widget's place where it cannot live, as static HTML."""
        connection = self.connection
        facts = f"{connection.address} · {connection.status.state} · {time_text}"
        return page(connection.name, facts, [(tool.label, tool.picture()) for tool in self._tools])

    def cut(self) -> None:
        """Let go of the connection and say nothing more. Idempotent."""
        with self._guard:
            self._is_cut = True
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        tools, self._tools = self._tools, []
        for tool in tools:
            tool.close()

    def _on_status(self, status: Status) -> None:
        self.post("status", self._status_body(status))

    def _on_change(self, change: DictionaryChange) -> None:
        if self.feed is not None:
            self.feed.changed(change)
            self._publisher.changes_waiting()

    def _status_body(self, status: Status) -> StatusBody:
        able = self.connection.client.capabilities
        return StatusBody(
            name=self.connection.name,
            address=self.connection.address,
            state=status.state,
            reason=status.reason,
            attempt=status.attempt,
            since=max(0.0, time.monotonic() - status.since),
            received=status.received,
            abilities=AbilitiesBody(
                transport=able.transport,
                locks=able.locks,
                acknowledged_updates=able.acknowledged_updates,
                integers=able.integers,
                null_values=able.null_values,
            ),
        )
