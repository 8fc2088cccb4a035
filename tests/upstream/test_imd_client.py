"""The same notebook with NanoVer's `NanoverImdClient` and with ours, against NanoVer's server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter.client.imd.names import NAMES, RELEASE
from tests.upstream.conftest import ROOT, RealServer
from tests.upstream.test_real_server import upstream_python

THEIRS = """
from nanover.websocket.client.app_client import NanoverImdClient
from nanover.imd import ParticleInteraction
from nanover.trajectory import FrameData
from nanover.utilities.change_buffers import DictionaryChange
"""
OURS = """
from nanover_jupyter import DictionaryChange, FrameData, NanoverImdClient, ParticleInteraction
"""
# Prints what does not depend on time or chance.
NOTEBOOK = """
import json, sys, time
import numpy as np

def until(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)

def look(name, value):
    seen[name] = value

# The reply to a pause does not wait for the steps that are still running.
def wait_for_the_last_frame():
    index = None
    while index != client.frames[-1].frame_index:
        index = client.frames[-1].frame_index
        time.sleep(0.5)

seen = {}
with NanoverImdClient.from_url(sys.argv[1]) as client:
    client.run_pause()
    client.run_reset()
    client.run_play()
    frame = client.wait_until_minimum_usable_frame(timeout=20)
    until(lambda: "particle.positions" in client.current_frame)
    until(lambda: len(client.frames) > 3)
    frame = client.current_frame
    look("usable", client.has_minimum_usable_frame)
    look("count", frame.particle_count)
    look("elements", [int(n) for n in frame.particle_elements])
    look("positions", [list(frame.particle_positions.shape), str(frame.particle_positions.dtype)])
    look("bonds", frame.bond_pairs.tolist())
    look("names", list(frame.particle_names))
    look("residues", [frame.residue_count, list(frame.residue_names), list(frame.chain_names)])
    look("box", list(frame.box_vectors.shape) if "system.box.vectors" in frame else None)
    look("types", [type(frame.kinetic_energy).__name__, type(frame.frame_index).__name__])
    look("item", frame["energy.kinetic"] == frame.kinetic_energy)
    look("unmerged", "bond.pairs" in client.frames[-1])
    look("list", client.run_list())
    look("commands", sorted(client.commands))
    look("future", client.run_command("playback/list", {}).result(10))

    pull = ParticleInteraction(position=(1, 2, 3), particles=[3, 1, 3], scale=50, label="me")
    key = client.start_interaction(pull)
    until(lambda: key in client.interactions)
    got = client.interactions[key]
    look("interaction", [got.position.tolist(), got.particles.tolist(), got.scale, got.max_force,
         got.interaction_type, got.mass_weighted, got.reset_velocities, got.properties["label"]])
    until(lambda: "energy.user.total" in client.current_frame
          and client.current_frame.user_energy > 0)
    look("pulled", sorted(int(n) for n in client.current_frame.user_forces_index))
    pull.scale = 60
    client.update_interaction(key, pull)
    until(lambda: client.interactions[key].scale == 60)
    client.stop_interaction(key)
    until(lambda: key not in client.interactions)
    try:
        client.stop_interaction(key)
    except KeyError:
        look("stopped twice", "KeyError")

    selection = client.create_selection("Tail", [4, 2])
    until(lambda: selection.selection_id in client.copy_state())
    with selection.modify():
        selection.renderer = "cartoon"
        selection.add_particles([7])
        selection.hide = True
    until(lambda: client.get_selection(selection.selection_id).hide)
    got = client.get_selection(selection.selection_id)
    look("selection", [got.selection_name, sorted(got.selected_particle_ids), got.renderer,
         got.interaction_method, got.velocity_reset])
    value = client.get_shared_value(selection.selection_id)
    look("selection value", [value["name"], sorted(value["selected"]["particle_ids"]),
         value["properties"]])
    look("root", [client.root_selection.selection_id, client.root_selection.selection_name])
    client.clear_selections()
    until(lambda: not list(client.selections))

    client.set_shared_value("mine", {"a": [1, 2.5, None]})
    until(lambda: client.get_shared_value("mine") is not None)
    look("value", client.get_shared_value("mine"))
    client.update_state(DictionaryChange(updates={"other": 1}, removals={"mine"}))
    until(lambda: "mine" not in client.latest_multiplayer_values)
    look("other", client.get_shared_value("other"))
    look("default", client.get_shared_value("nothing", 5))
    client.remove_shared_value("other")
    until(lambda: "other" not in client.state_dictionary.copy_content())

    mine = FrameData()
    mine.frame_index = 0
    mine.particle_count = 1
    mine.particle_positions = np.array([[1, 2, 3]])
    client.run_pause()
    wait_for_the_last_frame()
    client.publish_frame(mine)
    until(lambda: client.current_frame.particle_count == 1)
    look("published", client.current_frame.particle_positions.tolist())
    client.run_load(0)
    client.start_interaction(pull)
print(json.dumps(seen))
"""


@pytest.fixture
def url(server: RealServer) -> str:
    return f"ws://127.0.0.1:{server.port}"


def test_a_notebook_of_nanovers_client_gives_the_same_with_ours(home: Path, url: str) -> None:
    theirs: dict[str, Any] = json.loads(upstream_python(home, THEIRS + NOTEBOOK, url))
    result = subprocess.run(
        [sys.executable, "-c", OURS + NOTEBOOK, url],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        cwd=ROOT,
    )

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == theirs


def test_the_names_are_those_of_the_release(home: Path) -> None:
    program = """
import json
from nanover.websocket.client.app_client import NanoverImdClient
print(json.dumps([name for name in dir(NanoverImdClient) if not name.startswith("_")]))
"""
    if (home / "version").read_text().strip() != RELEASE:
        pytest.skip(f"the names are those of {RELEASE}")

    assert json.loads(upstream_python(home, program)) == sorted(NAMES)


def test_the_signatures_are_those_of_the_release(home: Path) -> None:
    program = """
import inspect, json, sys
def signatures(kind):
    found = {}
    for name in dir(kind):
        if not name.startswith("_") and callable(getattr(kind, name)):
            parameters = inspect.signature(getattr(kind, name)).parameters.values()
            found[name] = [(p.name, p.kind.name, repr(p.default)) for p in parameters]
    return found
"""
    theirs = "from nanover.websocket.client.app_client import NanoverImdClient as Client"
    ours = "from nanover_jupyter import NanoverImdClient as Client"
    shown = "print(json.dumps(signatures(Client)))"
    if (home / "version").read_text().strip() != RELEASE:
        pytest.skip(f"the signatures are those of {RELEASE}")
    result = subprocess.run(
        [sys.executable, "-c", f"{program}\n{ours}\n{shown}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    )

    expected = json.loads(upstream_python(home, f"{program}\n{theirs}\n{shown}"))
    assert json.loads(result.stdout) == expected
