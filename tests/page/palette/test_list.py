"""The list of commands: search and updates from the server."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DemoWorld, NanoverServer
from tests.page.palette.conftest import ShowPalette, save_screenshots
from tests.support.clock import FakeClock
from tests.support.eventually import eventually

# More than any pause between two refreshes of the list.
AN_HOUR = 3600.0


def test_command_is_found_and_run_with_the_keyboard(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    with DemoWorld(server):
        palette = show_palette(server)
        palette.search_box.focus()
        keyboard = palette.page.keyboard

        keyboard.type("jmp")
        expect(palette.root.get_by_text("No match")).to_be_visible()
        palette.press("Escape")
        keyboard.type("ju")
        expect(palette.selected).to_contain_text("user/jump")
        palette.press("Enter")
        expect(palette.argument("height")).to_be_focused()
        palette.press("Control+a")
        keyboard.type("0.75")
        palette.press("Control+Enter")

        expect(palette.result).to_contain_text("Everybody jumps 0.75 m high.")
        palette.press("Escape")
        expect(palette.search_box).to_be_focused()


@pytest.mark.usefixtures("fast_heartbeat")
def test_list_refreshes_and_the_selected_command_keeps_its_position(
    show_palette: ShowPalette, server: NanoverServer, clock: FakeClock
) -> None:
    for number in range(60):
        server.register_command(f"user/m-{number:02}", dict)
    palette = show_palette(server)
    palette.choose("user/m-40")
    palette.search_box.fill("")
    expect(palette.footer).to_contain_text("60 commands")
    expect(palette.selected).to_contain_text("user/m-40")
    # The ratio is below 1, because positions are fractions of pixels.
    expect(palette.selected).to_be_in_viewport(ratio=0.99)
    place = palette.selected.bounding_box()

    for number in range(20):
        server.register_command(f"user/a-{number:02}", dict)
    clock.pass_seconds(AN_HOUR)

    expect(palette.footer).to_contain_text("80 commands")
    expect(palette.selected).to_contain_text("user/m-40")
    eventually(lambda: palette.selected.bounding_box() == place)


@pytest.mark.usefixtures("clock")
def test_command_that_disappears_while_its_form_is_open_is_reported(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    server.register_command("user/other", dict)
    palette = show_palette(server)
    palette.choose("user/say")
    server.unregister_command("user/say")
    palette.run()
    palette.ended("Failed")
    expect(palette.result).to_contain_text("no longer has this command")

    palette.button("Refresh commands").click()

    expect(palette.root.get_by_text("user/say is no longer available.")).to_be_visible()


def test_five_thousand_commands_are_found_and_scrolled(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    for number in range(5_000):
        server.register_command(f"user/command-{number:04}", dict)
    palette = show_palette(server)
    expect(palette.footer).to_contain_text("000 commands")
    assert palette.options.count() < 100

    palette.search_box.fill("4711")
    expect(palette.selected).to_contain_text("user/command-4711")
    palette.search_box.fill("")
    expect(palette.selected).to_contain_text("user/command-4711")
    expect(palette.selected).to_be_in_viewport()
    palette.screenshot("palette-huge")
    palette.require_accessible()


@pytest.mark.usefixtures("fast_heartbeat")
def test_server_without_commands_is_reported_until_the_first_one_is_there(
    show_palette: ShowPalette, server: NanoverServer, clock: FakeClock
) -> None:
    palette = show_palette(server)
    expect(palette.root.get_by_text("This server has no commands.")).to_be_visible()
    save_screenshots(palette, "palette-empty")
    palette.require_accessible()
    # The message has all the room, and the form is there as soon as there is a command.
    expect(palette.root.locator(".nvj-palette-right")).to_be_hidden()

    server.register_command("user/first", dict)
    clock.pass_seconds(AN_HOUR)

    expect(palette.options).to_have_count(1)
    palette.choose("user/first")
    palette.run()
    expect(palette.result).to_contain_text("No return value.")
