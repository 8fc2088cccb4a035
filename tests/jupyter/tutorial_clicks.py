"""The clicks that the tutorials instruct, and their expected results.

By notebook and cell: each function runs after its cell, as a reader would do. Screenshots
are saved for the documentation and the notebooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from playwright.sync_api import Locator, expect

from tests.jupyter.notebook_page import NotebookPage
from tests.support.eventually import TIME_SCALE
from tests.support.panels import Inspector, Locks, Molecule, Palette, Panel, Simulation

__all__ = ["CLICKS"]


def look_around(page: NotebookPage) -> None:
    inspector = Inspector(page)
    inspector.tab("Inspector")
    inspector.search("name")
    expect(inspector.row("name")).to_contain_text("nanotube")
    inspector.search("")
    inspector.rows.filter(has_text="Anna").first.click()
    expect(inspector.root.locator(".nvj-detail")).to_contain_text("components")
    inspector.screenshot("control-room")


def see_the_note(page: NotebookPage) -> None:
    inspector = Inspector(page)
    inspector.search("note")
    expect(inspector.row("note.notebook")).to_contain_text("hello from the notebook")


def see_the_end(page: NotebookPage) -> None:
    for header in page.page.locator(".nvj-header").all():
        header.scroll_into_view_if_needed()  # hidden views get no messages
        expect(header).to_contain_text("Closed")


def heat_the_sample(page: NotebookPage) -> None:
    palette = Palette(page)
    search = palette.root.get_by_label("Find a command")
    search.fill("heat")
    search.press("Enter")
    field = palette.root.get_by_label("kelvin", exact=True)
    expect(field).to_have_value("310")
    field.fill("330")
    palette.run()
    expect(palette.result).to_contain_text("The sample is at 330 K.")
    field.fill("400")
    palette.run()
    expect(palette.result).to_contain_text("benzene boils at 353 K")
    palette.screenshot("palette-heat")


def see_the_form(page: NotebookPage) -> None:
    palette = Palette(page)
    speed = palette.root.get_by_label("speed", exact=True)
    expect(speed).to_have_value("120")
    speed.fill("700")
    palette.run()
    expect(palette.root).to_contain_text("600")
    palette.screenshot("palette-described")
    pin_it(palette, speed)


def pin_it(palette: Palette, speed: Locator) -> None:
    speed.fill("60")
    palette.button("Pin as button").click()
    palette.root.get_by_label("Label").fill("Stir slowly")
    palette.button("Save").click()
    palette.buttons.first.click()
    expect(palette.result).to_contain_text("at 60 per minute")


def press_a_button(page: NotebookPage) -> None:
    warm = page.page.get_by_role("button", name="Warm it")
    warm.click()
    expect(Palette(page).result).to_contain_text("The sample is at 340 K.")
    expect(warm).to_have_attribute("title", "The sample is at 340 K.")


def choose_the_scene(page: NotebookPage) -> None:
    inspector = Inspector(page)
    inspector.search("scene")
    inspector.rows.filter(has_text="scene").first.click()
    expect(inspector.root.locator(".nvj-detail-key")).to_have_text("scene")
    inspector.screenshot("inspector")


def see_the_query(page: NotebookPage) -> None:
    inspector = Inspector(page)
    expect(inspector.row("scale")).to_be_visible()
    expect(inspector.row("scene")).to_have_count(0)


def change_the_scale(page: NotebookPage) -> None:
    inspector = Inspector(page)
    inspector.root.get_by_role("switch", name="Edit").check()
    # The editing module is loaded lazily.
    expect(inspector.root.get_by_role("button", name="Undo")).to_be_visible()
    inspector.row("scale").locator(".nvj-preview").dblclick()
    field = inspector.root.locator(".nvj-edit-field")
    field.fill("60")
    expect(inspector.detail).to_contain_text("Locked by you")
    inspector.screenshot("inspector-change")
    field.press("Enter")
    expect(inspector.row("scale")).to_contain_text("Saved")
    expect(inspector.row("scale")).to_contain_text("60")


def take_the_scene(page: NotebookPage) -> None:
    locks = Locks(page)
    locks.take("scene", 10)
    expect(locks.row("scene")).to_contain_text("Held")
    locks.screenshot("locks")
    locks.release("scene")
    expect(locks.row("scene")).to_contain_text("Released")


def move_the_sliders(page: NotebookPage) -> None:
    panel = page.page.locator(".widget-vbox").last
    handle = panel.get_by_role("slider").nth(1)
    handle.focus()
    handle.press("ArrowRight")
    page.screenshot("control-panel", panel)


def move_a_suggested_slider(page: NotebookPage) -> None:
    controls = page.page.locator(
        ".widget-vbox", has_text="Suggested parameters for all clients"
    ).first
    readout = page.page.locator(".widget-slider", has_text="pull").first.locator(".widget-readout")
    expect(readout).to_have_text("250.00")
    strength = controls.get_by_role("slider").first
    strength.focus()
    for _ in range(10):  # the other slider moves in steps of five
        strength.press("ArrowRight")
    expect(readout).not_to_have_text("250.00")
    page.screenshot("ready-controls", controls)


def see_the_people(page: NotebookPage) -> None:
    inspector = Inspector(page)
    for name in ("Anna", "Ivan", "Nandita"):
        expect(inspector.rows.filter(has_text=name).first).to_be_visible()


def see_ada(page: NotebookPage) -> None:
    inspector = Inspector(page)
    expect(inspector.rows.filter(has_text="Ada").first).to_be_visible()
    inspector.rows.filter(has_text="Ada").first.click()
    inspector.screenshot("people")


def pause_and_play(page: NotebookPage) -> None:
    palette = Palette(page)
    for command in ("playback/pause", "playback/play"):
        palette.choose(command)
        palette.run()
        expect(palette.result).to_contain_text(command)
    palette.screenshot("real-server")


def see_the_loss(page: NotebookPage) -> None:
    panel = Panel(page)
    expect(panel.header).to_contain_text(
        re.compile("disconnected|reconnecting|no kernel", re.IGNORECASE)
    )
    panel.screenshot("lost")


def watch_the_plots(page: NotebookPage) -> None:
    simulation = Simulation(page)
    expect(simulation.state).to_have_text("Playing")
    # Four seconds of frames, for the picture.
    expect(simulation.footer).to_contain_text(
        re.compile(r"\d{3} frames"), timeout=30_000 * TIME_SCALE
    )
    simulation.screenshot("simulation-tutorial")


def look_at_the_molecule(page: NotebookPage) -> None:
    molecule = Molecule(page)
    molecule.wait_for_picture()
    expect(molecule.names.filter(has_text="Anna")).to_have_count(1)
    # For the picture only: drawing in software takes about a second at this quality.
    page.run("view.quality = 'full'")
    molecule.screenshot("molecule-tutorial")
    page.run("view.quality = 'low'")


def see_the_spheres(page: NotebookPage) -> None:
    molecule = Molecule(page)
    molecule.stage.scroll_into_view_if_needed()
    button = molecule.stage.get_by_role("button", name=re.compile("^Representation"))
    expect(button).to_have_text("Style: Spheres")


def see_the_selection(page: NotebookPage) -> None:
    molecule = Molecule(page)
    molecule.stage.scroll_into_view_if_needed()
    expect(molecule.notes).to_contain_text("Methane (goodsell)")


def see_the_distance(page: NotebookPage) -> None:
    molecule = Molecule(page)
    molecule.stage.scroll_into_view_if_needed()
    expect(molecule.rows).to_have_count(2)
    expect(molecule.atoms).to_contain_text("Distance")


CLICKS: Final[dict[str, dict[str, Callable[[NotebookPage], None]]]] = {
    "01_connect": {"cell-02": look_around, "cell-11": see_the_note, "cell-17": see_the_end},
    "02_commands": {
        "cell-08": heat_the_sample,
        "cell-14": see_the_form,
        "cell-buttons": press_a_button,
    },
    "03_shared_state": {
        "cell-01": choose_the_scene,
        "cell-03": see_the_query,
        "cell-05": change_the_scale,
    },
    "04_locks": {"cell-03": take_the_scene},
    "05_control_panel": {"cell-14": move_the_sliders, "cell-controls": move_a_suggested_slider},
    "06_two_people": {"cell-03": see_the_people, "cell-05": see_ada},
    "07_real_server": {"cell-06": pause_and_play},
    "08_when_things_go_wrong": {"cell-08": see_the_loss},
    "09_simulation": {"cell-03": watch_the_plots},
    "10_molecule": {
        "cell-03": look_at_the_molecule,
        "cell-05": see_the_spheres,
        "cell-10": see_the_selection,
        "cell-12": see_the_distance,
    },
}
