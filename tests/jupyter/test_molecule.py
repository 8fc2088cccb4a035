"""Pulling an atom from a notebook: what Jupyter does meanwhile, and NanoVer's own server."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from nanover_jupyter import NanoverServer, NanoverWebSocketClient
from tests.jupyter.notebook_page import NotebookPage, OpenNotebook
from tests.support.eventually import eventually
from tests.support.panels import Molecule
from tests.upstream.conftest import RealServer, home, make_server, simulations

# Fixtures.
__all__ = ["home", "make_server", "simulations"]

LOOK = "{'target': [0, 0, 0], 'rotation': [0, 0, 0, 1], 'height': 1}"


def show(notebook: OpenNotebook, port: int) -> tuple[NotebookPage, Molecule]:
    """Show a view that looks at the first atom."""
    page = notebook(
        [
            f"import nanover_jupyter as nv\nconnection = nv.connect('127.0.0.1:{port}')",
            (
                "connection.client.wait_for_frame()\n"
                f"view = nv.MoleculeView(connection, camera={LOOK}, quality='low')\n"
                "view.representation = 'spheres'\nview"
            ),
        ]
    )
    molecule = Molecule(page)
    molecule.wait_for_picture()
    return page, molecule


def start_pull(molecule: Molecule) -> None:
    """Press on the atom in the middle, once it is drawn there, and move."""
    molecule.mode("Pull")
    x, y = find_atom(molecule)
    molecule.page.mouse.down()
    molecule.page.mouse.move(x + 40, y - 20, steps=4)
    expect(molecule.status).to_have_text("Pulling 1 atom")


def find_atom(molecule: Molecule) -> tuple[float, float]:
    """Move the pointer over the picture until it is over an atom."""
    for step in range(200):
        # The middle first, then ever further out.
        angle, radius = 2.4 * step, 0.03 * step**0.5
        x, y = molecule.place(0.5 + radius * math.cos(angle), 0.5 + radius * math.sin(angle))
        molecule.page.mouse.move(x, y)
        molecule.page.wait_for_timeout(100)
        if re.match(r"[A-Z]\w* \d+", molecule.status.inner_text()):
            return x, y
    raise AssertionError("there is no atom in the picture")


def has_force(client: NanoverWebSocketClient, atom: int) -> bool:
    forces = client.wait_for_frame().user_forces
    return forces is not None and bool(forces[atom].any())


def pulls(server: NanoverServer) -> list[str]:
    return [key for key in server.copy_state() if key.startswith("interaction.")]


@pytest.fixture
def server(server: NanoverServer) -> NanoverServer:
    positions = np.array([[0, 0, 0], [0.4, 0, 0]], np.float32)
    server.publish_frame(
        {"particle.positions": positions, "particle.elements": [6, 8], "particle.count": 2},
        reset=True,
    )
    return server


def test_an_interrupted_cell_ends_a_pull(notebook: OpenNotebook, server: NanoverServer) -> None:
    page, molecule = show(notebook, server.port)
    cell = page.hold()
    start_pull(molecule)
    eventually(lambda: pulls(server))

    page.interrupt_kernel()

    eventually(lambda: not pulls(server))
    expect(molecule.status).to_have_text("The pull ended. The cell was interrupted.")
    molecule.page.mouse.up()
    eventually(lambda: not page.is_running(cell))


def test_a_page_that_is_gone_pulls_no_more(
    fresh_notebook: OpenNotebook, server: NanoverServer
) -> None:
    page, molecule = show(fresh_notebook, server.port)
    start_pull(molecule)
    eventually(lambda: pulls(server))
    address = page.page.url
    left = time.monotonic()

    page.page.goto("about:blank")

    eventually(lambda: not pulls(server))
    assert time.monotonic() - left < 5
    page.page.goto(address)
    page.wait_for_kernel()


def test_a_restarted_kernel_pulls_no_more(
    fresh_notebook: OpenNotebook, server: NanoverServer
) -> None:
    page, molecule = show(fresh_notebook, server.port)
    start_pull(molecule)
    eventually(lambda: pulls(server))

    page.restart_kernel()

    eventually(lambda: not pulls(server))
    molecule.page.mouse.up()


def test_a_screenshot_from_a_cell(
    notebook: OpenNotebook, server: NanoverServer, tmp_path: Path
) -> None:
    page, _ = show(notebook, server.port)
    path = tmp_path / "figure.png"

    page.run(f"print(view.screenshot({str(path)!r}, width=320))")

    assert path.read_bytes().startswith(b"\x89PNG")


def test_pulling_atoms_of_nanovers_server(
    notebook: OpenNotebook, make_server: Callable[..., RealServer]
) -> None:
    real = make_server()
    with NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{real.port}") as other:
        page, molecule = show(notebook, real.port)
        page.run("view.fit()")
        molecule.mode("Pull")
        x, y = find_atom(molecule)
        molecule.page.mouse.down()
        molecule.page.mouse.move(x + 60, y, steps=6)
        [pull] = eventually(lambda: [*other.interactions.values()])
        atom = int(pull["particles"][0])
        eventually(lambda: has_force(other, atom))
        molecule.page.mouse.up()

        eventually(lambda: other.interactions == {})
