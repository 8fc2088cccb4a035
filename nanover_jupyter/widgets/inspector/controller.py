"""The kernel side of the inspector."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, ClassVar

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.client.state.paths import get_at
from nanover_jupyter.widgets.inspector.edit_handlers import EditHandlers
from nanover_jupyter.widgets.inspector.export_handlers import ExportHandlers
from nanover_jupyter.widgets.inspector.history_handlers import HistoryHandlers
from nanover_jupyter.widgets.inspector.messages import MAX_ITEMS, ItemsResult, ValueResult
from nanover_jupyter.widgets.inspector.static_html import state_html
from nanover_jupyter.widgets.locks.lease_updates import LeaseUpdates
from nanover_jupyter.widgets.sync.requests import BadRequest, Handler, Reply, get_field
from nanover_jupyter.widgets.sync.value_encoding import ITEM_LIMIT, to_page
from nanover_jupyter.wire.values import ABSENT

__all__ = ["InspectorController", "StandaloneInspectorController"]


class InspectorController:
    """The controller of the inspector; implements `ToolController`."""

    needs_state: ClassVar[bool] = True
    label: ClassVar[str] = "Inspector"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._client = connection.client
        self._history = HistoryHandlers(Recorder.of(connection.client))
        self._edits = EditHandlers(connection.client, post)
        self._exports = ExportHandlers(connection)

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {
            "value": self._value,
            "items": self._items,
            **self._history.handlers(),
            **self._edits.handlers(),
            **self._exports.handlers(),
        }

    def send_initial(self, client: str) -> None:
        """Send the edit history; the publisher sends the state."""
        self._edits.send_initial(client)

    def on_heartbeat(self) -> None:
        """Do nothing: nothing changes with time alone."""

    def static_html(self) -> str:
        """Return the top of the tree."""
        return state_html(self._client.keys(), self._client.peek)

    def close(self) -> None:
        """Release the locks of fields that are being edited."""
        self._edits.close()

    def _value(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)

        def read() -> ValueResult:
            value = self._client.peek(key, ABSENT)
            if value is ABSENT:
                return ValueResult(key=key, exists=False)
            return ValueResult(key=key, exists=True, value=to_page(value))

        reply.later(read)

    def _items(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        path = get_field(body, "path", list)
        start = get_field(body, "start", int)
        count = get_field(body, "count", int)
        if not all(type(step) is int or isinstance(step, str) for step in path):
            raise BadRequest("field 'path' must contain only strings and integers")
        if start < 0 or not 0 < count <= MAX_ITEMS:
            raise BadRequest(f"cannot request {count} items from {start}; use 1 to {MAX_ITEMS}")

        reply.later(lambda: _items_of(get_at(self._client.peek(key), path), start, count))


class StandaloneInspectorController(InspectorController):
    """The controller of an inspector without a lock manager: it also sends the leases."""

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        super().__init__(connection, post)
        self._leases = LeaseUpdates(connection.client, post)

    def send_initial(self, client: str) -> None:
        """Send the edit history and the leases to a new view."""
        super().send_initial(client)
        self._leases.send_initial(client)

    def on_heartbeat(self) -> None:
        """Send leases that have changed with time alone."""
        super().on_heartbeat()
        self._leases.on_heartbeat()

    def close(self) -> None:
        """Release the locks of edited fields and unsubscribe from the leases."""
        self._leases.close()
        super().close()


def _items_of(value: Any, start: int, count: int) -> ItemsResult:
    """Return a range of the items of a list, or of the fields of an object."""
    if not isinstance(value, list | dict):
        return ItemsResult(exists=False, start=start, length=0, items=[])
    if isinstance(value, list):
        items = value[start : start + count]
    else:
        items = list(islice(value.values(), start, start + count))
    result = ItemsResult(
        exists=True,
        start=start,
        length=len(value),
        items=[to_page(item, ITEM_LIMIT) for item in items],
    )
    if isinstance(value, dict):
        result["names"] = [to_page(name) for name in islice(value, start, start + count)]
    return result
