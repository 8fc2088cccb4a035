"""The three panels on NanoVer's own server, with a simulation that runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverWebSocketClient
from tests.jupyter.notebook_page import OpenNotebook
from tests.support.eventually import TIME_SCALE
from tests.support.panels import Inspector, Palette, Panel
from tests.upstream.conftest import RealServer, home, make_server, simulations

# Fixtures.
__all__ = ["home", "make_server", "simulations"]


@pytest.fixture
def real_server(make_server: Callable[..., RealServer]) -> RealServer:
    return make_server()


def test_the_panels_show_the_state_and_capabilities_of_nanovers_server(
    notebook: OpenNotebook, real_server: RealServer
) -> None:
    page = notebook(["%load_ext nanover_jupyter", f"%nanover connect 127.0.0.1:{real_server.port}"])
    panel = Panel(page)
    expect(panel.header).to_contain_text(f"ws://127.0.0.1:{real_server.port}")

    with NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{real_server.port}") as guest:
        avatar = {"playerid": "guest", "name": "Guest", "count": 2**53 + 1, "nothing": None}
        guest.attempt_update_state(DictionaryChange({"avatar.guest": avatar}))
        inspector = Inspector(page)
        inspector.tab("Inspector")
        expect(inspector.row("name")).to_contain_text("chain")
        inspector.search("guest")
        expect(inspector.rows.last).to_contain_text("guest")
        inspector.rows.last.locator(".nvj-key").click()
        # This protocol has integers and null values.
        expect(inspector.detail).to_contain_text(str(2**53 + 1))
        expect(inspector.detail).to_contain_text("null")
        panel.screenshot("real-server-inspector")
        panel.require_accessible()

    # Its owner disconnected, and the server removed the key.
    expect(inspector.rows).to_have_count(0)
    inspector.search("")
    panel.tab("Commands")
    palette = Palette(page)
    palette.choose("playback/list")
    palette.run()
    expect(palette.result).to_contain_text("chain")
    panel.screenshot("real-server-palette")

    panel.tab("Locks")
    expect(panel.footer).to_contain_text("This server has no locks of its own.")
    panel.screenshot("real-server-locks")
    panel.require_accessible()

    real_server.kill()
    expect(panel.header).to_contain_text(
        "disconnected", ignore_case=True, timeout=60_000 * TIME_SCALE
    )
    panel.screenshot("real-server-lost")
    real_server.start()
    expect(panel.header).not_to_contain_text("Disconnected", timeout=60_000 * TIME_SCALE)
