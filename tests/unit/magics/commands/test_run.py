"""%nanover commands and run in a real IPython shell."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest

from nanover_jupyter import NanoverServer
from tests.support.eventually import eventually
from tests.unit.magics.conftest import Shell


@pytest.fixture
def server(shell: Shell) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.register_command("user/echo", lambda **given: given, {"n": 1.0, "name": "x"})
        server.register_command("user/nothing", dict)
        server.register_command("user/fail", fail)
        server.register_command("<b>bold</b>", dict, {"<i>": "</td>"})
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet")
        yield server


def fail() -> None:
    raise ValueError("no such\nsimulation")


def test_commands_are_listed_with_their_arguments(shell: Shell, server: NanoverServer) -> None:
    text = shell.run("%nanover commands").text

    assert text.startswith("4 of 4 commands:\n")
    assert re.search(r'(?m)^  user/echo +n=1, name="x"$', text)
    assert shell.run("%nanover commands ECHO").text.startswith("1 of 4 commands:")
    assert shell.run("%nanover commands user/*").text.startswith("3 of 4 commands:")
    assert shell.run("%nanover commands zzz").text == "None of 4 commands matches 'zzz'."


def test_new_commands_are_listed(shell: Shell, server: NanoverServer) -> None:
    server.register_command("user/late", dict)

    assert "user/late" in shell.run("%nanover commands").text


def test_hostile_names_are_plain_text(shell: Shell, server: NanoverServer) -> None:
    html = shell.run("%nanover commands").shown[0].data["text/html"]

    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_commands_are_stored_as_a_dict(shell: Shell, server: NanoverServer) -> None:
    assert shell.run("%nanover commands echo -o found").shown == []

    assert list(shell.value("found")) == ["user/echo"]


def test_a_command_is_run_with_json_text_and_variables(shell: Shell, server: NanoverServer) -> None:
    shell.ip.user_ns["items"] = [1, {"a": "b"}]

    cell = shell.run("%nanover run user/echo n=2 name='two words' flag=true x=$items y={\"z\": []}")

    assert cell.value == {
        "n": 2,
        "name": "two words",
        "flag": True,
        "x": [1, {"a": "b"}],
        "y": {"z": []},
    }
    assert re.fullmatch(r"Ran user/echo in [\d.]+ m?s\.", cell.shown[0].data["text/plain"])


def test_a_result_is_stored_in_the_output_variable(shell: Shell, server: NanoverServer) -> None:
    cell = shell.run("%nanover run user/echo n=2 -o reply")

    assert cell.value is None
    assert cell.text.endswith("; result stored in reply.")
    assert shell.value("reply") == {"n": 2, "name": "x"}
    assert shell.run("again = %nanover run user/echo --quiet").error is None
    assert shell.value("again") == {"n": 1, "name": "x"}


def test_a_command_without_a_result_shows_none(shell: Shell, server: NanoverServer) -> None:
    assert shell.run("%nanover run user/nothing").value is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run user/fail", "command 'user/fail' failed: "),
        ("run user/ecko", "Unknown command 'user/ecko' (the server answered"),
        ("run user/ecko", "Did you mean 'user/echo'?"),
        ("run user/echo n", "'n' has no value. Write n=VALUE."),
        ("run user/echo n=1 n=2", "'n' is set twice."),
        ("run user/echo n=True", "Values are JSON: write true instead of True"),
        ("run user/echo n=[1,", "The bracket [ is never closed"),
        ("run user/echo n=$missing", "Variable 'missing' is not defined."),
        ("run user/echo n=$odd", "cannot send n"),
        ("run", "the following arguments are required: COMMAND"),
    ],
)
def test_an_error_is_one_line(shell: Shell, server: NanoverServer, line: str, message: str) -> None:
    shell.ip.user_ns["odd"] = object()

    cell = shell.run(f"%nanover {line}")

    assert message in cell.errors
    assert len(cell.errors.strip().splitlines()) == 1
    assert cell.errors.startswith("UsageError: ")


def test_a_command_that_takes_too_long_times_out(shell: Shell, server: NanoverServer) -> None:
    over = threading.Event()
    server.register_command("user/wait", lambda: (over.wait(30) and {}) or {})

    errors = shell.run("%nanover run user/wait --timeout 0.2").errors
    over.set()

    assert "timed out after 0.2 s while running 'user/wait'" in errors
    assert "(use --timeout SECONDS to wait longer)" in errors


def test_a_command_that_was_registered_later_shows_its_own_error(
    shell: Shell, server: NanoverServer
) -> None:
    server.register_command("user/late", fail)

    assert "command 'user/late' failed: " in shell.run("%nanover run user/late").errors


def test_control_characters_in_an_error_of_the_server_are_replaced(
    shell: Shell, server: NanoverServer
) -> None:
    def rage() -> None:
        raise ValueError("\x1b[2J\x1b]0;owned\x07\u202e")

    server.register_command("user/rage", rage)

    errors = shell.run("%nanover run user/rage").errors

    assert "command 'user/rage' failed" in errors
    assert not {"\x1b", "\x07", "\u202e"} & set(errors)


def test_a_run_is_listed_in_the_palette_too(shell: Shell, server: NanoverServer) -> None:
    cell = shell.run("%nanover run user/echo n=5")
    cell.value["n"] = "altered"

    (run,) = shell.magics.context.registry.named(None).runs.runs()

    assert (run.name, run.arguments, run.state) == ("user/echo", {"n": 5}, "done")
    assert run.result == {"n": 5, "name": "x"}


def test_a_run_that_is_cancelled_in_the_palette_is_reported(
    shell: Shell, server: NanoverServer
) -> None:
    started, finish = threading.Event(), threading.Event()
    server.register_command("user/long", lambda: started.set() or (finish.wait(30) and None))
    runs = shell.magics.context.registry.current.runs

    def stop() -> None:
        started.wait(30)
        eventually(lambda: runs.runs()[0].state == "running")
        runs.cancel(runs.runs()[0].id)

    stopping = threading.Thread(target=stop)
    stopping.start()
    cell = shell.run("%nanover run user/long")
    stopping.join()
    finish.set()

    assert "Stopped waiting for user/long" in cell.errors
