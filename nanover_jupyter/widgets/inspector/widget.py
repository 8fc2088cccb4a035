"""The live state inspector: the whole shared state as a searchable tree."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, ClassVar

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.client.state.paths import get_at
from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.inspector.edit_requests import EditRequests
from nanover_jupyter.widgets.inspector.export_requests import ExportRequests
from nanover_jupyter.widgets.inspector.history_requests import HistoryRequests
from nanover_jupyter.widgets.inspector.messages import MOST_ITEMS, ItemsResult, ValueResult
from nanover_jupyter.widgets.inspector.state_access import StateAccess
from nanover_jupyter.widgets.inspector.static_html import state_html
from nanover_jupyter.widgets.inspector.traits import InspectorTraits
from nanover_jupyter.widgets.locks.lease_updates import LeaseUpdates
from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.widgets.sync.page_values import ITEM_LIMIT, to_page
from nanover_jupyter.widgets.sync.requests import Answer, BadRequest, Handler, field_of
from nanover_jupyter.wire.values import ABSENT

__all__ = ["InspectorController", "StateInspector"]


class InspectorController:
    """The kernel half of the inspector; implements `Tool`."""

    needs_state: ClassVar[bool] = True
    label: ClassVar[str] = "Inspector"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._client = connection.client
        self._history = HistoryRequests(Recorder.of(connection.client))
        self._edits = EditRequests(connection.client, post)
        self._exports = ExportRequests(connection)

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {
            "value": self._value,
            "items": self._items,
            **self._history.handlers(),
            **self._edits.handlers(),
            **self._exports.handlers(),
        }

    def greet(self, client: str) -> None:
        """Tell the edits; the state itself comes from the publisher."""
        self._edits.greet(client)

    def beat(self) -> None:
        """Nothing changes by the clock alone."""

    def picture(self) -> str:
        """The top of the tree."""
        return state_html(self._client.keys(), self._client.peek)

    def close(self) -> None:
        """Give back the locks of fields that are still open."""
        self._edits.close()

    def _value(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)

        def read() -> ValueResult:
            value = self._client.peek(key, ABSENT)
            if value is ABSENT:
                return ValueResult(key=key, exists=False)
            return ValueResult(key=key, exists=True, value=to_page(value))

        answer.later(read)

    def _items(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        path = field_of(body, "path", list)
        start = field_of(body, "start", int)
        count = field_of(body, "count", int)
        if not all(type(step) is int or isinstance(step, str) for step in path):
            raise BadRequest("a path is made of names and positions")
        if start < 0 or not 0 < count <= MOST_ITEMS:
            raise BadRequest(f"items are asked for by 1 to {MOST_ITEMS}, from 0 on")

        answer.later(lambda: _some_of(get_at(self._client.peek(key), path), start, count))


def _some_of(value: Any, start: int, count: int) -> ItemsResult:
    """Items of a list, or fields of an object in its own order."""
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


class _InspectorAlone(InspectorController):
    """With no lock manager beside it, it tells of the locks itself: rows show them."""

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        super().__init__(connection, post)
        self._news = LeaseUpdates(connection.client, post)

    def greet(self, client: str) -> None:
        super().greet(client)
        self._news.greet(client)

    def beat(self) -> None:
        super().beat()
        self._news.beat()

    def close(self) -> None:
        self._news.close()
        super().close()


class StateInspector(InspectorTraits, Panel, StateAccess):
    """The shared state as a live, searchable tree.

        inspector = StateInspector(connection, query="avatar.*")
        inspector.history("avatar.*")

    The traits `query` and `selected` are what the user typed and chose, and can be set.

    Args:
        source: A Connection, or a NanoverClient.
        query: What to search for at first.
        selected: The key whose value to show at first.
        pins: Keys or branches that are kept on top.
        sort: "name", "changed" or "rate".
        mute: Changes per second from which a branch is folded away; 0 for never.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("inspector.js")
    _css = asset("panel.css")
    tools = (_InspectorAlone,)
