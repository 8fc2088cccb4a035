"""Pinned commands, also in the next notebook."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nanover_jupyter import NanoverServer
from nanover_jupyter.widgets import preferences
from tests.page.palette.conftest import ShowPalette


def test_pinned_command_is_a_button_for_this_server_in_the_next_notebook(
    show_palette: ShowPalette, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    palette = show_palette(server)
    palette.choose("user/say")
    palette.argument("text").fill("from a button")
    palette.button("Pin as button").click()
    palette.root.get_by_label("Label").fill("Say it")
    palette.root.get_by_label("Icon").fill("🗣")
    palette.screenshot("palette-pinning")
    palette.require_accessible()
    palette.button("Save").click()
    expect(palette.buttons).to_have_count(1)

    reload_preferences(monkeypatch)
    other = show_palette(server)
    other.buttons.first.click()

    expect(other.result).to_contain_text("from a button")
    other.screenshot("palette-pinned")
    other.button("Edit").first.click()
    other.button("Unpin Say it").click()
    expect(other.buttons).to_have_count(0)


def test_secret_is_sent_but_neither_shown_nor_stored(
    show_palette: ShowPalette, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[str] = []

    def login(name: str, password: str) -> None:
        received.append(f"{name} {password}")

    server.register_command("user/login", login, {"name": "Anna", "password": ""})
    palette = show_palette(server)
    palette.choose("user/login")
    palette.argument("password").fill("swordfish")
    expect(palette.argument("password")).to_have_attribute("type", "password")
    palette.button("Pin as button").click()
    palette.button("Save").click()
    expect(palette.buttons).to_have_count(1)
    palette.run()
    palette.ended()
    assert received == ["Anna swordfish"]
    palette.screenshot("palette-secret")
    assert "swordfish" not in palette.root.inner_text()
    palette.require_accessible()

    reload_preferences(monkeypatch)
    other = show_palette(server)
    other.buttons.first.click()
    expect(other.argument("password")).to_be_focused()
    expect(other.argument("password")).to_have_value("")
    assert len(received) == 1


def reload_preferences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make new palettes read the file, like those of another kernel."""
    monkeypatch.setattr(preferences, "_instances", {})
