"""Fixtures of the palette's page tests."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final

import pytest

from nanover_jupyter import CommandPalette, Connection, NanoverServer
from nanover_jupyter.client.commands import polling as command_poll
from nanover_jupyter.client.commands import runs
from nanover_jupyter.widgets.sync import publisher
from tests.page.conftest import Connect
from tests.page.widget_page import WidgetPage
from tests.support.chromium import VIEWPORT
from tests.support.clock import FakeClock
from tests.support.eventually import eventually
from tests.support.panels import Palette

__all__ = ["KEYS_CHANGED", "ShowPalette", "save_screenshots", "wait_for_listeners"]

# How many depends on what else changed meanwhile.
KEYS_CHANGED: Final = re.compile(r"\d keys? changed")

# The page has a margin of 10 px on each side, so the widget is 480 px wide.
_NARROW: Final = {"width": 500, "height": 1200}

ShowPalette = Callable[[NanoverServer | Connection], Palette]


@pytest.fixture
def show_palette(page: WidgetPage, connect_to: Connect) -> ShowPalette:
    """Show a palette of a server or connection below existing widgets."""

    def show(source: NanoverServer | Connection) -> Palette:
        connection = source if isinstance(source, Connection) else connect_to(source)
        page.show(CommandPalette(connection))
        return Palette(page)

    return show


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock of runs and of the command list, for new connections.

    While it stands still, the list is not refreshed, and changes count as effects of a run.
    """
    fake = FakeClock()
    for user in (runs.CommandRuns, command_poll.CommandPoll):
        monkeypatch.setitem(user.__init__.__kwdefaults__, "clock", fake)
    return fake


@pytest.fixture
def fast_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send heartbeats every 50 ms instead of once a second."""
    monkeypatch.setattr(publisher, "_HEARTBEAT_SECONDS", 0.05)


def wait_for_listeners(connection: Connection) -> None:
    """Wait until all listeners of the client have received all changes.

    Listeners are called in order of subscription, one change after the other.
    """
    notified = threading.Event()
    unsubscribe = connection.client.on_change(lambda _: notified.set())
    eventually(notified.is_set)
    unsubscribe()


def save_screenshots(palette: Palette, name: str) -> None:
    """Save screenshots of a palette in a wide and a narrow page."""
    palette.screenshot(name)
    palette.page.set_viewport_size(_NARROW)
    palette.screenshot(f"{name}-narrow")
    wider = palette.root.evaluate("root => root.scrollWidth - root.clientWidth")
    assert wider <= 0, f"{wider} px do not fit into the narrow palette"
    palette.page.set_viewport_size(VIEWPORT)
