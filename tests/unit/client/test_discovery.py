"""Hearing of servers, on a port of one's own and this machine only."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from nanover_jupyter.client.discovery import DiscoveredServer, DiscoveryResult, discover
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.wire.discovery import Announcement, encode
from tests.support.eventually import TIME_SCALE
from tests.support.own_threads import own_threads


@pytest.fixture
def port(udp_port):
    return udp_port


@pytest.fixture
def quick_announcers(monkeypatch):
    """Servers announce themselves all the time, not twice a second."""
    monkeypatch.setattr("nanover_jupyter.server.announcer._INTERVAL", 0.01)


class Crier:
    """Sends datagrams until it is stopped."""

    def __init__(self, port, *datagrams):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port, datagrams))

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self, port, datagrams):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not self._stop.wait(0.01):
                for datagram in datagrams:
                    sender.sendto(datagram, ("127.0.0.1", port))


def said(name, number=1, **services):
    return encode(Announcement(name, "10.0.0.1", f"id {name} {number}", services))


def test_servers_are_found_once_each_by_name(port):
    with Crier(port, said("b", ws=2), said("a", ws=1, wss=3), b"junk", b"", said("useless")):
        found = discover(0.15, port=port)

    assert [(server.name, server.urls) for server in found] == [
        ("a", ("wss://10.0.0.1:3", "ws://10.0.0.1:1")),
        ("b", ("ws://10.0.0.1:2",)),
    ]
    assert [server.url for server in found] == ["ws://10.0.0.1:1", "ws://10.0.0.1:2"]
    assert [server.protocols for server in found] == [("wss", "ws"), ("ws",)]
    assert all(0 <= server.age < 10 * TIME_SCALE for server in found)
    assert found.explanation == ""


def test_an_empty_result_has_an_explanation_and_a_remedy(port):
    begun = time.monotonic()
    found = discover(0.1, port=port)

    assert time.monotonic() - begun < 10 * TIME_SCALE
    assert len(found) == 0
    assert "VPN" in found.explanation
    assert "%nanover connect HOST:PORT" in found.explanation


def test_a_port_that_cannot_be_listened_to_is_explained():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as greedy:
        greedy.bind(("", 0))
        port = greedy.getsockname()[1]
        found = discover(5, port=port)

    assert len(found) == 0
    assert f"cannot listen on UDP port {port}" in found.explanation
    assert "%nanover connect HOST:PORT" in found.explanation


def test_two_can_listen_at_once(port):
    other: list[DiscoveryResult] = []
    listening = threading.Thread(target=lambda: other.append(discover(0.15, port=port)))
    listening.start()

    assert discover(0.1, port=port).obstacle == ""
    listening.join()
    assert other[0].obstacle == ""


def server(name, address="10.0.0.1"):
    return DiscoveredServer(name, address, (f"ws://{address}:1",), 0.0)


def test_a_server_is_picked_by_its_name_or_a_part_of_it():
    found = DiscoveryResult((server("Lab"), server("Lab two"), server("office")))

    assert found.named("Lab").name == "Lab"
    assert found.named("TWO").name == "Lab two"
    with pytest.raises(
        ConnectError, match=r"the name is ambiguous: 'Lab' at 10\.0\.0\.1, 'Lab two'"
    ):
        found.named("la")
    with pytest.raises(ConnectError, match="not found; found 'Lab', 'Lab two', 'office'"):
        found.named("home")


def test_an_embedded_server_announces_itself_when_asked_to(port, quick_announcers):
    with NanoverServer(websocket_port=0, announce="mine", discovery_port=port) as mine:
        found = discover(0.15, port=port)

    assert found.named("mine").urls == (
        f"ws://127.0.0.1:{mine.websocket_port}",
        f"grpc://127.0.0.1:{mine.port}",
    )


def test_an_embedded_server_is_silent_by_default(port, quick_announcers):
    with NanoverServer(discovery_port=port):
        assert "nanover-announcer" not in own_threads()
        assert len(discover(0.1, port=port)) == 0
