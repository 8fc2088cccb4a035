"""The commands of the demo world, as a client sees them."""

from __future__ import annotations

import threading
import time

import grpc
import pytest

from nanover_jupyter.server import DemoWorld
from nanover_jupyter.wire.grpc import codec as grpc_codec
from tests.support.eventually import eventually


@pytest.fixture
def world(server):
    with DemoWorld(server) as world:
        yield world


def failure(client, name, arguments=None) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        client.run(name, arguments)
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    return caught.value.details().removeprefix("Exception calling application: ")


@pytest.mark.usefixtures("world")
def test_playback_commands_have_no_defaults_as_on_a_real_server(client):
    commands = grpc_codec.decode_commands(client.call(grpc_codec.GET_COMMANDS, b""))

    assert {name for name, defaults in commands.items() if not defaults} >= {
        "playback/play",
        "playback/pause",
        "playback/step",
        "playback/reset",
        "playback/list",
        "playback/load",
        "playback/next",
        "commands/list",
        "multiuser/radially-orient-origins",
    }


@pytest.mark.usefixtures("world")
def test_defaults_of_every_kind_are_published(client):
    defaults = [
        value
        for arguments in client.run("commands/list")["list"].values()
        for value in arguments.values()
    ]

    assert {type(value) for value in defaults} == {str, bool, float, list, dict, type(None)}


@pytest.mark.usefixtures("world")
def test_every_command_runs_with_its_defaults_except_two(client, server):
    for name in server.commands:
        if name == "user/fail":
            assert "always fails" in failure(client, name)
        elif name == "playback/load":
            assert "missing 1 required positional argument: 'index'" in failure(client, name)
        elif name == "user/slow-report":
            client.run(name, {"seconds": 0})
        else:
            client.run(name)


@pytest.mark.usefixtures("world")
def test_simulations_are_listed_and_loaded_cyclically(client, server):
    names = client.run("playback/list")["simulations"]
    seen = []
    for _ in range(4):
        seen.append(server.copy_state()["simulation.name"])
        client.run("playback/next")

    assert seen == [*names, names[0]]
    client.run("playback/load", {"index": -1})
    assert server.copy_state()["simulation.name"] == names[-1]


@pytest.mark.usefixtures("world")
def test_an_invalid_index_is_an_error_and_the_world_keeps_moving(client, server):
    assert "invalid literal" in failure(client, "playback/load", {"index": "abc"})
    assert failure(client, "playback/load", {"index": float("nan")})

    scene = server.copy_state()["scene"]
    eventually(lambda: server.copy_state()["scene"] != scene)


@pytest.mark.usefixtures("world")
def test_origins_are_placed_on_a_circle(client, server):
    client.update({"avatar.guest": {"playerid": "guest"}})
    client.run("multiuser/radially-orient-origins", {"radius": 3})
    state = server.copy_state()
    users = [key.removeprefix("avatar.") for key in state if key.startswith("avatar.")]

    places = [state[f"user-origin.{user}"]["position"] for user in users]
    assert len(users) == 4
    assert all(x * x + z * z == pytest.approx(9) for x, _, z in places)
    assert len({(round(x, 6), round(z, 6)) for x, _, z in places}) == 4


@pytest.mark.usefixtures("world")
def test_say_echoes_its_text(client):
    assert client.run("user/say", {"text": "<b>hi</b>"})["result"].endswith("<b>hi</b>")


@pytest.mark.usefixtures("world")
def test_coloring_changes_the_root_selection_and_returns_its_arguments(client, server):
    given = {"property": "charge", "range": [-1.0, None], "options": {"a": [{}]}, "nothing": None}

    assert client.run("user/colour-by", given) == given
    renderer = server.copy_state()["selection.root"]["properties"]["nanover.rendering.renderer"]
    assert renderer["color"] == {"type": "charge", "range": [-1.0, None]}


@pytest.mark.parametrize("selection", [None, "text", {"no": "properties"}, {"properties": 3}])
@pytest.mark.usefixtures("world")
def test_coloring_ignores_a_malformed_selection(client, selection):
    client.update({"selection.root": selection})  # None removes it

    assert client.run("user/colour-by")["nothing"] is None


@pytest.mark.usefixtures("world")
def test_a_checkpoint_is_added_to_the_state(client, server):
    reply = client.run("user/checkpoint", {"name": "folded", "include_velocities": False})

    assert reply["result"] == "Saved folded without velocities."
    assert server.copy_state()["user.checkpoint.folded"]["include_velocities"] is False


@pytest.mark.parametrize("height", [0, -1, 99, float("nan"), float("inf")])
@pytest.mark.usefixtures("world")
def test_a_jump_that_is_too_high_is_rejected(client, height):
    assert "use up to 3 m" in failure(client, "user/jump", {"height": height})


@pytest.mark.usefixtures("server", "world")
def test_a_slow_report_writes_its_progress(client):
    stream = client.subscribe()
    next(stream)
    start = time.monotonic()
    client.run("user/slow-report", {"seconds": 0.5})

    assert time.monotonic() - start >= 0.5
    progress = []
    while not progress or progress[-1] < 1:
        change = grpc_codec.decode_state_update(next(stream))
        progress += [value for key, value in change.updates.items() if key.endswith(".progress")]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert len(progress) >= 3
    stream.cancel()


@pytest.mark.parametrize("seconds", [-1, 601, float("nan"), float("inf")])
@pytest.mark.usefixtures("world")
def test_an_invalid_report_duration_is_rejected(client, seconds):
    assert "use 0 to 600" in failure(client, "user/slow-report", {"seconds": seconds})


def test_closing_the_world_cancels_a_slow_report(client, server):
    with DemoWorld(server):
        call = client.start_command("user/slow-report", {"seconds": 60})
        eventually(lambda: "user.slow-report.progress" in server.copy_state())

    assert "closed before the report was finished" in call.exception(30).details()


@pytest.mark.usefixtures("world")
def test_world_commands_of_several_clients_do_not_block_each_other(client, connect, server):
    slow = client.start_command("user/slow-report", {"seconds": 60})
    eventually(lambda: "user.slow-report.progress" in server.copy_state())
    others = [connect() for _ in range(3)]
    callers = [
        threading.Thread(target=other.run, args=(name,))
        for other, name in zip(others, ("playback/next", "playback/step", "user/say"), strict=True)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(5)

    assert not any(caller.is_alive() for caller in callers)
    assert not slow.done()
