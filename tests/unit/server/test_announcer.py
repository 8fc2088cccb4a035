"""What a server announces, and to whom."""

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
    """Takes the place of UDP sockets: writes down what would be sent, and where."""

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

    def sendto(self, data, where):
        if self.fails:
            raise OSError("the network is down")
        self.sent.append((decode(data), where))

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


def announcer(host, *, loopback):
    return Announcer(name="mine", host=host, services={"ws": 5}, loopback=loopback, port=9)


def test_a_server_for_this_machine_only_is_never_broadcast(sent):
    crier = announcer("127.0.0.1", loopback=True)
    eventually(lambda: len(sent) > 2)
    crier.close()

    assert {where for _, where in sent} == {("127.0.0.1", 9)}
    assert {said.urls for said, _ in sent} == {("ws://127.0.0.1:5",)}
    assert len({said.id for said, _ in sent}) == 1


@pytest.mark.parametrize(
    ("host", "address"),
    [("10.0.0.1", "10.0.0.1"), ("0.0.0.0", "192.0.2.7"), ("[::]", "192.0.2.7")],
)
def test_an_open_server_is_broadcast_by_its_own_address(sent, host, address):
    crier = announcer(host, loopback=False)
    eventually(lambda: sent)
    crier.close()

    said, where = sent[0]
    assert where == ("255.255.255.255", 9)
    assert said.address == address


def test_a_network_that_is_down_is_told_once_and_tried_again(sent, monkeypatch, caplog):
    monkeypatch.setattr(FakeSocket, "fails", True)
    with caplog.at_level(logging.WARNING, "nanover_jupyter.server"):
        crier = announcer("10.0.0.1", loopback=False)
        eventually(lambda: caplog.records)
        monkeypatch.setattr(FakeSocket, "fails", False)
        eventually(lambda: sent)
    crier.close()
    crier.close()

    assert len(caplog.records) == 1


def test_it_falls_silent_when_closed(sent):
    crier = announcer("127.0.0.1", loopback=True)
    eventually(lambda: sent)
    crier.close()
    told = len(sent)

    assert socket.socket is FakeSocket
    assert crier._socket.closed.is_set()
    assert len(sent) == told
