"""One command as an ordinary button."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import ipywidgets
import pytest

from nanover_jupyter import (
    CommandButton,
    Connection,
    DictionaryChange,
    NanoverServer,
    command_button,
    connect,
)
from nanover_jupyter.client.commands.arguments import CommandDoc
from nanover_jupyter.client.commands.docs import COMMAND_DOCS, describe
from tests.support.eventually import eventually

command_button_module = sys.modules[CommandButton.__module__]


def test_a_press_runs_the_command_with_its_arguments(connection: Connection) -> None:
    button = command_button(connection, "user/echo", n=5)

    assert isinstance(button, ipywidgets.Button)
    assert button.description == "echo"
    assert button.tooltip == "user/echo(n=5)"
    button.click()

    run = eventually(
        lambda: button.last_run if button.last_run and button.last_run.is_over else None
    )
    assert run.result == {"n": 5, "name": "x"}
    eventually(lambda: not button.disabled)
    assert connection.runs.runs()[0].id == run.id
    button.close()


def test_while_it_runs_it_cannot_be_pressed_again(
    connection: Connection, server: NanoverServer
) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10) and {"result": "Done waiting."})
    button = command_button(connection, "user/wait", description="Wait", icon="clock")
    button.click()

    assert button.disabled
    eventually(lambda: button.button_style == "warning")
    gate.set()
    eventually(lambda: not button.disabled)
    button.close()


def test_a_secret_is_sent_and_not_shown(connection: Connection) -> None:
    button = command_button(connection, "user/echo", api_token="swordfish", n=5)

    assert button.tooltip == "user/echo(api_token='•••', n=5)"
    button.click()
    run = eventually(lambda: button.last_run and button.last_run.is_over and button.last_run)
    assert run.result["api_token"] == "swordfish"


def test_a_failure_is_said_in_its_tooltip(connection: Connection) -> None:
    button = command_button(connection, "user/nowhere")
    button.click()

    eventually(lambda: button.button_style == "danger")
    assert "user/nowhere" in button.tooltip
    button.close()


def test_what_cannot_be_sent_is_a_failure_too(connection: Connection) -> None:
    button = command_button(connection, "user/echo", n=object())
    button.click()

    eventually(lambda: button.button_style == "danger")
    assert "cannot send" in button.tooltip
    button.close()


def test_a_dangerous_command_wants_a_second_press(
    connection: Connection, server: NanoverServer
) -> None:
    calls: list[int] = []
    server.register_command("user/wipe", lambda: calls.append(1))
    describe(
        "user/wipe", CommandDoc("Wipes.", danger="All is gone.", danger_to="others", label="Wipe")
    )
    try:
        button = command_button(connection, "user/wipe")
        assert button.description == "Wipe"
        button.click()
        eventually(lambda: calls == [1])
        eventually(lambda: not button.disabled)
        server.update_state(None, DictionaryChange({"avatar.a": {}}))
        eventually(lambda: connection.client.peek("avatar.a") is not None)

        button.click()
        assert (button.description, button.tooltip) == ("Press again to run it", "All is gone.")
        button.click()

        eventually(lambda: calls == [1, 1])
        assert button.description == "Wipe"
        button.close()
    finally:
        COMMAND_DOCS.remove("user/wipe")


@pytest.fixture
def wipe(connection: Connection, server: NanoverServer) -> Iterator[CommandButton]:
    """A button of a command that asks before it runs."""
    server.register_command("user/wipe", lambda: None)
    describe("user/wipe", CommandDoc("Wipes.", danger="All is gone.", danger_to="everybody"))
    button = command_button(connection, "user/wipe")
    yield button
    button.close()
    COMMAND_DOCS.remove("user/wipe")


def test_a_question_that_nobody_answers_is_taken_back(
    wipe: CommandButton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_button_module, "_PATIENCE", 0.01)
    words = wipe.tooltip
    wipe.click()

    eventually(lambda: (wipe.description, wipe.tooltip) == ("wipe", words))
    wipe.click()
    assert wipe.last_run is None


def test_what_was_asked_earlier_takes_no_later_question_back(wipe: CommandButton) -> None:
    wipe.click()
    first = wipe._question
    wipe.click()
    eventually(lambda: not wipe.disabled)
    wipe.click()
    wipe._take_back(first)

    assert wipe.description == "Press again to run it"


def test_without_a_server_it_is_off_and_says_so(
    connection: Connection, server: NanoverServer
) -> None:
    button = command_button(connection, "user/echo")
    server.close()

    eventually(lambda: button.disabled)
    assert button.tooltip.startswith("lab: lost (")
    button.close()


def test_it_follows_the_name_of_its_connection(connection: Connection) -> None:
    with NanoverServer() as other:
        other.register_command("user/echo", lambda **_: {"of": "other"})
        with connect(f"127.0.0.1:{other.port}", name="other") as successor:
            button = command_button(connection, "user/echo")
            connection.close()
            connection.rebind_dependents(successor)

            assert button.connection is successor
            assert not button.disabled
            button.click()
            run = eventually(
                lambda: button.last_run if button.last_run and button.last_run.is_over else None
            )
            assert run.result == {"of": "other"}
            button.close()
            assert button not in successor.dependents


def test_what_an_earlier_connection_still_says_is_not_shown(
    connection: Connection, server: NanoverServer
) -> None:
    gate = threading.Event()
    server.register_command("user/wait", lambda: gate.wait(10))
    button = command_button(connection, "user/wait")
    button.click()
    run = eventually(lambda: button.last_run)
    with connect(f"127.0.0.1:{server.port}", name="other") as other:
        button.rebind(other)
        button._show(replace(run, state="failed", error=OSError("late")))

        assert button.last_run is None
        assert (button.disabled, button.button_style) == (False, "")
        button.close()
    gate.set()


def test_it_is_off_when_its_connection_is_closed(connection: Connection) -> None:
    button = command_button(connection, "user/echo")

    connection.close()

    assert button.disabled
    button.close()


def test_only_clients_and_connections_have_commands() -> None:
    with pytest.raises(TypeError, match="or a Connection, not"):
        command_button("localhost", "user/echo")  # type: ignore[arg-type]


def test_two_clicks_before_the_page_hears_that_it_is_off_run_it_once(
    connection: Connection, server: NanoverServer
) -> None:
    calls: list[int] = []
    server.register_command("user/once", lambda: calls.append(1))
    button = command_button(connection, "user/once")
    button.click()
    button.click()

    eventually(lambda: button.last_run and button.last_run.is_over)
    assert len(connection.runs.runs()) == 1
    button.click()
    eventually(lambda: calls == [1, 1])
    button.close()
