"""NanoVer's client API on top of ours, over both wires."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from nanover_jupyter import (
    DictionaryChange,
    FrameData,
    NanoverImdClient,
    NanoverServer,
    ParticleInteraction,
)
from nanover_jupyter.client.imd.names import NAMES, NOT_PROVIDED
from nanover_jupyter.errors import (
    CommandFailed,
    ConnectError,
    InvalidArgument,
    NotProvided,
    NotSupported,
    WaitTimedOut,
)
from tests.support.eventually import eventually


@pytest.fixture
def client(url: str) -> Iterator[NanoverImdClient]:
    with NanoverImdClient.from_url(url) as client:
        yield client


def test_it_has_every_public_name_of_nanovers_client(client):
    public = {name for name in dir(NanoverImdClient) if not name.startswith("_")}

    assert len(NAMES) == 51
    assert public == NAMES.keys()
    assert NOT_PROVIDED.keys() < NAMES.keys()


@pytest.mark.parametrize("name", NOT_PROVIDED)
def test_methods_that_are_not_provided_say_what_to_use(client, name):
    with pytest.raises(NotProvided, match=f"no NanoverImdClient.{name}: .*; "):
        getattr(client, name)("x")
    with pytest.raises(NotImplementedError):
        getattr(client, name)("x")


# frames -------------------------------------------------------------------------------


def test_frames_have_nanovers_attributes(both, client):
    assert not client.current_frame
    assert not client.has_minimum_usable_frame
    with pytest.raises(KeyError, match=r"particle\.positions"):
        _ = client.current_frame.particle_positions
    with pytest.raises(TimeoutError):
        client.wait_until_minimum_usable_frame(timeout=0.01)

    positions = np.array([[0, 1, 2], [3, 4, 5]], np.float32)
    both.publish_frame(
        {"particle.count": 2, "particle.elements": [6, 1], "bond.pairs": [[0, 1]]}, reset=True
    )
    both.publish_frame({"particle.positions": positions, "energy.kinetic": 2.5})
    frame = client.wait_until_minimum_usable_frame(timeout=10)
    eventually(lambda: "energy.kinetic" in client.current_frame)
    frame = client.current_frame

    np.testing.assert_array_equal(frame.particle_positions, positions)
    assert frame["energy.kinetic"] == frame.kinetic_energy == 2.5
    assert list(frame.particle_elements) == [6, 1]
    assert frame.bond_pairs.tolist() == [[0, 1]]
    assert frame.particle_count == 2
    assert client.wait_until_first_frame() is not None
    copy = frame.copy()
    copy.kinetic_energy = 3
    copy["mine"] = 1
    del copy["bond.pairs"]
    assert (copy.kinetic_energy, frame.kinetic_energy) == (3, 2.5)
    assert {"mine", "bond.pairs"} & set(copy) == {"mine"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = frame.nothing


def test_the_last_frames_are_kept_as_they_were_received(both, client):
    both.publish_frame({"particle.count": 2}, reset=True)
    eventually(lambda: "particle.count" in client.current_frame)
    for step in range(60):
        both.publish_frame({"step": step})
        eventually(lambda step=step: client.current_frame.frame_dict.get("step") == step)

    frames = client.frames

    assert len(frames) == 50
    assert [frame["step"] for frame in frames] == list(range(10, 60))
    assert "particle.count" not in frames[-1]


def test_frames_are_published_by_shape(both, client):
    if not client.client.capabilities.client_commands:
        with pytest.raises(NotSupported):
            client.publish_frame(FrameData())
        return
    theirs = SimpleNamespace(
        frame_dict={"particle.count": 1, "particle.positions": np.zeros((1, 3))}
    )
    client.publish_frame(theirs, frame_index=0)
    eventually(lambda: "particle.positions" in client.current_frame)
    client.frame_publisher.send_frame(FrameData({"energy.kinetic": 1.5}))
    client.frame_publisher.send_frame({"energy.potential": 2.5})
    eventually(lambda: "energy.potential" in client.current_frame)

    assert "particle.positions" not in client.current_frame
    assert client.current_frame.kinetic_energy == 1.5
    assert client.frame_publisher.current_frame.potential_energy == 2.5
    with pytest.raises(TypeError, match="not a FrameData"):
        client.publish_frame(5)


# interactions -------------------------------------------------------------------------


def test_interactions_are_started_updated_and_stopped(both, client):
    key = client.start_interaction()
    assert key.startswith("interaction.")
    assert client.interactions == {}
    client.update_interaction(key, ParticleInteraction((1, 2, 3), [5, 2, 5], label="me"))
    eventually(lambda: key in client.interactions)
    seen = client.interactions[key]
    assert seen.particles.tolist() == [2, 5]
    assert seen.position.tolist() == [1, 2, 3]
    assert (seen.interaction_type, seen.scale, seen.max_force) == ("gaussian", 1, 20000)
    assert seen.properties["label"] == "me"

    seen.scale = 7
    client.update_interaction(key, seen)
    eventually(lambda: client.interactions[key].scale == 7)
    other = client.start_interaction(ParticleInteraction(particles=[1]))
    eventually(lambda: client.interactions.keys() == {key, other})
    client.stop_interaction(key)
    eventually(lambda: client.interactions.keys() == {other})
    with pytest.raises(KeyError):
        client.stop_interaction(key)
    with pytest.raises(KeyError):
        client.update_interaction("interaction.x", seen)
    with pytest.raises(TypeError, match="not a ParticleInteraction"):
        client.update_interaction(other, "x")

    client.close()
    eventually(lambda: not any(k.startswith("interaction.") for k in both.copy_state()))


def test_malformed_interactions_are_left_out(both, client):
    values = {
        "interaction.a": {"scale": float("inf")},
        "interaction.b": {"position": [1]},
        "interaction.c": {"particles": "x"},
        "interaction.d": 5,
        "interaction.good": {},
    }
    both.update_state(None, DictionaryChange(values))
    client.client.catch_up()

    assert client.interactions == {"interaction.good": ParticleInteraction()}


def test_imd_writes_interactions_of_anyone(both, client):
    client.imd.insert_interaction("interaction.x", ParticleInteraction(particles=[1]))
    eventually(lambda: list(client.imd.active_interactions) == ["interaction.x"])
    client.imd.remove_interaction("interaction.x")
    eventually(lambda: client.imd.active_interactions == {})
    client.imd.insert_interaction("interaction.y", ParticleInteraction(particles=[1]))
    eventually(lambda: "interaction.y" in client.interactions)
    client.imd.clear_interactions()
    eventually(lambda: client.interactions == {})
    assert client.imd.velocity_reset_available is False


@pytest.mark.parametrize(
    "arguments", [{"position": [1]}, {"scale": float("nan")}, {"max_force": -1}]
)
def test_invalid_interactions_are_rejected(arguments):
    with pytest.raises(InvalidArgument):
        ParticleInteraction(**arguments)


# selections ---------------------------------------------------------------------------


def test_selections_are_objects_that_write_their_changes(both, client):
    made = client.create_selection("A", [2, 1])
    eventually(lambda: [each.selection_id for each in client.selections] == [made.selection_id])
    with made.modify() as changed:
        changed.selection_name = "B"
        changed.add_particles([7])
        changed.renderer = "cartoon"
        changed.hide = True
    eventually(lambda: client.get_selection(made.selection_id).selection_name == "B")
    seen = client.get_selection(made.selection_id)
    assert seen.selected_particle_ids == {1, 2, 7}
    assert (seen.renderer, seen.hide) == ("cartoon", True)
    assert (seen.interaction_method, seen.velocity_reset) == ("single", False)
    seen.remove()
    eventually(lambda: list(client.selections) == [])
    with pytest.raises(KeyError):
        client.get_selection(made.selection_id)


def test_the_root_selection_is_written_when_it_is_changed(both, client):
    root = client.root_selection
    assert (root.selection_id, root.selection_name) == ("selection.root", "Root Selection")
    assert "selection.root" not in both.copy_state()
    root.flush_changes()
    eventually(lambda: "selection.root" in client.copy_state())
    both.update_state(
        None, DictionaryChange({"selection.z": {"extra": 1, "selected": [3], "properties": 5}})
    )
    eventually(lambda: len(list(client.selections)) == 2)
    odd = client.get_selection("selection.z")
    assert (odd.selection_name, odd.selected_particle_ids) == ("", {3})
    assert odd.to_dictionary()["extra"] == 1

    client.clear_selections()
    assert list(client.selections) == []


# commands, state ----------------------------------------------------------------------


def test_playback_commands_are_run(both, client):
    called = []
    for name in ("play", "pause", "step", "reset", "next"):
        both.register_command(f"playback/{name}", lambda name=name: called.append(name))
    both.register_command("playback/load", lambda **arguments: called.append(arguments))
    both.register_command("playback/list", lambda: {"simulations": ["a", "b"]})
    for run in ("run_play", "run_pause", "run_step", "run_reset", "run_next"):
        assert getattr(client, run)() is None
    client.run_load(1)
    client.run_load(1, clear_state=False)

    assert called[:5] == ["play", "pause", "step", "reset", "next"]
    assert called[5:] == [{"index": 1}, {"index": 1, "clear_state": False}]
    assert client.run_list() == ["a", "b"]


def test_commands_return_futures_and_are_listed(both, client):
    both.register_command("add", lambda a, b: {"sum": a + b}, {"b": 2})

    assert client.run_command("add", {"a": 1}).result(10) == {"sum": 3}
    assert client.run_command_blocking("add", a=1, b=1) == {"sum": 2}
    assert client.commands["add"] == {"b": 2}
    assert client.update_available_commands() == client.commands
    with pytest.raises(CommandFailed):
        client.run_command("nothing").result(10)
    if client.client.capabilities.client_commands:
        client.register_command("mine", lambda x: {"got": x}, "Mine", None, {"x": 1})
        eventually(lambda: "mine" in client.commands)
        assert client.run_command_blocking("mine") == {"got": 1}
    else:
        with pytest.raises(NotSupported):
            client.register_command("mine", dict)


def test_shared_values_are_set_read_and_removed(both, client):
    client.set_shared_value("a", {"b": [1]})
    eventually(lambda: client.get_shared_value("a") == {"b": [1]})
    client.update_state(SimpleNamespace(updates={"c": 1}, removals=set()))
    eventually(lambda: client.get_shared_value("c") == 1)
    assert client.copy_state() == client.latest_multiplayer_values == both.copy_state()
    assert client.state_dictionary.copy_content() == both.copy_state()
    with client.lock_state() as state, client.state_dictionary.lock_content() as same:
        assert state == same
    client.remove_shared_value("a")
    eventually(lambda: client.get_shared_value("a", "default") == "default")
    client.clear_locks()


# connecting ---------------------------------------------------------------------------


def test_a_client_of_this_package_stays_open(connection):
    with NanoverImdClient(connection) as wrapped:
        assert wrapped.client is connection.client

    assert connection.client.status.state == "connected"


def test_a_server_object_is_connected_to(both):
    with NanoverImdClient.from_app_server(both) as client:
        client.set_shared_value("x", 1)
        eventually(lambda: both.copy_state().get("x") == 1)
    with NanoverImdClient.from_runner(SimpleNamespace(app_server=both)) as client:
        assert client.get_shared_value("x") == 1


def test_a_server_is_discovered_by_its_name(udp_port, monkeypatch):
    monkeypatch.setattr("nanover_jupyter.client.imd.imd_client._SEARCH_SECONDS", 0.5)
    with (
        NanoverServer(websocket_port=0, announce="lab", discovery_port=udp_port),
        NanoverImdClient.from_discovery(server_name="lab", discovery_port=udp_port) as client,
    ):
        assert client.client.status.state == "connected"
        with pytest.raises(ConnectError, match="the server 'other'"):
            NanoverImdClient.from_discovery(server_name="other", discovery_port=udp_port)
        with NanoverImdClient.from_discovery(discovery_port=udp_port) as local:
            assert local.client.status.state == "connected"
    assert issubclass(WaitTimedOut, TimeoutError)
