"""The tie between a widget's tools and a connection, and what becomes of it when it is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest

from nanover_jupyter import Connection, DictionaryChange, NanoverServer
from nanover_jupyter.widgets.sync.binding import Binding
from nanover_jupyter.widgets.sync.publisher import Publisher
from nanover_jupyter.widgets.sync.requests import Handler
from tests.support.eventually import eventually


class Bell:
    """A tool that says what it is told to say."""

    needs_state: ClassVar[bool] = True

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self.post = post
        self.closed = 0

    def handlers(self) -> dict[str, Handler]:
        return {"ring": lambda _client, _body, answer: answer.ok()}

    def greet(self, client: str) -> None:
        self.post("bell", "hello", client=client)

    def beat(self) -> None:
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

    publisher = Publisher(send, None, health=lambda: (0, None, 0.0), on_beat=lambda: None)
    publisher.hello("page-1", None, None)
    yield publisher
    publisher.close()


def test_a_view_is_told_the_status_and_what_every_tool_says(
    connection: Connection, publisher: Publisher, sent: list[dict[str, Any]]
) -> None:
    binding = Binding(connection, (Bell,), publisher)
    binding.greet("page-1")
    binding.beat()

    eventually(lambda: len(sent) == 3)

    assert [(m["op"], m.get("client")) for m in sent] == [
        ("status", "page-1"),
        ("bell", "page-1"),
        ("bell", None),
    ]
    assert sent[0]["body"]["name"] == "lab"
    assert list(binding.handlers) == ["ring"]
    binding.cut()


def test_a_feed_is_made_only_where_a_tool_needs_the_state(
    connection: Connection, publisher: Publisher
) -> None:
    with_state = Binding(connection, (Quiet, Bell), publisher)
    without = Binding(connection, (Quiet,), publisher)

    assert with_state.feed is not None
    assert without.feed is None
    with_state.cut()
    without.cut()


def test_once_cut_nothing_is_said_or_heard_and_every_tool_is_closed_once(
    connection: Connection,
    publisher: Publisher,
    sent: list[dict[str, Any]],
    server: NanoverServer,
) -> None:
    binding = Binding(connection, (Bell,), publisher)
    (tool,) = binding._tools
    assert isinstance(tool, Bell)
    binding.cut()
    binding.cut()

    tool.post("bell", "too late")
    binding.greet("page-1")
    server.update_state(None, DictionaryChange({"late": True}))
    eventually(lambda: connection.client.peek("late") is True)
    publisher.post("end", None)
    eventually(lambda: sent)

    assert [m["op"] for m in sent] == ["end"]
    assert tool.closed == 1
    assert binding.feed is not None
    assert not binding.feed.has_changes
