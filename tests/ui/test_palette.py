"""The command palette in a real page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DemoWorld, NanoverServer
from tests.support.eventually import eventually
from tests.support.golden import needs_golden
from tests.support.replay_server import ReplayServer
from tests.ui.lab import OpenNotebook
from tests.ui.panels import Palette

pytestmark = pytest.mark.ui


def open_palette(notebook: OpenNotebook, port: int) -> Palette:
    page = notebook(["%load_ext nanover_jupyter", f"%nanover connect 127.0.0.1:{port}"])
    page.run("%nanover palette")
    return Palette(page)


def test_command_runs_with_its_defaults_and_shows_its_result(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        palette = open_palette(notebook, server.port)

        palette.choose("user/checkpoint")
        palette.run()

        expect(palette.result).to_contain_text("Saved checkpoint-1 with velocities.")
        palette.screenshot("palette")
    assert "user.checkpoint.checkpoint-1" in server.copy_state()


def test_command_that_fails_shows_the_servers_words(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    def explode() -> None:
        raise ValueError("no <b>fuse</b> left")

    server.register_command("user/explode", explode)
    palette = open_palette(notebook, server.port)

    palette.choose("user/explode")
    palette.run()

    expect(palette.result).to_contain_text("no <b>fuse</b> left")


def test_keys_after_a_click_go_to_the_widget_and_saving_to_jupyterlab(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "by key"})
    palette = open_palette(notebook, server.port)
    palette.choose("user/say")

    palette.press("Control+Enter")

    expect(palette.result).to_contain_text("by key")
    assert not palette.notebook.is_saved()
    palette.press("Control+s")
    eventually(palette.notebook.is_saved)


@needs_golden
def test_recorded_server_answers_as_it_was_recorded(notebook: OpenNotebook) -> None:
    with ReplayServer("vr_recording_state_first60") as server:
        palette = open_palette(notebook, server.port)

        palette.choose("playback/list")
        palette.run()

        expect(palette.result).to_contain_text("simulations")
