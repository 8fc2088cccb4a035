"""A button that runs one command."""

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


def test_a_click_runs_the_command_with_its_arguments(connection: Connection) -> None:
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


def test_the_button_is_disabled_during_a_run(connection: Connection, server: NanoverServer) -> None:
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


def test_an_error_is_shown_in_the_tooltip(connection: Connection) -> None:
    button = command_button(connection, "user/nowhere")
    button.click()

    eventually(lambda: button.button_style == "danger")
    assert "user/nowhere" in button.tooltip
    button.close()


def test_a_command_that_cannot_be_sent_is_a_failed_run(connection: Connection) -> None:
    button = command_button(connection, "user/echo", n=object())
    button.click()

    eventually(lambda: button.button_style == "danger")
    assert "cannot send" in button.tooltip
    button.close()


def test_a_dangerous_command_requires_a_second_click(
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
        assert (button.description, button.tooltip) == ("Click again to run", "All is gone.")
        button.click()

        eventually(lambda: calls == [1, 1])
        assert button.description == "Wipe"
        button.close()
    finally:
        COMMAND_DOCS.remove("user/wipe")


@pytest.fixture
def wipe(connection: Connection, server: NanoverServer) -> Iterator[CommandButton]:
    """Return a button of a command that requires confirmation."""
    server.register_command("user/wipe", lambda: None)
    describe("user/wipe", CommandDoc("Wipes.", danger="All is gone.", danger_to="everybody"))
    button = command_button(connection, "user/wipe")
    yield button
    button.close()
    COMMAND_DOCS.remove("user/wipe")


def test_a_confirmation_expires(wipe: CommandButton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_button_module, "_CONFIRM_SECONDS", 0.01)
    words = wipe.tooltip
    wipe.click()

    eventually(lambda: (wipe.description, wipe.tooltip) == ("wipe", words))
    wipe.click()
    assert wipe.last_run is None


def test_an_earlier_confirmation_does_not_end_a_later_one(wipe: CommandButton) -> None:
    wipe.click()
    first = wipe._confirmation
    wipe.click()
    eventually(lambda: not wipe.disabled)
    wipe.click()
    wipe._cancel_confirmation(first)

    assert wipe.description == "Click again to run"


def test_without_a_server_the_button_is_disabled(
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


def test_runs_of_an_earlier_connection_are_not_shown(
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


def test_a_closed_connection_disables_the_button(connection: Connection) -> None:
    button = command_button(connection, "user/echo")

    connection.close()

    assert button.disabled
    button.close()


def test_the_source_must_be_a_client_or_connection() -> None:
    with pytest.raises(TypeError, match="or a Connection, not"):
        command_button("localhost", "user/echo")  # type: ignore[arg-type]


def test_a_double_click_runs_the_command_once(
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
