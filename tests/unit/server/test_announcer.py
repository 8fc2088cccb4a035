"""The announcements of a server and their targets."""

from __future__ import annotations

import logging
import socket
import threading

import pytest

from nanover_jupyter.server import announcer as module
from nanover_jupyter.server.announcer import Announcer
from nanover_jupyter.wire.discovery import decode
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads


class FakeSocket:
    """Replaces UDP sockets and records what would be sent, and the target."""

    def __init__(self, *_):
        self.closed = threading.Event()

    sent: list = []  # noqa: RUF012 - emptied for each test
    fails = False

    def setsockopt(self, *_):
        pass

    def connect(self, _):
        pass

    def getsockname(self):
        return ("192.0.2.7", 1)

    def sendto(self, data, target):
        if self.fails:
            raise OSError("the network is down")
        self.sent.append((decode(data), target))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed.set()


@pytest.fixture
def sent(monkeypatch):
    monkeypatch.setattr(module, "_INTERVAL", 0.01)
    monkeypatch.setattr(module.socket, "socket", FakeSocket)
    monkeypatch.setattr(FakeSocket, "sent", [])
    yield FakeSocket.sent
    eventually(lambda: not own_threads())


def announce(host, *, loopback):
    return Announcer(name="mine", host=host, services={"ws": 5}, loopback=loopback, port=9)


def test_a_loopback_server_is_not_broadcast(sent):
    announcer = announce("127.0.0.1", loopback=True)
    eventually(lambda: len(sent) > 2)
    announcer.close()

    assert {target for _, target in sent} == {("127.0.0.1", 9)}
    assert {announcement.urls for announcement, _ in sent} == {("ws://127.0.0.1:5",)}
    assert len({announcement.id for announcement, _ in sent}) == 1


@pytest.mark.parametrize(
    ("host", "address"),
    [("10.0.0.1", "10.0.0.1"), ("0.0.0.0", "192.0.2.7"), ("[::]", "192.0.2.7")],
)
def test_a_network_server_is_broadcast_with_its_own_address(sent, host, address):
    announcer = announce(host, loopback=False)
    eventually(lambda: sent)
    announcer.close()

    announcement, target = sent[0]
    assert target == ("255.255.255.255", 9)
    assert announcement.address == address


def test_a_network_failure_is_logged_once_and_retried(sent, monkeypatch, caplog):
    monkeypatch.setattr(FakeSocket, "fails", True)
    with caplog.at_level(logging.WARNING, "nanover_jupyter.server"):
        announcer = announce("10.0.0.1", loopback=False)
        eventually(lambda: caplog.records)
        monkeypatch.setattr(FakeSocket, "fails", False)
        eventually(lambda: sent)
    announcer.close()
    announcer.close()

    assert len(caplog.records) == 1


def test_closing_stops_announcements(sent):
    announcer = announce("127.0.0.1", loopback=True)
    eventually(lambda: sent)
    announcer.close()
    count = len(sent)

    assert socket.socket is FakeSocket
    assert announcer._socket.closed.is_set()
    assert len(sent) == count
