"""Requests to the palette, and its messages to the views."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nanover_jupyter import CommandPalette, ControlRoom, DictionaryChange, NanoverServer, connect
from nanover_jupyter.client.commands.arguments import Float
from nanover_jupyter.widgets.palette.controller import PaletteController
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage


def start(page: FakePage, run: str, name: str, **arguments: Any) -> dict[str, Any]:
    return page.ask("run", run=run, name=name, arguments=arguments)


def ended(page: FakePage, run: str) -> Any:
    """Wait for the end of a run and return its state."""

    def find() -> Any:
        bodies = [message["body"] for message in page.all("run_state")]
        return [body for body in bodies if body["run"] == run and body["state"] != "running"]

    return eventually(find)[0]


def test_commands_are_listed_with_their_defaults(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    (command,) = page.last("commands")["commands"]

    assert command == {
        "name": "user/echo",
        "arguments": {"n": 1, "name": "x"},
        "label": None,
        "icon": None,
        "sentence": "",
        "danger": "",
        "danger_to": "everybody",
        "known": [],
    }


def test_built_in_commands_are_documented(open_page: OpenPage, server: NanoverServer) -> None:
    server.register_command("playback/load", lambda index: None)
    page = open_page(CommandPalette)
    page.ask("refresh_commands")

    (load,) = [
        command
        for command in eventually(lambda: page.last("commands")["commands"][:-1])
        if command["name"] == "playback/load"
    ]

    assert load["danger_to"] == "others"
    assert load["known"][0]["asks"] is True
    assert load["known"][0]["required"] is True


def test_a_run_is_answered_immediately_and_posted_when_it_ends(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    reply = start(page, "r1", "user/echo", n=2, far={"$nvj": "inf"})

    assert reply == {"ok": True, "result": None}
    run = ended(page, "r1")
    assert run["state"] == "done"
    assert run["result"] == {"n": 2, "name": "x", "far": {"$nvj": "inf"}}
    assert run["arguments"] == {"n": 2, "far": {"$nvj": "inf"}}
    assert 0 < run["seconds"] < 5


def test_floats_and_integers_are_distinguished(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    start(page, "r1", "user/echo", n={"$nvj": "float", "text": "1.0"}, m=1)

    arguments = ended(page, "r1")["arguments"]
    assert arguments == {"n": {"$nvj": "float", "text": "1.0"}, "m": 1}


def test_a_repeated_request_runs_once(open_page: OpenPage, server: NanoverServer) -> None:
    calls: list[float] = []
    server.register_command("user/count", lambda: calls.append(1.0))
    page = open_page(CommandPalette)

    start(page, "r1", "user/count")
    start(page, "r1", "user/count")
    ended(page, "r1")
    start(page, "r1", "user/count")

    assert len(calls) == 1


def test_a_failure_has_the_message_of_the_server(
    open_page: OpenPage, server: NanoverServer
) -> None:
    def fail() -> None:
        raise ValueError("no <b>such</b> atom")

    server.register_command("user/fail", fail)
    page = open_page(CommandPalette)

    start(page, "r1", "user/fail")

    error = ended(page, "r1")["error"]
    assert error["kind"] == "CommandFailed"
    assert error["message"].endswith("no <b>such</b> atom")


def test_a_command_that_cannot_be_sent_is_a_failed_run(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    assert start(page, "r1", "user/echo", n={"$nvj": "int", "text": "1" + "0" * 400})["ok"]

    run = ended(page, "r1")
    assert run["state"] == "failed"
    assert run["error"]["kind"] == "InvalidValue"


def test_invalid_arguments_are_rejected(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    listed = page.ask("run", run="r", name="user/echo", arguments=[1])
    assert listed["error"]["kind"] == "BadRequest"
    assert page.ask("run", run="r", arguments={})["error"]["kind"] == "BadRequest"
    forged = start(page, "r", "user/echo", n={"$nvj": "cut"})
    assert "cannot be sent back" in forged["error"]["message"]


def test_several_runs_are_active_at_once(open_page: OpenPage, server: NanoverServer) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    page = open_page(CommandPalette)

    start(page, "slow", "user/wait")
    start(page, "quick", "user/echo")

    assert ended(page, "quick")["state"] == "done"
    assert {body["state"] for body in _states(page, "slow")} == {"running"}
    gate.set()
    assert ended(page, "slow")["state"] == "done"


def _states(page: FakePage, run: str) -> list[dict[str, Any]]:
    return [m["body"] for m in page.all("run_state") if m["body"]["run"] == run]


def test_a_cancelled_run_is_posted(open_page: OpenPage, server: NanoverServer) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    page = open_page(CommandPalette)
    start(page, "r1", "user/wait")

    page.ask("cancel_run", run="r1")

    assert ended(page, "r1")["state"] == "cancelled"
    gate.set()


def test_a_new_view_gets_the_run_history(open_page: OpenPage, server: NanoverServer) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    first = open_page(CommandPalette)
    start(first, "r1", "user/echo", n=3)
    ended(first, "r1")
    start(first, "r2", "user/wait")

    second = FakePage(first.panel, "page-2")
    second.hello()

    runs = second.last("runs")["runs"]
    assert [(run["run"], run["state"]) for run in runs] == [("r2", "running"), ("r1", "done")]
    gate.set()
    assert ended(second, "r2")["state"] == "done"


def test_two_widgets_of_a_connection_show_the_same_runs(
    open_page: OpenPage, fast_heartbeats: None
) -> None:
    palette, room = open_page(CommandPalette), open_page(ControlRoom)

    start(palette, "r1", "user/echo")

    assert ended(room, "r1")["state"] == "done"


def test_finished_runs_can_be_removed(open_page: OpenPage, server: NanoverServer) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    page = open_page(CommandPalette)
    for run in ("r1", "r2"):
        start(page, run, "user/echo")
        ended(page, run)
    start(page, "r3", "user/wait")

    page.ask("forget_run", run="r1")
    eventually(lambda: [run["run"] for run in page.last("runs")["runs"]] == ["r3", "r2"])
    page.ask("forget_run", run=None)
    eventually(lambda: [run["run"] for run in page.last("runs")["runs"]] == ["r3"])
    gate.set()


def test_a_large_result_is_truncated_and_sent_in_full_on_request(
    open_page: OpenPage, server: NanoverServer
) -> None:
    server.register_command("user/large", lambda: {"list": [0.5] * 100_000, "far": float("nan")})
    page = open_page(CommandPalette)

    start(page, "r1", "user/large")

    assert ended(page, "r1")["result"]["$nvj"] == "cut"
    full = page.ask("full_result", run="r1")["result"]
    assert full["kept"]
    assert len(full["result"]["list"]) == 100_000
    assert page.ask("full_result", run="nowhere")["result"] == {"kept": False, "result": None}


def test_effects_on_the_state_are_posted_shortly_after_the_end(
    open_page: OpenPage, server: NanoverServer, fast_effects: None
) -> None:
    def work() -> None:
        server.update_state(None, DictionaryChange({"user.made": 1.0}, {"title"}))

    server.register_command("user/work", work)
    page = open_page(CommandPalette)
    eventually(lambda: page.panel.connection.client.peek("title"))

    start(page, "r1", "user/work")

    effects = eventually(lambda: _states(page, "r1")[-1]["effects"])
    assert effects == {
        "added": ["user.made"],
        "changed": [],
        "removed": ["title"],
        "count": 2,
        "moving": 0,
        "locks": [],
    }


def test_effects_contain_locks_cleared_by_loading_a_simulation(
    open_page: OpenPage, server: NanoverServer, fast_effects: None
) -> None:
    server.register_command("playback/load", lambda index: server.clear_locks())
    page = open_page(CommandPalette)
    page.panel.connection.client.attempt_update_locks({"scene": 60.0})

    start(page, "r1", "playback/load", index=0)

    effects = eventually(lambda: _states(page, "r1")[-1]["effects"])
    (lock,) = effects["locks"]
    assert (lock["key"], lock["kept"]) == ("scene", True)
    assert "playback/load switched" in lock["note"]


def test_progress_in_the_state_is_posted(open_page: OpenPage, server: NanoverServer) -> None:
    gate = threading.Event()

    def work() -> None:
        server.update_state(None, DictionaryChange({"user.work.progress": 0.25}))
        gate.wait(10)

    server.register_command("user/work", work)
    page = open_page(CommandPalette)

    start(page, "r1", "user/work")

    eventually(lambda: _states(page, "r1")[-1]["progress"] == 0.25)
    gate.set()
    assert ended(page, "r1")["state"] == "done"


def test_choices_come_from_the_command_that_lists_them(
    open_page: OpenPage, server: NanoverServer
) -> None:
    server.register_command("playback/list", lambda: {"simulations": ["methane", "17-ala"]})
    page = open_page(CommandPalette)

    reply = page.ask("choices", command="playback/load", argument="index")

    assert reply["result"]["choices"] == [
        {"label": "0 · methane", "value": 0},
        {"label": "1 · 17-ala", "value": 1},
    ]


def test_requests_for_missing_choices_are_rejected(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(CommandPalette)

    without_choices = page.ask("choices", command="user/echo", argument="n")
    assert without_choices["error"]["kind"] == "BadRequest"
    unknown = page.ask("choices", command="playback/load", argument="index")
    assert unknown["error"]["kind"] == "CommandFailed"
    server.register_command("playback/list", lambda: {"simulations": "none"})
    strange = page.ask("choices", command="playback/load", argument="index")
    assert "is not a list" in strange["error"]["message"]


def test_runs_and_pins_are_posted_and_outlive_the_widget(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)
    pin = {
        "id": "p1",
        "command": "user/echo",
        "arguments": {"n": {"$nvj": "float", "text": "2.0"}},
        "asks": [],
        "label": "Echo",
        "icon": "",
        "tooltip": "",
    }
    start(page, "r1", "user/echo", n=5)
    page.ask("pin", **pin)
    page.ask("integers", command="user/echo", names=["n"])
    eventually(lambda: page.last("memory")["recent"] == ["user/echo"])
    page.panel.close()

    memory = open_page(ControlRoom).last("memory")

    assert memory["pins"] == [pin]
    assert memory["last"] == {"user/echo": {"n": 5}}
    assert memory["integers"] == {"user/echo": ["n"]}


def test_a_pin_is_removed_in_every_widget(open_page: OpenPage) -> None:
    page, other = open_page(CommandPalette), open_page(ControlRoom)
    texts = dict.fromkeys(("label", "icon", "tooltip"), "")
    page.ask("pin", id="p1", command="user/echo", arguments={}, asks=[], **texts)
    eventually(lambda: other.last("memory")["pins"])

    page.ask("unpin", id="p1")

    eventually(lambda: not other.last("memory")["pins"])


def test_the_variable_for_results_must_be_a_valid_name(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    assert page.ask("name_result", name="answer")["ok"]
    eventually(lambda: page.last("memory")["result_name"] == "answer")
    for bad in ("1x", "a b", "class"):
        assert (
            "is not a valid variable name" in page.ask("name_result", name=bad)["error"]["message"]
        )


def test_the_number_of_avatars_is_sent_before_the_commands(
    open_page: OpenPage,
) -> None:
    page = open_page(CommandPalette)
    page.last("people")
    ops = [message["op"] for message in page.received if message["op"] in {"people", "commands"}]

    assert ops[0] == "people"


def test_the_number_of_avatars_is_updated(
    open_page: OpenPage, server: NanoverServer, fast_heartbeats: None
) -> None:
    page = open_page(CommandPalette)
    assert page.last("people") == {"avatars": 0}
    server.update_state(None, DictionaryChange({"avatar.a": {}, "avatar.b": {}, "avatars": 1}))

    eventually(lambda: page.last("people") == {"avatars": 2})


def test_new_commands_are_found_while_a_view_is_visible(
    open_page: OpenPage,
    server: NanoverServer,
    fast_heartbeats: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nanover_jupyter.client.commands.polling._MIN_INTERVAL", 0.1)
    page = open_page(CommandPalette)
    page.last("commands")
    server.register_command("user/new", lambda: None)

    eventually(lambda: len(page.last("commands")["commands"]) == 2)


def test_a_refresh_posts_new_commands_to_every_view(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(CommandPalette)
    server.register_command("user/new", lambda: None)

    assert page.ask("refresh_commands")["result"] == 2
    eventually(lambda: len(page.last("commands")["commands"]) == 2)


def test_without_a_server_a_run_fails_and_is_not_repeated(
    open_page: OpenPage, server: NanoverServer, may_reconnect: threading.Event
) -> None:
    page = open_page(CommandPalette)
    port, calls = server.port, []
    may_reconnect.clear()
    server.close()

    start(page, "r1", "user/count")

    run = ended(page, "r1")
    assert run["error"]["kind"] in {"ConnectError", "ConnectionLost"}
    assert "127.0.0.1" in run["error"]["message"]
    with NanoverServer(port=port) as again:
        again.register_command("user/count", lambda: calls.append(1.0))
        may_reconnect.set()
        eventually(lambda: page.last("status")["state"] == "connected", seconds=20)
        eventually(lambda: page.last("commands")["commands"])
    assert calls == []


def test_commands_are_requested_after_a_reconnect(
    open_page: OpenPage, server: NanoverServer, may_reconnect: threading.Event
) -> None:
    page = open_page(CommandPalette)
    port = server.port
    may_reconnect.clear()
    server.close()
    eventually(lambda: page.last("status")["state"] == "lost")

    with NanoverServer(port=port) as again:
        again.register_command("user/new", dict)
        may_reconnect.set()

        def names() -> list[str]:
            return [command["name"] for command in page.last("commands")["commands"]]

        eventually(lambda: names() == ["user/new"], seconds=20)


def test_a_short_run_is_posted_once(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)

    start(page, "r1", "user/echo")

    assert [body["state"] for body in _states(page, "r1")] == ["done"]
    ops = [message["op"] for message in page.received]
    assert ops.index("run_state") < len(ops) - 1 - ops[::-1].index("reply")


def test_a_longer_run_is_answered_before_its_end(
    open_page: OpenPage, server: NanoverServer
) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and None)
    page, other = open_page(CommandPalette), open_page(ControlRoom)

    assert start(page, "r1", "user/wait")["ok"]

    eventually(lambda: _states(page, "r1") and _states(other, "r1"))
    assert _states(page, "r1")[0]["state"] == _states(other, "r1")[0]["state"] == "running"
    gate.set()
    assert ended(other, "r1")["state"] == "done"


def test_a_lost_server_ends_a_run(
    open_page: OpenPage, server: NanoverServer, impatient_servers: None
) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(20) and None)
    page = open_page(CommandPalette)
    start(page, "r1", "user/wait")
    eventually(lambda: _states(page, "r1"))

    server.close()

    assert ended(page, "r1")["state"] == "failed"
    gate.set()


@pytest.mark.parametrize("name", ["<img src=x>", "a b", '"quoted"', "x" * 1000, "__proto__", ""])
def test_hostile_names_are_names(open_page: OpenPage, server: NanoverServer, name: str) -> None:
    server.register_command(name, lambda **arguments: arguments)
    page = open_page(CommandPalette)
    page.ask("refresh_commands")

    start(page, "r1", name, **{name: 1})

    assert name in [command["name"] for command in page.last("commands")["commands"]]
    assert ended(page, "r1")["result"] == {name: 1}


def test_five_thousand_commands_are_posted(server: NanoverServer) -> None:
    for number in range(5_000):
        server.register_command(f"user/command-{number}", dict, {"n": number})
    with connect(f"127.0.0.1:{server.port}") as connection:
        posted: list[Any] = []
        tool = PaletteController(connection, lambda op, body, **_: posted.append((op, body)))

        tool.send_initial("page-1")

        assert len(dict(posted)["commands"]["commands"]) == 5_001
        tool.close()


def test_later_documentation_is_posted(open_page: OpenPage) -> None:
    page = open_page(CommandPalette)
    page.last("commands")

    page.panel.describe("user/echo", "Says it back.", n=Float(2, min=0, unit="m"))

    command = eventually(
        lambda: [c for c in page.last("commands")["commands"] if c["known"]],
    )[0]
    assert command["sentence"] == "Says it back."
    assert command["known"][0]["unit"] == "m"
