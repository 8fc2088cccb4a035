"""Requests of the Simulation tool, and what is sent while it is visible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    NanoverServer,
    NotSupported,
    SimulationPanel,
)
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.support.frame_source import FrameSource
from tests.unit.widgets.test_panel import OpenPage

pytestmark = pytest.mark.usefixtures("fast_heartbeats")


@pytest.fixture
def page(open_page: OpenPage) -> FakePage:
    return open_page(SimulationPanel)


@pytest.fixture
def source(connection: Connection) -> FrameSource:
    return FrameSource(connection.client)


def watch(page: FakePage) -> str:
    """Show the tool, and return the epoch of its rows."""
    epoch: str = page.ask("watch_frames", epoch=None, row=0)["result"]["epoch"]
    return epoch


def test_frames_are_recorded_and_sent_once_a_view_watches(
    page: FakePage, source: FrameSource
) -> None:
    source.start()
    assert page.all("simulation") == []
    epoch = watch(page)
    source.step()

    rows = eventually(lambda: page.all("frame_rows"))[0]["body"]
    assert rows["epoch"] == epoch
    assert "energy.potential" in rows["keys"]
    eventually(lambda: page.last("simulation")["rows"] >= 2)
    state = page.last("simulation")
    assert state["name"] == "nanotube"
    assert state["atoms"] == 65
    assert state["state"] in {"playing", "stopped"}
    assert state["problem"] == ""


def test_a_server_without_frames_is_reported(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(timeout: float) -> None:
        del timeout
        raise NotSupported("frames", "gRPC")

    monkeypatch.setattr(page.panel.connection.client, "wait_for_frame", refuse)
    watch(page)

    assert page.last("simulation")["problem"] == "this server (gRPC) does not support frames"
    assert page.last("simulation")["state"] == "none"


def test_nothing_is_sent_to_a_view_that_shows_another_tab(
    page: FakePage, source: FrameSource
) -> None:
    source.start()
    watch(page)
    eventually(lambda: page.all("frame_rows"))
    page.ask("unwatch_frames")
    sent = len(page.all("frame_rows")), len(page.all("simulation"))
    source.step()
    beats = len(page.all("heartbeat"))
    eventually(lambda: len(page.all("heartbeat")) > beats + 3)

    assert (len(page.all("frame_rows")), len(page.all("simulation"))) == sent


def test_the_heartbeat_counts_frames(page: FakePage, source: FrameSource) -> None:
    source.start()
    source.step()
    source.step()

    eventually(lambda: page.last("heartbeat")["frames"] > 0)
    assert page.last("heartbeat")["age"] < 60


def test_playback_commands_run_and_are_listed(page: FakePage, server: NanoverServer) -> None:
    ran: list[Any] = []

    def load(index: int) -> None:
        ran.append(index)

    for name in ("play", "pause", "step", "reset"):
        server.register_command(f"playback/{name}", lambda name=name: ran.append(name))
    server.register_command("playback/load", load)
    server.register_command("playback/list", lambda: {"simulations": ["nanotube", "17-ala"]})
    page.panel.connection.client.update_available_commands()
    watch(page)

    eventually(lambda: len(page.last("simulation")["actions"]) == 6)
    for action in ("play", "pause", "step", "reset"):
        assert page.ask("playback", action=action, index=None)["ok"]
    assert page.ask("playback", action="load", index=1)["ok"]
    assert ran == ["play", "pause", "step", "reset", 1]
    assert page.ask("simulations")["result"] == {"names": ["nanotube", "17-ala"]}
    assert page.panel.connection.runs.runs()[0].name == "playback/load"


def test_a_failed_command_is_answered_with_its_error(page: FakePage) -> None:
    reply = page.ask("playback", action="play", index=None)

    assert not reply["ok"]
    assert reply["error"]["kind"] == "CommandFailed"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "explode", "index": None},
        {"action": "list", "index": None},
        {"action": "load", "index": None},
        {"action": "play", "index": 1},
        {},
    ],
)
def test_an_invalid_playback_request_is_refused(page: FakePage, body: dict[str, Any]) -> None:
    assert page.ask("playback", **body)["error"]["kind"] == "BadRequest"


def test_the_list_of_a_strange_server_is_refused(page: FakePage, server: NanoverServer) -> None:
    server.register_command("playback/list", lambda: {"simulations": 3})

    assert page.ask("simulations")["error"]["kind"] == "BadRequest"


def test_an_exception_is_sent_with_the_number_of_interactions(
    page: FakePage, source: FrameSource, server: NanoverServer
) -> None:
    server.update_state(None, DictionaryChange({"interaction.a": {}, "interaction.b": {}}))
    source.start()
    source.step(**{"system.simulation.exception": "NaN " * 5_000})
    watch(page)

    eventually(lambda: page.last("simulation")["interactions"] == 2)
    assert len(page.last("simulation")["exception"]) == 2_000
    assert page.ask("remove_interactions")["result"] == {"count": 2}
    assert not [key for key in server.copy_state() if key.startswith("interaction.")]


def test_the_fields_of_the_frame_are_summarized(page: FakePage, source: FrameSource) -> None:
    assert page.ask("frame_fields")["result"] == {"fields": [], "more": 0}
    source.start(bad=np.full(3, np.nan, np.float32))

    result = page.ask("frame_fields")["result"]

    fields = {field["key"]: field for field in result["fields"]}
    positions = fields["particle.positions"]
    assert (positions["shape"], positions["dtype"], positions["unit"]) == (
        "65 \u00d7 3",
        "float32",
        "nm",
    )
    assert 0 <= positions["minimum"] < positions["maximum"] <= 1
    assert fields["bad"]["minimum"] is None


def test_numbers_that_json_lacks_are_not_sent(page: FakePage, source: FrameSource) -> None:
    source.start(**{"system.simulation.time": float("nan")})
    watch(page)

    eventually(lambda: page.last("simulation")["rows"] == 1)
    assert page.last("simulation")["time"] is None


def test_static_html_has_facts_and_a_plot(page: FakePage, source: FrameSource) -> None:
    assert "No frames recorded." in page.panel._render_static_html("now")
    watch(page)
    source.start("<b>name</b>")
    for _ in range(20):
        source.step()

    html = page.panel._render_static_html("now")

    assert "&lt;b&gt;name&lt;/b&gt; · 65 atoms" in html
    assert "<svg" in html
    assert "Potential energy" in html
    assert "\n" not in html
