"""The use cases of a notebook, with NanoVer's own server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.client.discovery import discover
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import (
    CommandFailed,
    ConnectError,
    InvalidArgument,
    LockRefused,
    TimedOut,
)
from nanover_jupyter.transport.tls import TlsSettings
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.upstream.conftest import NAMES, ROOT, RealServer

BUILT_IN = [
    "commands/list",
    "multiuser/radially-orient-origins",
    "playback/list",
    "playback/load",
    "playback/next",
    "playback/pause",
    "playback/play",
    "playback/reset",
    "playback/step",
]


@pytest.fixture
def make_client(server: RealServer) -> Iterator[Callable[[], NanoverWebSocketClient]]:
    made: list[NanoverWebSocketClient] = []

    def make() -> NanoverWebSocketClient:
        made.append(NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{server.port}"))
        made[-1].subscribe_all_state_updates()
        eventually(lambda: "simulation.name" in made[-1].snapshot())
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[[], NanoverWebSocketClient]) -> NanoverWebSocketClient:
    return make_client()


def upstream_python(home: Path, program: str, *arguments: object) -> str:
    """Return the output of a program that runs in the real server's Python environment."""
    result = subprocess.run(
        [home / "bin" / "python", "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


# connecting ------------------------------------------------------------------------


def test_a_plain_address_connects_by_websocket(server):
    with connect(f"127.0.0.1:{server.port}") as connection:
        assert connection.address == f"ws://127.0.0.1:{server.port}"
        assert connection.status.state == "connected"
        state = connection.client.copy_state()
        assert state["simulation.name"] in NAMES
        assert type(state["simulation.index"]) is int
        assert set(BUILT_IN) <= set(connection.client.available_commands)


def test_connecting_by_grpc_suggests_websocket(server):
    with pytest.raises(ConnectError, match=r"speaks WebSocket: use ws://127\.0\.0\.1"):
        connect(f"grpc://127.0.0.1:{server.port}")


def test_frames_arrive_while_the_simulation_plays(client):
    times: list[float | None] = []
    client.run_command("playback/play")
    ends = client.on_frame(lambda frame, _: times.append(frame.time))

    eventually(lambda: len(set(times)) > 3)

    ends()
    frame = client.frame
    assert frame.problems == {}
    assert frame.positions.shape == (frame.particle_count, 3)
    assert frame.bonds is not None
    assert frame.temperature > 0
    assert client.frame_rate > 5


# commands ------------------------------------------------------------------------


def test_every_command_runs_with_its_proper_arguments(client):
    run = client.run_command

    assert set(run("commands/list")["list"]) >= set(BUILT_IN)
    assert run("playback/list") == {"simulations": NAMES}
    assert run("playback/load", index=1) == {}
    eventually(lambda: client.peek("simulation.index") == 1)
    for name in ("play", "pause", "step", "reset", "next"):
        assert run(f"playback/{name}") == {}
    eventually(lambda: client.peek("simulation.index") == 0)
    client.attempt_update_state(DictionaryChange({"avatar.me": {"playerid": "me"}}))
    eventually(lambda: "avatar.me" in client.snapshot())
    assert run("multiuser/radially-orient-origins", radius=2) == {}
    eventually(lambda: "user-origin.me" in client.snapshot())


def test_failed_commands_have_the_servers_message(client):
    with pytest.raises(CommandFailed, match="command 'nope' failed: Unknown command: nope"):
        client.run_command("nope")
    with pytest.raises(CommandFailed, match="unexpected keyword argument 'foo'"):
        client.run_command("playback/list", foo=1)


def test_a_registered_function_is_a_command_for_all_clients(home, server, client, make_client):
    def measure(**arguments: Any) -> dict[str, Any]:
        if "fail" in arguments:
            raise ValueError("it is bent")
        return {"got": arguments}

    client.register_command("notebook/measure", measure, label="Measure", icon="📏", n=2**40)
    other = make_client()

    listed = other.update_available_commands()["notebook/measure"]
    assert (listed.label, listed.icon, listed.arguments) == ("Measure", "📏", {"n": 2**40})
    assert other.run_command("notebook/measure", x=[1.5]) == {"got": {"n": 2**40, "x": [1.5]}}
    with pytest.raises(CommandFailed, match="failed: it is bent"):
        other.run_command("notebook/measure", fail=True)
    assert client.run_command("notebook/measure") == {"got": {"n": 2**40}}
    theirs = """
import sys
from nanover.websocket.client.app_client import NanoverImdClient
with NanoverImdClient.from_url(sys.argv[1]) as client:
    print(client.run_command_blocking("notebook/measure", n=3))
"""
    assert upstream_python(home, theirs, client.address) == "{'got': {'n': 3}}"


def test_built_in_commands_cannot_be_replaced(client):
    with pytest.raises(InvalidArgument, match="it would replace a command of the server"):
        client.register_command("multiuser/radially-orient-origins", dict)


# editing ------------------------------------------------------------------------


def test_two_clients_edit_the_same_state(client, make_client):
    other = make_client()
    values = {"n": 2**63, "none": None, "deep": {"list": [1.5, "x", None, b"raw"]}}

    assert client.attempt_update_state(DictionaryChange({"two.a": values})) is True
    eventually(lambda: other.peek("two.a") == values)
    assert type(other.peek("two.a")["n"]) is int
    other.attempt_update_state(DictionaryChange({"two.a": 2, "two.b": None}))
    eventually(lambda: client.peek("two.a") == 2)
    assert client.copy_state()["two.b"] is None
    client.attempt_update_state(DictionaryChange(removals=["two.a", "two.b"]))
    eventually(lambda: "two.a" not in other.snapshot())
    assert "two.b" not in other.snapshot()


def test_clients_lock_a_key_of_a_server_without_locks(client, make_client):
    other = make_client()
    client.claims.name = "Ada"
    with client.edit("tested.lock", timeout=5) as draft:
        draft.value = 1
        with pytest.raises(LockRefused, match="Ada"):
            other.lock("tested.lock")
        assert not other.attempt_update_state(DictionaryChange({"tested.lock": 2}))

    with other.locked("tested.lock", timeout=5) as state:
        assert state == {"tested.lock": 1}
    other.attempt_update_state(DictionaryChange(removals=["tested.lock"]))


def test_the_server_removes_a_users_keys_after_closing(client, make_client):
    guest = make_client()
    guest.attempt_update_state(
        DictionaryChange(
            {
                "avatar.guest": {"playerid": "guest"},
                "thing.guest": 1,
                "interaction.x": {"owner.id": "guest"},
                "left.behind": 1,
            }
        )
    )
    eventually(lambda: "left.behind" in client.snapshot())

    guest.close()

    eventually(
        lambda: not {"avatar.guest", "thing.guest", "interaction.x"} & set(client.snapshot())
    )
    assert "left.behind" in client.snapshot()
    client.attempt_update_state(DictionaryChange(removals=["left.behind"]))


# reconnecting ------------------------------------------------------------------------


def test_a_restarted_server_is_reconnected(make_server):
    server = make_server()
    with connect(f"ws://127.0.0.1:{server.port}") as connection:
        connection.client.attempt_update_state(DictionaryChange({"old": 1}))
        connection.client.register_command("notebook/x", lambda: {"still": "here"})
        eventually(lambda: "old" in connection.client.snapshot())

        server.kill()
        eventually(lambda: connection.status.state == "lost")
        server.start()

        eventually(lambda: connection.status.state == "connected", seconds=20)
        assert "old" not in connection.client.snapshot()
        assert "simulation.name" in connection.client.snapshot()
        assert connection.client.run_command("notebook/x") == {"still": "here"}


def test_a_server_that_stopped_reading_is_detected_and_reconnected(server):
    """The server silently stops reading a connection after a message that it cannot decode."""
    client = NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{server.port}")
    client.subscribe_all_state_updates()
    with Connection(client, name="deaf", owns_client=True) as connection:
        client.update_available_commands()
        client._websocket._connection._websocket.send("text")
        client.call_timeout = 0.5

        with pytest.raises(TimedOut):
            client.update_available_commands()

        eventually(lambda: connection.status.state == "connected", seconds=10)
        assert "playback/list" in client.update_available_commands()


# encryption ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a self-signed certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey rsa:2048 -passout pass:secret -days 2"
    files = ["-keyout", "key.pem", "-out", "cert.pem"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command.split(), *files, *names], cwd=folder, check=True, capture_output=True)
    return folder


def test_an_encrypted_server_is_trusted_by_its_certificate(make_server, certificate):
    server = make_server("-s", certificate / "cert.pem", certificate / "key.pem", "secret")
    url = f"wss://localhost:{server.port}"
    trusted = TlsSettings(root_certificates=certificate / "cert.pem")

    with connect(url, tls=trusted) as connection:
        assert "simulation.name" in connection.client.copy_state()
        assert connection.client.run_command("playback/list") == {"simulations": NAMES}
    with connect(f"localhost:{server.port}", tls=trusted) as connection:
        assert connection.address == url
    with pytest.raises(ConnectError, match="for a self-signed server, pass it as tls="):
        connect(url)
    with pytest.raises(ConnectError, match="the server requires encryption: use wss://"):
        connect(f"localhost:{server.port}")
    with pytest.raises(ConnectError, match="the certificate is for another host name"):
        connect(f"wss://127.0.0.1:{server.port}", tls=trusted)


# discovery ------------------------------------------------------------------------


def test_the_server_is_discovered_by_its_name(server):
    found = discover(3)
    if not found.servers:
        pytest.skip(found.explanation)

    with connect(found.named(server.name).url) as connection:
        assert "simulation.name" in connection.client.copy_state()


# NanoVer's own objects ------------------------------------------------------------------------


def test_addresses_of_nanovers_own_objects_are_found(home, simulations):
    program = """
import sys
from nanover.app import OmniRunner
from nanover.openmm import OpenMMSimulation
from nanover.websocket.client.app_client import NanoverImdClient
from nanover_jupyter.client.nanover_objects import address_of
simulation = OpenMMSimulation.from_xml_path(sys.argv[1])
with OmniRunner.with_basic_server(simulation, port=0) as runner:
    with NanoverImdClient.from_runner(runner) as client:
        print(len({address_of(runner), address_of(runner.app_server), address_of(client)}))
        print(address_of(runner) == f"ws://127.0.0.1:{runner.app_server.service_hub.services['ws']}")
"""
    assert upstream_python(home, program, simulations[0]).splitlines()[-2:] == ["1", "True"]
