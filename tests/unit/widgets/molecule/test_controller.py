"""Requests and notices of the molecular view, with a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nanover_jupyter import (
    CaptureFailed,
    Connection,
    ControlRoom,
    InvalidArgument,
    MoleculeView,
    NanoverServer,
)
from nanover_jupyter.widgets.molecule import pull
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage

PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture(autouse=True)
def molecule(server: NanoverServer) -> None:
    server.publish_frame(
        {
            "particle.positions": np.array([[0, 0, 0], [0.1, 0, 0], [0.2, 0, 0]]),
            "particle.elements": [6, 8, 1],
            "particle.residues": [0, 0, 1],
            "residue.names": ["ALA", "HOH"],
        },
        reset=True,
    )


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep pulls of a page that a busy machine delays."""
    monkeypatch.setattr(pull, "_SILENCE_SECONDS", 30.0)


@pytest.fixture
def page(open_page: OpenPage, connection: Connection) -> Iterator[FakePage]:
    page = open_page(MoleculeView)
    connection.client.wait_for_frame()
    watch(page)
    yield page
    page.panel.close()


def watch(page: FakePage) -> None:
    page.ask("watch_molecule", epoch=None, revision=None)
    eventually(lambda: page.all("molecule") and page.last("molecule")["atoms"] == 3)
    revision = page.last("molecule")["revision"]
    eventually(lambda: page.last("molecule_frame")["revision"] == revision)


def start_pull(page: FakePage, **changes: Any) -> dict[str, Any]:
    body = {"pull": "p1", "atoms": [0], "position": [0, 0, 1], "kind": "spring", "scale": 50}
    return page.ask("pull_start", **{**body, **changes})


def test_a_view_gets_the_molecule_and_frames(page: FakePage, server: NanoverServer) -> None:
    assert page.last("molecule")["atoms"] == 3
    server.publish_frame({"system.simulation.time": 7.0})

    eventually(lambda: page.last("molecule_frame")["time"] == 7.0)


def test_a_hidden_view_gets_nothing(page: FakePage, server: NanoverServer) -> None:
    page.notify("hide")
    count = len(page.all("molecule_frame"))
    server.publish_frame({"system.simulation.time": 7.0})
    page.panel.connection.client.wait_for_frame()

    assert len(page.all("molecule_frame")) == count


def test_questions_about_atoms(page: FakePage) -> None:
    [atom] = page.ask("describe_atoms", atoms=[1, 9])["result"]["atoms"]

    assert (atom["element"], atom["residue"]) == ("O", "ALA")
    assert page.ask("expand_atoms", atoms=[1], by="residue")["result"]["atoms"] == [0, 1]
    assert "must be one of" in page.ask("expand_atoms", atoms=[1], by="x")["error"]["message"]
    assert not page.ask("describe_atoms", atoms=[True])["ok"]


def test_a_selection_is_made_and_read(page: FakePage) -> None:
    made = page.ask("make_selection", name=" Ligand ", renderer="goodsell", atoms=[2, 1])
    key = made["result"]["key"]
    client = page.panel.connection.client

    assert client.selections[key].name == "Ligand"
    assert client.selections[key].particles == [2, 1]
    assert page.ask("selection_atoms", key=key)["result"]["atoms"] == [1, 2]
    eventually(lambda: page.last("molecule")["selections"][0]["name"] == "Ligand")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"name": "  "}, "needs a name"), ({"atoms": []}, "do not exist"), ({"atoms": [3]}, "exist")],
)
def test_invalid_selections_are_refused(
    page: FakePage, changes: dict[str, Any], problem: str
) -> None:
    body = {"name": "A", "renderer": "liquorice", "atoms": [0], **changes}

    assert problem in page.ask("make_selection", **body)["error"]["message"]
    assert not page.ask("selection_atoms", key="scene")["ok"]


def test_a_pull_is_in_the_shared_state_until_it_ends(page: FakePage) -> None:
    client = page.panel.connection.client
    assert start_pull(page)["ok"]
    [key] = client.own_interactions
    eventually(lambda: client.interactions.get(key, {}).get("particles") == [0])
    page.notify("pull_move", pull="p1", position=[1, 0, 0])
    eventually(lambda: client.interactions[key]["position"] == [1, 0, 0])
    page.notify("pull_end", pull="p1")

    eventually(lambda: client.interactions == {})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"atoms": [3]}, "do not exist"),
        ({"atoms": []}, "do not exist"),
        ({"kind": "magnet"}, "unknown"),
        ({"position": [0, 1]}, "three numbers"),
    ],
)
def test_invalid_pulls_are_refused(page: FakePage, changes: dict[str, Any], problem: str) -> None:
    assert problem in start_pull(page, **changes)["error"]["message"]
    assert page.panel.connection.client.own_interactions == []


def test_atoms_that_a_selection_forbids_are_not_pulled(page: FakePage) -> None:
    selection = page.panel.connection.client.selections.create("Wall", [0])
    selection.interaction_method = "none"
    eventually(lambda: not start_pull(page)["ok"] or page.notify("pull_end", pull="p1"))

    assert "forbids" in start_pull(page)["error"]["message"]


@pytest.mark.parametrize("goodbye", ["hide", "bye"])
def test_a_view_that_is_gone_pulls_no_more(page: FakePage, goodbye: str) -> None:
    start_pull(page)
    page.notify(goodbye)

    assert page.panel.connection.client.own_interactions == []


def test_closing_the_widget_ends_pulls(page: FakePage) -> None:
    start_pull(page)
    page.panel.close()

    assert page.panel.connection.client.own_interactions == []


# pictures --------------------------------------------------------------------------------


def answer_captures(page: FakePage, *buffers: bytes, error: str = "") -> None:
    """Answer requests for pictures as the page does."""
    send = page.panel.send

    def answering(content: Any, sent: Any = None) -> None:
        send(content, sent)
        if content["op"] == "capture":
            body = {"capture": content["body"]["capture"], "error": error}
            notice = {"v": 1, "op": "capture_result", "client": page.client, "body": body}
            page.panel._handle_custom_msg(notice, list(buffers))

    answering.is_page = True  # type: ignore[attr-defined]
    page.panel.send = answering


def test_a_screenshot_is_written(page: FakePage, tmp_path: Path) -> None:
    answer_captures(page, PNG)
    view = page.panel
    assert isinstance(view, MoleculeView)

    path = view.screenshot(tmp_path / "figure.png", width=300, transparent=True)

    assert path.read_bytes() == PNG
    assert page.last("capture")["width"] == 300


def test_a_screenshot_needs_a_view(page: FakePage, connection: Connection, tmp_path: Path) -> None:
    del page
    with pytest.raises(CaptureFailed, match="no page has shown this view"):
        MoleculeView(connection).screenshot(tmp_path / "figure.png")


def test_a_view_out_of_sight_is_asked_too(page: FakePage, tmp_path: Path) -> None:
    page.notify("hide")
    answer_captures(page, PNG)
    view = page.panel
    assert isinstance(view, MoleculeView)

    assert view.screenshot(tmp_path / "figure.png").is_file()


def test_the_last_picture_is_in_the_saved_notebook(page: FakePage) -> None:
    assert "3 atoms. No picture was drawn." in page.panel._render_static_html("now")
    body = {"mime": "image/webp", "width": 20, "height": 10}
    notice = {"v": 1, "op": "still", "client": page.client, "body": body}
    page.panel._handle_custom_msg(notice, [b"RIFF\0\0\0\0WEBP"])

    assert 'alt="The molecule, 3 atoms"' in page.panel._render_static_html("now")


def test_a_new_picture_is_saved_at_once(page: FakePage, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[Any] = []
    monkeypatch.setattr(page.panel._saved_output, "_publish", lambda *a, **k: published.append(k))
    page.panel._ipython_display_()
    body = {"mime": "image/webp", "width": 20, "height": 10}
    notice = {"v": 1, "op": "still", "client": page.client, "body": body}
    page.panel._handle_custom_msg(notice, [b"RIFF\0\0\0\0WEBP"])

    assert published[-1]["update"] is True


# from Python -------------------------------------------------------------------------------


def test_the_style_is_that_of_the_traits(page: FakePage) -> None:
    view = page.panel
    assert isinstance(view, MoleculeView)
    revision = page.last("molecule")["revision"]
    view.representation = "spheres"
    eventually(lambda: page.last("molecule")["revision"] > revision)
    view.color_by = np.arange(3)

    eventually(lambda: page.last("molecule")["revision"] > revision + 1)
    assert page.last("molecule")["notes"] == []


def test_another_connection_is_drawn_in_the_same_style(
    open_page: OpenPage, connection: Connection, server: NanoverServer
) -> None:
    page = open_page(ControlRoom)
    view = page.panel
    assert isinstance(view, ControlRoom)
    view.color_by = np.zeros(2)
    other = Connection.of(connection.client)
    view.rebind(other)
    connection.client.wait_for_frame()
    watch(page)

    assert page.last("molecule")["notes"] == [
        "Colored by element: the array has shape 2 for 3 atoms."
    ]


def test_looking_at_atoms_and_points(page: FakePage) -> None:
    view = page.panel
    assert isinstance(view, MoleculeView)
    view.look_at([0, 2])
    assert view.camera["target"] == pytest.approx([0.1, 0, 0])
    assert view.camera["height"] == pytest.approx(0.4)
    view.look_at(position=[1, 2, 3], height=5)
    assert view.camera == {"target": [1, 2, 3], "height": 5}
    view.fit()
    assert view.camera == {}
    for wrong in ({}, {"atoms": [9]}, {"position": [1, 2]}, {"atoms": [0], "position": [0, 0, 0]}):
        with pytest.raises(InvalidArgument):
            view.look_at(**wrong)
