"""One command as an ordinary button."""

from __future__ import annotations

import threading

import ipywidgets
import pytest

from nanover_jupyter import Connection, DictionaryChange, NanoverServer, command_button
from nanover_jupyter.arguments import About
from nanover_jupyter.describing import SHARED, describe
from tests.support.eventually import eventually


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
    describe("user/wipe", About("Wipes.", danger="All is gone.", danger_to="others", label="Wipe"))
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
        SHARED.forget("user/wipe")


def test_without_a_server_it_is_off(connection: Connection, server: NanoverServer) -> None:
    button = command_button(connection, "user/echo")
    server.close()

    eventually(lambda: button.disabled)
    button.close()


def test_it_is_off_when_its_connection_is_closed(connection: Connection) -> None:
    button = command_button(connection, "user/echo")

    connection.close()

    assert button.disabled
    button.close()


def test_only_clients_and_connections_have_commands() -> None:
    with pytest.raises(TypeError, match="a Connection is needed"):
        command_button("localhost", "user/echo")  # type: ignore[arg-type]
