"""The Simulation tool in a page: plots, playback, table of fields, errors and visibility."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from nanover_jupyter import (
    Connection,
    ControlRoom,
    DictionaryChange,
    NanoverServer,
    SimulationPanel,
)
from tests.page.conftest import Connect
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.frame_source import FrameSource
from tests.support.panels import Simulation
from tests.support.relay import relay_to

PLOTTED = ["Potential energy", "Temperature", "Kinetic energy", "User energy"]


@pytest.fixture
def ran(server: NanoverServer) -> list[str]:
    """The playback commands that were run."""
    ran: list[str] = []

    def load(index: float) -> None:
        ran.append(f"load {index:g}")

    for name in ("play", "pause", "step", "reset"):
        server.register_command(f"playback/{name}", lambda name=name: ran.append(name))
    server.register_command("playback/load", load)
    server.register_command("playback/list", lambda: {"simulations": ["nanotube", "17-ala"]})
    return ran


@pytest.fixture
def connection(connect_to: Connect, server: NanoverServer, ran: list[str]) -> Connection:
    return connect_to(server)


@pytest.fixture
def source(connection: Connection) -> FrameSource:
    # Recorded from the first frame on, whenever the page asks for them.
    assert connection.client.frame_series is not None
    return FrameSource(connection.client)


@pytest.fixture
def simulation(page: WidgetPage, connection: Connection) -> Simulation:
    page.show(SimulationPanel(connection, height=460))
    return Simulation(page)


def test_plots_move_with_the_frames(
    page: WidgetPage, simulation: Simulation, source: FrameSource
) -> None:
    expect(simulation.empty).to_contain_text("No simulation is running.")
    source.record(20, until=35)
    source.record(35)

    expect(simulation.titles).to_have_text(PLOTTED)
    with source.playing():
        expect(simulation.state).to_have_text("Playing")
        expect(simulation.facts).to_contain_text("65 atoms · 10.")
    canvas = simulation.plots.first.locator("canvas")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    value = simulation.values.first.inner_text()
    source.step(**{"energy.potential": 1300.0})
    expect(simulation.values.first).to_have_text("1\u202f300.0")
    assert value != "1\u202f300.0"
    eventually(lambda: canvas.evaluate("canvas => canvas.toDataURL()") != before)
    simulation.require_accessible()
    simulation.screenshot("simulation-plots")
    page.page.set_viewport_size({"width": 320, "height": 600})
    simulation.require_accessible()


def test_the_cursor_shows_the_values_of_all_plots_at_one_time(
    simulation: Simulation, source: FrameSource
) -> None:
    source.start()
    for _ in range(30):
        source.step()
    source.step(**{"energy.potential": 7777.0, "system.temperature": 888.0})
    expect(simulation.values.first).to_have_text("7\u202f777.0")

    box = simulation.plots.first.locator(".u-over").bounding_box()
    assert box is not None
    simulation.page.mouse.move(box["x"] + 2, box["y"] + 10)

    # The first frame, at the left edge.
    expect(simulation.values.nth(1)).not_to_have_text("888.0")
    expect(simulation.values.first).not_to_have_text("7\u202f777.0")
    simulation.page.mouse.move(0, 0)
    expect(simulation.values.first).to_have_text("7\u202f777.0")


def test_buttons_run_playback_commands(
    simulation: Simulation, source: FrameSource, server: NanoverServer, ran: list[str]
) -> None:
    with source.playing() as stop:

        def pause() -> None:
            ran.append("pause")
            stop()

        server.unregister_command("playback/pause")
        server.register_command("playback/pause", pause)
        simulation.button("Pause").click()
        expect(simulation.state).to_have_text("Paused")
    simulation.button("Step").click()
    simulation.button("Play").click()
    eventually(lambda: ran == ["pause", "step", "play"])

    simulation.button("Reset").click()
    assert "reset" not in ran
    simulation.confirmation.get_by_role("button", name="Reset").click()
    eventually(lambda: ran[-1] == "reset")
    simulation.load("17-ala")
    eventually(lambda: ran[-1] == "load 1")


def test_an_exception_shows_what_can_be_done(
    simulation: Simulation, source: FrameSource, server: NanoverServer
) -> None:
    server.update_state(None, DictionaryChange({"interaction.a": {}, "interaction.b": {}}))
    source.start()
    source.step(**{"system.simulation.exception": "<img src=x> Particle coordinate is NaN"})

    expect(simulation.exception).to_contain_text("<img src=x> Particle coordinate is NaN")
    simulation.require_accessible()
    simulation.screenshot("simulation-exception")
    simulation.button("Remove 2 interactions").click()
    simulation.confirmation.get_by_role("button", name="Remove 2 interactions").click()
    eventually(lambda: not server.copy_state())
    source.start()
    expect(simulation.exception).to_be_hidden()


def test_the_fields_of_a_published_frame_are_listed(
    simulation: Simulation, source: FrameSource, server: NanoverServer
) -> None:
    positions = np.zeros((65, 3), np.float32)
    server.publish_frame({"particle.positions": positions, "energy.kinetic": 1.0}, reset=True)
    expect(simulation.titles).to_have_text(PLOTTED)
    simulation.tab("Frame")

    row = simulation.fields.filter(has_text="particle.positions")
    expect(row).to_contain_text("65 \u00d7 3")
    expect(row).to_contain_text("nm")
    source.step(**{"particle.positions": [1.0, 2.0]})
    expect(row).to_contain_text("2 numbers are not a multiple of 3")
    simulation.require_accessible()


def test_nothing_is_sent_while_another_tab_is_selected(
    page: WidgetPage, connection: Connection, source: FrameSource
) -> None:
    page.show(ControlRoom(connection))
    simulation = Simulation(page)
    source.start()
    expect(simulation.titles).to_have_text(PLOTTED)
    simulation.tab("Inspector")
    to_page = page.bridge.to_page
    eventually(lambda: "unwatch_frames" in page.bridge.to_kernel.passed)

    def sent() -> int:
        return sum(kind in {"frame_rows", "simulation"} for kind in to_page.passed)

    before = sent()
    for _ in range(30):
        source.step(**{"energy.potential": 4321.0})
    beats = to_page.passed.count("heartbeat")
    eventually(lambda: to_page.passed.count("heartbeat") > beats)
    assert sent() == before

    simulation.tab("Simulation")
    expect(simulation.values.first).to_have_text("4\u202f321.0")
    expect(simulation.footer).to_contain_text("31 frames recorded")


def test_nothing_is_sent_to_a_view_that_is_scrolled_away(
    page: WidgetPage, simulation: Simulation, source: FrameSource, connection: Connection
) -> None:
    source.record(1)
    expect(simulation.footer).to_contain_text("30 frames recorded")
    page.page.evaluate("document.body.style.paddingTop = '3000px'")
    eventually(lambda: "hide" in page.bridge.to_kernel.passed)
    page.page.wait_for_timeout(200)  # until the kernel has handled it
    sent = page.bridge.to_page.passed.count("frame_rows")

    source.record(1)
    eventually(lambda: connection.client.frame_series.count() == 60)
    page.page.wait_for_timeout(300)
    assert page.bridge.to_page.passed.count("frame_rows") == sent
    page.page.evaluate("document.body.style.paddingTop = ''")

    expect(simulation.footer).to_contain_text("60 frames recorded")


def test_a_lost_connection_keeps_the_last_plots_and_continues(
    page: WidgetPage, connect_to: Connect, server: NanoverServer, ran: list[str]
) -> None:
    with relay_to(server.port) as relay:
        connection = connect_to(f"grpc://127.0.0.1:{relay.port}")
        source = FrameSource(connection.client)
        assert connection.client.frame_series is not None
        page.show(SimulationPanel(connection))
        simulation = Simulation(page)
        source.record(40)
        expect(simulation.titles).to_have_text(PLOTTED)

        relay.cut()
        expect(simulation.banner).to_contain_text("Connection lost")
        expect(simulation.button("Step")).to_be_disabled()
        expect(simulation.titles).to_have_text(PLOTTED)
        simulation.screenshot("simulation-lost")

        relay.mend()
        expect(simulation.banner).to_be_hidden()
        source.step(**{"energy.potential": 4321.0})
        expect(simulation.values.first).to_have_text("4\u202f321.0")


def test_a_reloaded_page_shows_what_was_recorded_before(
    page: WidgetPage, simulation: Simulation, source: FrameSource
) -> None:
    source.record(300)
    expect(simulation.footer).to_contain_text("9\u202f000 frames recorded")

    page.reload()

    expect(simulation.footer).to_contain_text("9\u202f000 frames recorded")
    source.step(**{"energy.potential": 4321.0})
    expect(simulation.values.first).to_have_text("4\u202f321.0")


def test_another_connection_replaces_the_plots(
    page: WidgetPage, connection: Connection, source: FrameSource, connect_to: Connect
) -> None:
    panel = SimulationPanel(connection)
    page.show(panel)
    simulation = Simulation(page)
    source.record(2)
    expect(simulation.footer).to_contain_text("60 frames recorded")

    with NanoverServer() as other:
        other.publish_frame({"energy.potential": 77.0, "system.temperature": 5.0}, reset=True)
        panel.rebind(connect_to(other, name="other"))

        expect(simulation.values.first).to_have_text("77.0")
        expect(simulation.footer).to_contain_text("1 frame recorded")


def test_plots_can_be_saved(simulation: Simulation, source: FrameSource, tmp_path: Path) -> None:
    source.start()
    source.step()
    expect(simulation.titles).to_have_text(PLOTTED)

    table = simulation.save("Series as table", tmp_path)
    with table.open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 3
    assert "energy.potential (kJ/mol)" in rows[0]
    image = simulation.save("Plots as image", tmp_path)
    assert image.read_bytes().startswith(b"\x89PNG")
