"""The tool controllers and their binding to a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import getmembers, isfunction, signature
from typing import Any, ClassVar

import pytest

from nanover_jupyter import Connection, ControlRoom, DictionaryChange, NanoverServer
from nanover_jupyter.widgets.sync.publisher import Health, Publisher
from nanover_jupyter.widgets.sync.requests import Handler
from nanover_jupyter.widgets.tool_binding import ToolBinding, ToolController
from tests.support.eventually import eventually


class Bell:
    """A tool that posts fixed messages."""

    needs_state: ClassVar[bool] = True

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self.post = post
        self.closed = 0

    def handlers(self) -> dict[str, Handler]:
        return {"ring": lambda _client, _body, reply: reply.ok()}

    def send_initial(self, client: str) -> None:
        self.post("bell", "hello", client=client)

    def on_heartbeat(self) -> None:
        self.post("bell", "beat")

    def close(self) -> None:
        self.closed += 1


class Quiet(Bell):
    needs_state: ClassVar[bool] = False


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def publisher(sent: list[dict[str, Any]]) -> Any:
    def send(envelope: Any, _: Sequence[bytes]) -> None:
        if envelope["op"] != "heartbeat":
            sent.append(envelope)

    publisher = Publisher(
        send, None, health=lambda: Health(0, None, 0.0), on_heartbeat=lambda: None
    )
    publisher.hello("page-1", None, None)
    yield publisher
    publisher.close()


def test_a_view_gets_the_status_and_the_initial_messages_of_every_tool(
    connection: Connection, publisher: Publisher, sent: list[dict[str, Any]]
) -> None:
    binding = ToolBinding(connection, (Bell,), publisher)
    binding.send_initial("page-1")
    binding.on_heartbeat()

    eventually(lambda: len(sent) == 3)

    assert [(m["op"], m.get("client")) for m in sent] == [
        ("status", "page-1"),
        ("bell", "page-1"),
        ("bell", None),
    ]
    assert sent[0]["body"]["name"] == "lab"
    assert list(binding.handlers) == ["ring"]
    binding.dispose()


def test_a_feed_is_created_only_if_a_tool_needs_the_state(
    connection: Connection, publisher: Publisher
) -> None:
    with_state = ToolBinding(connection, (Quiet, Bell), publisher)
    without = ToolBinding(connection, (Quiet,), publisher)

    assert with_state.feed is not None
    assert without.feed is None
    with_state.dispose()
    without.dispose()


def test_a_disposed_binding_posts_nothing_and_closes_every_tool_once(
    connection: Connection,
    publisher: Publisher,
    sent: list[dict[str, Any]],
    server: NanoverServer,
) -> None:
    binding = ToolBinding(connection, (Bell,), publisher)
    (tool,) = binding._tools
    assert isinstance(tool, Bell)
    binding.dispose()
    binding.dispose()

    tool.post("bell", "too late")
    binding.send_initial("page-1")
    server.update_state(None, DictionaryChange({"late": True}))
    eventually(lambda: connection.client.peek("late") is True)
    publisher.post("end", None)
    eventually(lambda: sent)

    assert [m["op"] for m in sent] == ["end"]
    assert tool.closed == 1
    assert binding.feed is not None
    assert not binding.feed.has_changes


@pytest.mark.parametrize("kind", ControlRoom.tools, ids=lambda kind: kind.__name__)
def test_every_tool_implements_the_protocol(
    kind: type[ToolController],
) -> None:
    public = [
        name for name, _ in getmembers(ToolController, isfunction) if not name.startswith("_")
    ]

    assert {"handlers", "send_initial", "on_heartbeat", "static_html", "close"} <= set(public)
    for name in public:
        wanted, found = signature(getattr(ToolController, name)), signature(getattr(kind, name))
        assert list(found.parameters) == list(wanted.parameters)
    assert isinstance(kind.needs_state, bool)


def test_tools_of_a_widget_handle_different_requests(connection: object) -> None:
    tools = [kind(connection, lambda *_, **__: None) for kind in ControlRoom.tools]  # type: ignore[arg-type]
    ops = [op for tool in tools for op in tool.handlers()]
    for tool in tools:
        tool.close()

    assert len(ops) == len(set(ops))
