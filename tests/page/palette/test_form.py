"""The form of a command: arguments, JSON and confirmations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DemoWorld, NanoverServer, connect
from nanover_jupyter.client.commands.arguments import Bool, Float
from nanover_jupyter.client.commands.docs import COMMAND_DOCS, command
from nanover_jupyter.client.commands.effects import SETTLE_SECONDS
from nanover_jupyter.widgets.preferences import preferences
from tests.page.conftest import Connect
from tests.page.palette.conftest import (
    KEYS_CHANGED,
    ShowPalette,
    save_screenshots,
    wait_for_listeners,
)
from tests.page.widget_page import WidgetPage
from tests.support.clock import FakeClock
from tests.support.eventually import eventually
from tests.support.panels import Palette


@pytest.fixture
def own_descriptions() -> Iterator[None]:
    """Restore the process-wide documentation of commands after each test."""
    yield
    COMMAND_DOCS.remove("lab/stir")


def test_numbers_are_sent_as_typed_and_can_be_marked_as_integers(
    page: WidgetPage, connect_to: Connect, show_palette: ShowPalette, server: NanoverServer
) -> None:
    server.register_command("user/count", lambda n: {"n": n}, {"n": 1})
    connection = connect_to(server)
    palette = show_palette(connection)
    palette.choose("user/count")
    expect(palette.argument("n")).to_have_value("1")
    palette.argument("n").fill("2.0")
    expect(palette.code).to_have_text('client.run_command("user/count", n=2.0)')

    palette.button("integer").click()
    expect(palette.code).to_have_text('client.run_command("user/count", n=2)')
    palette.argument("n").fill("2.5")
    palette.run()
    expect(palette.root.get_by_text("Enter an integer.")).to_be_visible()
    expect(palette.runs).to_have_count(0)
    palette.argument("n").fill("7")
    palette.run()
    palette.ended()
    # Arguments are stored after the result was posted.
    eventually(lambda: preferences().section(connection.address).get("recent"))
    page.reload()

    again = Palette(page)
    again.choose("user/count")
    expect(again.argument("n")).to_have_value("7")
    expect(again.button("integer")).to_have_attribute("aria-pressed", "true")


def test_form_and_json_show_the_same_arguments(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    server.register_command("user/echo", lambda **arguments: arguments, {"n": 1, "on": True})
    palette = show_palette(server)
    palette.choose("user/echo")
    palette.argument("n").fill("3")
    palette.button("JSON").first.click()
    json = palette.root.get_by_label("Arguments as JSON")
    expect(json).to_have_value('{"n": 3, "on": true}')

    json.fill('{"n": 4.0, "more": [1, "x"]}')
    expect(palette.code).to_have_text('client.run_command("user/echo", n=4.0, more=[1, "x"])')
    palette.button("Form").click()

    expect(palette.argument("n")).to_have_value("4.0")
    expect(palette.root.get_by_text("Using the server default")).to_be_visible()
    palette.screenshot("palette-form")
    palette.require_accessible()
    palette.run()
    expect(palette.result).to_contain_text('"more": [1, "x"]')
    expect(palette.result).to_contain_text('"on": true')


def test_invalid_json_is_reported(show_palette: ShowPalette, server: NanoverServer) -> None:
    server.register_command("user/echo", lambda **arguments: arguments, {"n": 1, "on": True})
    palette = show_palette(server)
    palette.choose("user/echo")
    palette.button("JSON").first.click()

    json = palette.root.get_by_label("Arguments as JSON")
    json.fill('{"n": 4.0, "more": [1, "x"], ')

    expect(palette.root.get_by_text("Name in double quotes expected")).to_be_visible()
    save_screenshots(palette, "palette-json-broken")
    json.fill('{"n": 4.0}')
    expect(palette.root.get_by_text("Name in double quotes expected")).to_have_count(0)
    expect(palette.code).to_have_text('client.run_command("user/echo", n=4.0)')


def test_missing_argument_that_the_server_names_is_added_to_the_form(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    def greet(name: str) -> dict[str, Any]:
        return {"result": f"Hi {name}"}

    server.register_command("user/greet", greet)
    palette = show_palette(server)
    palette.choose("user/greet")
    palette.run()
    palette.ended("Failed")
    expect(palette.result).to_contain_text("Missing argument: name")
    save_screenshots(palette, "palette-failed")
    palette.require_accessible()

    palette.result.get_by_role("button", name="Add name").click()
    expect(palette.root.locator(".nvj-fields :focus")).to_be_visible()
    palette.page.keyboard.type("Ada")
    palette.press("Control+Enter")

    expect(palette.result).to_contain_text("Hi Ada")


def test_load_lists_the_simulations_and_asks_for_confirmation_while_others_are_present(
    connect_to: Connect, show_palette: ShowPalette, server: NanoverServer, clock: FakeClock
) -> None:
    with DemoWorld(server):
        connection = connect_to(server)
        palette = show_palette(connection)
        palette.choose("playback/load")
        expect(palette.root.get_by_text("people in this simulation")).to_be_visible()
        palette.run()
        expect(palette.root.locator(".nvj-problem:visible")).to_have_text("Select a value.")
        expect(palette.runs).to_have_count(0)

        palette.argument("index").select_option(index=2)
        expect(palette.code).to_have_text('client.run_command("playback/load", index=1)')
        palette.run()
        expect(palette.confirmation).to_contain_text("selections")
        save_screenshots(palette, "palette-question")
        palette.require_accessible()
        palette.confirmation.get_by_role("button", name="Cancel").click()
        expect(palette.runs).to_have_count(0)
        palette.run()
        palette.confirmation.get_by_role("button", name="Run").click()

        palette.ended()
        eventually(lambda: connection.client.peek("simulation.index") == 1)
        wait_for_listeners(connection)
        clock.pass_seconds(SETTLE_SECONDS + 0.1)
        expect(palette.result).to_contain_text(KEYS_CHANGED)
        palette.result.locator("summary").click()
        palette.screenshot("palette-effects")
    assert server.copy_state()["simulation.index"] == 1


@pytest.mark.usefixtures("own_descriptions")
def test_command_is_described_by_the_code_that_registers_it(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    speed = Float(120.0, min=1, max=500, unit="1/min")

    @command(server, "lab/stir", speed=speed, gently=Bool(default=True))
    def stir(speed: float, gently: bool) -> dict[str, str]:  # noqa: FBT001
        """Stirs the sample."""
        return {"result": f"Stirring at {speed:g}, gently: {gently}."}

    with connect(server) as connection:
        palette = show_palette(connection)
        palette.choose("lab/stir")
        expect(palette.root.get_by_text("Stirs the sample.")).to_be_visible()
        expect(palette.root.get_by_text("1 to 500 1/min")).to_be_visible()
        palette.argument("speed").fill("600")
        palette.run()
        expect(palette.root.get_by_text("at most 500 1/min")).to_be_visible()
        palette.argument("speed").fill("60")
        palette.argument("gently").click()
        palette.run()
        expect(palette.result).to_contain_text("Stirring at 60, gently: False.")
