"""%nanover in a real IPython shell."""

from __future__ import annotations

import re
import socket
import threading
import time

import pytest

from nanover_jupyter import DictionaryChange, NanoverClient, NanoverServer
from nanover_jupyter.client import discovery
from nanover_jupyter.magics._parse import subcommands
from tests.magics.conftest import Shell
from tests.support.eventually import eventually


def test_connect_starts_the_demo_world_says_so_and_shows_the_control_room(shell: Shell) -> None:
    notice, panel = shell.run("%nanover connect").shown

    assert re.fullmatch(
        r"Connected to the demo world at grpc://127\.0\.0\.1:\d+: \d+ commands, \d+ keys\. "
        r"Stop it with %nanover disconnect\.",
        notice.data["text/plain"],
    )
    assert "application/vnd.jupyter.widget-view+json" in panel.data
    assert panel.data["text/plain"].startswith("<ControlRoom of demo: connected")


def test_connecting_again_says_that_it_is_the_same(shell: Shell) -> None:
    first = shell.run("%nanover connect").shown[1].data
    again = shell.run("%nanover connect")

    assert again.text.startswith("Already connected to the demo world at")
    view = "application/vnd.jupyter.widget-view+json"
    assert again.shown[1].data[view]["model_id"] == first[view]["model_id"]


def test_the_client_can_be_had_under_a_name(shell: Shell) -> None:
    assert shell.run("%nanover connect --quiet -o client").shown == []

    client = shell.value("client")
    assert isinstance(client, NanoverClient)
    assert client.attempt_update_state(DictionaryChange({"hello": "world"}))
    eventually(lambda: client.copy_state().get("hello") == "world")


@pytest.mark.parametrize("subcommand", ["panel", "palette", "locks", "inspector"])
def test_each_tool_is_shown_alone(shell: Shell, subcommand: str) -> None:
    shell.run("%nanover connect --quiet")

    (shown,) = shell.run(f"%nanover {subcommand} --height 300").shown

    assert "application/vnd.jupyter.widget-view+json" in shown.data


def test_status_tells_how_it_is(shell: Shell) -> None:
    assert shell.run("%nanover status").text == "Not connected. %nanover connect begins."
    shell.run("%nanover connect --quiet -o client")
    shell.value("client").attempt_update_locks({"scene": 10})

    assert re.fullmatch(
        r"Connected to demo \(grpc://127\.0\.0\.1:\d+\) for \d+ s: \d+ commands, \d+ keys, "
        r"\d+ updates/s, 1 lock held\. A server runs here, at grpc://127\.0\.0\.1:\d+\.",
        shell.run("%nanover status").text,
    )


def test_disconnect_closes_and_leaves_no_thread(shell: Shell) -> None:
    shell.run("%nanover connect")
    assert shell.run("%nanover disconnect").text == (
        "Disconnected from demo and stopped the demo world."
    )
    assert shell.run("%nanover disconnect").text == "There was no connection."

    eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("nanover")])


def test_a_lost_server_shows_in_the_status(shell: Shell) -> None:
    with NanoverServer() as server:
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet --name lab")
    eventually(lambda: "Lost lab" in shell.run("%nanover status").text)

    eventually(lambda: "nothing listens there" in shell.run("%nanover status").text)


def test_serve_runs_a_server_that_others_reach(shell: Shell) -> None:
    said = shell.run("%nanover serve --empty").text
    port = int(re.search(r":(\d+),", said).group(1))  # type: ignore[union-attr]

    with NanoverClient.insecure_channel(address="127.0.0.1", port=port) as client:
        assert client.update_available_commands() == {}

    assert "already runs here" in shell.run("%nanover serve").text
    assert shell.run("%nanover serve --stop").text.startswith("Stopped the server at")
    assert shell.run("%nanover serve --stop").text == "No server ran here."


def test_an_empty_server_is_not_called_the_demo_world(shell: Shell) -> None:
    shell.run("%nanover serve --empty")

    assert shell.run("%nanover connect").text.startswith("Connected to an empty server at")
    assert shell.run("%nanover disconnect").text == "Disconnected from empty server."


def test_help_lists_every_subcommand_and_explains_each(shell: Shell) -> None:
    listing = shell.run("%nanover").text
    for name in subcommands():
        assert f"  {name} " in listing
        assert f"%nanover {name}" in shell.run(f"%nanover help {name}").text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("conect", "there is no %nanover conect; did you mean %nanover connect?"),
        ("help conect", "there is no %nanover conect; did you mean %nanover connect?"),
        ("panel", "could not connect to a server: there is no connection yet (%nanover connect)"),
        (
            "connect 'not an address'",
            (
                "'not an address' is not a server address: a host name has no blanks "
                "(write HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT)"
            ),
        ),
        (
            "connect 127.0.0.1:9",
            (
                "could not connect to grpc://127.0.0.1:9: nothing listens there "
                "(is the server running, is the port right?)"
            ),
        ),
    ],
)
def test_what_goes_wrong_is_one_line(shell: Shell, line: str, said: str) -> None:
    cell = shell.run(f"%nanover {line}")

    assert cell.errors.strip() == f"UsageError: {said}"
    assert "Traceback" not in cell.printed + cell.errors


def test_a_server_that_never_answers_is_given_up_in_time(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        cell = shell.run(f"%nanover connect 127.0.0.1:{silent.getsockname()[1]} --timeout 1")

    assert "nothing answered within 1 s" in cell.errors
    assert time.monotonic() - begun < 5


def test_a_taken_port_is_said(shell: Shell) -> None:
    with NanoverServer() as server:
        cell = shell.run(f"%nanover serve --port {server.port}")

    assert "already in use" in cell.errors


def test_unloading_closes_everything_and_takes_the_magic_away(shell: Shell) -> None:
    shell.run("%nanover connect --quiet -o client")
    shell.run("%unload_ext nanover_jupyter")

    assert shell.value("client").status.state == "closed"
    assert "not found" in shell.run("%nanover status").errors
    shell.run("%load_ext nanover_jupyter")
    assert shell.run("%nanover status").text == "Not connected. %nanover connect begins."


def unused_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        return int(taken.getsockname()[1])


def test_servers_that_announce_themselves_are_listed_with_what_to_connect_to(shell: Shell) -> None:
    port = unused_udp_port()
    with NanoverServer(websocket_port=0, announce="my lab", discovery_port=port) as server:
        said = shell.run(f"%nanover servers --port {port} --timeout 0.8").text

    assert said.startswith("Servers on this network:\n")
    assert f"  ws://127.0.0.1:{server.websocket_port}  my lab, by ws and grpc, heard 0." in said


def test_where_no_server_announces_itself_the_reasons_and_the_way_round_are_told(
    shell: Shell,
) -> None:
    said = shell.run(f"%nanover servers --port {unused_udp_port()} --timeout 0.1").text

    assert said.startswith("No server announced itself.")
    assert "%nanover connect HOST:PORT" in said


def test_a_websocket_server_is_connected_to_like_any_other(shell: Shell) -> None:
    with NanoverServer(websocket_port=0) as server:
        url = f"ws://127.0.0.1:{server.websocket_port}"
        assert f"Connected to {url}" in shell.run(f"%nanover connect {url}").text
        again = shell.run(f"%nanover connect 127.0.0.1:{server.websocket_port}").text
        assert f"Already connected to {url}" in again
        shell.run("%nanover disconnect")


def test_a_server_is_connected_to_by_the_name_it_announces(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = unused_udp_port()
    monkeypatch.setattr(discovery.discover, "__kwdefaults__", {"port": port})
    with NanoverServer(websocket_port=0, announce="my lab", discovery_port=port) as server:
        said = shell.run("%nanover connect --find LAB").text
        assert f"Connected to ws://127.0.0.1:{server.websocket_port}" in said
        assert "only 'my lab' announced" in shell.run("%nanover connect --find office").errors
        shell.run("%nanover disconnect")


def test_an_address_and_a_name_at_once_are_one_too_many(shell: Shell) -> None:
    assert "not both" in shell.run("%nanover connect localhost --find lab").errors
