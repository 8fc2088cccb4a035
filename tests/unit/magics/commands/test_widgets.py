"""Subcommands that show widgets, in a notebook and in a terminal."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.context import MagicContext
from tests.unit.magics.conftest import WIDGET_VIEW, Shell

TOOLS = ["panel", "palette", "locks", "inspector"]


@pytest.mark.parametrize("subcommand", TOOLS)
def test_each_tool_is_shown_as_one_widget(shell: Shell, subcommand: str) -> None:
    shell.run("%nanover connect --quiet")

    (shown,) = shell.run(f"%nanover {subcommand} --height 300").widgets
    (again,) = shell.run(f"%nanover {subcommand}").widgets

    assert again[WIDGET_VIEW] == shown[WIDGET_VIEW]


@pytest.mark.parametrize("subcommand", TOOLS)
def test_without_a_connection_no_tool_is_shown(shell: Shell, subcommand: str) -> None:
    assert "Not connected. Run %nanover connect." in (shell.run(f"%nanover {subcommand}").errors)


@pytest.mark.parametrize(
    ("subcommand", "message"),
    [
        ("panel", "Connected to demo"),
        ("palette", "15 of 15 commands:"),
        ("locks", "Locks of this client:"),
        ("inspector", " keys:"),
    ],
)
def test_a_terminal_shows_text(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, subcommand: str, message: str
) -> None:
    monkeypatch.setattr(MagicContext, "has_frontend", False)
    assert len(shell.run("%nanover connect").shown) == 1
    shell.run("%nanover lock scene --for 60")

    (shown,) = shell.run(f"%nanover {subcommand}").shown

    assert message in shown.data["text/plain"]
    assert WIDGET_VIEW not in shown.data


def test_a_terminal_shows_how_to_acquire_the_first_lock(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MagicContext, "has_frontend", False)
    shell.run("%nanover connect --quiet")

    assert "Run %nanover lock KEY to acquire one." in shell.run("%nanover locks").text
