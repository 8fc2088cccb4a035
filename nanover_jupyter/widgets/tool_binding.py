"""Tool controllers, and their binding to one connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.status import Status
from nanover_jupyter.widgets.static_html import panel_html
from nanover_jupyter.widgets.sync.messages import LOCK_KIND_NAMES, AbilitiesBody, StatusBody
from nanover_jupyter.widgets.sync.publisher import Health, Publisher
from nanover_jupyter.widgets.sync.requests import Handler
from nanover_jupyter.widgets.sync.state_feed import StateFeed
from nanover_jupyter.widgets.sync.view_stream import Buffer, HasStream
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["HandlesNotices", "NoticeHandler", "ToolBinding", "ToolController", "TracksViews"]

Kind = TypeVar("Kind")

NoticeHandler = Callable[[str, Mapping[str, Any], Sequence[Buffer]], None]
"""Handles a notice of a view, which has no reply: the view, the body, the buffers."""


class ToolController(Protocol):
    """The kernel side of one tool: request handlers and messages to the views.

    Handlers run on the thread on which the kernel delivers messages, also while a cell runs.
    They must be short, and run calls to the server with `Reply.later`. A widget that is
    bound to another connection closes its controllers and creates new ones. A controller may
    also have a stream (`view_stream.py`), handle notices, and track the views.
    """

    needs_state: ClassVar[bool]
    label: ClassVar[str]

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None: ...

    def handlers(self) -> dict[str, Handler]:
        """Return the request handlers by `op`."""

    def send_initial(self, client: str) -> None:
        """Send a new view everything it needs besides the shared state."""

    def on_heartbeat(self) -> None:
        """Run once a second on the publisher's thread while a view is visible."""

    def static_html(self) -> str:
        """Return the current content as static HTML for a saved notebook; thread-safe.

        Bounded, every text escaped, no tokens, inline styles only: see `static_html.py`.
        """

    def close(self) -> None:
        """Unsubscribe from the client and release what is held."""


@runtime_checkable
class HandlesNotices(Protocol):
    """A tool controller that handles messages without a reply."""

    def notices(self) -> dict[str, NoticeHandler]:
        """Return the handlers by `op`. They check the body, and run like request handlers."""


@runtime_checkable
class TracksViews(Protocol):
    """A tool controller that does something when a view is gone."""

    def on_view_gone(self, client: str) -> None:
        """Called after a view was hidden or closed. It may come back."""


class ToolBinding:
    """The tools of a widget, its state feed and its stream, created for one connection.

    A widget that changes its connection disposes of its binding and creates another one.
    A disposed binding posts no messages, so that the state of one server is never shown as
    that of another.

    Args:
        connection: The connection to show.
        tools: The classes of the tool controllers.
        publisher: The publisher of the widget.
    """

    def __init__(
        self, connection: Connection, tools: Sequence[type[ToolController]], publisher: Publisher
    ) -> None:
        self.connection = connection
        self._publisher = publisher
        # Held while posting, so that nothing is queued after `dispose`.
        self._guard = threading.Lock()
        self._is_disposed = False
        client = connection.client
        needs_state = any(tool.needs_state for tool in tools)
        self.feed = StateFeed(client) if needs_state else None
        self._tools = [tool(connection, self.post) for tool in tools]
        self.streams = [tool.stream for tool in self._tools if isinstance(tool, HasStream)]
        for stream in self.streams:
            stream.connect(publisher.wake)
        self.handlers: dict[str, Handler] = {}
        self._notices: dict[str, NoticeHandler] = {}
        for tool in self._tools:
            for op, handler in tool.handlers().items():
                self.handlers.setdefault(op, handler)
            if isinstance(tool, HandlesNotices):
                self._notices.update(tool.notices())
        self._unsubscribe = [client.on_status(self._on_status)]
        if self.feed is not None:
            self._unsubscribe.append(client.on_change(self._on_change))

    def post(
        self,
        op: str,
        body: Any,
        *,
        client: str | None = None,
        request: int | None = None,
        to_hidden: bool = False,
    ) -> None:
        """Queue a small message for one view or for all, see `Publisher.post`; thread-safe."""
        with self._guard:
            if not self._is_disposed:
                self._publisher.post(op, body, client=client, request=request, to_hidden=to_hidden)

    def send_initial(self, client: str) -> None:
        """Send a view the connection status and the initial messages of each tool."""
        self.post("status", self._status_body(self.connection.status), client=client)
        for tool in self._tools:
            tool.send_initial(client)

    def tool(self, kind: type[Kind]) -> Kind:
        """Return the tool of a class; raises LookupError if the widget does not have it."""
        for tool in self._tools:
            if isinstance(tool, kind):
                return tool
        raise LookupError(f"the widget does not have a {kind.__name__}")

    def notice(
        self, op: object, client: str, body: Mapping[str, Any], buffers: Sequence[Buffer]
    ) -> bool:
        """Handle a notice of a view; return False if no tool knows it."""
        handler = self._notices.get(op) if isinstance(op, str) else None
        if handler is not None:
            handler(client, body, buffers)
        return handler is not None

    def on_view_gone(self, client: str) -> None:
        """Report that a view was hidden or closed."""
        for tool in self._tools:
            if isinstance(tool, TracksViews):
                tool.on_view_gone(client)

    def on_heartbeat(self) -> None:
        """Run once a second while a view is visible."""
        for tool in self._tools:
            tool.on_heartbeat()

    def health(self) -> Health:
        """Return what the heartbeat says about the server."""
        client = self.connection.client
        health = client.health
        ages = [age for age in (health.age, client.frame_age) if age is not None]
        return Health(health.keys, min(ages, default=None), health.rate, client.frame_rate)

    def static_html(self, time_text: str) -> str:
        """Return the static HTML that is shown where the widget cannot run."""
        connection = self.connection
        facts = f"{connection.address} · {connection.status.state} · {time_text}"
        tools = [(tool.label, tool.static_html()) for tool in self._tools]
        return panel_html(connection.name, facts, tools)

    def dispose(self) -> None:
        """Close the tools and stop posting messages. Idempotent."""
        with self._guard:
            self._is_disposed = True
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
            self.feed.record_change(change)
            self._publisher.notify_changes()

    def _status_body(self, status: Status) -> StatusBody:
        capabilities = self.connection.client.capabilities
        return StatusBody(
            name=self.connection.name,
            address=self.connection.address,
            state=status.state,
            reason=status.reason,
            attempt=status.attempt,
            since=max(0.0, time.monotonic() - status.since),
            received=status.received,
            abilities=AbilitiesBody(
                transport=capabilities.transport,
                locks=LOCK_KIND_NAMES[capabilities.locks],
                acknowledged_updates=capabilities.acknowledged_updates,
                integers=capabilities.integers,
                null_values=capabilities.null_values,
            ),
        )
