"""Subcommands about connections and servers, in a real IPython shell."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanover_jupyter import DictionaryChange, NanoverClient, NanoverServer
from nanover_jupyter.client import discovery
from tests.support.eventually import eventually
from tests.unit.magics.conftest import WIDGET_VIEW, Shell


def test_connect_starts_the_demo_world_and_shows_the_control_room(shell: Shell) -> None:
    cell = shell.run("%nanover connect")
    (notice, *_), (panel,) = cell.shown, cell.widgets

    assert re.fullmatch(
        r"Connected to the demo world at grpc://127\.0\.0\.1:\d+: \d+ commands, \d+ keys\. "
        r"Disconnect with %nanover disconnect\.",
        notice.data["text/plain"],
    )
    assert panel["text/plain"].startswith("<ControlRoom of demo: connected")


def test_connecting_again_shows_the_same_connection(shell: Shell) -> None:
    (first,) = shell.run("%nanover connect").widgets
    again = shell.run("%nanover connect")

    assert again.text.startswith("Already connected to the demo world at")
    assert again.widgets[0][WIDGET_VIEW] == first[WIDGET_VIEW]


def test_the_client_is_stored_in_the_output_variable(shell: Shell) -> None:
    assert shell.run("%nanover connect --quiet -o client").shown == []

    client = shell.value("client")
    assert isinstance(client, NanoverClient)
    assert client.attempt_update_state(DictionaryChange({"hello": "world"}))
    eventually(lambda: client.copy_state().get("hello") == "world")


def test_status_describes_the_connection(shell: Shell) -> None:
    assert shell.run("%nanover status").text == "Not connected. Run %nanover connect."
    shell.run("%nanover connect --quiet -o client")
    shell.value("client").attempt_update_locks({"scene": 10})

    assert re.fullmatch(
        r"Connected to demo \(grpc://127\.0\.0\.1:\d+\) for \d+ s: \d+ commands, \d+ keys, "
        r"\d+ updates/s, 1 lock held\. This kernel runs a server at grpc://127\.0\.0\.1:\d+\.",
        shell.run("%nanover status").text,
    )


def test_disconnect_closes_and_leaves_no_thread(shell: Shell) -> None:
    shell.run("%nanover connect")
    assert shell.run("%nanover disconnect").text == (
        "Disconnected from demo and stopped the demo world."
    )
    assert shell.run("%nanover disconnect").text == "Not connected."

    eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("nanover")])


def test_a_lost_server_shows_in_the_status(shell: Shell) -> None:
    with NanoverServer() as server:
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet --name lab")
    eventually(lambda: "Connection to lab" in shell.run("%nanover status").text)

    eventually(lambda: "connection refused" in shell.run("%nanover status").text)


def test_serve_runs_a_server_for_other_clients(shell: Shell) -> None:
    text = shell.run("%nanover serve --empty").text
    port = int(re.search(r":(\d+),", text).group(1))  # type: ignore[union-attr]

    with NanoverClient.insecure_channel(address="127.0.0.1", port=port) as client:
        assert client.update_available_commands() == {}

    assert "already running" in shell.run("%nanover serve").text
    assert shell.run("%nanover serve --stop").text.startswith("Stopped the server at")
    assert shell.run("%nanover serve --stop").text == "No server is running."


def test_an_empty_server_is_not_called_the_demo_world(shell: Shell) -> None:
    shell.run("%nanover serve --empty")

    assert shell.run("%nanover connect").text.startswith("Connected to an empty server at")
    assert shell.run("%nanover disconnect").text == "Disconnected from empty server."


def test_connecting_to_a_silent_server_times_out(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        cell = shell.run(f"%nanover connect 127.0.0.1:{silent.getsockname()[1]} --timeout 0.1")

    assert "no answer within 0.1 s" in cell.errors
    assert time.monotonic() - start < 15


def test_a_port_in_use_is_reported(shell: Shell) -> None:
    with NanoverServer() as server:
        cell = shell.run(f"%nanover serve --port {server.port}")

    assert "already in use" in cell.errors


@pytest.fixture
def announced(udp_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[NanoverServer]:
    """A server that announces itself continuously, with a short discovery timeout."""
    monkeypatch.setattr("nanover_jupyter.server.announcer._INTERVAL", 0.01)
    monkeypatch.setattr(discovery.discover, "__defaults__", (0.15,))
    monkeypatch.setattr(discovery.discover, "__kwdefaults__", {"port": udp_port})
    with NanoverServer(websocket_port=0, announce="my lab", discovery_port=udp_port) as server:
        yield server


def test_announced_servers_are_listed_with_their_address(
    shell: Shell, announced: NanoverServer, udp_port: int
) -> None:
    text = shell.run(f"%nanover servers --port {udp_port} --timeout 0.15").text

    assert text.startswith("Servers on this network:\n")
    assert f"  ws://127.0.0.1:{announced.websocket_port}  my lab  ws, grpc   0." in text


def test_without_announced_servers_the_output_explains_why(shell: Shell, udp_port: int) -> None:
    text = shell.run(f"%nanover servers --port {udp_port} --timeout 0.1").text

    assert text.startswith("No server announced itself.")
    assert "%nanover connect HOST:PORT" in text


def test_a_websocket_server_is_connected_to_like_any_other(shell: Shell) -> None:
    with NanoverServer(websocket_port=0) as server:
        url = f"ws://127.0.0.1:{server.websocket_port}"
        assert f"Connected to {url}" in shell.run(f"%nanover connect {url}").text
        again = shell.run(f"%nanover connect 127.0.0.1:{server.websocket_port}").text
        assert f"Already connected to {url}" in again
        shell.run("%nanover disconnect")


def test_a_server_is_connected_to_by_the_name_it_announces(
    shell: Shell, announced: NanoverServer
) -> None:
    text = shell.run("%nanover connect --find LAB").text

    assert f"Connected to ws://127.0.0.1:{announced.websocket_port}" in text
    assert "not found; found 'my lab'" in shell.run("%nanover connect --find office").errors
    shell.run("%nanover disconnect")


def test_an_address_and_an_announced_name_exclude_each_other(shell: Shell) -> None:
    assert "not both" in shell.run("%nanover connect localhost --find lab").errors


# several connections -------------------------------------------------------------------


@pytest.fixture
def lab() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"place": "lab"}))
        yield server


@pytest.fixture
def office() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"place": "office"}))
        yield server


def join(shell: Shell, server: NanoverServer, name: str) -> str:
    return shell.run(f"%nanover connect 127.0.0.1:{server.port} --name {name}").text


def test_a_second_connection_leaves_the_first_and_is_the_current_one(
    shell: Shell, lab: NanoverServer, office: NanoverServer
) -> None:
    join(shell, lab, "lab")
    message = join(shell, office, "office")

    assert "as office" in message
    assert "1 other connection open." in message
    assert shell.run("%nanover get place").value == "office"
    assert shell.run("%nanover get place --name lab").value == "lab"


def test_list_marks_the_current_connection_and_use_changes_it(
    shell: Shell, lab: NanoverServer, office: NanoverServer
) -> None:
    assert "Not connected." in shell.run("%nanover list").text
    join(shell, lab, "lab")
    join(shell, office, "office")
    assert re.search(r"(?m)^ +lab +grpc://.* connected +1 +0$", shell.run("%nanover list").text)

    text = shell.run("%nanover use lab").text

    assert text.startswith("The current connection is now lab (grpc://127.0.0.1:")
    assert re.search(r"(?m)^  \* +lab ", shell.run("%nanover list").text)
    assert "office" not in shell.run("%nanover list --name lab").text
    assert shell.run("%nanover get place").value == "lab"


def test_a_connection_is_reused_by_its_name_and_by_its_address(
    shell: Shell, lab: NanoverServer, office: NanoverServer
) -> None:
    join(shell, lab, "lab")
    join(shell, office, "office")

    assert join(shell, lab, "lab").startswith("Already connected to grpc://127.0.0.1:")
    text = shell.run(f"%nanover connect 127.0.0.1:{office.port}").text
    assert text.startswith("Already connected to")
    assert "as office" in text
    assert shell.run("%nanover status").text.startswith("Connected to office")


def test_the_same_server_may_be_connected_to_by_two_names(shell: Shell, lab: NanoverServer) -> None:
    join(shell, lab, "one")
    assert join(shell, lab, "two").startswith("Connected to")

    assert shell.run("%nanover list").text.count("connected") == 2


def test_a_name_that_moves_to_another_server_keeps_its_widgets(
    shell: Shell, lab: NanoverServer, office: NanoverServer
) -> None:
    shell.run(f"%nanover connect 127.0.0.1:{lab.port} --name here --quiet -o client")
    shell.run("from nanover_jupyter import StateInspector; mine = StateInspector(client)")
    before = shell.run("%nanover panel").widgets[0]

    message = join(shell, office, "here")

    assert message.startswith("here is now connected to grpc://127.0.0.1:")
    assert shell.run("%nanover panel").widgets[0][WIDGET_VIEW] == before[WIDGET_VIEW]
    assert repr(shell.value("mine")).startswith("<StateInspector of here: connected, 1 key")
    assert shell.value("mine").connection.client.peek("place") == "office"
    assert shell.value("client").status.state == "closed"


def test_widgets_follow_a_name_over_disconnect_and_connect(
    shell: Shell, lab: NanoverServer, office: NanoverServer
) -> None:
    join(shell, lab, "here")
    panel = shell.run("%nanover panel").widgets[0]
    shell.run("%nanover disconnect here")
    join(shell, office, "here")

    again = shell.run("%nanover panel").widgets[0]

    assert again[WIDGET_VIEW] == panel[WIDGET_VIEW]
    assert again["text/plain"].startswith("<ControlRoom of here: connected")


def test_disconnect_shows_the_new_current_connection(
    shell: Shell, lab: NanoverServer, office: NanoverServer
) -> None:
    join(shell, lab, "lab")
    join(shell, office, "office")

    assert shell.run("%nanover disconnect lab").text == (
        "Disconnected from lab. The current connection is now office."
    )
    join(shell, lab, "lab")
    assert shell.run("%nanover disconnect --all").text == (
        "Disconnected from lab. Disconnected from office."
    )


def test_reconnect_keeps_locks_and_reopens_closed_connections(
    shell: Shell, lab: NanoverServer
) -> None:
    join(shell, lab, "lab")
    shell.run("%nanover lock place --for 60")

    assert re.fullmatch(
        r"Reconnected to lab \(grpc://127\.0\.0\.1:\d+\): 0 commands, 1 key, 1 lock held\.",
        shell.run("%nanover reconnect").text,
    )
    shell.run("%nanover disconnect")
    assert (
        "Connection 'lab' is closed. Run %nanover reconnect lab."
        in shell.run("%nanover use lab").errors
    )
    assert shell.run("%nanover reconnect lab").text.startswith("Reconnected to lab")
    assert shell.run("%nanover get place").value == "lab"


def test_reconnect_reports_a_missing_server_and_keeps_trying(shell: Shell) -> None:
    with NanoverServer() as server:
        join(shell, server, "lab")

    errors = shell.run("%nanover reconnect --timeout 0.1").errors

    assert "connection refused" in errors
    assert "still trying" in errors


@pytest.mark.parametrize("line", ["use nowhere", "disconnect nowhere", "get x --name nowhere"])
def test_an_unknown_connection_is_reported_with_the_open_ones(
    shell: Shell, lab: NanoverServer, line: str
) -> None:
    join(shell, lab, "lab")

    assert (
        "No connection is named 'nowhere'. Open connections: lab."
        in shell.run(f"%nanover {line}").errors
    )


def test_connect_takes_a_variable_of_the_notebook(shell: Shell, lab: NanoverServer) -> None:
    shell.ip.user_ns["lab_server"] = lab
    text = shell.run("%nanover connect $lab_server --name lab").text
    assert text.startswith(f"Connected to grpc://127.0.0.1:{lab.port} as lab")
    shell.ip.user_ns["port"] = lab.port
    assert shell.run("%nanover connect 127.0.0.1:$port").text.startswith("Already connected")
    assert "Variable 'nope' is not defined" in shell.run("%nanover connect $nope").errors


def test_a_client_of_the_user_is_used_and_left_open(shell: Shell, lab: NanoverServer) -> None:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=lab.port) as client:
        shell.ip.user_ns["mine"] = client
        assert "as theirs" in shell.run("%nanover connect $mine --name theirs").text
        eventually(lambda: client.peek("place") == "lab")
        assert shell.run("%nanover get place").value == "lab"
        shell.run("%nanover disconnect")
        assert client.status.state != "closed"


def test_serve_can_use_both_protocols_and_announce_the_server(shell: Shell) -> None:
    text = shell.run("%nanover serve --empty --websocket --name workshop").text

    found = re.search(r"at grpc://127\.0\.0\.1:\d+ and (ws://127\.0\.0\.1:\d+), announced", text)
    assert found
    assert f"an empty server at {found[1]}" in shell.run(f"%nanover connect {found[1]}").text


def test_a_token_is_never_sent_without_encryption(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, announced: NanoverServer
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAB_TOKEN", "hush-hush")
    text = '[servers.lab]\nfind = "my lab"\ntoken = { env = "LAB_TOKEN" }\n'
    (tmp_path / "nanover.toml").write_text(text)
    shell.run("%nanover trust")

    cell = shell.run("%nanover connect lab")

    assert "is not encrypted" in cell.errors
    assert "Connected" not in cell.text
