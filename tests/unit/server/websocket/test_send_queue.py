"""Messages to one client that no other thread waits for."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.server.websocket import send_queue as queue_module
from nanover_jupyter.server.websocket.send_queue import SendQueue
from tests.support.eventually import eventually


class Client:
    """Takes messages only while `reads` is set."""

    def __init__(self):
        self.reads = threading.Event()
        self.took = []
        self.hung_up = []
        self.outbox = SendQueue(
            self._send, give_up=lambda: self.hung_up.append(1), name="nanover-test-outbox"
        )

    def _send(self, message):
        assert self.reads.wait(10)
        self.took.append(message)


@pytest.fixture
def client():
    client = Client()
    yield client
    client.reads.set()
    client.outbox.close()


def test_messages_go_out_in_order_and_nobody_waits_for_them(client):
    for number in range(50):
        assert client.outbox.post(b"%d" % number)
    assert client.took == []

    client.reads.set()

    eventually(lambda: client.took == [b"%d" % number for number in range(50)])


def test_a_client_that_is_too_slow_is_given_up_once(client, monkeypatch):
    monkeypatch.setattr(queue_module, "_WAITING_LIMIT", 1000)
    assert client.outbox.post(b"x" * 5000)  # the first may have any length

    assert not client.outbox.post(b"y")
    assert not client.outbox.post(b"z")

    assert client.hung_up == [1]


def test_what_was_taken_makes_room_again(client, monkeypatch):
    monkeypatch.setattr(queue_module, "_WAITING_LIMIT", 1000)
    client.reads.set()
    for _ in range(20):
        eventually(lambda: client.outbox._waiting == 0)
        assert client.outbox.post(b"x" * 900)
    assert client.hung_up == []


def test_a_closed_one_takes_nothing(client):
    client.outbox.close()

    assert not client.outbox.post(b"x")
    assert client.hung_up == []
