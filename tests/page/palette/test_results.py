"""Results of runs, their effects, and the variable for results."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import expect

from nanover_jupyter import CommandPalette, Connection, DemoWorld, DictionaryChange, NanoverServer
from nanover_jupyter.client.commands.effects import SETTLE_SECONDS
from tests.page.conftest import Connect
from tests.page.palette.conftest import (
    KEYS_CHANGED,
    ShowPalette,
    save_screenshots,
    wait_for_listeners,
)
from tests.page.widget_page import WidgetPage
from tests.support.clipboard import copied_text
from tests.support.clock import FakeClock
from tests.support.eventually import eventually
from tests.support.panels import Palette


def test_command_runs_with_its_defaults_and_shows_its_result_and_its_effects(
    connect_to: Connect, show_palette: ShowPalette, server: NanoverServer, clock: FakeClock
) -> None:
    with DemoWorld(server):
        connection = connect_to(server)
        palette = show_palette(connection)

        palette.choose("user/checkpoint")
        palette.run()

        expect(palette.result).to_contain_text("Saved checkpoint-1 with velocities.")
        connection.client.wait_for("user.checkpoint.checkpoint-1")
        wait_for_listeners(connection)
        clock.pass_seconds(SETTLE_SECONDS + 0.1)
        expect(palette.result).to_contain_text(KEYS_CHANGED)
        save_screenshots(palette, "palette")
        palette.require_accessible()


@pytest.mark.usefixtures("fast_heartbeat")
def test_load_shows_which_locks_it_cleared(
    connect_to: Connect, show_palette: ShowPalette, server: NanoverServer, clock: FakeClock
) -> None:
    with DemoWorld(server):
        connection = connect_to(server)
        connection.client.attempt_update_locks({"scene": 600})
        palette = show_palette(connection)
        palette.choose("playback/load")
        palette.argument("index").select_option(index=2)
        expect(palette.root.get_by_text("people in this simulation")).to_be_visible()
        palette.run()
        palette.confirmation.get_by_role("button", name="Run").click()
        palette.ended()
        eventually(lambda: "reacquired" in lock_events(connection))
        clock.pass_seconds(SETTLE_SECONDS + 0.1)

        expect(palette.result).to_contain_text("1 lock cleared and reacquired")
        palette.result.locator("summary").first.click()
        expect(palette.result).to_contain_text("playback/load switched")
        save_screenshots(palette, "palette-locks")
        palette.require_accessible()


def lock_events(connection: Connection) -> list[str]:
    """The events of the connection's locks."""
    return [event.kind for event in connection.client.leases.history()]


def test_parts_of_a_large_result_fold_and_open(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    atoms = [{"name": f"atom {number}", "at": [0.5] * 3, "bonded": []} for number in range(70)]
    result = {"result": "Here they are.", "title": "methane", "atoms": atoms, "nan": float("nan")}
    server.register_command("user/atoms", lambda: result)
    palette = show_palette(server)
    palette.choose("user/atoms")
    palette.run()
    expect(palette.result).to_contain_text("Here they are.")
    expect(palette.result).to_contain_text("… 70 items")
    save_screenshots(palette, "palette-folded")
    palette.require_accessible()

    folds = palette.result.locator(".nvj-fold")
    folds.first.focus()
    palette.press("ArrowDown")
    palette.press("ArrowRight")
    expect(palette.result).to_contain_text("atom 3")
    palette.screenshot("palette-unfolded")
    palette.press("ArrowLeft")
    expect(palette.result).not_to_contain_text("atom 3")

    copy = palette.result.get_by_role("button", name="JSON")
    assert "atom 69" in copied_text(palette.page, copy.click)


def test_hostile_commands_and_results_are_text(
    show_palette: ShowPalette, server: NanoverServer
) -> None:
    bad = "<img src=x onerror='window.wasHurt=1'>"
    deep: Any = 1.0
    for _ in range(25):
        deep = {"in": deep}
    result = {"result": bad, "nan": float("nan"), "deep": deep, "large": ["x" * 50] * 20_000}
    names = [bad, 'user/"quoted" name', "user/" + "long" * 250, "__proto__", "\u202euser/turned"]
    for name in names:
        server.register_command(name, lambda **_: result, {bad: bad, "__proto__": 1})
    server.update_state(None, DictionaryChange({"avatar.<b>": bad}))
    palette = show_palette(server)
    expect(palette.options).to_have_count(len(names))

    for place in range(len(names)):
        palette.options.nth(place).click()
        palette.run()
        expect(palette.runs).to_have_count(place + 1)
        palette.ended()
    fetch = palette.result.get_by_role("button", name="Show full result")
    fetch.click()
    expect(fetch).to_have_count(0)

    save_screenshots(palette, "palette-hostile")
    palette.require_accessible()
    assert palette.root.locator("img, script").count() == 0
    hurt = "[window.wasHurt, {}.polluted, Object.prototype.x]"
    assert palette.page.evaluate(hurt) == [None] * 3


def test_last_result_is_assigned_to_a_variable(
    page: WidgetPage, connect_to: Connect, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = SimpleNamespace(user_ns={})
    monkeypatch.setattr("nanover_jupyter.widgets.palette.controller.get_ipython", lambda: notebook)
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    widget = CommandPalette(connect_to(server))
    page.show(widget)
    palette = Palette(page)
    name = palette.root.get_by_label("Save result as")
    name.fill("1x")
    palette.press("Enter")
    expect(palette.root.get_by_text("is not a valid variable name")).to_be_visible()
    name.fill("answer")
    palette.press("Enter")
    expect(palette.root.get_by_text("is not a valid variable name")).to_have_count(0)
    palette.choose("user/say")
    palette.run()
    palette.ended()

    assert notebook.user_ns == {"answer": {"result": "hello"}}
    assert widget.last_result == {"result": "hello"}
    eventually(lambda: widget.selected == "user/say")
