"""Behavior of all widgets: initial messages, requests, rebinding and closing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from inspect import isfunction
from typing import Any

import pytest
from anywidget import AnyWidget

from nanover_jupyter import (
    Connection,
    ControlRoom,
    DictionaryChange,
    NanoverClient,
    NanoverServer,
    StateInspector,
    connect,
)
from nanover_jupyter.widgets.panel import Panel
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage

OpenPage = Callable[..., FakePage]


def test_a_new_view_gets_status_commands_leases_and_state(open_page: OpenPage) -> None:
    page = open_page(ControlRoom)

    status = page.last("status")
    assert (status["name"], status["state"]) == ("lab", "connected")
    assert status["abilities"]["locks"] == "server"
    assert [command["name"] for command in page.last("commands")["commands"]] == ["user/echo"]
    assert page.last("leases") == {"leases": [], "more": 0, "held": 0}
    eventually(lambda: page.model.values == {"scene": [0] * 10, "title": "demo"})


def test_changes_arrive_in_the_view(open_page: OpenPage, server: NanoverServer) -> None:
    page = open_page(StateInspector)
    eventually(lambda: page.model.complete)
    for number in range(100):
        server.update_state(None, DictionaryChange({"n": number, f"k{number % 7}": number}))
    server.update_state(None, DictionaryChange(removals={"title"}))

    eventually(lambda: page.model.values.get("n") == 99 and "title" not in page.model.values)

    assert not page.model.is_stale
    assert page.model.values == server.copy_state()


def test_hostile_keys_and_values_arrive_unchanged(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(StateInspector)
    hostile = {
        "__proto__": {"__proto__": {"polluted": True}},
        "<img src=x onerror=alert(1)>": "<script>alert(1)</script>",
        "": "empty",
        "a\n\u202eb": "turned",
        "k" * 10_000: 1.0,
    }
    server.update_state(None, DictionaryChange(hostile))

    eventually(lambda: hostile.items() <= page.model.values.items())


def test_two_views_get_the_same_state_and_their_own_replies(
    connection: Connection, server: NanoverServer
) -> None:
    panel = StateInspector(connection)
    one, two = FakePage(panel, "one"), FakePage(panel, "two")
    one.hello()
    two.hello()
    server.update_state(None, DictionaryChange({"n": 1.0}))

    for page in (one, two):
        eventually(lambda page=page: page.model.values.get("n") == 1)
    reply = one.ask("value", key="title")
    assert reply["result"] == {"key": "title", "exists": True, "value": "demo"}
    assert len(two.all("reply")) == 1
    panel.close()


def test_a_view_recovers_from_a_lost_message_by_hello(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(StateInspector)
    eventually(lambda: page.model.complete)
    page.model.rev = -5
    server.update_state(None, DictionaryChange({"n": 1.0}))
    eventually(lambda: page.model.is_stale)

    page.hello()

    eventually(lambda: page.model.values == server.copy_state())


@pytest.mark.parametrize(
    "content",
    [None, [], "text", {}, {"op": "ack"}, {"op": "ack", "body": {"seq": "x"}}, {"op": "nonsense"}],
)
def test_invalid_messages_are_ignored(open_page: OpenPage, content: Any) -> None:
    page = open_page(ControlRoom)

    page.raw(content)

    assert page.ask("value", key="title")["ok"]


@pytest.mark.parametrize("body", [{}, {"key": 1}, {"key": None}])
def test_a_malformed_request_is_answered(open_page: OpenPage, body: dict[str, Any]) -> None:
    reply = open_page(StateInspector).ask("value", **body)

    assert reply["error"]["kind"] == "BadRequest"


def test_users_own_message_callbacks_still_fire(open_page: OpenPage) -> None:
    page = open_page(StateInspector)
    seen: list[Any] = []
    page.panel.on_msg(lambda _widget, content, _buffers: seen.append(content["op"]))

    page.ask("value", key="title")

    assert "value" in seen


def test_a_lost_server_is_posted_immediately(open_page: OpenPage, server: NanoverServer) -> None:
    page = open_page(ControlRoom)
    page.last("status")
    server.close()

    eventually(lambda: page.last("status")["state"] == "lost")

    assert page.last("status")["reason"]


def test_only_lazy_modules_can_be_requested(open_page: OpenPage) -> None:
    page = open_page(StateInspector)

    module = page.ask("module", name="plot")["result"]

    assert "createPlot" in module["source"]
    for name in ("inspector", "../errors", "panel"):
        assert page.ask("module", name=name)["error"]["kind"] == "BadRequest"


def test_a_misspelled_option_suggests_the_right_one(connection: Connection) -> None:
    with pytest.raises(TypeError, match=r"no option 'hight'; did you mean 'height'"):
        ControlRoom(connection, hight=300)


def test_the_source_must_be_a_client_or_connection() -> None:
    with pytest.raises(TypeError, match="expected a NanoverClient or a Connection, not"):
        ControlRoom("localhost")  # type: ignore[arg-type]


def test_the_source_can_be_a_client(server: NanoverServer) -> None:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        page = FakePage(StateInspector(client))
        page.hello()

        eventually(lambda: page.model.values.get("title") == "demo")
        page.panel.close()


def test_the_repr_contains_connection_and_keys(open_page: OpenPage) -> None:
    panel = open_page(StateInspector).panel

    assert repr(panel) == "<StateInspector of lab: connected, 2 keys>"
    data, _ = panel._repr_mimebundle_()
    assert data["text/plain"] == repr(panel)


def test_the_static_html_contains_state_and_time_but_no_secret(
    open_page: OpenPage, connection: Connection
) -> None:
    panel = open_page(ControlRoom).panel
    connection.client.attempt_update_locks({"scene": 30.0})

    data, _ = panel._repr_mimebundle_()

    html = data["text/html"]
    for part in ("lab", "connected", "title", "user/echo", "scene", "held"):
        assert part in html
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", html)
    assert connection.client._transport._access_token not in html  # type: ignore[attr-defined]


def test_no_secret_is_a_trait(open_page: OpenPage, connection: Connection) -> None:
    panel = open_page(ControlRoom).panel
    token = connection.client._transport._access_token  # type: ignore[attr-defined]

    assert token not in str(panel.get_state())
    assert {"tool", "query", "height"} <= set(panel.get_state())


def test_closing_a_widget_ends_its_thread(open_page: OpenPage) -> None:
    page = open_page(ControlRoom)
    eventually(lambda: page.model.complete)
    page.panel.close()

    names = [thread.name for thread in threading.enumerate()]
    assert "nanover-publisher" not in names


def test_no_attribute_overrides_one_of_anywidget() -> None:
    methods = {
        name
        for kind in (Panel, ControlRoom)
        for name, member in vars(kind).items()
        if isfunction(member)
    }

    hidden = {name for name in methods if hasattr(AnyWidget, name)}

    assert hidden == {"__init__", "__repr__", "close", "_repr_mimebundle_"}


@pytest.fixture
def other_connection() -> Iterator[Connection]:
    """A connection to another server, with a state of its own."""
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"title": "another", "extra": 1.0}))
        server.register_command("user/other", dict)
        with connect(f"127.0.0.1:{server.port}", name="other") as connection:
            yield connection


def test_views_get_the_state_of_a_new_connection(
    open_page: OpenPage, other_connection: Connection
) -> None:
    page = open_page(ControlRoom)
    eventually(lambda: page.model.complete)
    page.panel.rebind(other_connection)

    eventually(lambda: page.model.values == {"title": "another", "extra": 1})

    assert page.last("status")["name"] == "other"
    assert [command["name"] for command in page.last("commands")["commands"]] == ["user/other"]
    assert page.last("leases") == {"leases": [], "more": 0, "held": 0}
    assert page.panel.connection is other_connection
    assert repr(page.panel).startswith("<ControlRoom of other: connected")


def test_after_a_rebind_requests_use_the_new_connection(
    open_page: OpenPage, other_connection: Connection, server: NanoverServer
) -> None:
    page = open_page(ControlRoom)
    eventually(lambda: page.model.complete)
    page.panel.rebind(other_connection)
    eventually(lambda: page.model.values.get("extra") == 1)
    server.update_state(None, DictionaryChange({"stale": True}))
    other_connection.client.attempt_update_state(DictionaryChange({"fresh": True}))

    eventually(lambda: page.model.values.get("fresh") is True)

    assert "stale" not in page.model.values
    assert not page.model.is_stale
    assert page.ask("value", key="title")["result"]["value"] == "another"
    assert page.ask("watch", keys=["title"])["ok"]
    assert other_connection.client.locks.watched.keys() == ["title"]


def test_later_messages_of_the_old_connection_are_not_shown(
    open_page: OpenPage, connection: Connection, other_connection: Connection
) -> None:
    page = open_page(ControlRoom)
    page.panel.rebind(other_connection)
    eventually(lambda: page.last("status")["name"] == "other")

    connection.close()
    page.ask("ping")

    assert page.last("status")["state"] == "connected"


def test_a_hidden_view_recognizes_the_new_state_by_its_epoch(
    open_page: OpenPage, other_connection: Connection
) -> None:
    page = open_page(StateInspector)
    eventually(lambda: page.model.complete)
    page.notify("hide")
    page.panel.rebind(other_connection)

    page.hello()

    eventually(lambda: page.model.values == {"title": "another", "extra": 1})


def test_a_replaced_connection_rebinds_its_panels(
    open_page: OpenPage, connection: Connection, other_connection: Connection
) -> None:
    shown, closed = open_page(StateInspector).panel, open_page(StateInspector).panel
    closed.close()

    connection.rebind_dependents(other_connection)

    assert shown.connection is other_connection
    assert closed.connection is connection


def test_a_rebind_to_the_same_connection_changes_nothing(
    open_page: OpenPage, connection: Connection
) -> None:
    page = open_page(StateInspector)
    eventually(lambda: page.model.complete)
    epoch = page.model.epoch
    page.panel.rebind(connection)

    page.ask("ping")

    assert page.model.epoch == epoch


def test_it_has_views_while_a_page_shows_it(open_page: OpenPage) -> None:
    page = open_page(StateInspector)
    assert page.panel.has_views

    page.notify("bye")

    assert not page.panel.has_views
