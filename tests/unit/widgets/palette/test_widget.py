"""Traits and methods of the palette."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from nanover_jupyter import CommandFailed, CommandPalette, InvalidValue, NanoverServer, connect
from nanover_jupyter.client.connection import Connection
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage


@pytest.fixture
def palette(open_page: OpenPage) -> Any:
    return open_page(CommandPalette).panel


def test_a_run_from_python_is_shown_like_one_of_the_page(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    result = page.panel.run("user/echo", n=2).result(timeout=5)

    assert result == {"n": 2, "name": "x"}
    (run,) = page.panel.connection.runs.runs()
    assert (run.name, run.arguments, run.state) == ("user/echo", {"n": 2}, "done")
    eventually(lambda: page.last("run_state")["state"] == "done")
    eventually(lambda: page.last("memory")["last"].get("user/echo") == {"n": 2})


def test_a_run_can_be_awaited(palette: CommandPalette) -> None:
    async def run() -> object:
        return await palette.run("user/echo", name="y")

    assert asyncio.run(run()) == {"n": 1, "name": "y"}


def test_the_last_result_is_that_of_the_last_run_that_succeeded(palette: CommandPalette) -> None:
    assert palette.last_result is None
    palette.run("user/echo", n=2).result(timeout=5)
    with pytest.raises(CommandFailed):
        palette.run("user/nowhere").result(timeout=5)

    assert palette.last_result == {"n": 2, "name": "x"}


def test_running_and_history_are_observable(palette: CommandPalette, server: NanoverServer) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    seen: list[list[str]] = []
    palette.observe(lambda change: seen.append([run.name for run in change["new"]]), "running")

    call = palette.run("user/wait")
    eventually(lambda: [run.name for run in palette.running] == ["user/wait"])
    gate.set()
    call.result(timeout=5)

    eventually(
        lambda: [(run.name, run.state) for run in palette.history] == [("user/wait", "done")]
    )
    assert palette.running == ()
    assert seen == [["user/wait"], []]


def test_a_command_that_cannot_be_sent_raises_and_is_shown(palette: CommandPalette) -> None:
    with pytest.raises(InvalidValue, match="cannot send"):
        palette.run("user/echo", n=object())

    run = eventually(lambda: palette.history)[0]
    assert run.state == "failed"
    assert "object object" in str(run.arguments["n"])


def test_arguments_that_cannot_be_stored_are_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with NanoverServer(websocket_port=0) as server:
        server.register_command("user/take", lambda **arguments: {"n": len(arguments["data"])})
        with connect(f"ws://127.0.0.1:{server.websocket_port}") as connection:
            palette = CommandPalette(connection)
            page = FakePage(palette)
            page.hello()

            result = palette.run("user/take", data=b"abc").result(timeout=5)

            assert result == {"n": 3}
            eventually(lambda: page.last("memory")["recent"] == ["user/take"])
            assert "user/take" not in page.last("memory")["last"]
            palette.close()
    assert caplog.text == ""


def test_the_filter_can_be_changed(open_page: OpenPage, server: NanoverServer) -> None:
    server.register_command("playback/play", dict)
    server.register_command("other/x", dict)
    page = open_page(CommandPalette, filter="user/*, playback/*")
    page.ask("refresh_commands")

    def names() -> list[str]:
        return [command["name"] for command in page.last("commands")["commands"]]

    eventually(lambda: names() == ["playback/play", "user/echo"])
    page.panel.filter = "other/*"
    eventually(lambda: names() == ["other/x"])


def test_query_and_selected_are_synchronized_traits(open_page: OpenPage) -> None:
    panel = open_page(CommandPalette, query="ec", selected="user/echo").panel

    assert {"query": "ec", "selected": "user/echo"}.items() <= panel.get_state().items()


def test_each_result_is_assigned_to_the_variable(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shell:
        user_ns: dict[str, Any] = {}  # noqa: RUF012 - one for the test

    monkeypatch.setattr(
        "nanover_jupyter.widgets.palette.controller.get_ipython", lambda: Shell, raising=True
    )
    page = open_page(CommandPalette, result_name="answer")

    page.panel.run("user/echo", n=3).result(timeout=5)
    eventually(lambda: Shell.user_ns == {"answer": {"n": 3, "name": "x"}})
    page.ask("name_result", name="other")
    eventually(lambda: page.panel.result_name == "other")
    page.panel.run("user/echo").result(timeout=5)

    eventually(lambda: Shell.user_ns.get("other") == {"n": 1, "name": "x"})


def test_an_invalid_variable_name_is_rejected(palette: CommandPalette) -> None:
    with pytest.raises(Exception, match="is not a valid variable name"):
        palette.result_name = "not a name"


def test_runs_continue_after_closing_the_palette(
    open_page: OpenPage, connection: Connection, server: NanoverServer
) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    panel = open_page(CommandPalette).panel
    call = panel.run("user/wait")

    panel.close()
    gate.set()

    assert call.result(timeout=5) == {}
    assert connection.runs.runs()[0].state == "done"
