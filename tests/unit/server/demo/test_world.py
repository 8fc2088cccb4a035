"""The demo world on an embedded server: its keys, commands and locks."""

from __future__ import annotations

import time

import pytest

from nanover_jupyter.server import DemoWorld, NanoverServer
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads


@pytest.fixture
def world(server):
    with DemoWorld(server) as world:
        yield world


def moving(state) -> dict[str, object]:
    return {
        key: value
        for key, value in state.items()
        if key == "scene" or key.startswith(("avatar.", "update.index.", "interaction."))
    }


def next_motion(server):
    """Wait until the moving keys have changed."""
    before = moving(server.copy_state())
    eventually(lambda: server.copy_state()["scene"] != before["scene"])


def is_still(server) -> bool:
    with server._state.subscribe() as subscription:
        subscription.take(0)
        return subscription.take(0.15) is None  # more than four steps


def user_ids(server) -> list[str]:
    return [key.removeprefix("avatar.") for key in server.copy_state() if key.startswith("avatar.")]


@pytest.mark.usefixtures("world")
def test_every_kind_of_key_is_there_from_the_start(server):
    state = server.copy_state()
    kinds = [key.partition(".")[0] for key in state]

    assert [kinds.count(kind) for kind in ("avatar", "update", "playarea", "user-origin")] == [
        3
    ] * 4
    assert kinds.count("selection") == 3
    assert kinds.count("interaction") >= 1
    assert len(state["scene"]) == 10
    assert state["simulation.name"] == "nanotube"
    assert state["simulation.index"] == 0
    assert state["imd.velocity_reset_available"] is False
    assert state["suggested.interaction.scale"] == 100
    assert state["selection.root"]["selected"] == {"particle_ids": None}
    for key, value in state.items():
        if key.startswith("selection."):
            assert value["id"] == key
        if key.startswith("avatar."):
            assert value["playerid"] == key.removeprefix("avatar.")


@pytest.mark.usefixtures("world")
def test_people_move_and_steps_are_counted(server):
    indices = [key for key in server.copy_state() if key.startswith("update.index.")]
    before = [server.copy_state()[key] for key in indices]
    next_motion(server)

    assert all(server.copy_state()[key] > start for key, start in zip(indices, before, strict=True))


@pytest.mark.usefixtures("world")
def test_about_thirty_steps_run_per_second(server):
    index = next(key for key in server.copy_state() if key.startswith("update.index."))

    def steps_a_second():
        start, first = time.monotonic(), server.copy_state()[index]
        eventually(lambda: server.copy_state()[index] >= first + 15)
        return 15 / (time.monotonic() - start)

    # A busy machine may only be slower.
    rates = []
    eventually(lambda: rates.append(steps_a_second()) or rates[-1] > 25, seconds=60)
    assert max(rates) < 33


def test_worlds_with_the_same_seed_have_the_same_state(server):
    with (
        NanoverServer() as other,
        DemoWorld(server, seed=5) as one,
        DemoWorld(other, seed=5) as two,
    ):
        for world in (one, two):
            world.pause()
            world.reset()

        assert server.copy_state() == other.copy_state()


@pytest.mark.usefixtures("world")
def test_pausing_stops_all_motion_and_playing_resumes_it(server, client):
    client.run("playback/pause")
    assert is_still(server)
    client.run("playback/play")
    next_motion(server)


@pytest.mark.usefixtures("world")
def test_a_step_moves_everything_once(server, client):
    client.run("playback/pause")
    index = next(key for key in server.copy_state() if key.startswith("update.index."))
    before = server.copy_state()

    client.run("playback/step")

    after = server.copy_state()
    assert after[index] == before[index] + 1
    assert after["scene"] != before["scene"]
    assert is_still(server)


@pytest.mark.usefixtures("world")
def test_a_reset_returns_to_the_start_playing_or_paused(server, client):
    client.run("playback/pause")
    client.run("playback/reset")
    start = moving(server.copy_state())
    for _ in range(3):
        client.run("playback/step")
    assert moving(server.copy_state()) != start

    client.run("playback/reset")

    assert moving(server.copy_state()) == start
    assert is_still(server)


OF_A_CLIENT = {
    "interaction.mine": 1,
    "selection.mine": 2,
    "avatar.mine": 3,
    "play-area.mine": 4,
    "scene.mine": 5,
    "mine": 6,
}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("playback/load", {"index": 4}),
        ("playback/load", {"index": 4, "clear_state": True}),  # as NanoVer's client sends it
        ("playback/next", {}),
    ],
)
@pytest.mark.usefixtures("world")
def test_loading_clears_selections_interactions_and_all_locks(
    server, client, connect, command, arguments
):
    other = connect()
    client.update(OF_A_CLIENT)
    assert client.lock({"scene": 600.0, "mine": 600.0})
    assert not other.update({"mine": 7})

    client.run(command, arguments)

    state = server.copy_state()
    assert OF_A_CLIENT.keys() - state.keys() == {"interaction.mine", "selection.mine"}
    assert state["simulation.name"] == "buckminsterfullerene"
    assert state["simulation.index"] == 1
    assert len(user_ids(server)) == 4
    assert other.update({"mine": 7})
    assert other.update({"imd.velocity_reset_available": True})  # as on a real server
    next_motion(server)


@pytest.mark.usefixtures("world")
def test_loading_without_clearing_keeps_interactions_and_locks(server, client, connect):
    client.update(OF_A_CLIENT)
    assert client.lock({"mine": 600.0})

    client.run("playback/load", {"index": 2, "clear_state": False})

    state = server.copy_state()
    assert OF_A_CLIENT.keys() - state.keys() == {"selection.mine"}
    assert state["simulation.name"] == "icosane"
    assert not connect().update({"mine": 7})
    next_motion(server)


@pytest.mark.usefixtures("world")
def test_velocity_reset_is_locked_by_the_world_until_a_load(client):
    assert not client.update({"imd.velocity_reset_available": True})


@pytest.mark.usefixtures("world")
def test_a_locked_key_is_not_changed_while_the_others_move(server, client):
    assert client.lock({"scene": 600.0})
    assert client.update({"scene": "mine"})
    index = next(key for key in server.copy_state() if key.startswith("update.index."))
    before = server.copy_state()[index]

    eventually(lambda: server.copy_state()[index] > before + 3)
    assert server.copy_state()["scene"] == "mine"
    client.lock({"scene": None})
    eventually(lambda: server.copy_state()["scene"] != "mine")


def test_a_locked_interaction_is_removed_after_its_release(server, client, world):
    world.pause()
    world.reset()
    key = next(key for key in server.copy_state() if key.startswith("interaction."))
    assert client.lock({key: 600.0})
    for _ in range(30 * 9):
        world.step()
    assert key in server.copy_state()

    client.lock({key: None})
    world.step()

    assert key not in server.copy_state()


def test_one_person_stops_while_the_others_keep_moving(server):
    with DemoWorld(server, stale_after=0.2) as world:
        names = {server.copy_state()[f"avatar.{user}"]["name"]: user for user in user_ids(server)}
        indices = {name: f"update.index.{user}" for name, user in names.items()}
        eventually(lambda: server.copy_state()[indices["Anna"]] > 10)
        world.pause()
        state = server.copy_state()

    assert state[indices["Nandita"]] == 6
    assert state[indices["Ivan"]] == state[indices["Anna"]]


def test_a_jump_goes_up_and_comes_down(server, client, world):
    world.pause()
    world.reset()
    user = user_ids(server)[0]

    def height():
        return server.copy_state()[f"avatar.{user}"]["components"][0]["position"][1]

    ground = height()
    client.run("user/jump", {"height": 2})
    heights = []
    for _ in range(35):
        world.step()
        heights.append(height() - ground)

    assert max(heights) == pytest.approx(2, abs=0.1)
    assert heights[-1] == pytest.approx(0, abs=0.1)


def test_closing_stops_the_world_and_unregisters_its_commands(server):
    server.register_command("kept", dict)
    world = DemoWorld(server)
    assert "nanover-demo" in own_threads()
    world.close()
    world.close()

    assert "nanover-demo" not in own_threads()
    assert server.commands.keys() == {"kept"}
    assert "scene" in server.copy_state()


def test_a_world_can_be_created_after_another_was_closed(server, client):
    with DemoWorld(server):
        server.unregister_command(
            "user/fail"
        )  # closing ignores commands that are already unregistered
    with DemoWorld(server):
        assert not client.update({"imd.velocity_reset_available": True})
    assert client.update({"imd.velocity_reset_available": True})


def test_a_world_starts_when_a_client_has_locked_its_keys(server, client):
    assert client.lock({"imd.velocity_reset_available": 600.0, "scene": 600.0})
    with DemoWorld(server):
        assert "scene" not in server.copy_state()
        assert len(user_ids(server)) == 3


def test_a_world_ends_with_its_server(server):
    world = DemoWorld(server)
    server.close()

    eventually(lambda: not own_threads())
    world.close()


@pytest.mark.usefixtures("world")
def test_a_second_world_on_one_server_is_rejected_without_affecting_the_first(server):
    commands = server.commands

    with pytest.raises(ValueError, match="already"):
        DemoWorld(server)

    assert server.commands == commands
    next_motion(server)


def test_a_world_keeps_existing_state(server):
    server.update_state("t", DictionaryChange({"scene": "old", "mine": 1}))
    with DemoWorld(server):
        assert server.copy_state()["mine"] == 1
        assert len(server.copy_state()["scene"]) == 10
