"""Starting, watching, cancelling, repeating and losing runs."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from nanover_jupyter import CommandPalette, DemoWorld, NanoverServer
from nanover_jupyter.client import reconnector
from nanover_jupyter.client.backoff import Backoff
from nanover_jupyter.client.commands.arguments import Text
from nanover_jupyter.wire.values import Value
from tests.page.conftest import Connect
from tests.page.palette.conftest import ShowPalette, save_screenshots
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.golden import needs_golden
from tests.support.panels import Palette
from tests.support.relay import relay_to
from tests.support.replay_server import ReplayServer


def register_echo(server: NanoverServer, text: str = "hello") -> None:
    """Register a command that returns its argument."""
    server.register_command("user/say", lambda text: {"result": text}, {"text": text})


class Gate:
    """A command that waits for `open` and records its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._open = threading.Event()

    def __call__(self) -> None:
        self.calls.append(threading.current_thread().name)
        self._open.wait(60)

    def open(self) -> None:
        self._open.set()


def test_slow_run_shows_its_progress_and_survives_a_reload_of_the_page(
    page: WidgetPage, show_palette: ShowPalette, server: NanoverServer
) -> None:
    with DemoWorld(server):
        palette = show_palette(server)
        palette.choose("user/checkpoint")
        palette.run()
        palette.ended()
        palette.choose("user/slow-report")
        # A percent of a minute passes quickly, and the rest of it not before the test ends.
        palette.argument("seconds").fill("60")
        palette.run()
        bar = palette.result.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^[1-9]\d?$"))
        palette.screenshot("palette-running")
        palette.require_accessible()

        page.reload()

        again = Palette(page)
        expect(again.runs).to_have_count(2)
        expect(again.result).to_contain_text("Running")
        expect(again.runs.nth(1)).to_contain_text("Done")
        again.result.get_by_role("button", name="Stop waiting").click()
        again.ended("Cancelled")
        expect(again.result).to_contain_text("may still be running on the server")


def test_several_commands_run_at_once_and_one_click_is_one_run(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    wait = Gate()
    server.register_command("user/wait", wait)
    register_echo(server)
    palette = show_palette(server)
    palette.choose("user/wait")
    palette.run()
    palette.run()
    palette.choose("user/say")
    palette.run()

    expect(palette.runs).to_have_count(3)
    palette.ended()
    expect(palette.root.locator(".nvj-run .nvj-chip", has_text="running")).to_have_count(2)
    wait.open()
    expect(palette.root.locator(".nvj-run .nvj-chip", has_text="done")).to_have_count(3)
    assert len(wait.calls) == 2


def test_duplicated_run_request_is_one_run(
    page: WidgetPage, show_palette: ShowPalette, server: NanoverServer
) -> None:
    calls: list[str] = []

    def say(text: str) -> None:
        calls.append(text)

    server.register_command("user/say", say, {"text": "hello"})
    palette = show_palette(server)
    palette.choose("user/say")
    page.bridge.to_kernel.duplicate(kind="run")

    palette.run()
    palette.ended()

    # Messages are handled in order: both copies of the first precede this one.
    palette.run()
    expect(palette.runs).to_have_count(2)
    palette.ended()
    assert page.bridge.to_kernel.passed.count("run") == 3
    assert calls == ["hello", "hello"]


def test_error_of_the_server_is_shown_as_text(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    def explode() -> None:
        raise ValueError("no <b>fuse</b> left")

    server.register_command("user/explode", explode)
    palette = show_palette(server)

    palette.choose("user/explode")
    palette.run()

    palette.ended("Failed")
    expect(palette.result).to_contain_text("no <b>fuse</b> left")


def test_run_is_loaded_into_the_form_repeated_and_deleted(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    register_echo(server, "one")
    palette = show_palette(server)
    palette.choose("user/say")
    palette.run()
    palette.ended()
    palette.argument("text").fill("two")

    palette.result.get_by_role("button", name="Edit").click()
    expect(palette.argument("text")).to_have_value("one")
    palette.result.get_by_role("button", name="Again").click()
    expect(palette.runs).to_have_count(2)
    palette.ended()
    palette.result.get_by_role("button", name="Delete from history").click()

    expect(palette.runs).to_have_count(1)
    palette.button("Clear").click()
    expect(palette.runs).to_have_count(0)


def test_run_fails_when_its_server_is_lost_and_is_not_repeated(
    show_palette: ShowPalette, connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnector, "_BACKOFF", Backoff(first=0.2, longest=0.1))
    wait = Gate()
    with NanoverServer() as server, relay_to(server.port) as relay, NanoverServer() as next_server:
        server.register_command("user/wait", wait)
        next_server.register_command("user/wait", wait)
        palette = show_palette(connect_to(f"grpc://127.0.0.1:{relay.port}"))
        palette.choose("user/wait")
        palette.run()
        eventually(lambda: wait.calls)

        with ThreadPoolExecutor(1) as executor:
            # A server that closes waits a while for commands that still run.
            closing = executor.submit(server.close)
            palette.ended("Failed")
            wait.open()
            closing.result()

        expect(palette.result).to_contain_text("Check before you run it again")
        expect(palette.banner).to_be_visible()
        save_screenshots(palette, "palette-lost")
        relay.set_target(next_server.port)
        expect(palette.banner).to_be_hidden()
        expect(palette.runs).to_have_count(1)
    assert len(wait.calls) == 1


def test_runs_and_settings_from_python_are_shown(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    register_echo(server)
    server.register_command("other/say", lambda text: {"result": text}, {"text": "hello"})
    widget = CommandPalette(connect_to(server), filter="user/*")
    page.show(widget)
    palette = Palette(page)
    expect(palette.options).to_have_count(1)

    widget.describe("user/say", "Says it back.", text=Text("x", help="What to say."))
    widget.selected = "user/say"
    expect(palette.root.get_by_text("Says it back.")).to_be_visible()
    expect(palette.root.get_by_text("What to say.")).to_be_visible()
    assert awaited_run(widget, text="from python") == {"result": "from python"}
    expect(palette.result).to_contain_text("from python")
    widget.filter, widget.query = "", "other"
    expect(palette.selected).to_contain_text("other/say")


def awaited_run(widget: CommandPalette, **arguments: object) -> dict[str, Value]:
    """Await a run on another thread, as the main one runs Playwright's loop."""

    async def run() -> dict[str, Value]:
        return await widget.run("user/say", **arguments)

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(lambda: asyncio.run(run())).result()


@needs_golden
def test_runs_on_a_recorded_server(show_palette: ShowPalette, connect_to: Connect) -> None:
    with ReplayServer("vr_recording_state_first60") as server:
        palette = show_palette(connect_to(f"127.0.0.1:{server.port}"))

        palette.choose("playback/list")
        palette.run()

        expect(palette.result).to_contain_text("simulations")
