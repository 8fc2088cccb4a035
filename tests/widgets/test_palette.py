"""The kernel half of the command palette."""

from __future__ import annotations

import threading

from nanover_jupyter import CommandPalette, NanoverServer
from tests.support.eventually import eventually
from tests.widgets.test_panel import OpenPage


def test_commands_are_listed_with_their_defaults(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    (command,) = page.last("commands")["commands"]

    assert command == {
        "name": "user/echo",
        "arguments": {"n": 1, "name": "x"},
        "label": None,
        "icon": None,
    }


def test_a_run_brings_the_result_and_its_time(open_page: OpenPage) -> None:
    reply = open_page(CommandPalette).ask(
        "run", name="user/echo", arguments={"n": 2, "far": {"$nvj": "inf"}}
    )

    assert reply["result"]["result"] == {"n": 2, "name": "x", "far": {"$nvj": "inf"}}
    assert 0 < reply["result"]["seconds"] < 5


def test_a_failure_brings_the_servers_words(open_page: OpenPage, server: NanoverServer) -> None:
    def fail() -> None:
        raise ValueError("no <b>such</b> atom")

    server.register_command("user/fail", fail)

    reply = open_page(CommandPalette).ask("run", name="user/fail", arguments={})

    assert reply["error"]["kind"] == "CommandFailed"
    assert reply["error"]["message"].endswith("no <b>such</b> atom")


def test_arguments_that_make_no_sense_are_refused(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    assert page.ask("run", name="user/echo", arguments=[1])["error"]["kind"] == "BadRequest"
    assert page.ask("run", arguments={})["error"]["kind"] == "BadRequest"
    forged = page.ask("run", name="user/echo", arguments={"n": {"$nvj": "cut"}})
    assert "cannot be sent back" in forged["error"]["message"]


def test_several_runs_wait_at_once(open_page: OpenPage, server: NanoverServer) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    page = open_page(CommandPalette)

    slow = page.request("run", name="user/wait", arguments={})
    quick = page.ask("run", name="user/echo", arguments={})

    assert quick["ok"]
    assert page.reply(slow) is None
    gate.set()
    assert eventually(lambda: page.reply(slow))["ok"]


def test_a_refresh_finds_new_commands_and_tells_every_view(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(CommandPalette)
    server.register_command("user/new", lambda: None)

    assert page.ask("refresh_commands")["result"] == 2
    eventually(lambda: len(page.last("commands")["commands"]) == 2)


def test_without_a_server_a_run_says_so(open_page: OpenPage, server: NanoverServer) -> None:
    page = open_page(CommandPalette)
    server.close()

    reply = page.ask("run", name="user/echo", arguments={})

    assert reply["error"]["kind"] in {"ConnectError", "ConnectionLost"}
    assert "127.0.0.1" in reply["error"]["message"]
