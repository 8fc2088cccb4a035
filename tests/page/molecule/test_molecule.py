"""The molecular view in a page: the picture, selecting, measuring, pulling and visibility."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from nanover_jupyter import (
    Connection,
    ControlRoom,
    DemoWorld,
    DictionaryChange,
    MoleculeView,
    NanoverServer,
)
from nanover_jupyter.widgets.molecule import pull as pull_module
from tests.page.conftest import Connect
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Inspector, Molecule

# Four atoms in a zigzag, far enough apart to be hit in a small picture.
ZIGZAG = [[0, 0, 0], [0.5, 0.5, 0], [1.0, 0, 0], [1.5, 0.5, 0]]
CAMERA: dict[str, Any] = {"target": [0.75, 0.25, 0], "rotation": [0, 0, 0, 1], "height": 1.5}


def publish(server: NanoverServer, positions: Any = ZIGZAG, **fields: Any) -> None:
    count = len(positions)
    frame = {
        "particle.positions": np.array(positions, np.float32),
        "particle.elements": [6, 7, 8, 1][:count] + [6] * max(0, count - 4),
        "particle.count": count,
        "bond.pairs": [[i, i + 1] for i in range(count - 1)],
        "system.simulation.time": 1.5,
    }
    server.publish_frame({**frame, **fields}, reset=True)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep pulls of a page that a busy machine delays."""
    monkeypatch.setattr(pull_module, "_SILENCE_SECONDS", 3.0)


@pytest.fixture
def connection(connect_to: Connect, server: NanoverServer) -> Connection:
    return connect_to(server)


@pytest.fixture
def view(connection: Connection) -> MoleculeView:
    # In software, a picture at full quality takes too long for a pull.
    options: dict[str, Any] = {"representation": "spheres", "camera": CAMERA, "quality": "low"}
    return MoleculeView(connection, height=300, **options)


@pytest.fixture
def molecule(page: WidgetPage, view: MoleculeView, server: NanoverServer) -> Molecule:
    publish(server)
    page.page.set_viewport_size({"width": 520, "height": 700})
    page.show(view)
    molecule = Molecule(page)
    molecule.wait_for_picture()
    expect(molecule.facts).to_have_text("4 atoms · 1.50 ps")
    return molecule


def place_of(molecule: Molecule, atom: int) -> tuple[float, float]:
    """Return where an atom of the zigzag is in the page, as seen by `CAMERA`."""
    box = molecule.stage.bounding_box()
    assert box is not None
    pixels = box["height"] / CAMERA["height"]
    x, y, _ = np.subtract(ZIGZAG[atom], CAMERA["target"]) * pixels
    return box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 - y


def in_thread(molecule: Molecule, call: Callable[[], object]) -> object:
    """Run a call that waits for the page, which this thread must drive meanwhile."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    while thread.is_alive():
        molecule.page.wait_for_timeout(20)
    return results[0]


def take_picture(page: WidgetPage, widget: MoleculeView | ControlRoom, name: str) -> None:
    """Save screenshots of one moment at full quality, which takes a second in software."""
    molecule = Molecule(page)
    widget.quality = "full"
    with page.bridge.to_page.held():
        molecule.wait_for_picture()
        molecule.screenshot(name)
        widget.quality = "low"


def picture(molecule: Molecule) -> bytes:
    return molecule.stage.screenshot(animations="disabled")


def test_atoms_are_selected_and_measured(
    page: WidgetPage, molecule: Molecule, view: MoleculeView, server: NanoverServer
) -> None:
    page.page.mouse.move(*place_of(molecule, 2))
    expect(molecule.status).to_have_text("O 2")
    page.page.mouse.click(*place_of(molecule, 0))
    expect(molecule.rows).to_have_count(1)
    page.page.keyboard.down("Shift")
    # The panel of the atoms has taken some of the height.
    page.page.mouse.click(*place_of(molecule, 1))
    page.page.keyboard.up("Shift")

    expect(molecule.rows.first).to_contain_text("C")
    expect(molecule.atoms).to_contain_text("Distance 0.707 nm")
    expect(molecule.names).to_have_text(["0.707 nm"])
    eventually(lambda: view.selected == [0, 1])
    server.publish_frame({"particle.positions": np.array(ZIGZAG) * 2})
    expect(molecule.atoms).to_contain_text("Distance 1.414 nm")
    view.selected = [0, 1, 2]
    expect(molecule.atoms).to_contain_text("Angle 90.0°")
    view.selected = [0, 1, 2, 3]
    expect(molecule.atoms).to_contain_text("Dihedral angle 180.0°")
    molecule.require_accessible()
    molecule.stage.focus()
    molecule.press("Escape")
    expect(molecule.atoms).to_be_hidden()
    eventually(lambda: view.selected == [])


def test_a_selection_is_made_for_everybody(
    molecule: Molecule, view: MoleculeView, connection: Connection
) -> None:
    view.selected = [1, 2]
    molecule.atoms.get_by_role("button", name="Make a selection").click()
    molecule.atoms.get_by_label("Name").fill("<b>Middle</b>")
    molecule.atoms.get_by_label("Drawn as").select_option("goodsell")
    molecule.atoms.get_by_role("button", name="Save").click()

    eventually(lambda: [s.name for s in connection.client.selections.values()])
    [made] = connection.client.selections.values()
    assert (made.name, made.particles, made.renderer) == ("<b>Middle</b>", [1, 2], "goodsell")
    view.representation = "auto"
    expect(molecule.notes).to_have_text("Drawn as spheres: <b>Middle</b> (goodsell).")
    view.selected = []
    molecule.choose("Selections", "<b>Middle</b>")
    eventually(lambda: view.selected == [1, 2])


def test_pulling_an_atom(page: WidgetPage, molecule: Molecule, connection: Connection) -> None:
    client = connection.client
    x, y = place_of(molecule, 2)
    molecule.mode("Pull")
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 30, y - 20, steps=5)
    expect(molecule.status).to_have_text("Pulling 1 atom")
    [pull] = eventually(lambda: [*client.interactions.values()])
    assert pull["particles"] == [2]
    assert pull["interaction_type"] == "spring"
    eventually(lambda: next(iter(client.interactions.values()))["position"][0] > 1.05)
    # It goes on while the pointer rests.
    page.page.wait_for_timeout(1200)
    assert len(client.own_interactions) == 1
    page.page.mouse.up()

    eventually(lambda: client.interactions == {})
    expect(molecule.status).to_have_text("Drag an atom.")


@pytest.mark.parametrize("end", ["Escape", "another molecule", "the page is gone"])
def test_what_ends_a_pull(
    page: WidgetPage, molecule: Molecule, connection: Connection, server: NanoverServer, end: str
) -> None:
    client = connection.client
    x, y = place_of(molecule, 2)
    molecule.mode("Pull")
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    eventually(lambda: client.own_interactions)
    if end == "Escape":
        molecule.press("Escape")
    elif end == "another molecule":
        publish(server, ZIGZAG[:3])
    else:
        page.page.goto("about:blank")

    eventually(lambda: client.own_interactions == [])


def test_an_atom_that_a_selection_forbids_is_not_pulled(
    page: WidgetPage, molecule: Molecule, connection: Connection
) -> None:
    connection.client.selections.create("Wall", [2]).interaction_method = "none"
    x, y = place_of(molecule, 2)
    molecule.mode("Pull")
    page.page.mouse.move(x, y)
    page.page.mouse.down()

    expect(molecule.status).to_have_text("This atom cannot be pulled: a selection forbids it.")
    page.page.mouse.up()
    assert connection.client.own_interactions == []


def test_the_camera_is_moved_and_kept(
    page: WidgetPage, molecule: Molecule, view: MoleculeView
) -> None:
    before = picture(molecule)
    page.page.mouse.move(*molecule.place(0.5, 0.8))
    page.page.mouse.down()
    page.page.mouse.move(*molecule.place(0.7, 0.6), steps=4)
    page.page.mouse.up()
    eventually(lambda: view.camera["rotation"] != CAMERA["rotation"])
    assert picture(molecule) != before

    height = view.camera["height"]
    molecule.press("+")
    eventually(lambda: view.camera["height"] < height)
    molecule.press("0")
    eventually(lambda: view.camera == {})
    page.page.mouse.dblclick(*molecule.place(0.5, 0.95))
    eventually(lambda: view.camera.keys() == {"rotation"})
    # Without the focus the page scrolls.
    page.page.evaluate("document.activeElement.blur()")
    page.page.mouse.move(*molecule.place())
    page.page.mouse.wheel(0, 200)
    page.page.wait_for_timeout(200)
    assert view.camera.keys() == {"rotation"}


def test_the_style_is_chosen_in_the_page_and_in_python(
    molecule: Molecule, view: MoleculeView
) -> None:
    before = picture(molecule)
    molecule.choose("Representation", "Liquorice")
    eventually(lambda: view.representation == "liquorice")
    eventually(lambda: picture(molecule) != before)
    view.color_by = np.arange(4)
    button = molecule.stage.get_by_role("button", name=re.compile("^Colors"))
    expect(button).to_have_text("Color: From an array")
    molecule.choose("Layers", "Box")
    eventually(lambda: view.layers == ["people", "forces", "labels"])


def test_screenshots(molecule: Molecule, view: MoleculeView, tmp_path: Path) -> None:
    path = tmp_path / "figure.png"
    size = {"width": 300, "height": 200, "transparent": True}

    in_thread(molecule, lambda: view.screenshot(path, **size))  # type: ignore[arg-type]

    header = path.read_bytes()[:26]
    assert (header[16:20], header[20:24]) == (bytes([0, 0, 1, 44]), bytes([0, 0, 0, 200]))
    # RGB with alpha.
    assert header[25] == 6
    eventually(lambda: "data:image/webp" in view._render_static_html(""))


def test_a_view_out_of_sight_holds_nothing_but_draws_on_request(
    page: WidgetPage, molecule: Molecule, view: MoleculeView, server: NanoverServer, tmp_path: Path
) -> None:
    page.page.evaluate(
        """() => { const lose = WebGL2RenderingContext.prototype.getExtension;
        window.released = 0;
        WebGL2RenderingContext.prototype.getExtension = function (name) {
            if (name === "WEBGL_lose_context") window.released += 1;
            return lose.call(this, name);
        }; }"""
    )
    page.page.evaluate("document.body.style.paddingTop = '3000px'")
    eventually(lambda: "hide" in page.bridge.to_kernel.passed)
    page.page.wait_for_function("window.released === 1")
    sent = page.bridge.to_page.passed.count("molecule_frame")
    publish(server, ZIGZAG[:2])
    page.page.wait_for_timeout(300)
    assert page.bridge.to_page.passed.count("molecule_frame") == sent

    path = tmp_path / "figure.png"
    in_thread(molecule, lambda: view.screenshot(path, width=100))
    assert path.read_bytes().startswith(b"\x89PNG")
    page.page.wait_for_function("window.released === 2")
    page.page.evaluate("document.body.style.paddingTop = ''")
    expect(molecule.facts).to_have_text("2 atoms · 1.50 ps")
    molecule.wait_for_picture()


def test_nothing_is_drawn_while_nothing_changes(page: WidgetPage, molecule: Molecule) -> None:
    page.page.wait_for_timeout(3000)  # the still picture is drawn once
    page.page.evaluate(
        """() => { const draw = WebGL2RenderingContext.prototype.drawArrays;
        window.draws = 0;
        WebGL2RenderingContext.prototype.drawArrays = function (...values) {
            window.draws += 1;
            return draw.apply(this, values);
        }; }"""
    )
    page.page.wait_for_timeout(1500)

    assert page.page.evaluate("window.draws") == 0


def test_a_lost_context_is_restored(page: WidgetPage, molecule: Molecule) -> None:
    before = picture(molecule)
    page.page.evaluate(
        """() => { const gl = document.querySelector(".nvj-molecule-canvas canvas")
            .getContext("webgl2");
        window.loss = gl.getExtension("WEBGL_lose_context");
        window.loss.loseContext(); }"""
    )
    expect(molecule.message).to_contain_text("The graphics hardware was reset.")
    page.page.evaluate("window.loss.restoreContext()")

    expect(molecule.message).to_be_hidden()
    eventually(lambda: picture(molecule) == before)


def test_without_webgl_the_view_says_so(
    page: WidgetPage, connection: Connection, server: NanoverServer
) -> None:
    publish(server)
    page.page.evaluate("HTMLCanvasElement.prototype.getContext = () => null")
    page.show(MoleculeView(connection))
    molecule = Molecule(page)

    expect(molecule.message).to_contain_text("This browser has no WebGL 2")
    expect(molecule.facts).to_have_text("4 atoms · 1.50 ps")
    molecule.require_accessible()


INCOMPLETE: list[tuple[Any, dict[str, Any], str, str]] = [
    ([[0, 0, 0]], {}, "1 atom · 1.50 ps", ""),
    ([[0, 0, 0], [np.nan, 0, 0]], {}, "2 atoms", "1 atom has no finite position, of 2."),
    (ZIGZAG, {"particle.elements": [0, 200, 255, 6]}, "4 atoms", ""),
    (ZIGZAG, {"particle.elements": [6]}, "4 atoms", "The frame has 1 elements for 4 atoms."),
    (ZIGZAG, {"bond.pairs": [[0, 9]]}, "4 atoms", "1 bonds are left out"),
]


def test_incomplete_molecules_are_drawn_as_far_as_possible(
    page: WidgetPage, connection: Connection, server: NanoverServer
) -> None:
    page.show(MoleculeView(connection, height=200, quality="low"))
    molecule = Molecule(page)
    for positions, fields, facts, note in INCOMPLETE:
        publish(server, positions, **fields)
        expect(molecule.facts).to_contain_text(facts)
        molecule.wait_for_picture()
        if note == "":
            expect(molecule.notes).to_be_hidden()
        else:
            expect(molecule.notes).to_contain_text(note)


def test_no_molecule_yet(page: WidgetPage, connection: Connection, server: NanoverServer) -> None:
    page.show(MoleculeView(connection, height=240))
    molecule = Molecule(page)
    expect(molecule.message).to_contain_text("No molecule is shown.")
    molecule.require_accessible()

    server.publish_frame({"particle.count": 3, "particle.elements": [6, 6, 6]}, reset=True)
    expect(molecule.message).to_have_text("The server has not sent positions yet.")
    publish(server)
    molecule.wait_for_picture()


@pytest.fixture
def world(server: NanoverServer) -> Iterator[DemoWorld]:
    with DemoWorld(server) as world:
        yield world


def test_people_and_their_pulls(page: WidgetPage, connection: Connection, world: DemoWorld) -> None:
    del world
    view = MoleculeView(connection, height=420, quality="low")
    page.page.set_viewport_size({"width": 900, "height": 700})
    page.show(view)
    molecule = Molecule(page)
    molecule.wait_for_picture()
    view.camera = {"target": [2.0, 2.2, 2.0], "height": 6.5}

    expect(molecule.names.filter(has_text="Anna")).to_have_count(1)
    eventually(lambda: connection.client.interactions)
    molecule.require_accessible()
    take_picture(page, view, "molecule")
    molecule.choose("Layers", "People")
    expect(molecule.names).to_have_count(0)


def test_the_molecule_is_beside_the_plots(
    page: WidgetPage, connection: Connection, world: DemoWorld
) -> None:
    del world
    page.page.set_viewport_size({"width": 1130, "height": 700})
    room = ControlRoom(connection, height=430, quality="low")
    page.show(room)
    molecule = Molecule(page)
    molecule.wait_for_picture()
    expect(molecule.footer).to_contain_text(re.compile(r"\d{3} frames"))
    eventually(lambda: connection.client.interactions)
    take_picture(page, room, "control-room-molecule")
    molecule.require_accessible()

    # In a narrow panel, they are tabs.
    page.page.set_viewport_size({"width": 420, "height": 700})
    tab = molecule.root.get_by_role("tab", name="Molecule")
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(molecule.canvas).to_be_visible()
    take_picture(page, room, "control-room-molecule-narrow")
    molecule.tab("Plots")
    expect(molecule.stage).to_be_hidden()


def test_the_inspector_and_the_view_show_the_same_selection(
    page: WidgetPage, connection: Connection, server: NanoverServer
) -> None:
    publish(server)
    selection = connection.client.selections.create("Ends", [0, 3])
    room = ControlRoom(connection, height=420, quality="low")
    page.page.set_viewport_size({"width": 1100, "height": 700})
    page.show(room)
    molecule = Molecule(page)
    molecule.wait_for_picture()
    molecule.choose("Selections", "Ends")
    eventually(lambda: room.selected == selection.id)
    eventually(lambda: room.selected_atoms == [0, 3])

    room.selected_atoms = []
    room.selected = None
    inspector = Inspector(page)
    inspector.tab("Inspector")
    inspector.search(selection.id)
    inspector.rows.last.click()
    eventually(lambda: room.selected_atoms == [0, 3])


def test_a_hostile_session_is_only_text(
    page: WidgetPage, connection: Connection, server: NanoverServer
) -> None:
    image = "<img src=x onerror='document.title=`hit`'>"
    hostile = {
        "avatar.<b>": {"name": image, "color": "red;}", "components": [None, {"name": "headset"}]},
        "selection.__proto__": {"name": image, "selected": [0, "x"], "properties": {"x": 1}},
        "interaction.1": {"position": [0, 0, 0], "particles": [0], "owner.id": "<b>"},
        "scene": "nothing",
    }
    server.update_state(None, DictionaryChange(hostile))
    publish(server, **{"residue.names": [image], "particle.names": [image] * 4})
    page.show(MoleculeView(connection, selected=[0], height=300))
    molecule = Molecule(page)
    molecule.wait_for_picture()

    expect(molecule.rows).to_contain_text("<img src=x")
    assert molecule.root.locator("img").count() == 0
    assert page.page.title() != "hit"
